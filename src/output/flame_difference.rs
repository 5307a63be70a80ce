//! The flame graph of a difference: both profiles laid over each other, each frame in the colour of its own change.
//!
//! inferno's own differential mode colours only the frame at which a stack ends, and takes the last of several stacks
//! that end there; frames inside stay white. Here a frame's colour follows the sums of everything below it. A stack is as
//! wide as the larger of its two values, so that what vanished can be seen as well as what is new. Its label has the change
//! beside the name.

use inferno::flamegraph::color::{Color, PaletteMap};

use crate::compare::sampled_sum::{SampledSum, clamped};
use crate::error::Result;
use crate::profile::Profile;

use super::call_tree::{CallNode, CallTree};
use super::display_options::DisplayOptions;
use super::flame_lines::{lines, marked_names, most_text};
use super::flame_marks::{self, Heading, Told};
use super::number_format;

/// The mark of frames that have none of their own. There are fewer frames than marks.
const SPARE: char = '\u{e000}';

const fn rgb(r: u8, g: u8, b: u8) -> Color {
    Color { r, g, b }
}

/// No change.
const SAME: Color = rgb(226, 226, 226);
/// Nearly nothing is left of what was there.
const SHRANK: Color = rgb(150, 188, 250);
/// Nearly nothing was there of what is.
const GREW: Color = rgb(255, 152, 132);
/// Only in the base.
const GONE: Color = rgb(88, 124, 214);
/// Only in the new profile.
const NEW: Color = rgb(226, 82, 70);

