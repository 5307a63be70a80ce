//! Flame graphs in colours of our own: inferno draws, marks carry what it cannot be told.
//!
//! inferno colours by name alone, and writes its own words into tooltips. So every frame's name gets a private-use
//! character that stands for its place in the tree of stacks, the colour is looked up by the marked name, and when the
//! picture is finished the marks are taken out, and labels and tooltips completed.
//!
//! The picture's own script makes a frame's label anew from its tooltip, without the last pair of brackets, whenever its
//! width changes. So what a label shows beside the name stands in the tooltip before these brackets.

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

const BACKGROUND: Color = Color { r: 250, g: 250, b: 250 };

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
    options.bgcolors = Some(BackgroundColor::Flat(BACKGROUND));
    options.text_truncate_direction = TextTruncateDirection::Right;
    let mut svg = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .map_err(|error| Error::case(format!("flame graph: {error}")))?;
    Ok(with_attributes(&String::from_utf8_lossy(&svg)))
}

/// What inferno says in a style sheet about the text around the frames, as attributes too: a page that shows the picture as
/// a part of itself has no place for a style sheet. It would also find the background of another picture by its name.
fn with_attributes(svg: &str) -> String {
    let (head, frames) = svg.split_at(svg.find("<svg id=\"frames\"").unwrap_or(svg.len()));
    let mut head = head.to_owned();
    for (element, attributes) in [
        ("<svg version=\"1.1\"", "font-family=\"monospace\" font-size=\"12\""),
        ("<text id=\"title\"", "text-anchor=\"middle\" font-size=\"17\""),
        ("<text id=\"subtitle\"", "text-anchor=\"middle\""),
        ("<text id=\"search\"", "text-anchor=\"end\""),
        ("<text id=\"matched\"", "text-anchor=\"end\""),
    ] {
        head = head.replacen(element, &format!("{element} {attributes}"), 1);
    }
    let Color { r, g, b } = BACKGROUND;
    head.replacen("fill=\"url(#background)\"", &format!("fill=\"rgb({r},{g},{b})\""), 1) + frames
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

/// Puts a square of its colour before a word of the legend.
pub(super) fn with_legend(svg: &str, word: &str, shown: &str, Color { r, g, b }: Color) -> String {
    // A glyph moves with its word at any width; the outline lets light colours be seen.
    let swatch = format!(
        "<tspan fill=\"rgb({r},{g},{b})\" stroke=\"rgb(120,120,120)\" stroke-width=\"0.5\" \
         font-size=\"16\">\u{25a0}</tspan> {shown}"
    );
    svg.replace(&legend_word(word), &swatch)
}

/// What inferno tells of a frame.
pub(super) struct Inside<'a> {
    /// Its value with the unit, escaped.
    pub(super) value: &'a str,
    /// The share of the whole.
    pub(super) share: f64,
}

/// What is told of a frame beside its name, escaped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Behind the name, in the label as well.
    pub(super) label: String,
    /// In the brackets of the tooltip; without brackets of its own.
    pub(super) details: String,
}

