//! Flame graphs: the role of the samples below a frame gives its colour, labels tell its share of the whole, and tooltips
//! the 95 % interval of its total.

use inferno::flamegraph::color::{Color, PaletteMap};

use crate::compare::sampled_sum::clamped;
use crate::error::Result;
use crate::profile::Profile;
use crate::profile::attribute::Role;
use crate::profile::interval::Interval;

use super::call_tree::{CallTree, Roles};
use super::display_options::DisplayOptions;
use super::flame_lines::{lines, marked_names, most_text};
use super::flame_marks::{self, Heading, Told};
use super::number_format;

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
const COLLECTOR: Tint = tint("collector", '\u{e006}', 196, 120, 108);
const HARNESS: Tint = tint("harness", '\u{e003}', 190, 190, 190);
const MIXED: Tint = tint("mixed", '\u{e004}', 238, 226, 188);
/// Another program's frames.
const PLAIN: Tint = tint("", '\u{e005}', 240, 180, 110);

fn tint_of(roles: Roles) -> Tint {
    match roles.one() {
        _ if roles.is_mixed() => MIXED,
        Some(Role::Key) => KEY,
        Some(Role::Value) => VALUE,
        Some(Role::Table) => TABLE,
        Some(Role::Collector) => COLLECTOR,
        Some(Role::Harness) => HARNESS,
        None => PLAIN,
    }
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
    let tree = CallTree::of_type(profile, index, view)?;
    let all = tree.all(0, 0);
    if all.sum.value == 0 {
        return Ok(flame_marks::nothing(&title));
    }
    let names = marked_names(&tree, |node| tint_of(node.roles()).mark);
    let mut palette = PaletteMap::default();
    for (marked, node) in names.iter().zip(tree.nodes()) {
        // The frame around everything has no name.
        let tint = if node.place == 0 { MIXED } else { tint_of(node.roles()) };
        palette.insert(marked, tint.color);
    }
    let folded = lines(&tree, &names, 1, most_text(profile.samples.locations()))?;
    let unit = profile.unit(index);
    let total = clamped(all.sum.value);
    let heading = Heading { title, subtitle: subtitle(profile, total, unit, all.roles), unit };
    let svg = flame_marks::draw(&folded, palette, heading)?;
    Ok(finish(&svg, &tree).into_bytes())
}

/// The total, the sampling period and the legend.
fn subtitle(profile: &Profile, total: i64, unit: &str, present: Roles) -> String {
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
    let present = Role::ALL.into_iter().filter(|role| present.has(*role));
    let mut legend: Vec<Tint> = present.map(|role| tint_of(Roles::of(Some(role)))).collect();
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

/// Gives the legend's words their colour, puts shares into the labels and intervals into the tooltips, and takes all marks
/// out.
fn finish(svg: &str, tree: &CallTree) -> String {
    let mut out = flame_marks::finished(svg, |frame, inside| {
        let node = tree.node(frame.map_or(0, |number| number + 1));
        let told = node.and_then(|node| {
            let sum = node.total(0, 0).sum;
            Some(with_interval(inside.value, sum.estimate().value, tree.interval(0, 0, &sum)?))
        });
        Told {
            label: number_format::share(inside.share),
            details: told.unwrap_or_else(|| inside.value.to_owned()),
        }
    });
    for tint in [KEY, VALUE, TABLE, COLLECTOR, HARNESS, MIXED, PLAIN] {
        out = flame_marks::with_legend(&out, &legend_key(tint), tint.name, tint.color).replace(tint.mark, "");
    }
    out
}

/// `<value> <unit>` with the interval of `value` behind the unit.
fn with_interval(shown: &str, value: f64, interval: Interval) -> String {
    if interval.high <= interval.low {
        return shown.to_owned();
    }
    let half = (interval.high - interval.low) / 2.0;
    let off = number_format::plus_minus(half / value);
    let comma = if off.starts_with('±') { "" } else { "," };
    format!("{shown}{comma} {off}")
}
