//! Flame graphs: the role of the samples below a frame gives its colour, and tooltips tell the 95 % interval of its
//! total.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;
use inferno::flamegraph::color::{Color, PaletteMap};

use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::profile::attribute::Role;
use crate::profile::interval::{Estimate, Interval, Sampling};

use super::display_options::DisplayOptions;
use super::flame_difference::most_text;
use super::flame_marks::{self, DEEPEST, Heading, MOST_DRAWN};
use super::number_format;
use super::stacks::Stacks;

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
    /// The frame around it; 0 is the root.
    outer: u32,
    /// The place of its name.
    name: u32,
    tint: Tint,
    estimate: Estimate,
    /// The sum of its samples, with those of all frames inside.
    value: i64,
    /// What its samples may have come to before it was entered, at most.
    missed: i64,
}

/// The frames of all stacks, by their outer frame and their name. Places count from 1.
#[derive(Default)]
struct Tree<'a> {
    names: Vec<&'a str>,
    numbers: HashMap<&'a str, u32, RandomState>,
    places: HashMap<(u32, u32), u32, RandomState>,
    nodes: Vec<Node>,
    /// What a frame that is new now may have missed.
    missed: i64,
}

/// The share of the picture below which a frame is not drawn. inferno draws none of twice that.
const NARROWEST: f64 = 0.000_05;

/// The most frames of a tree, and how many more for each location that stacks name. A tree with more is thinned.
const MOST_NODES: usize = 100_000;
const LOCATIONS_PER_NODE: usize = 32;

impl<'a> Tree<'a> {
    /// The place of `name` inside of `outer`, and whether it is new.
    fn place(&mut self, outer: u32, name: &'a str, tint: Tint) -> (u32, &mut Node) {
        let next = self.names.len() as u32;
        let name = *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            next
        });
        let new = self.nodes.len() as u32 + 1;
        let place = *self.places.entry((outer, name)).or_insert(new);
        if place == new {
            let (estimate, missed) = (Estimate::default(), self.missed);
            self.nodes.push(Node { outer, name, tint, estimate, value: 0, missed });
        }
        (place, &mut self.nodes[place as usize - 1])
    }

    /// The place of `name` inside of `outer`, if it is in the tree.
    fn known(&self, outer: u32, name: &str) -> Option<u32> {
        self.places.get(&(outer, *self.numbers.get(name)?)).copied()
    }

    /// Takes out what cannot be wide enough to be drawn, if all samples so far come to `total`: what a frame holds, with
    /// what it may have missed, is no less than what it held in truth. So none that is wide enough is ever taken out.
    fn thin(&mut self, total: i64) {
        self.missed = (total as f64 * NARROWEST / 2.0) as i64;
        let mut moved: Vec<u32> = vec![0];
        let mut kept: Vec<Node> = Vec::new();
        self.places.clear();
        for node in std::mem::take(&mut self.nodes) {
            let outer = moved.get(node.outer as usize).copied().unwrap_or(u32::MAX);
            let stays =
                outer != u32::MAX && (outer == 0 || node.value.saturating_add(node.missed) >= self.missed);
            moved.push(if stays { kept.len() as u32 + 1 } else { u32::MAX });
            if stays {
                self.places.insert((outer, node.name), kept.len() as u32 + 1);
                kept.push(Node { outer, ..node });
            }
        }
        self.nodes = kept;
    }

    /// The nodes wide enough to be drawn, each with its place and what is left of its value beside those inside of it.
    /// With a node all those around it are drawn. The outermost are, or the total would not be that of the profile.
    fn drawn(&self, total: i64) -> Vec<(usize, i64)> {
        let narrowest = (total as f64 * NARROWEST) as i64;
        let mut wide: Vec<(usize, &Node)> =
            (1..).zip(&self.nodes).filter(|(_, node)| node.outer == 0 || node.value >= narrowest).collect();
        if wide.len() > MOST_DRAWN {
            // A frame is as wide as those inside of it or wider, and has a lower place.
            wide.sort_by_key(|(place, node)| (node.outer != 0, Reverse(node.value), *place));
            let outermost = wide.iter().filter(|(_, node)| node.outer == 0).count();
            wide.truncate(MOST_DRAWN.max(outermost));
            wide.sort_by_key(|(place, _)| *place);
        }
        let mut inside: HashMap<u32, i64, RandomState> = HashMap::default();
        for (_, node) in &wide {
            let sum = inside.entry(node.outer).or_default();
            *sum = sum.saturating_add(node.value);
        }
        let rest = |place: usize, node: &Node| {
            node.value.saturating_sub(inside.get(&(place as u32)).copied().unwrap_or(0))
        };
        wide.into_iter().map(|(place, node)| (place, rest(place, node))).collect()
    }

    /// The places of the frames around the one at `place` and of itself, outermost first.
    fn path(&self, place: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut next = place;
        while let Some(node) = next.checked_sub(1).and_then(|i| self.nodes.get(i)) {
            path.push(next);
            next = node.outer as usize;
        }
        path.reverse();
        path
    }

    fn name(&self, place: usize) -> &'a str {
        let node = place.checked_sub(1).and_then(|i| self.nodes.get(i));
        node.and_then(|node| self.names.get(node.name as usize)).copied().unwrap_or("")
    }

    fn tint(&self, place: usize) -> Tint {
        place.checked_sub(1).and_then(|i| self.nodes.get(i)).map_or(PLAIN, |node| node.tint)
    }

    /// The mark of a node. Should there be more nodes than marks, the others share that of their colour.
    fn mark(&self, place: usize) -> char {
        place.checked_sub(1).and_then(flame_marks::mark).unwrap_or(self.tint(place).mark)
    }
}

