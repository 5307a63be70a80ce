//! Flame graphs: inferno draws, the role of the samples below a frame gives its colour.
//!
//! inferno colours by name alone. So every frame's name gets a private-use character that stands for its place in the
//! tree of stacks, the colour is looked up by the marked name, and the marks are taken out of the finished picture. Where
//! one stands in a tooltip, the 95 % interval of the frame's total is put in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};

use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::profile::attribute::Role;
use crate::profile::interval::{Estimate, Sampling};

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

/// A frame in the tree of all stacks.
struct Node {
    tint: Tint,
    estimate: Estimate,
}

/// The frames of all stacks, by their outer frame and their name.
#[derive(Default)]
struct Tree<'a> {
    places: HashMap<(usize, &'a str), usize>,
    nodes: Vec<Node>,
}

/// Marks of single frames: a plane of Unicode for private use.
const MARKS: std::ops::RangeInclusive<u32> = 0xf_0000..=0xf_fffd;

impl<'a> Tree<'a> {
    /// The node of `name` inside of `outer` (0 is the root), with one more sample of this tint below it.
    fn enter(&mut self, outer: usize, name: &'a str, tint: Tint, estimate: Estimate) -> usize {
        let next = self.nodes.len() + 1;
        let place = *self.places.entry((outer, name)).or_insert(next);
        match self.nodes.get_mut(place - 1) {
            Some(node) => {
                if node.tint != tint {
                    node.tint = MIXED;
                }
                node.estimate.add(estimate);
            }
            None => self.nodes.push(Node { tint, estimate }),
        }
        place
    }

    fn tint(&self, place: usize) -> Tint {
        place.checked_sub(1).and_then(|i| self.nodes.get(i)).map_or(PLAIN, |node| node.tint)
    }

    /// The mark of a node. Should there be more nodes than marks, the others share that of their colour.
    fn mark(&self, place: usize) -> char {
        let own =
            u32::try_from(place - 1).ok().map(|i| MARKS.start() + i).filter(|mark| MARKS.contains(mark));
        own.and_then(char::from_u32).unwrap_or(self.tint(place).mark)
    }

    /// What was estimated of the frame that has this mark.
    fn marked(&self, mark: char) -> Option<&Estimate> {
        let place = u32::from(mark).checked_sub(*MARKS.start())?;
        self.nodes.get(place as usize).map(|node| &node.estimate)
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
        .map(|stack| (profile.samples.value(stack.sample, index), stack))
        // A negative value, as in the difference of two profiles, has no width.
        .filter(|(value, _)| *value > 0)
        .collect();
    if shown.is_empty() {
        return Ok(nothing(&title));
    }

    let sampling = Sampling::of(profile, index);
    let mut tree = Tree::default();
    let mut all = Estimate::default();
    let mut present = BTreeSet::new();
    let mut total = 0i64;
    let mut paths: Vec<(Vec<(usize, &str)>, i64)> = Vec::new();
    for (value, stack) in &shown {
        total = total.saturating_add(*value);
        let tint = tint_of(stack.role);
        present.insert(tint.mark);
        let sample = profile.samples.get(stack.sample);
        let estimate = sampling.zip(sample).map(|(sampling, sample)| sampling.estimate(sample));
        let estimate = estimate.unwrap_or_default();
        all.add(estimate);
        let mut outer = 0;
        let names =
            stack.phase.iter().map(String::as_str).chain(stack.frames.iter().map(|f| f.name.as_str()));
        let path = names
            .map(|name| {
                outer = tree.enter(outer, name, tint, estimate);
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
            let marked = format!("{}{}", name.replace([';', '\n'], " "), tree.mark(node));
            if !line.is_empty() {
                line.push(';');
            }
            line.push_str(&marked);
            palette.insert(marked, tree.tint(node).color);
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
    Ok(finish(&String::from_utf8_lossy(&svg), &tree, &all).into_bytes())
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

/// Gives the legend's words their colour, puts intervals into the tooltips and takes all marks out.
fn finish(svg: &str, tree: &Tree, all: &Estimate) -> String {
    // The frame around everything has no mark, and any other of its name has.
    let root = svg.find("<title>all (").unwrap_or(0);
    let mut out = String::with_capacity(svg.len());
    match svg[root..].find(", ").filter(|_| root > 0) {
        Some(comma) => insert(&mut out, svg, root + comma, all),
        None => out.push_str(svg),
    }
    let mut out = with_intervals(&out, tree);
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

/// `svg` without the marks of frames, and with an interval where one stands in a tooltip: inferno writes
/// `<name><mark> (<value> <unit>, <share>%)`, and the interval goes before the comma and the space. It stays within
/// these brackets because the picture's script takes the last pair for all that is not the name.
fn with_intervals(svg: &str, tree: &Tree) -> String {
    let is_mark = |c: char| MARKS.contains(&u32::from(c));
    let mut out = String::with_capacity(svg.len());
    let mut estimate: Option<&Estimate> = None;
    for piece in svg.split_inclusive(is_mark) {
        let own = piece.chars().next_back().filter(|c| is_mark(*c));
        let text = own.map_or(piece, |mark| &piece[..piece.len() - mark.len_utf8()]);
        // In a label nothing follows the mark but the end of the element.
        match (text.starts_with(" (").then(|| text.find(", ")).flatten(), estimate) {
            (Some(at), Some(estimate)) => insert(&mut out, text, at, estimate),
            _ => out.push_str(text),
        }
        estimate = own.and_then(|mark| tree.marked(mark));
    }
    out
}

/// Appends `text` with the interval of `estimate` put in `at` this place.
fn insert(out: &mut String, text: &str, at: usize, estimate: &Estimate) {
    let (before, after) = text.split_at(at);
    out.push_str(before);
    if let Some(interval) = estimate.interval().filter(|interval| interval.high > interval.low) {
        let half = (interval.high - interval.low) / 2.0;
        out.push(' ');
        out.push_str(&size::plus_minus(half / estimate.value));
    }
    out.push_str(after);
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
