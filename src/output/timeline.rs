//! `timeline.svg`: live, allocated, active and resident bytes over the run, and below them entries and capacity.
//!
//! The points lie between operations. What happens inside of one, the peak and the growth events, is drawn as marks at
//! the height that was counted.
//!
//! Lines that coincide stay visible: each is drawn narrower and darker than the one below it.

use plotters::style::RGBColor;
use serde::Serialize;

use crate::error::Result;
use crate::record::{Growth, Memory, PhaseRecord, Point};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, Font, GRID, INK, font};
use super::label_layout::{self, Rect, overlap, places};
use super::number_format;

/// Growth events that are marked, and thus the most that have a label.
const MARKED: usize = 20;

const LIVE: RGBColor = RGBColor(22, 66, 132);
const LIVE_AREA: RGBColor = RGBColor(205, 221, 240);
const ALLOCATED: RGBColor = RGBColor(70, 160, 92);
const ACTIVE: RGBColor = RGBColor(242, 172, 92);
const RESIDENT: RGBColor = RGBColor(176, 183, 193);
const MARK: RGBColor = RGBColor(190, 60, 56);
const BAND: RGBColor = RGBColor(240, 242, 245);

const WIDTH: i32 = 1200;
const LEFT: i32 = 88;
const RIGHT: i32 = WIDTH - 24;
const BYTES_HEIGHT: i32 = 380;
const ENTRIES_HEIGHT: i32 = 130;
const GAP: i32 = 34;
/// Height of the names of phases along the top, and the most of those that run upwards because their phase is narrow.
const NAMES: i32 = 22;
const NAMES_UPWARDS: i32 = 112;
/// How far from its mark a growth event's label may lie.
const FAR: i32 = 30;

/// Height of the line of the legend, and where the names of phases begin.
const LEGEND: i32 = 74;
const NAMES_TOP: i32 = 92;

/// A line of a panel.
#[derive(Clone, Copy)]
struct Series {
    name: &'static str,
    color: RGBColor,
    width: u32,
    /// The colour of the area below it.
    area: Option<RGBColor>,
    of: fn(&Point) -> Option<u64>,
}

const fn series(name: &'static str, color: RGBColor, width: u32, of: fn(&Point) -> Option<u64>) -> Series {
    Series { name, color, width, area: None, of }
}

/// The lines of the upper panel, the lowest one first.
const BYTES: [Series; 4] = [
    series("resident", RESIDENT, 7, |p| Some(p.resident)),
    series("active", ACTIVE, 5, |p| Some(p.active)),
    series("allocated", ALLOCATED, 3, |p| Some(p.allocated)),
    Series { area: Some(LIVE_AREA), ..series("live (requested)", LIVE, 1, |p| Some(p.live_bytes)) },
];
const COUNTS: [Series; 2] =
    [series("capacity", ACTIVE, 5, |p| p.capacity), series("entries", LIVE, 2, |p| Some(p.entries))];

/// The picture of a memory pass.
///
/// # Errors
/// When it cannot be drawn.
pub fn render(title: &str, phases: &[PhaseRecord], memory: &Memory) -> Result<Vec<u8>> {
    let points = &memory.timeline;
    let bands = bands(phases);
    let marks = marks(phases, memory);
    let calls = bands.last().map_or(0, |band| band.1).max(points.last().map_or(0, |point| point.calls));
    let x = Axis::new(0.0, calls as f64, LEFT, RIGHT);
    let top = NAMES_TOP + names_height(x, phases, &bands);
    let highest = marks.iter().map(|mark| mark.bytes).max().unwrap_or(0).max(highest_of(points, &BYTES));
    let bytes = Panel::new(x, highest, top, top + BYTES_HEIGHT);
    let counts =
        Panel::new(x, highest_of(points, &COUNTS), bytes.bottom + GAP, bytes.bottom + GAP + ENTRIES_HEIGHT);

    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (WIDTH, counts.bottom + 52))?;
    let heading = font(18).bold();
    canvas.text(&heading.fit(title, WIDTH - 48), (24, 26), Anchor::Start, heading)?;
    canvas.text(&subtitle(memory), (24, 50), Anchor::Start, font(12).color(FAINT))?;

    // A runtime that counts size classes knows no requested bytes.
    let lines = BYTES.map(|series| match series.area {
        Some(_) if memory.is_of_runtime() => Series { name: "live", ..series },
        _ => series,
    });
    let end = legend(&canvas, &lines, LEGEND)?;
    if marks.iter().any(|mark| !mark.peak) {
        triangle(&canvas, (end + 8, LEGEND - 4))?;
        let text = "growth events, at their highest moment";
        canvas.text(text, (end + 20, LEGEND), Anchor::Start, font(12))?;
    }
    bytes.draw(&canvas, &bands, points, &BYTES, (6, number_format::bytes))?;
    bytes.marks(&canvas, &marks, &bytes.lines(points, &BYTES))?;
    name_phases(&canvas, x, phases, &bands, top)?;

    let present: Vec<Series> =
        COUNTS.into_iter().filter(|series| points.iter().any(|point| (series.of)(point).is_some())).collect();
    counts.draw(&canvas, &bands, points, &present, (3, number_format::brief_count))?;
    legend(&canvas, &present, counts.top - 14)?;
    for tick in x.ticks(8) {
        let label = number_format::brief_count(tick as i64);
        canvas.text(&label, (x.at(tick), counts.bottom + 14), Anchor::Middle, font(11).color(FAINT))?;
    }
    let middle = ((LEFT + RIGHT) / 2, counts.bottom + 36);
    canvas.text("calls done", middle, Anchor::Middle, font(12).color(FAINT))?;
    canvas.finish()?;
    Ok(svg.into_bytes())
}

