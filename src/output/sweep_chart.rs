//! `sweep.svg`: bytes per entry, peak ratio, time and allocations over the setting of a sweep, a panel for each and a colour for
//! each series. The closed form is a line behind the points, a band where it gives bounds; where there is none, a thin line joins them.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, GRID, PAPER, Point, font};
use super::label_layout::Rect;
use super::number_format::compact;
use crate::error::Result;
use crate::sweep::{Bounds, Series};

/// The figures that have a panel.
pub const METRICS: [&str; 4] = ["bytes_per_entry", "peak_ratio", "ns_per_op", "allocs_per_op"];

/// Their headings.
const HEADINGS: [&str; 4] =
    ["bytes per entry", "peak ratio: highest over filled", "ns per operation", "allocations per operation"];

const COLORS: [RGBColor; 12] = [
    RGBColor(54, 116, 186),
    RGBColor(222, 130, 48),
    RGBColor(70, 150, 88),
    RGBColor(190, 60, 56),
    RGBColor(128, 96, 178),
    RGBColor(134, 94, 60),
    RGBColor(206, 104, 168),
    RGBColor(72, 79, 89),
    RGBColor(150, 152, 40),
    RGBColor(46, 158, 170),
    RGBColor(20, 62, 110),
    RGBColor(236, 174, 80),
];

const MARGIN: i32 = 24;
const GAP: i32 = 30;
const PANEL: (i32, i32) = (560, 300);
const HEAD: i32 = 26;
const LEFT: i32 = 60;
const FOOT: i32 = 42;
/// The title, and a row of the legend.
const TITLE: i32 = 44;
const LEGEND: i32 = 22;
/// From here on a range is shown on a logarithmic scale.
const WIDE: f64 = 10.0;

/// A panel: its heading and what is drawn of each series.
struct Panel<'s> {
    heading: &'static str,
    lines: Vec<Line<'s>>,
}

/// A series in a panel.
struct Line<'s> {
    series: &'s Series<'s>,
    color: RGBColor,
    points: Vec<(f64, f64)>,
    form: Vec<(f64, Bounds)>,
}

