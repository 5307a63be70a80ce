//! Flame graphs: inferno draws, the role of the samples below a frame gives its colour.
//!
//! inferno colours by name alone. So every frame's name gets a private-use character that stands for its colour, the
//! colour is looked up by the marked name, and the marks are taken out of the finished picture.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};

use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::profile::attribute::Role;

use super::stacks::stacks;
use super::{View, size};

/// What a frame is coloured by: the role of all samples below it, if it is one and the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tint {
    name: &'static str,
    mark: char,
    color: Color,
}

const fn tint(name: &'static str, mark: char, r: u8, g: u8, b: u8) -> Tint {
    Tint { name, mark, color: Color { r, g, b } }
}

const KEY: Tint = tint("key", '\u{e000}', 130, 177, 228);
const VALUE: Tint = tint("value", '\u{e001}', 126, 200, 140);
const TABLE: Tint = tint("table", '\u{e002}', 245, 165, 92);
const HARNESS: Tint = tint("harness", '\u{e003}', 190, 190, 190);
const MIXED: Tint = tint("mixed", '\u{e004}', 238, 226, 188);
/// Another program's frames.
const PLAIN: Tint = tint("", '\u{e005}', 240, 180, 110);

/// Stands around a word of the legend until the picture is finished.
const LEGEND: char = '\u{e010}';

fn tint_of(role: Option<Role>) -> Tint {
    match role {
        Some(Role::Key) => KEY,
        Some(Role::Value) => VALUE,
        Some(Role::Table) => TABLE,
        Some(Role::Harness) => HARNESS,
        None => PLAIN,
    }
}

/// A frame in the tree of all stacks, by its outer frame and its name.
#[derive(Default)]
struct Tree<'a> {
    nodes: HashMap<(usize, &'a str), usize>,
    tints: Vec<Tint>,
}

impl<'a> Tree<'a> {
    /// The node of `name` inside of `outer` (0 is the root), with one more sample of this tint below it.
    fn enter(&mut self, outer: usize, name: &'a str, tint: Tint) -> usize {
        let next = self.tints.len() + 1;
        let node = *self.nodes.entry((outer, name)).or_insert(next);
        match self.tints.get_mut(node - 1) {
            Some(known) if *known != tint => *known = MIXED,
            Some(_) => {}
            None => self.tints.push(tint),
        }
        node
    }

    fn tint(&self, node: usize) -> Tint {
        node.checked_sub(1).and_then(|i| self.tints.get(i)).copied().unwrap_or(PLAIN)
    }
}

/// The flame graph of the sample type at `index`; `what` says in the title what is shown. If the values are zero
/// everywhere it is a picture that says so.
///
/// # Errors
/// When the picture cannot be drawn.
pub fn render(profile: &Profile, index: usize, what: &str, view: &View) -> Result<Vec<u8>> {
    let title = match view.title.as_str() {
        "" => what.to_string(),
        title => format!("{title} — {what}"),
    };
    let shown: Vec<_> = stacks(profile, view)
        .into_iter()
        .map(|stack| {
            let value = profile.samples.get(stack.sample).and_then(|s| s.values.get(index)).copied();
            (value.unwrap_or(0), stack)
        })
        // A negative value, as in the difference of two profiles, has no width.
        .filter(|(value, _)| *value > 0)
        .collect();
    if shown.is_empty() {
        return Ok(nothing(&title));
    }

    let mut tree = Tree::default();
    let mut present = BTreeSet::new();
    let mut total = 0i64;
    let mut paths: Vec<(Vec<(usize, &str)>, i64)> = Vec::new();
    for (value, stack) in &shown {
        total = total.saturating_add(*value);
        let tint = tint_of(stack.role);
        present.insert(tint.mark);
        let mut outer = 0;
        let names =
            stack.phase.iter().map(String::as_str).chain(stack.frames.iter().map(|f| f.name.as_str()));
        let path = names
            .map(|name| {
                outer = tree.enter(outer, name, tint);
                (outer, name)
            })
            .collect();
        paths.push((path, *value));
    }

    let mut palette = PaletteMap::default();
    // The frame around everything has no name.
    palette.insert("", MIXED.color);
    let mut lines: BTreeMap<String, i64> = BTreeMap::new();
    for (path, value) in paths {
        let mut line = String::new();
        for (node, name) in path {
            let tint = tree.tint(node);
            let marked = format!("{}{}", name.replace([';', '\n'], " "), tint.mark);
            if !line.is_empty() {
                line.push(';');
            }
            line.push_str(&marked);
            palette.insert(marked, tint.color);
        }
        let sum = lines.entry(line).or_default();
        *sum = sum.saturating_add(value);
    }
    let folded: Vec<String> = lines.into_iter().map(|(line, value)| format!("{line} {value}")).collect();

    let unit = profile.unit(index);
    let mut options = Options::default();
    options.title = title;
    options.subtitle = Some(subtitle(profile, total, unit, &present));
    options.count_name = unit.to_string();
    options.palette_map = Some(&mut palette);
    options.bgcolors = Some(BackgroundColor::Flat(Color { r: 250, g: 250, b: 250 }));
    options.text_truncate_direction = TextTruncateDirection::Right;
    let mut svg = Vec::new();
    from_lines(&mut options, folded.iter().map(String::as_str), &mut svg)
        .map_err(|error| Error::case(format!("flame graph: {error}")))?;
    Ok(finish(&String::from_utf8_lossy(&svg)).into_bytes())
}