fn subtitle(memory: &Memory) -> String {
    if memory.timeline.is_empty() {
        return "nothing to show: no memory was read".to_owned();
    }
    let peak = memory.peak.as_ref().map(|peak| {
        let live = i64::try_from(peak.reading.live_bytes).unwrap_or(i64::MAX);
        format!("highest live moment {} · ", number_format::bytes(live))
    });
    let events = match memory.growth_events {
        0 => "no growth events".to_owned(),
        1 => "1 growth event".to_owned(),
        n => format!("{} growth events", number_format::count(i64::try_from(n).unwrap_or(i64::MAX))),
    };
    let shown = memory.growth.len().min(MARKED);
    let left_out =
        if shown as u64 == memory.growth_events { String::new() } else { format!(", {shown} shown") };
    format!("bytes of the map over the run · {}{events}{left_out}", peak.unwrap_or_default())
}

/// The calls before and after each phase.
pub fn bands(phases: &[PhaseRecord]) -> Vec<(u64, u64)> {
    let mut done = 0u64;
    phases
        .iter()
        .map(|phase| {
            let before = done;
            done = done.saturating_add(phase.calls);
            (before, done)
        })
        .collect()
}

/// How wide a phase is.
fn pixels(x: Axis, band: (u64, u64)) -> i32 {
    x.at(band.1 as f64) - x.at(band.0 as f64)
}

fn name_fits(name: &str, pixels: i32) -> bool {
    font(12).width(name) + 6 <= pixels
}

/// The height of the phases' names.
fn names_height(x: Axis, phases: &[PhaseRecord], bands: &[(u64, u64)]) -> i32 {
    let narrow = phases.iter().zip(bands).filter(|(phase, band)| !name_fits(&phase.name, pixels(x, **band)));
    let longest = narrow.map(|(phase, _)| font(11).width(&phase.name) + 8).max();
    longest.map_or(NAMES, |longest| longest.clamp(NAMES, NAMES_UPWARDS))
}

/// The phases' names above the plot: along it where they fit, upwards if not, and none where even that has no room.
fn name_phases(
    canvas: &Canvas<'_>,
    x: Axis,
    phases: &[PhaseRecord],
    bands: &[(u64, u64)],
    top: i32,
) -> Result<()> {
    // Where the last upright name stands: phases without calls may share a pixel.
    let mut taken = i32::MIN;
    for (phase, band) in phases.iter().zip(bands) {
        let width = pixels(x, *band);
        let middle = x.at(band.0 as f64) + width / 2;
        if name_fits(&phase.name, width) {
            canvas.text(&phase.name, (middle, top - 11), Anchor::Middle, font(12))?;
            taken = middle + font(12).width(&phase.name) / 2;
        } else if middle - 6 >= taken {
            let name = font(11).fit(&phase.name, NAMES_UPWARDS - 8);
            canvas.text_upwards(&name, (middle, top - 5), font(11))?;
            taken = middle + 7;
        }
    }
    Ok(())
}