/// The colour of a frame that held `base` and holds `new`.
fn color(base: i128, new: i128) -> Color {
    match (base.max(0), new.max(0)) {
        (0, 0) => SAME,
        (0, _) => NEW,
        (_, 0) => GONE,
        (base, new) => {
            let change = (new - base) as f64 / base.max(new) as f64;
            let end = if change < 0.0 { SHRANK } else { GREW };
            // The root lets a change of some percent be seen, too.
            let part = change.abs().sqrt();
            let mix =
                |from: u8, to: u8| (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8;
            rgb(mix(SAME.r, end.r), mix(SAME.g, end.g), mix(SAME.b, end.b))
        }
    }
}

/// The legend's words with their colours.
fn legend() -> [(&'static str, Color); 5] {
    [("gone", GONE), ("half", color(2, 1)), ("same", SAME), ("double", color(1, 2)), ("new", NEW)]
}

/// The picture of what changed from `base` to `new`, each with the place of its sample type. Without any value on either
/// side it is one that says so.
///
/// # Errors
/// When it cannot be drawn.
pub fn render(base: (&Profile, usize), new: (&Profile, usize), view: &DisplayOptions) -> Result<Vec<u8>> {
    let (profile, index) = new;
    let unit = profile.unit(index);
    let kind = profile.kinds().get(index).copied().unwrap_or("").to_owned();
    let title = match view.title.as_str() {
        "" => format!("difference of {kind}"),
        title => format!("{title} — difference of {kind}"),
    };
    let most = most_text(base.0.samples.locations() + profile.samples.locations());
    let tree = CallTree::of_difference_in(base, new, view)?;
    let Some(all) = tree.node(0).filter(|all| all.width(0) > 0) else {
        return Ok(flame_marks::nothing(&title));
    };
    let names = marked_names(&tree, |_| SPARE);
    let mut palette = PaletteMap::default();
    for (marked, node) in names.iter().zip(tree.nodes()) {
        // The frame around everything has no name.
        let [base, new] = sides(&node);
        palette.insert(marked, color(base.value, new.value));
    }
    let words: Vec<String> = legend().iter().map(|(word, _)| flame_marks::legend_word(word)).collect();
    let [base_all, new_all] = sides(&all);
    let subtitle = format!(
        "{} → {}: {} · width: the larger of the two · \u{a0} {}",
        number_format::value(clamped(base_all.value), unit),
        number_format::value(clamped(new_all.value), unit),
        change(&tree, [&base_all, &new_all], |value| number_format::value(value, unit)),
        words.join(" \u{a0} ")
    );
    // inferno adds up in 64 bits.
    let scale = all.width(0) / i64::MAX as u128 + 1;
    let folded = lines(&tree, &names, scale, most)?;
    let svg = flame_marks::draw(&folded, palette, Heading { title, subtitle, unit })?;
    let unit = flame_marks::escaped(unit);
    let mut svg =
        flame_marks::finished(&svg, |frame, inside| match tree.node(frame.map_or(0, |number| number + 1)) {
            Some(node) => {
                let [base, new] = sides(&node);
                Told { label: relative(&base, &new), details: tooltip(&tree, &node, &unit) }
            }
            None => Told { details: inside.value.to_owned(), ..Told::default() },
        });
    for (word, color) in legend() {
        svg = flame_marks::with_legend(&svg, word, word, color);
    }
    Ok(svg.into_bytes())
}

/// What a frame holds with all that is below it, in the base and in the new profile.
fn sides(node: &CallNode<'_>) -> [SampledSum; 2] {
    [0, 1].map(|side| node.total(0, side).sum)
}

/// `base 7,340,032 bytes, new 7,500,000 bytes: +159,968 bytes ±1,200, +2.2 %`, without brackets and exact.
fn tooltip(tree: &CallTree, node: &CallNode<'_>, unit: &str) -> String {
    let [base, new] = sides(node);
    let exact = |value: i64| format!("{} {unit}", number_format::count(value)).trim_end().to_owned();
    format!(
        "base {}, new {}: {}",
        exact(clamped(base.value)),
        exact(clamped(new.value)),
        change(tree, [&base, &new], exact)
    )
}

/// A difference with its interval, and what share of the base it is.
fn change(tree: &CallTree, [base, new]: [&SampledSum; 2], shown: impl Fn(i64) -> String) -> String {
    let delta = new.value.saturating_sub(base.value);
    if delta == 0 {
        return "no difference".to_owned();
    }
    let mut text = number_format::signed(clamped(delta), &shown);
    if let Some((low, high)) = tree.interval_of_difference(0, base, new).filter(|(low, high)| high > low) {
        text.push_str(&format!(" ±{}", shown(((high - low) / 2.0).round() as i64)));
    }
    text + ", " + &relative(base, new)
}

/// A difference as a share of the base.
fn relative(base: &SampledSum, new: &SampledSum) -> String {
    let delta = new.value.saturating_sub(base.value);
    match (base.value, new.value) {
        _ if delta == 0 => "same".to_owned(),
        (0, _) => "new".to_owned(),
        (_, 0) => "gone".to_owned(),
        (was, _) => number_format::change(delta as f64 / was as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures::{Plan, heap, of_stacks as of};
    use crate::profile::{Function, Line, Location, Sample, Text};

    fn picture(base: &Profile, new: &Profile) -> String {
        String::from_utf8(render((base, 1), (new, 1), &DisplayOptions::default()).unwrap()).unwrap()
    }

    /// The colour and the share of the width of the frame whose tooltip begins with `name`.
    fn drawn(svg: &str, name: &str) -> (String, f64) {
        let at = svg.find(&format!("<title>{name} ")).unwrap_or_else(|| panic!("no frame {name}"));
        let part = |before: &str, after: &str| {
            let from = svg[at..].find(before).unwrap() + at + before.len();
            svg[from..from + svg[from..].find(after).unwrap()].to_owned()
        };
        (part("fill=\"", "\""), part("width=\"", "%\"").parse().unwrap())
    }

    fn css(Color { r, g, b }: Color) -> String {
        format!("rgb({r},{g},{b})")
    }

    #[test]
    fn a_frame_whose_parts_cancel_out_is_the_same() {
        let base = of(&[(&["more", "parent", "main"], 100), (&["less", "parent", "main"], 300)]);
        let new = of(&[(&["more", "parent", "main"], 200), (&["less", "parent", "main"], 200)]);
        let svg = picture(&base, &new);
        for name in ["parent", "main", "all"] {
            assert_eq!(drawn(&svg, name), (css(SAME), 100.0), "{name}");
            assert!(
                svg.contains(&format!("{name} same (base 400 bytes, new 400 bytes: no difference)")),
                "{name}"
            );
        }
        assert_eq!(drawn(&svg, "more"), (css(color(100, 200)), 40.0));
        assert_eq!(drawn(&svg, "less"), (css(color(300, 200)), 60.0));
        assert!(svg.contains("more +100 % (base 100 bytes, new 200 bytes: +100 bytes, +100 %)"));
    }

    #[test]
    fn an_inner_frame_follows_its_own_total_where_inferno_leaves_it_white() {
        let base = of(&[(&["leaf", "inner", "main"], 100), (&["inner", "main"], 500), (&["main"], 400)]);
        let new = of(&[(&["leaf", "inner", "main"], 900), (&["inner", "main"], 100), (&["main"], 1000)]);
        // As inferno's own differential mode draws it: `inner` grew from 600 to 1000 and is blue, since the stack that
        // ends there shrank.
        let folded = ["main 400 1000", "main;inner 500 100", "main;inner;leaf 100 900"];
        let mut theirs = Vec::new();
        inferno::flamegraph::from_lines(&mut inferno::flamegraph::Options::default(), folded, &mut theirs)
            .unwrap();
        let theirs = String::from_utf8(theirs).unwrap();
        let (their, _) = drawn(&theirs, "inner");
        let parts: Vec<u8> = their[4..their.len() - 1].split(',').map(|part| part.parse().unwrap()).collect();
        assert!(parts[2] > parts[0], "inferno draws {their}: its differential mode has become right");
        let svg = picture(&base, &new);
        assert_eq!(drawn(&svg, "inner").0, css(color(600, 1000)));
        assert_eq!(drawn(&svg, "main").0, css(color(1000, 2000)));
        assert_eq!(drawn(&svg, "all").0, css(color(1000, 2000)));
    }

    #[test]
    fn what_is_new_or_gone_has_its_own_colour_and_is_seen() {
        let base = of(&[(&["old", "main"], 300), (&["stays", "main"], 100)]);
        let new = of(&[(&["young", "main"], 100), (&["stays", "main"], 100)]);
        let svg = picture(&base, &new);
        assert_eq!(drawn(&svg, "old"), (css(GONE), 60.0));
        assert_eq!(drawn(&svg, "young"), (css(NEW), 20.0));
        assert_eq!(drawn(&svg, "stays"), (css(SAME), 20.0));
        assert!(svg.contains("old gone (base 300 bytes, new 0 bytes: -300 bytes, gone)"));
        assert!(svg.contains("young new (base 0 bytes, new 100 bytes: +100 bytes, new)"));
    }

    #[test]
    fn a_stronger_change_has_a_stronger_colour() {
        let red = |base, new| i32::from(color(base, new).r) - i32::from(color(base, new).b);
        let steps = [
            red(100, 1),
            red(100, 50),
            red(100, 99),
            red(100, 100),
            red(100, 101),
            red(50, 100),
            red(1, 100),
        ];
        assert!(steps.is_sorted() && steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
        assert_eq!((color(5, 0), color(0, 5), color(-5, 0)), (GONE, NEW, SAME));
    }

    #[test]
    fn sampled_sides_tell_how_far_the_difference_may_be_off() {
        let (base, mut new) = (heap(), heap());
        let index = base.sample_type("inuse_space").unwrap();
        for sample in 0..new.samples.len() {
            for value in new.samples.values_mut(sample) {
                *value *= 2;
            }
        }
        let picture = |new| render((&base, index), (new, index), &DisplayOptions::default());
        let svg = String::from_utf8(picture(&new).unwrap()).unwrap();
        // 14 samples and 28 of 524,288 bytes.
        let told = "make_key +100 % (base 7,340,032 bytes, new 14,680,064 bytes: +7,340,032 bytes ±";
        assert!(svg.contains(told), "no interval");
        assert!(
            !svg.chars().any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c) || c >= '\u{f0000}'),
            "a mark is left"
        );
    }

    #[test]
    fn frames_that_are_all_too_narrow_leave_the_one_around_them() {
        let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
        for function in 0..12_000 {
            let name = plan.profile.strings.add(&format!("f{function}"));
            plan.profile.functions.push(Function::new(name, Text::default()));
            plan.profile.locations.push(Location::new(0, vec![Line::new(function, 1)]));
            plan.profile.samples.push(Sample { locations: &[function], values: &[1, 8], labels: &[] });
        }
        let svg = picture(&plan.profile, &plan.profile);
        assert!(svg.contains("all same (base 96,000 bytes, new 96,000 bytes: no difference)"));
    }

    #[test]
    fn what_a_file_names_stays_text() {
        let mut profile = of(&[(&["<b>&\u{1b}", "main"], 100)]);
        profile.sample_types[1].kind = profile.strings.add("<i>\u{7}");
        profile.sample_types[1].unit = profile.strings.add("<u>&\u{2}");
        let svg = picture(&profile, &profile);
        for part in ["<b>", "<i>", "<u>", "&\u{1b}", "\u{1b}", "\u{7}", "\u{2}"] {
            assert!(!svg.contains(part), "{part:?}");
        }
    }

    #[test]
    fn nothing_and_extremes_are_drawn() {
        let none = of(&[(&["f"], 0), (&["g"], -7)]);
        assert!(picture(&none, &none).contains("zero everywhere"));
        let most = of(&[(&["f"], i64::MAX), (&["g"], i64::MAX), (&["h"], i64::MAX), (&["f"], i64::MAX)]);
        let svg = picture(&most, &none);
        let (color, width) = drawn(&svg, "f");
        assert!(color == css(GONE) && (width - 50.0).abs() < 0.01, "{width}");
    }
}
