//! A call tree as inferno is given it: a folded line for each frame that holds something by itself, each name with the mark of
//! its frame.

use super::call_tree::{CallNode, CallTree};
use super::flame_marks;
use crate::error::{Error, Result};

/// The most text of the lines of a picture, bytes, if the stacks of its profiles name so many locations. That of a large
/// program has some megabytes.
pub(super) fn most_text(locations: usize) -> usize {
    (24 << 20) + 4 * locations
}

/// The name of each frame with its mark, in the order of the tree; the frame around all has none. Should there be more frames
/// than marks, the others have that which `spare` gives them.
pub(super) fn marked_names(tree: &CallTree, spare: impl Fn(&CallNode<'_>) -> char) -> Vec<String> {
    let name = |node: CallNode<'_>| match node.place.checked_sub(1) {
        Some(number) => {
            let mark = flame_marks::mark(number).unwrap_or_else(|| spare(&node));
            flame_marks::frame(node.name, mark)
        }
        None => String::new(),
    };
    tree.nodes().map(name).collect()
}

/// The folded lines of a tree of one measure whose frames have these `names`; widths are divided by `scale`.
///
/// # Errors
/// When they are longer than `most` bytes.
pub(super) fn lines(tree: &CallTree, names: &[String], scale: u128, most: usize) -> Result<Vec<String>> {
    // What is left of a frame's width when those of all frames inside of it are taken off.
    let mut rest: Vec<u128> = tree.nodes().map(|node| node.width(0) / scale).collect();
    for node in tree.nodes().skip(1) {
        if let Some(outer) = rest.get_mut(node.outer) {
            *outer = outer.saturating_sub(node.width(0) / scale);
        }
    }
    let mut text = 0;
    let mut lines = Vec::new();
    for (node, width) in tree.nodes().zip(rest).skip(1).filter(|(_, width)| *width > 0) {
        let mut path: Vec<&str> = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next.filter(|node| node.place > 0) {
            path.extend(names.get(node.place).map(String::as_str));
            next = tree.node(node.outer);
        }
        path.reverse();
        let line = format!("{} {width}", path.join(";"));
        text += line.len();
        if text > most {
            return Err(Error::input("flame graph: the stacks are too long and too many to be drawn"));
        }
        lines.push(line);
    }
    Ok(lines)
}