/// Pieces of the lines and their names in one row from the left; returns where it ends.
fn legend(canvas: &Canvas<'_>, series: &[Series], y: i32) -> Result<i32> {
    let mut x = LEFT;
    for Series { name, color, width, area, .. } in series.iter().rev() {
        let mut line = y;
        if let Some(area) = area {
            line = y - 4;
            canvas.rect((x, line), (x + 18, y + 5), *area)?;
        }
        canvas.line(vec![(x, line), (x + 18, line)], *color, *width)?;
        canvas.text(name, (x + 24, y), Anchor::Start, font(12))?;
        x += 24 + font(12).width(name) + 18;
    }
    Ok(x)
}

fn highest_of(points: &[Point], series: &[Series]) -> u64 {
    let values = points.iter().flat_map(|point| series.iter().filter_map(move |series| (series.of)(point)));
    values.max().unwrap_or(0)
}

/// A moment inside an operation that is marked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mark {
    /// Calls done then, by all threads.
    pub calls: f64,
    /// Live bytes then.
    pub bytes: u64,
    /// Whether it is the peak; else it is a growth event.
    pub peak: bool,
}

impl Mark {
    fn label(&self) -> (String, Font) {
        let bytes = number_format::bytes(i64::try_from(self.bytes).unwrap_or(i64::MAX));
        match self.peak {
            true => (format!("peak {bytes}"), font(12).bold()),
            false => (bytes, font(11).color(MARK)),
        }
    }
}

/// The largest growth events, and the peak, largest first.
pub fn marks(phases: &[PhaseRecord], memory: &Memory) -> Vec<Mark> {
    let bands = bands(phases);
    let mut growth: Vec<&Growth> = memory.growth.iter().collect();
    growth.sort_by_key(|growth| std::cmp::Reverse(growth.highest));
    growth.truncate(MARKED);
    let peak = memory.peak.as_ref().filter(|peak| peak.reading.live_bytes > 0).map(|peak| {
        // With several threads a call's number is that of its own thread.
        let several = phases.iter().any(|phase| phase.wall_ns > phase.span_ns);
        let of_phase = memory.timeline.iter().filter(|point| point.phase == peak.phase);
        let calls = match of_phase.max_by_key(|point| point.live_bytes) {
            Some(point) if several => point.calls,
            _ => bands.get(usize::from(peak.phase)).map_or(peak.call, |band| peak.call.clamp(band.0, band.1)),
        };
        Mark { calls: calls as f64, bytes: peak.reading.live_bytes, peak: true }
    });
    let growth = growth.into_iter().map(|growth| Mark {
        calls: calls_at(growth, &memory.timeline) as f64,
        bytes: growth.highest,
        peak: false,
    });
    peak.into_iter().chain(growth).collect()
}

/// Calls done when `growth` happened. Its own call's number is that of its thread; with several threads the points
/// around its time say between which numbers of calls it lies.
fn calls_at(growth: &Growth, timeline: &[Point]) -> u64 {
    let after = timeline.partition_point(|point| point.ns <= growth.ns);
    let low = after.checked_sub(1).and_then(|before| timeline.get(before)).map_or(0, |point| point.calls);
    let high = timeline.get(after).map_or(growth.call, |point| point.calls);
    growth.call.clamp(low, high.max(low))
}

/// A triangle that points down to `at`.
fn triangle(canvas: &Canvas<'_>, (x, y): (i32, i32)) -> Result<()> {
    canvas.polygon(vec![(x, y + 4), (x - 4, y - 3), (x + 4, y - 3)], MARK)
}

/// One of the two plots.
struct Panel {
    x: Axis,
    y: Axis,
    top: i32,
    bottom: i32,
}

impl Panel {
    /// Values from 0 to somewhat above `highest`.
    fn new(x: Axis, highest: u64, top: i32, bottom: i32) -> Panel {
        Panel { x, y: Axis::new(0.0, (highest as f64 * 1.1).max(1.0), bottom, top), top, bottom }
    }