/// What all stacks come to.
#[derive(Default)]
struct Grown<'a> {
    tree: Tree<'a>,
    all: Estimate,
    /// Marks of the colours.
    present: BTreeSet<char>,
    total: i64,
}

/// The tree of all stacks. If it has too many frames, those that cannot be wide enough are taken out on the way, and what
/// the others hold is added up once more.
fn grown<'a>(
    stacks: &'a Stacks<'_>,
    index: usize,
    sampling: Option<Sampling>,
    most: usize,
) -> Result<Grown<'a>> {
    let mut grown = Grown::default();
    let mut again = false;
    for pass in 0..2 {
        let mut all = Estimate::default();
        let mut total = 0i64;
        let mut too_many = false;
        let tree = &mut grown.tree;
        let present = &mut grown.present;
        stacks.each(|stack| {
            let value = stack.sample.values.get(index).copied().unwrap_or(0);
            // A negative value, as in the difference of two profiles, has no width.
            if value <= 0 || too_many {
                return;
            }
            total = total.saturating_add(value);
            let tint = tint_of(stack.role);
            present.insert(tint.mark);
            let estimate = sampling.map(|sampling| sampling.estimate(stack.sample)).unwrap_or_default();
            all.add(estimate);
            let mut outer = 0;
            let names = stack.frames.iter().take(DEEPEST).map(|frame| frame.name);
            for name in stack.phase.into_iter().chain(names) {
                if pass == 1 && tree.known(outer, name).is_none() {
                    break;
                }
                let (place, node) = tree.place(outer, name, tint);
                if node.tint != tint {
                    node.tint = if pass == 1 && node.value == 0 { tint } else { MIXED };
                }
                node.estimate.add(estimate);
                node.value = node.value.saturating_add(value);
                outer = place;
            }
            if tree.nodes.len() > most {
                again = true;
                tree.thin(total);
                too_many = tree.nodes.len() > most / 2;
            }
        });
        if too_many {
            return Err(Error::input("flame graph: the stacks have too many different frames to be drawn"));
        }
        (grown.all, grown.total) = (all, total);
        if !again || pass == 1 {
            break;
        }
        for node in &mut grown.tree.nodes {
            (node.value, node.estimate) = (0, Estimate::default());
        }
    }
    Ok(grown)
}

