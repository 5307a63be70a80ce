//! The whole tree: that of one profile, or those of two laid over each other, frames matched by name.

use super::held::Held;
use super::source_lines::SourceLine;
use super::stack_tree::{Node, StackTree, ends_of, widths};
use crate::profile::{Strings, Text};

/// The tree of all stacks.
pub(super) struct Overlay {
    pub(super) names: Strings,
    pub(super) nodes: Vec<Node>,
    /// What ends at frames: for each measure a value of each side.
    ends: Vec<Held>,
    measures: usize,
    sides: usize,
    /// The source line of each frame with the side whose line it is; empty if lines are not wanted.
    lines: Vec<Option<(usize, SourceLine)>>,
    /// The room of each frame, for each measure.
    widths: Vec<u128>,
}

impl Overlay {
    /// The tree of one profile.
    pub(super) fn of_one(names: Strings, mut tree: StackTree, measures: usize) -> Overlay {
        let ends = tree.take_ends();
        let lines = tree.lines().map(|line| Some((0, line?))).collect();
        Overlay::finished(names, tree.nodes, ends, (measures, 1), lines)
    }

    /// The trees of two profiles. A frame that is in both has the source line of the new one.
    pub(super) fn of_two(
        (mut names, mut base): (Strings, StackTree),
        (new_names, mut new): (Strings, StackTree),
        measures: usize,
    ) -> Overlay {
        let columns = measures * 2;
        let base_ends = base.take_ends();
        let mut lines: Vec<Option<(usize, SourceLine)>> = base.lines().map(|line| Some((0, line?))).collect();
        // Where each frame of the new side is in the tree of both, and what it is called there.
        let mut places: Vec<u32> = vec![0];
        let mut texts: Vec<Option<Text>> = vec![None; new_names.count()];
        for node in new.nodes.iter().skip(1) {
            let mut named = || names.add(new_names.get(node.name));
            let name = match texts.get_mut(node.name.0 as usize) {
                Some(known) => *known.get_or_insert_with(named),
                None => named(),
            };
            let outer = places.get(node.outer as usize).copied().unwrap_or(0);
            places.push(base.inner(outer, name));
        }
        let mut nodes = std::mem::take(&mut base.nodes);
        drop(base);
        if !lines.is_empty() {
            lines.resize(nodes.len(), None);
            for (line, place) in new.lines().zip(&places) {
                if let Some((line, own)) = line.zip(lines.get_mut(*place as usize)) {
                    *own = Some((1, line));
                }
            }
        }
        let mut ends: Vec<Held> = Vec::new();
        let mut put = |node: &mut Node, side: usize, held: &[Held]| {
            let sides = ends_of(node, &mut ends, columns).iter_mut().skip(side).step_by(2);
            sides.zip(held).for_each(|(sum, held)| sum.add(held));
        };
        let held = |node: &Node, ends: &'_ [Held]| {
            node.end().and_then(|end| ends.get(end..end + measures)).map(<[Held]>::to_vec)
        };
        for node in &mut nodes {
            if let Some(held) = held(node, &base_ends) {
                node.forget_end();
                put(node, 0, &held);
            }
        }
        drop(base_ends);
        let new_ends = new.take_ends();
        for (node, place) in new.nodes.iter().zip(&places) {
            if let Some((held, node)) = held(node, &new_ends).zip(nodes.get_mut(*place as usize)) {
                put(node, 1, &held);
            }
        }
        Overlay::finished(names, nodes, ends, (measures, 2), lines)
    }

    fn finished(
        names: Strings,
        nodes: Vec<Node>,
        ends: Vec<Held>,
        (measures, sides): (usize, usize),
        lines: Vec<Option<(usize, SourceLine)>>,
    ) -> Overlay {
        let widths = widths(&nodes, &ends, measures, sides);
        Overlay { names, nodes, ends, measures, sides, lines, widths }
    }

    /// The room of the frame at `place`, for each measure.
    pub(super) fn widths(&self, place: usize) -> &[u128] {
        let start = place * self.measures;
        self.widths.get(start..start + self.measures).unwrap_or(&[])
    }

    /// What ends at the frame at `place`; empty if nothing does.
    pub(super) fn ends(&self, place: usize) -> &[Held] {
        let end = self.nodes.get(place).and_then(Node::end);
        end.and_then(|end| self.ends.get(end..end + self.measures * self.sides)).unwrap_or(&[])
    }

    /// The source line of the frame at `place`, with the side whose it is.
    pub(super) fn line(&self, place: usize) -> Option<(usize, SourceLine)> {
        *self.lines.get(place)?
    }
}