/// The total, the sampling period and the legend.
fn subtitle(profile: &Profile, total: i64, unit: &str, present: &BTreeSet<char>) -> String {
    let mut parts = vec![format!("{} in all", size::value(total, unit))];
    match profile.strings.get(profile.period_type.unit) {
        "bytes" if profile.period > 1 => {
            parts.push(format!("a sample per {}", size::bytes(profile.period)));
        }
        "bytes" => parts.push("every allocation".to_string()),
        "nanoseconds" if profile.period > 0 => {
            parts.push(format!("a sample per {} of CPU time", size::nanoseconds(profile.period)));
        }
        _ => {}
    }
    let mut legend: Vec<Tint> =
        [KEY, VALUE, TABLE, HARNESS].into_iter().filter(|t| present.contains(&t.mark)).collect();
    if legend.len() > 1 {
        legend.push(MIXED);
    }
    let legend: Vec<String> =
        legend.iter().map(|t| format!("{LEGEND}{}{}{LEGEND}", t.mark, t.name)).collect();
    if !legend.is_empty() {
        parts.push(format!("\u{a0} {}", legend.join(" \u{a0} ")));
    }
    parts.join(" · ")
}

/// Gives the legend's words their colour and takes all other marks out.
fn finish(svg: &str) -> String {
    let mut out = svg.to_string();
    for tint in [KEY, VALUE, TABLE, HARNESS, MIXED, PLAIN] {
        let Color { r, g, b } = tint.color;
        // A wide outline under black text: a swatch that needs no glyph and stays with its word at any width.
        let word = format!(
            "<tspan stroke=\"rgb({r},{g},{b})\" stroke-width=\"9\" stroke-linejoin=\"round\" \
             paint-order=\"stroke\">{}</tspan>",
            tint.name
        );
        out =
            out.replace(&format!("{LEGEND}{}{}{LEGEND}", tint.mark, tint.name), &word).replace(tint.mark, "");
    }
    out
}

/// A small picture that says that there is nothing to show.
fn nothing(title: &str) -> Vec<u8> {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100%\" height=\"80\" viewBox=\"0 0 1200 80\" \
         font-family=\"monospace\" text-anchor=\"middle\">\n\
         <rect width=\"1200\" height=\"80\" fill=\"#eeeeee\"/>\n\
         <text x=\"600\" y=\"32\" font-size=\"17\">{title}</text>\n\
         <text x=\"600\" y=\"58\" font-size=\"12\">nothing to show: the value is zero everywhere</text>\n\
         </svg>\n"
    )
    .into_bytes()
}
