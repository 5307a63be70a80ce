//! The picture of a comparison: bytes per entry against nanoseconds per operation, a panel for each workload, with the
//! Pareto front as a staircase: what lies above it or to its right is beaten in both.

use plotters::style::RGBColor;

use crate::compare::Spot;
use crate::compare::{Ranking, WorkloadRanking};
use crate::error::Result;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, Font, GRID, INK, Point, font};
use super::label_layout::{self, Rect, places};
use super::number_format::compact;

const FRONT: RGBColor = RGBColor(54, 116, 186);
const BEATEN: RGBColor = RGBColor(168, 180, 194);
const BEYOND: RGBColor = RGBColor(240, 242, 245);

const MARGIN: i32 = 24;
const GAP: i32 = 28;
/// Within a panel: its heading, the labels of the vertical axis, and those of the horizontal one.
const HEAD: i32 = 42;
const LEFT: i32 = 56;
const FOOT: i32 = 44;
const TOP: i32 = 92;
/// A panel alone, and one of several.
const ALONE: (i32, i32) = (980, 560);
const ONE_OF_MANY: (i32, i32) = (600, 400);
/// From here on a range is shown on a logarithmic scale.
const WIDE: f64 = 10.0;
/// Letters of a label, pixels.
const LABEL: i32 = 12;

/// What is drawn of a run.
struct Mark {
    label: String,
    spot: Spot,
    front: bool,
}

/// The picture of a comparison.
///
/// # Errors
/// When it cannot be drawn.
pub fn render(ranking: &Ranking<'_>) -> Result<Vec<u8>> {
    let panels: Vec<(&WorkloadRanking<'_>, Vec<Mark>)> = ranking
        .workloads
        .iter()
        .map(|of_workload| (of_workload, marks(ranking, of_workload)))
        .filter(|(_, marks)| !marks.is_empty())
        .collect();
    let (size, columns) = if panels.len() > 1 { (ONE_OF_MANY, 2) } else { (ALONE, 1) };
    let rows = (panels.len().max(1) as i32 + columns - 1) / columns;
    let width = 2 * MARGIN + columns * size.0 + (columns - 1) * GAP;
    let height = TOP + rows * size.1 + (rows - 1) * GAP + MARGIN / 2;

    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (width, height))?;
    canvas.text(
        "bytes per entry against time per operation; left and down is better",
        (MARGIN, 26),
        Anchor::Start,
        font(18).bold(),
    )?;
    if panels.is_empty() {
        let text = "nothing to show: no run has both bytes per entry and time per operation";
        canvas.text(text, (MARGIN, 50), Anchor::Start, font(12).color(FAINT))?;
    } else {
        let spreads = panels.iter().any(|(_, marks)| marks.iter().any(|mark| mark.spot.spread.is_some()));
        legend(&canvas, spreads, width)?;
    }
    for (index, (of_workload, marks)) in panels.iter().enumerate() {
        let index = index as i32;
        let corner = (MARGIN + index % columns * (size.0 + GAP), TOP + index / columns * (size.1 + GAP));
        panel(&canvas, &of_workload.workload, marks, corner, size)?;
    }
    canvas.finish()?;
    Ok(svg.into_bytes())
}

/// What is drawn, the front first: its labels find their places first.
fn marks(ranking: &Ranking<'_>, of_workload: &WorkloadRanking<'_>) -> Vec<Mark> {
    let mark = |row: &crate::compare::Row<'_>| {
        let label = ranking.series.get(row.series)?.label();
        Some(Mark { label, spot: row.spot?, front: row.front })
    };
    let mut marks: Vec<Mark> = of_workload.rows.iter().filter_map(mark).collect();
    marks.sort_by(|a, b| b.front.cmp(&a.front).then(a.spot.time.total_cmp(&b.spot.time)));
    marks
}