/// The picture of sweeps over the same setting. Series over another one than the first are left out.
///
/// # Errors
/// When it cannot be drawn.
pub fn render(title: &str, all: &[Series<'_>]) -> Result<Vec<u8>> {
    let axis = all.first().map_or("", |series| series.axis);
    let series: Vec<&Series<'_>> = all.iter().filter(|series| series.axis == axis).collect();
    let colors = COLORS.iter().copied().cycle();
    let colored: Vec<(&Series<'_>, RGBColor)> = series.iter().copied().zip(colors).collect();
    let panels: Vec<Panel<'_>> = METRICS
        .iter()
        .zip(HEADINGS)
        .map(|(metric, heading)| Panel { heading, lines: lines(&colored, metric) })
        .filter(|panel| !panel.lines.is_empty())
        .collect();
    let width = 2 * MARGIN + 2 * PANEL.0 + GAP;
    let several = series.windows(2).any(|pair| matches!(pair, [a, b] if workload(a) != workload(b)));
    let names: Vec<String> = colored
        .iter()
        .map(|(series, _)| if several { series.label.clone() } else { series.row.clone() })
        .collect();
    let places = legend_places(&names, width - 2 * MARGIN);
    let rows = places.last().map_or(0, |(_, row)| row + 1);
    let top = TITLE + rows * LEGEND + 22;
    let height = top + (panels.len().max(1) as i32 + 1) / 2 * (PANEL.1 + GAP) + MARGIN / 2 - GAP;

    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (width, height))?;
    let heading = font(18).bold();
    let words = format!("{title} by {axis}");
    canvas.text(&heading.fit(&words, width - 2 * MARGIN), (MARGIN, 26), Anchor::Start, heading)?;
    if panels.is_empty() {
        let text = "nothing to show: no setting is a number in all points, or no point has a figure";
        canvas.text(text, (MARGIN, 56), Anchor::Start, font(12).color(FAINT))?;
        canvas.finish()?;
        return Ok(svg.into_bytes());
    }
    for (((_, color), name), (x, row)) in colored.iter().zip(&names).zip(&places) {
        let (x, y) = (MARGIN + x, TITLE + 6 + row * LEGEND);
        canvas.line(vec![(x, y), (x + 16, y)], fainter(*color, 2), 5)?;
        canvas.circle((x + 8, y), 3, *color)?;
        canvas.text(name, (x + 22, y), Anchor::Start, font(12))?;
    }
    let small = font(11).color(FAINT);
    let has_form = panels.iter().any(|panel| panel.lines.iter().any(|line| !line.form.is_empty()));
    let note = if has_form {
        "points: measured; broad lines and bands: the closed form"
    } else {
        "points: measured"
    };
    canvas.text(note, (MARGIN, top - 14), Anchor::Start, small)?;
    for (number, shown) in panels.iter().enumerate() {
        let number = number as i32;
        let corner = (MARGIN + number % 2 * (PANEL.0 + GAP), top + number / 2 * (PANEL.1 + GAP));
        panel(&canvas, shown, axis, corner)?;
    }
    canvas.finish()?;
    Ok(svg.into_bytes())
}

fn workload<'s>(series: &'s Series<'_>) -> &'s str {
    series.label.split('/').next().unwrap_or_default()
}

fn lines<'s>(colored: &[(&'s Series<'s>, RGBColor)], metric: &str) -> Vec<Line<'s>> {
    let line = |(series, color): &(&'s Series<'s>, RGBColor)| {
        let points = series.figure(metric);
        let form = series.closed_form(metric);
        (!points.is_empty()).then_some(Line { series, color: *color, points, form })
    };
    colored.iter().filter_map(line).collect()
}

/// Where the names of the legend stand: pixels from the left, and the row.
fn legend_places(names: &[String], room: i32) -> Vec<(i32, i32)> {
    let (mut x, mut row) = (0, 0);
    let mut places = Vec::new();
    for name in names {
        let width = 22 + font(12).width(name) + 18;
        if x > 0 && x + width > room {
            (x, row) = (0, row + 1);
        }
        places.push((x, row));
        x += width;
    }
    places
}

fn panel(canvas: &Canvas<'_>, panel: &Panel<'_>, name: &str, (x, y): Point) -> Result<()> {
    canvas.text(panel.heading, (x, y + 8), Anchor::Start, font(13).bold())?;
    let plot: Rect = [x + LEFT, y + HEAD, x + PANEL.0 - 8, y + PANEL.1 - FOOT];
    let [left, top, right, bottom] = plot;
    let both = |(n, bounds): &(f64, Bounds)| [(*n, bounds.low), (*n, bounds.high)];
    let of_line = |line: &Line<'_>| -> Vec<(f64, f64)> {
        line.points.iter().copied().chain(line.form.iter().flat_map(both)).collect()
    };
    let all: Vec<(f64, f64)> = panel.lines.iter().flat_map(of_line).collect();
    let across = across(all.iter().map(|(n, _)| *n), left, right);
    let up = up(all.iter().map(|(_, value)| *value), bottom, top);
    ground(canvas, plot, across, up, name)?;
    let at = |(n, value): &(f64, f64)| (across.at(*n), up.at(*value));
    let ends = |line: &Line<'_>| {
        [|bounds: &Bounds| bounds.low, |bounds: &Bounds| bounds.high]
            .map(|end| line.form.iter().map(|(n, bounds)| at(&(*n, end(bounds)))).collect::<Vec<Point>>())
    };
    // Bands are wide, and would hide what is behind them.
    for line in &panel.lines {
        let [low, high] = ends(line);
        if low != high {
            canvas
                .polygon(low.into_iter().chain(high.into_iter().rev()).collect(), fainter(line.color, 1))?;
        }
    }
    for line in &panel.lines {
        let [low, high] = ends(line);
        if line.form.is_empty() {
            canvas.line(line.points.iter().map(at).collect(), fainter(line.color, 2), 1)?;
        } else if low == high {
            canvas.line(low, fainter(line.color, 2), 5)?;
        }
    }
    // Fewer pixels where points lie close.
    let radius = |line: &Line<'_>| if line.series.points.len() > 60 { 2 } else { 3 };
    for line in &panel.lines {
        for point in &line.points {
            canvas.circle(at(point), radius(line), line.color)?;
        }
    }
    Ok(())
}

