//! Flame graphs in colours of our own: inferno draws, marks carry what it cannot be told.
//!
//! inferno colours by name alone, and writes its own words into tooltips. So every frame's name gets a private-use
//! character that stands for its place in the tree of stacks, the colour is looked up by the marked name, and when the
//! picture is finished the marks are taken out and the tooltips completed.

use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};

use crate::error::{Error, Result};
use crate::printable::printable;

/// Marks of single frames: the two planes of Unicode for private use.
const PLANES: [std::ops::RangeInclusive<u32>; 2] = [0xf_0000..=0xf_fffd, 0x10_0000..=0x10_fffd];

/// Marks in each plane.
const PER_PLANE: usize = 0xfffe;

/// How many frames can be told apart.
#[cfg(test)]
const MARKS: usize = PLANES.len() * PER_PLANE;

/// The mark of the frame at `place`, from 0; none where there are no more.
pub(super) fn mark(place: usize) -> Option<char> {
    let first = *PLANES.get(place / PER_PLANE)?.start();
    char::from_u32(first + (place % PER_PLANE) as u32)
}

/// The place that a mark stands for; none if it is no mark.
fn place(mark: char) -> Option<usize> {
    let code = u32::from(mark);
    let plane = PLANES.iter().position(|plane| plane.contains(&code))?;
    Some(plane * PER_PLANE + (code - PLANES.get(plane)?.start()) as usize)
}

/// A frame's name with its mark, as it stands in a folded line.
pub(super) fn frame(name: &str, mark: char) -> String {
    // What ends a frame, and what XML has no place for or would be taken for a mark.
    format!("{}{mark}", printable(&name.replace(';', " ")))
}

/// What stands around the frames.
pub(super) struct Heading<'a> {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// Unit of the values in tooltips.
    pub(super) unit: &'a str,
}

/// The picture of folded lines, marks still in.
///
/// # Errors
/// When inferno cannot draw it, or its sums would not fit into 64 bits: inferno adds up without looking.
pub(super) fn draw(lines: &[String], mut palette: PaletteMap, heading: Heading) -> Result<String> {
    if sum(lines) > i128::from(i64::MAX) {
        return Err(Error::input("flame graph: the values add up to more than 64 bits hold"));
    }
    let mut options = Options::default();
    // inferno escapes what it is given, but XML has no place for control characters at all. The subtitle has marks.
    options.title = printable(&heading.title).into_owned();
    options.subtitle = Some(heading.subtitle.replace(char::is_control, " "));
    options.count_name = printable(heading.unit).into_owned();
    options.palette_map = Some(&mut palette);
    options.bgcolors = Some(BackgroundColor::Flat(Color { r: 250, g: 250, b: 250 }));
    options.text_truncate_direction = TextTruncateDirection::Right;
    let mut svg = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .map_err(|error| Error::case(format!("flame graph: {error}")))?;
    Ok(String::from_utf8_lossy(&svg).into_owned())
}

/// The sum of all values of folded lines, of both sides where they have two.
fn sum(lines: &[String]) -> i128 {
    let values = |line: &String| -> i128 {
        line.rsplit(' ').map_while(|word| word.parse::<i64>().ok()).take(2).map(i128::from).sum()
    };
    lines.iter().map(values).sum()
}

/// Stands around a word of the legend until the picture is finished.
const LEGEND: char = '\u{e010}';

/// A word of the legend, to be put into the subtitle.
pub(super) fn legend_word(word: &str) -> String {
    format!("{LEGEND}{word}{LEGEND}")
}

/// Gives a word of the legend its colour.
pub(super) fn with_legend(svg: &str, word: &str, shown: &str, Color { r, g, b }: Color) -> String {
    // A wide outline under black text: a swatch that needs no glyph and stays with its word at any width.
    let swatch = format!(
        "<tspan stroke=\"rgb({r},{g},{b})\" stroke-width=\"9\" stroke-linejoin=\"round\" \
         paint-order=\"stroke\">{shown}</tspan>"
    );
    svg.replace(&legend_word(word), &swatch)
}