    /// The phases as bands, areas, the lines of the grid with their labels, and the lines of `all`.
    fn draw(
        &self,
        canvas: &Canvas<'_>,
        bands: &[(u64, u64)],
        points: &[Point],
        all: &[Series],
        (ticks, label): (u32, fn(i64) -> String),
    ) -> Result<()> {
        for band in bands.iter().step_by(2) {
            let (from, to) = (self.x.at(band.0 as f64), self.x.at(band.1 as f64));
            canvas.rect((from, self.top), (to, self.bottom), BAND)?;
        }
        for (series, area) in all.iter().filter_map(|series| Some((series, series.area?))) {
            for mut run in self.runs(points, series) {
                if let (Some(first), Some(last)) = (run.first().copied(), run.last().copied()) {
                    run.extend([(last.0, self.bottom), (first.0, self.bottom)]);
                    canvas.polygon(run, area)?;
                }
            }
        }
        for tick in self.y.ticks(ticks) {
            let y = self.y.at(tick);
            canvas.line(vec![(LEFT, y), (RIGHT, y)], GRID, 1)?;
            canvas.text(&label(tick as i64), (LEFT - 8, y), Anchor::End, font(11).color(FAINT))?;
        }
        for series in all {
            for run in self.runs(points, series) {
                match run.as_slice() {
                    [(x, y)] => {
                        let half = series.width.div_ceil(2).max(2) as i32;
                        canvas.rect((x - half, y - half), (x + half, y + half), series.color)?;
                    }
                    _ => canvas.line(run, series.color, series.width)?,
                }
            }
        }
        canvas.line(vec![(LEFT, self.top), (LEFT, self.bottom), (RIGHT, self.bottom)], FAINT, 1)
    }

    /// The pixels of a line, in runs of points that have a value.
    fn runs(&self, points: &[Point], series: &Series) -> Vec<Vec<(i32, i32)>> {
        let at = |point: &Point| {
            let value = (series.of)(point)?;
            Some((self.x.at(point.calls as f64), self.y.at(value as f64)))
        };
        let known: Vec<Option<(i32, i32)>> = points.iter().map(at).collect();
        let runs = known.split(Option::is_none).map(|run| run.iter().copied().flatten().collect());
        runs.filter(|run: &Vec<_>| !run.is_empty()).collect()
    }

    /// Where the lines of `all` lie, in small rectangles.
    fn lines(&self, points: &[Point], all: &[Series]) -> Vec<Rect> {
        let mut rects = Vec::new();
        for series in all {
            let half = series.width as i32 / 2 + 1;
            for run in self.runs(points, series) {
                for pair in run.windows(2) {
                    if let [from, to] = pair {
                        rects.extend(label_layout::along(*from, *to, half));
                    }
                }
            }
        }
        rects
    }