/// `parts` of five of a colour, the rest that of the paper.
fn fainter(color: RGBColor, parts: u32) -> RGBColor {
    let mixed = |a: u8, b: u8| ((parts * u32::from(a) + (5 - parts) * u32::from(b)) / 5) as u8;
    RGBColor(mixed(color.0, PAPER.0), mixed(color.1, PAPER.1), mixed(color.2, PAPER.2))
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// The axis of the setting, with a little room at both ends.
fn across(values: impl Iterator<Item = f64>, from: i32, to: i32) -> Axis {
    let (low, high) = range(values);
    if low > 0.0 && high >= low * WIDE {
        let room = (high / low).powf(0.02);
        return Axis::logarithmic(low / room, high * room, from, to);
    }
    let room = (high - low) * 0.02;
    Axis::new((low - room).max(0.0), high + room, from, to)
}

/// The axis of a figure: from zero if the values are not near each other, so that heights can be compared.
fn up(values: impl Iterator<Item = f64>, from: i32, to: i32) -> Axis {
    let (low, high) = range(values);
    if low > 0.0 && high > low * 2.0 * WIDE {
        return Axis::logarithmic(low / 1.25, high * 1.25, from, to);
    }
    if low >= high / 2.0 && high > 0.0 {
        // Values that are nearly the same are not to look far apart.
        let room = ((high - low) * 0.15).max(high * 0.05);
        return Axis::new(low - room, high + room, from, to);
    }
    Axis::new(low.min(0.0), if high > 0.0 { high * 1.08 } else { 1.0 }, from, to)
}

fn ground(
    canvas: &Canvas<'_>,
    [left, top, right, bottom]: Rect,
    across: Axis,
    up: Axis,
    name: &str,
) -> Result<()> {
    let small = font(11).color(FAINT);
    for tick in across.ticks(6) {
        let x = across.at(tick);
        canvas.line(vec![(x, top), (x, bottom)], GRID, 1)?;
        canvas.text(&compact::fine_tick(tick), (x, bottom + 12), Anchor::Middle, small)?;
    }
    for tick in up.fine_ticks(5) {
        let y = up.at(tick);
        canvas.line(vec![(left, y), (right, y)], GRID, 1)?;
        canvas.text(&compact::fine_tick(tick), (left - 6, y), Anchor::End, small)?;
    }
    canvas.line(vec![(left, top), (left, bottom), (right, bottom)], FAINT, 1)?;
    let scale = |axis: Axis| if axis.is_logarithmic() { ", logarithmic" } else { "" };
    canvas.text(
        &format!("{name}{}", scale(across)),
        ((left + right) / 2, bottom + 30),
        Anchor::Middle,
        small,
    )?;
    if up.is_logarithmic() {
        canvas.text("logarithmic", (right, top - 12), Anchor::End, small)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_hardly_changes_fills_little_of_its_panel() {
        let near = up([1.49, 1.5].into_iter(), 100, 0);
        assert!(near.at(1.49) - near.at(1.5) < 10, "{} {}", near.at(1.49), near.at(1.5));
        let far = up([10.0, 90.0].into_iter(), 100, 0);
        assert_eq!(far.at(0.0), 100, "heights begin at zero");
        assert!(up([1.0, 30.0].into_iter(), 100, 0).is_logarithmic());
        assert_eq!(up([0.0, 0.0].into_iter(), 100, 0).at(0.0), 100);
    }

    #[test]
    fn names_that_have_no_room_go_to_the_next_row() {
        let names = ["a".repeat(20), "b".repeat(20), "c".into()];
        let places = legend_places(&names, 250);
        assert_eq!(places.iter().map(|(_, row)| *row).collect::<Vec<_>>(), [0, 1, 1]);
        assert_eq!((places[0].0, places[1].0), (0, 0));
    }
}