/// The flame graph of the sample type at `index`; `what` says in the title what is shown. If the values are zero
/// everywhere it is a picture that says so.
///
/// # Errors
/// When the picture cannot be drawn.
pub fn render(profile: &Profile, index: usize, what: &str, view: &DisplayOptions) -> Result<Vec<u8>> {
    let title = match view.title.as_str() {
        "" => what.to_string(),
        title => format!("{title} — {what}"),
    };
    let stacks = Stacks::new(profile, view);
    let sampling = Sampling::of(profile, index);
    let most = MOST_NODES + profile.samples.locations() / LOCATIONS_PER_NODE;
    let Grown { tree, all, present, total } = grown(&stacks, index, sampling, most)?;
    if total == 0 {
        return Ok(flame_marks::nothing(&title));
    }

    let mut palette = PaletteMap::default();
    // The frame around everything has no name.
    palette.insert("", MIXED.color);
    let mut lines: BTreeMap<String, i64> = BTreeMap::new();
    let mut text = 0;
    for (place, value) in tree.drawn(total).into_iter().filter(|(_, value)| *value > 0) {
        let mut line = String::new();
        for node in tree.path(place) {
            let marked = flame_marks::frame(tree.name(node), tree.mark(node));
            if !line.is_empty() {
                line.push(';');
            }
            line.push_str(&marked);
            palette.insert(marked, tree.tint(node).color);
        }
        text += line.len();
        if text > most_text(profile.samples.locations()) {
            return Err(Error::input("flame graph: the stacks are too long and too many to be drawn"));
        }
        let sum = lines.entry(line).or_default();
        *sum = sum.saturating_add(value);
    }
    let folded: Vec<String> = lines.into_iter().map(|(line, value)| format!("{line} {value}")).collect();

    let unit = profile.unit(index);
    let heading = Heading { title, subtitle: subtitle(profile, total, unit, &present), unit };
    let svg = flame_marks::draw(&folded, palette, heading)?;
    Ok(finish(&svg, &tree, &all, sampling).into_bytes())
}

/// The total, the sampling period and the legend.
fn subtitle(profile: &Profile, total: i64, unit: &str, present: &BTreeSet<char>) -> String {
    let mut parts = vec![format!("{} in all", number_format::value(total, unit))];
    match profile.strings.get(profile.period_type.unit) {
        "bytes" if profile.period > 1 => {
            parts.push(format!("a sample per {}", number_format::bytes(profile.period)));
        }
        "bytes" => parts.push("every allocation".to_string()),
        "nanoseconds" if profile.period > 0 => {
            parts.push(format!("a sample per {} of CPU time", number_format::nanoseconds(profile.period)));
        }
        _ => {}
    }
    let mut legend: Vec<Tint> =
        [KEY, VALUE, TABLE, HARNESS].into_iter().filter(|t| present.contains(&t.mark)).collect();
    if legend.len() > 1 {
        legend.push(MIXED);
    }
    let legend: Vec<String> = legend.iter().map(|t| flame_marks::legend_word(&legend_key(*t))).collect();
    if !legend.is_empty() {
        parts.push(format!("\u{a0} {}", legend.join(" \u{a0} ")));
    }
    parts.join(" · ")
}

/// What a word of the legend is known by.
fn legend_key(tint: Tint) -> String {
    format!("{}{}", tint.mark, tint.name)
}

/// Gives the legend's words their colour, puts intervals into the tooltips and takes all marks out.
fn finish(svg: &str, tree: &Tree, all: &Estimate, sampling: Option<Sampling>) -> String {
    let mut out = flame_marks::finished(svg, |frame, inside| {
        let estimate = frame.map_or(Some(all), |place| tree.nodes.get(place).map(|node| &node.estimate));
        let interval = sampling
            .zip(estimate)
            .and_then(|(sampling, estimate)| Some((estimate.value, sampling.interval(estimate, all)?)));
        interval.map_or_else(|| inside.to_owned(), |(value, interval)| with_interval(inside, value, interval))
    });
    for tint in [KEY, VALUE, TABLE, HARNESS, MIXED, PLAIN] {
        out = flame_marks::with_legend(&out, &legend_key(tint), tint.name, tint.color).replace(tint.mark, "");
    }
    out
}

/// `<value> <unit>, <share>%` with the interval of `value` behind the unit.
fn with_interval(inside: &str, value: f64, interval: Interval) -> String {
    match inside.split_once(", ").filter(|_| interval.high > interval.low) {
        Some((shown, share)) => {
            let half = (interval.high - interval.low) / 2.0;
            let off = number_format::plus_minus(half / value);
            let comma = if off.starts_with('±') { "" } else { "," };
            format!("{shown}{comma} {off}, {share}")
        }
        None => inside.to_owned(),
    }
}