/// What the marks are, in one row, or in two if `width` is too little for that.
fn legend(canvas: &Canvas<'_>, spreads: bool, width: i32) -> Result<()> {
    let style = font(12).color(FAINT);
    let (mut x, mut y) = (MARGIN, 52);
    let mut place = |icon: i32, text: &str| {
        let needed = icon + 6 + style.width(text);
        if x > MARGIN && x + needed > width - MARGIN {
            (x, y) = (MARGIN, y + 18);
        }
        let at = (x, y);
        x += needed + 22;
        (at, (at.0 + icon + 6, at.1))
    };
    let text = "on the Pareto front: no other run is at least as good in both";
    let ((x, y), words) = place(12, text);
    canvas.circle((x + 6, y), 5, FRONT)?;
    canvas.line(vec![(x, y), (x + 12, y)], FRONT, 2)?;
    canvas.text(text, words, Anchor::Start, style)?;
    let text = "off the front: another run is at least as good in both";
    let ((x, y), words) = place(8, text);
    canvas.circle((x + 4, y), 4, BEATEN)?;
    canvas.text(text, words, Anchor::Start, style)?;
    if spreads {
        let text = "interval of the median";
        let ((x, y), words) = place(18, text);
        whisker(canvas, (x, y), (x + 18, y), INK)?;
        canvas.text(text, words, Anchor::Start, style)?;
    }
    Ok(())
}

fn panel(
    canvas: &Canvas<'_>,
    workload: &str,
    marks: &[Mark],
    (x, y): Point,
    (width, height): (i32, i32),
) -> Result<()> {
    let heading = font(13).bold();
    canvas.text(&heading.fit(workload, width), (x, y + 10), Anchor::Start, heading)?;
    let plot: Rect = [x + LEFT, y + HEAD, x + width - 8, y + height - FOOT];
    let [left, top, right, bottom] = plot;
    let lows =
        marks.iter().map(|mark| mark.spot.spread.map_or(mark.spot.time, |s| s.low.min(mark.spot.time)));
    let highs =
        marks.iter().map(|mark| mark.spot.spread.map_or(mark.spot.time, |s| s.high.max(mark.spot.time)));
    let across = axis(lows.chain(highs), left, right);
    let up = axis(marks.iter().map(|mark| mark.spot.space), bottom, top);
    let at = |mark: &Mark| (across.at(mark.spot.time), up.at(mark.spot.space));

    let stairs = stairs(marks.iter().filter(|mark| mark.front).map(at).collect(), plot);
    if let (Some(first), Some(last)) = (stairs.first(), stairs.last()) {
        let mut beyond = stairs.clone();
        beyond.extend([(right, last.1), (right, top), (first.0, top)]);
        canvas.polygon(beyond, BEYOND)?;
    }
    ground(canvas, plot, across, up)?;
    canvas.line(stairs.clone(), FRONT, 2)?;
    let color = |mark: &Mark| if mark.front { FRONT } else { BEATEN };
    for mark in marks.iter().rev() {
        let y = up.at(mark.spot.space);
        if let Some(spread) = mark.spot.spread {
            whisker(canvas, (across.at(spread.low), y), (across.at(spread.high), y), color(mark))?;
        }
    }
    for mark in marks.iter().rev() {
        canvas.circle(at(mark), if mark.front { 5 } else { 4 }, color(mark))?;
    }

    let points: Vec<Point> = marks.iter().map(at).collect();
    let styles: Vec<Font> = marks.iter().map(style).collect();
    let texts: Vec<String> =
        marks.iter().zip(&styles).map(|(mark, style)| style.fit(&mark.label, (right - left) / 2)).collect();
    let sizes: Vec<(i32, i32)> =
        texts.iter().zip(&styles).map(|(text, style)| (style.width(text), LABEL + 2)).collect();
    let mut lines: Vec<Rect> =
        stairs.windows(2).filter_map(|pair| Some(around(*pair.first()?, *pair.last()?))).collect();
    for mark in marks {
        let y = up.at(mark.spot.space);
        lines.extend(mark.spot.spread.map(|s| around((across.at(s.low), y), (across.at(s.high), y))));
    }
    let found = places(&points, &sizes, &lines, plot);
    for (((text, style), point), place) in texts.iter().zip(&styles).zip(&points).zip(&found) {
        let Some(place) = place else { continue };
        label_layout::write(canvas, text, *style, *point, place)?;
    }
    Ok(())
}