    /// The marks, and beside those well above the axis their bytes, where these lie on no line. The peak's always stand.
    fn marks(&self, canvas: &Canvas<'_>, marks: &[Mark], lines: &[Rect]) -> Result<()> {
        let at = |mark: &Mark| (self.x.at(mark.calls), self.y.at(mark.bytes as f64));
        let peak = marks.iter().find(|mark| mark.peak).map(at);
        let mut lines = lines.to_vec();
        if let Some((x, y)) = peak {
            canvas.line(vec![(x, y), (x, self.bottom)], FAINT, 1)?;
            lines.push([x - 2, y, x + 2, self.bottom]);
        }
        let texts: Vec<(String, Font)> = marks.iter().map(Mark::label).collect();
        // A triangle stands on its point.
        let points: Vec<(i32, i32)> =
            marks.iter().map(|mark| (at(mark).0, at(mark).1 - if mark.peak { 0 } else { 4 })).collect();
        let low = self.bottom - (self.bottom - self.top) / 8;
        let is_peak =
            |(x, y): (i32, i32)| peak.is_some_and(|(px, py)| (x - px).abs() < 8 && (y - py).abs() < 12);
        let sizes: Vec<(i32, i32)> = marks
            .iter()
            .zip(&texts)
            .map(|(mark, (text, style))| match at(mark) {
                // At the axis they crowd, and of the call that reached the peak the label is there.
                (x, y) if !mark.peak && (y >= low || is_peak((x, y))) => (0, 0),
                _ => (style.width(text), style.size + 3),
            })
            .collect();
        let found = places(&points, &sizes, &lines, [LEFT + 2, self.top + 2, RIGHT, self.bottom - 2]);
        for (mark, point) in marks.iter().zip(&points).rev() {
            let (x, y) = *point;
            match mark.peak {
                true => canvas.polygon(vec![(x - 4, y), (x, y - 4), (x + 4, y), (x, y + 4)], INK)?,
                false => triangle(canvas, (x, y))?,
            }
        }
        for (index, (mark, point)) in marks.iter().zip(&points).enumerate() {
            let (Some((text, style)), Some(Some(place))) = (texts.get(index), found.get(index)) else {
                continue;
            };
            let on_line = lines.iter().any(|line| overlap(place, line));
            let wanted = sizes.get(index).is_some_and(|size| size.0 > 0);
            if !wanted || (!mark.peak && (on_line || label_layout::distance(*point, place) > FAR)) {
                continue;
            }
            if on_line {
                canvas.rect((place[0], place[1]), (place[2], place[3]), BAND)?;
            }
            label_layout::write(canvas, text, *style, *point, place)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    fn svg(phases: &[PhaseRecord], memory: &Memory) -> String {
        String::from_utf8(render("std · skewed-keys", phases, memory).unwrap()).unwrap()
    }

    #[test]
    fn a_run_with_its_peak_and_growth_events() {
        let svg = svg(&fixtures::phases(), &fixtures::memory());
        for text in ["peak 53.5 MB", "26.7 MB", "fill", "drain", "19 growth events, 14 shown", "capacity"] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn lines_that_coincide_are_all_seen() {
        for lines in [&BYTES[..], &COUNTS] {
            assert!(
                lines.windows(2).all(|pair| pair[0].width >= pair[1].width + 2),
                "the lower one is wider"
            );
        }
        // Every line at the same height: the peak's label is beside them all the same.
        let point = |n: u64| Point {
            calls: n * 10,
            live_bytes: 1000,
            allocated: 1000,
            active: 1000,
            resident: 1000,
            ..Point::default()
        };
        let mut memory = Memory { timeline: (0..300).map(point).collect(), ..Memory::default() };
        let mut peak = fixtures::memory().peak.unwrap();
        (peak.phase, peak.call, peak.reading.live_bytes) = (0, 1500, 1000);
        memory.peak = Some(peak);
        let phases = [PhaseRecord { name: "fill".into(), calls: 3000, ..PhaseRecord::default() }];
        let text = svg(&phases, &memory);
        let label =
            text.lines().zip(text.lines().skip(1)).find(|(_, text)| *text == "peak 1.00 kB").unwrap().0;
        let number = |name: &str| -> i32 {
            let (_, rest) = label.split_once(&format!(" {name}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let top = NAMES_TOP + NAMES;
        let line =
            Panel::new(Axis::new(0.0, 3000.0, LEFT, RIGHT), 1000, top, top + BYTES_HEIGHT).y.at(1000.0);
        assert!((number("y") - line).abs() > 9, "{label}");
    }

    #[test]
    fn few_points_or_none() {
        let mut memory = fixtures::memory();
        memory.timeline.truncate(1);
        let live = svg(&fixtures::phases(), &memory).matches("stroke=\"#164284\"").count();
        assert_eq!(live, 2, "lines in the legends alone: live, and entries");
        assert!(svg(&[], &Memory::default()).contains("nothing to show"));
        let null = Memory { timeline: vec![Point::default(); 300], ..Memory::default() };
        let phases = [PhaseRecord { name: "fill".into(), calls: 300, ..PhaseRecord::default() }];
        let null = svg(&phases, &null);
        assert!(null.contains("no growth events"));
    }

    #[test]
    fn many_phases_and_the_largest_numbers() {
        let phase = |n: u64| PhaseRecord {
            name: format!("a-rather-long-name-{n}"),
            calls: if n.is_multiple_of(9) { 0 } else { 1 << 56 },
            ..PhaseRecord::default()
        };
        let phases: Vec<PhaseRecord> = (0..64).map(phase).collect();
        let point = |n: u64| Point {
            phase: n as u16,
            calls: n << 56,
            ns: n,
            live_bytes: u64::MAX / 64 * n,
            resident: u64::MAX,
            entries: u64::MAX,
            ..Point::default()
        };
        let timeline: Vec<Point> = (0..64).map(point).collect();
        let largest = Growth { call: u64::MAX, ns: u64::MAX, highest: u64::MAX, ..Growth::default() };
        let memory = Memory { timeline, growth: vec![largest], growth_events: u64::MAX, ..Memory::default() };
        let svg = svg(&phases, &memory);
        assert!(svg.contains("9.22 EB"));
    }

    #[test]
    fn a_growth_event_lies_in_its_slice() {
        let timeline: Vec<Point> =
            (0..5).map(|n| Point { calls: n * 100, ns: n * 1000, ..Point::default() }).collect();
        let at = |call, ns| calls_at(&Growth { call, ns, ..Growth::default() }, &timeline);
        assert_eq!(at(250, 2_000), 250, "one thread: its own number");
        assert_eq!(at(70, 2_000), 200, "several threads: not before its slice");
        assert_eq!(at(900, 2_000), 300, "nor after it");
        assert_eq!(at(450, 9_000), 450, "after the last point");
        assert_eq!(calls_at(&Growth { call: 9, ..Growth::default() }, &[]), 9);
    }
}