/// `svg` without marks, its labels and tooltips completed: inferno writes `<name><mark> (<value> <unit>, <share>%)`, and
/// what `tell` makes of that takes its place. It gets the frame's place, none for the frame around all.
pub(super) fn finished(svg: &str, tell: impl Fn(Option<usize>, Inside<'_>) -> Told) -> String {
    // The frame around everything has no mark, and any other of its name has.
    let (before, rest) = match svg.find(ROOT) {
        Some(root) => svg.split_at(root + ROOT.len() - " (".len()),
        None => (svg, ""),
    };
    let mut out = String::with_capacity(svg.len());
    tell_all(&mut out, before, None, &tell);
    tell_all(&mut out, rest, Some(None), &tell);
    out
}

/// The tooltip of the frame around everything.
const ROOT: &str = "<title>all (";

/// A label that may follow in the picture.
struct Label {
    frame: Option<usize>,
    text: String,
    /// Letters that the frame has room for.
    room: usize,
}

/// Appends `svg`; `frame` is the one whose tooltip may go on at its beginning.
fn tell_all(
    out: &mut String,
    svg: &str,
    mut frame: Option<Option<usize>>,
    tell: &impl Fn(Option<usize>, Inside<'_>) -> Told,
) {
    let mut label: Option<Label> = None;
    for piece in svg.split_inclusive(|c| place(c).is_some()) {
        let own = piece.chars().next_back().filter(|c| place(*c).is_some());
        let text = own.map_or(piece, |mark| &piece[..piece.len() - mark.len_utf8()]);
        match (text.strip_prefix(" (").and_then(|inside| inside.split_once(")</title>")), frame) {
            (Some((inside, after)), Some(frame)) => {
                let Told { label: text, details } = tell(frame, inside_of(inside));
                let before = if text.is_empty() { "" } else { " " };
                out.push_str(&format!("{before}{text} ({details})</title>"));
                match frame {
                    Some(_) => out.push_str(after),
                    // inferno gives the frame around all no label.
                    None => {
                        out.push_str(&after.replacen("></text>", &format!(">all{before}{text}</text>"), 1))
                    }
                }
                label = Some(Label { frame, text, room: room(after) });
            }
            // In a label that is not cut nothing follows the mark but the end of the element.
            (_, Some(frame)) => {
                if let Some(label) = label.take().filter(|label| label.frame == frame) {
                    let name = out.rsplit('>').next().unwrap_or("");
                    let letters = name.chars().count() + 1 + label.text.chars().count();
                    if !label.text.is_empty() && letters < label.room {
                        out.push(' ');
                        out.push_str(&label.text);
                    }
                }
                out.push_str(text);
            }
            _ => out.push_str(text),
        }
        frame = own.and_then(place).map(Some);
    }
}

/// `<value> <unit>, <share>%`.
fn inside_of(inside: &str) -> Inside<'_> {
    let parts = inside.rsplit_once(", ").and_then(|(value, share)| {
        let percent: f64 = share.strip_suffix('%')?.parse().ok()?;
        Some(Inside { value, share: percent / 100.0 })
    });
    parts.unwrap_or(Inside { value: inside, share: 0.0 })
}

/// Letters that fit into the frame whose rectangle follows, as inferno reckons: of 12 pixels, 0.59 as wide, in 1200 pixels.
fn room(svg: &str) -> usize {
    let width = svg.split_once(" width=\"").and_then(|(_, rest)| rest.split_once("%\""));
    let percent: f64 = width.and_then(|(percent, _)| percent.parse().ok()).unwrap_or(0.0);
    (percent / 100.0 * 1200.0 / (12.0 * 0.59)) as usize
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

    fn told(frame: Option<usize>, Inside { value, share }: Inside<'_>) -> Told {
        Told { label: format!("{share:.2}"), details: format!("{frame:?} {value}") }
    }

    #[test]
    fn tooltips_are_completed_and_marks_taken_out() {
        let [one, other] = [mark(0), mark(PER_PLANE)].map(Option::unwrap);
        let svg = format!(
            "<title>f(x){one} (5 bytes, 50.00%)</title><text>f(x){one}</text><title>all{other} (5 bytes, 50.00%)</title>\
             <title>all (10 bytes, 100%)</title><text></text><text></text>"
        );
        assert_eq!(
            finished(&svg, told),
            "<title>f(x) 0.50 (Some(0) 5 bytes)</title><text>f(x)</text><title>all 0.50 (Some(65534) 5 bytes)</title>\
             <title>all 1.00 (None 10 bytes)</title><text>all 1.00</text><text></text>"
        );
    }

    #[test]
    fn a_label_is_completed_where_it_has_room() {
        let own = mark(3).unwrap();
        // Room for 8 letters and a half.
        let frame = |name: &str, label: &str| {
            let svg = format!(
                "<title>{name}{own} (5 bytes, 5.00%)</title><rect width=\"5.0000%\"/><text>{label}</text>"
            );
            let told = finished(&svg, told);
            told.split_once("<text>").unwrap().1.replace("</text>", "")
        };
        assert_eq!(room("<rect x=\"1%\" width=\"5.0000%\" fg:w=\"3\"/>"), 8);
        assert_eq!(frame("f", &format!("f{own}")), "f 0.05");
        assert_eq!(frame("fgh", &format!("fgh{own}")), "fgh");
        assert_eq!(frame("a-long-name", "a-lo.."), "a-lo..");
    }

    #[test]
    fn nothing_is_said_in_a_style_sheet_alone() {
        let heading = Heading { title: "t".into(), subtitle: legend_word("key"), unit: "bytes" };
        let svg = draw(&["a 1".to_owned()], PaletteMap::default(), heading).unwrap();
        for part in [
            "<svg version=\"1.1\" font-family=\"monospace\"",
            "<text id=\"title\" text-anchor=\"middle\"",
            "<text id=\"subtitle\" text-anchor=\"middle\"",
            "<text id=\"search\" text-anchor=\"end\"",
            "<text id=\"matched\" text-anchor=\"end\"",
            "fill=\"rgb(250,250,250)\"",
        ] {
            assert!(svg.contains(part), "{part}");
        }
        assert!(!svg.contains("url(#background)") && !svg.contains(" style="));
        let svg = with_legend(&svg, "key", "keys", Color { r: 1, g: 2, b: 3 });
        assert!(svg.contains("<tspan fill=\"rgb(1,2,3)\"") && svg.contains("\u{25a0}</tspan> keys"));
    }
}