fn style(mark: &Mark) -> Font {
    if mark.front { font(LABEL).bold() } else { font(LABEL).color(FAINT) }
}

/// An axis with room at both ends; a logarithmic one if the values are far apart.
fn axis(values: impl Iterator<Item = f64>, from: i32, to: i32) -> Axis {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > 0.0 && high > low * WIDE {
        return Axis::logarithmic(low / 1.25, high * 1.4, from, to);
    }
    // Values that are nearly the same are not to look far apart.
    let room = ((high - low) * 0.15).max(high.abs() * 0.1).max(1.0);
    Axis::new((low - room).max(0.0), high + room, from, to)
}

/// The front as a staircase from the upper edge of the plot to its right one.
fn stairs(mut front: Vec<Point>, [_, top, right, _]: Rect) -> Vec<Point> {
    // Downwards at the same place: of equal times the smaller one comes last.
    front.sort_by_key(|(x, y)| (*x, *y));
    let mut line: Vec<Point> = Vec::new();
    for (x, y) in front {
        let height = line.last().map_or(top, |before| before.1);
        line.extend([(x, height), (x, y.max(height))]);
    }
    line.extend(line.last().map(|last| (right, last.1)));
    line
}

fn ground(canvas: &Canvas<'_>, [left, top, right, bottom]: Rect, across: Axis, up: Axis) -> Result<()> {
    let small = font(11).color(FAINT);
    for tick in across.ticks(6) {
        let x = across.at(tick);
        canvas.line(vec![(x, top), (x, bottom)], GRID, 1)?;
        canvas.text(&compact::tick(tick), (x, bottom + 12), Anchor::Middle, small)?;
    }
    for tick in up.ticks(5) {
        let y = up.at(tick);
        canvas.line(vec![(left, y), (right, y)], GRID, 1)?;
        canvas.text(&compact::tick(tick), (left - 6, y), Anchor::End, small)?;
    }
    canvas.line(vec![(left, top), (left, bottom), (right, bottom)], FAINT, 1)?;
    let scale = |axis: Axis| if axis.is_logarithmic() { ", logarithmic" } else { "" };
    let below = format!("ns per operation{}", scale(across));
    canvas.text(&below, ((left + right) / 2, bottom + 32), Anchor::Middle, small)?;
    let beside = format!("bytes per entry{}", scale(up));
    canvas.text(&beside, (left, top - 9), Anchor::Start, small)
}

/// An interval: a line with ends.
fn whisker(canvas: &Canvas<'_>, from: Point, to: Point, color: RGBColor) -> Result<()> {
    canvas.line(vec![from, to], color, 1)?;
    for (x, y) in [from, to] {
        canvas.line(vec![(x, y - 3), (x, y + 3)], color, 1)?;
    }
    Ok(())
}

/// The rectangle around a line.
fn around((ax, ay): Point, (bx, by): Point) -> Rect {
    [ax.min(bx) - 2, ay.min(by) - 2, ax.max(bx) + 2, ay.max(by) + 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_a_staircase() {
        let plot = [0, 0, 100, 100];
        assert_eq!(
            stairs(vec![(50, 80), (20, 30)], plot),
            [(20, 0), (20, 30), (50, 30), (50, 80), (100, 80)]
        );
        assert_eq!(stairs(vec![(20, 30), (20, 30)], plot).last(), Some(&(100, 30)));
        assert_eq!(stairs(Vec::new(), plot), []);
    }

    #[test]
    fn far_values_are_on_a_logarithmic_scale() {
        assert!(axis([5.0, 51.0].into_iter(), 0, 100).is_logarithmic());
        assert!(!axis([5.0, 49.0].into_iter(), 0, 100).is_logarithmic());
        assert!(!axis([0.0, 49.0].into_iter(), 0, 100).is_logarithmic());
        let one = axis([80.0].into_iter(), 0, 100);
        assert_eq!(one.at(80.0), 50, "a single one is in the middle");
    }
}