/// `svg` without marks, its tooltips completed: inferno writes `<name><mark> (<value> <unit>, <share>%)`, and what `tell`
/// makes of the text in the brackets takes its place: text with all escaped that XML wants escaped, as is what it gets,
/// beside the frame's place, none for the frame around all. The words stay within the brackets because the picture's script takes the last pair for all that is not the name.
pub(super) fn finished(svg: &str, tell: impl Fn(Option<usize>, &str) -> String) -> String {
    // The frame around everything has no mark, and any other of its name has.
    const ROOT: &str = "<title>all (";
    let (before, rest) = match svg.find(ROOT) {
        Some(root) => svg.split_at(root + ROOT.len() - " (".len()),
        None => (svg, ""),
    };
    let mut out = String::with_capacity(svg.len());
    tell_all(&mut out, before, None, &tell);
    tell_all(&mut out, rest, Some(None), &tell);
    out
}

/// Appends `svg`; `frame` is the one whose tooltip may go on at its beginning.
fn tell_all(
    out: &mut String,
    svg: &str,
    mut frame: Option<Option<usize>>,
    tell: &impl Fn(Option<usize>, &str) -> String,
) {
    for piece in svg.split_inclusive(|c| place(c).is_some()) {
        let own = piece.chars().next_back().filter(|c| place(*c).is_some());
        let text = own.map_or(piece, |mark| &piece[..piece.len() - mark.len_utf8()]);
        // In a label nothing follows the mark but the end of the element.
        match (text.strip_prefix(" (").and_then(|inside| inside.split_once(")</title>")), frame) {
            (Some((inside, after)), Some(frame)) => {
                out.push_str(&format!(" ({})</title>{after}", tell(frame, inside)));
            }
            _ => out.push_str(text),
        }
        frame = own.and_then(place).map(Some);
    }
}

/// Text as it stands in XML.
pub(super) fn escaped(text: &str) -> String {
    printable(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")).into_owned()
}

/// A small picture that says that there is nothing to show.
pub(super) fn nothing(title: &str) -> Vec<u8> {
    let title = escaped(title);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_a_mark_of_its_own() {
        for at in [0, 1, PER_PLANE - 1, PER_PLANE, MARKS - 1] {
            assert_eq!(mark(at).and_then(place), Some(at));
        }
        assert_eq!((mark(MARKS), place('a'), place('\u{f_fffe}')), (None, None, None));
    }

    #[test]
    fn a_name_can_hold_neither_a_mark_nor_what_ends_a_frame() {
        let own = mark(7).unwrap();
        assert_eq!(frame("a;b\n\u{1b}\u{f0000}\u{100000}c", own), format!("a b    c{own}"));
    }

    #[test]
    fn sums_that_do_not_fit_are_refused_and_not_drawn() {
        let heading = || Heading { title: "t".into(), subtitle: "s".into(), unit: "bytes" };
        let draw = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            draw(&lines, PaletteMap::default(), heading()).map_err(|error| error.to_string())
        };
        assert!(draw(&["a 4611686018427387904", "b 7"]).is_ok());
        let said = draw(&["a 4611686018427387904", "b 4611686018427387904"]).unwrap_err();
        assert!(said.contains("more than 64 bits"), "{said}");
        assert_eq!(sum(&["a;b 3 -5".into(), "c 4 9".into(), "d 1".into()]), 12);
    }

    #[test]
    fn tooltips_are_completed_and_marks_taken_out() {
        let [one, other] = [mark(0), mark(PER_PLANE)].map(Option::unwrap);
        let svg = format!(
            "<title>f(x){one} (5 bytes, 50.00%)</title><text>f(x){one}</text><title>all{other} (5 bytes, 50.00%)</title>\
             <title>all (10 bytes, 100%)</title><text></text>"
        );
        let told = finished(&svg, |frame, inside| format!("{frame:?} {inside}"));
        assert_eq!(
            told,
            "<title>f(x) (Some(0) 5 bytes, 50.00%)</title><text>f(x)</text>\
             <title>all (Some(65534) 5 bytes, 50.00%)</title><title>all (None 10 bytes, 100%)</title><text></text>"
        );
    }
}
