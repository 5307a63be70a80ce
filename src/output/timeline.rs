//! `timeline.svg`: live, allocated, active and resident bytes over the run, and below them entries and capacity.
//!
//! The points lie between operations. What happens inside of one, the peak and the growth events, is drawn as marks at
//! the height that was counted.

use plotters::style::RGBColor;
use serde::Serialize;

use crate::error::Result;
use crate::record::{Growth, Memory, PhaseRecord, Point};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, GRID, INK, font};
use super::number_format;

/// Growth events that are marked, and thus the most that have a label.
const MARKED: usize = 20;

const LIVE: RGBColor = RGBColor(54, 116, 186);
const ALLOCATED: RGBColor = RGBColor(86, 166, 102);
const ACTIVE: RGBColor = RGBColor(222, 130, 48);
const RESIDENT: RGBColor = RGBColor(72, 79, 89);
const ENTRIES: RGBColor = RGBColor(54, 116, 186);
const CAPACITY: RGBColor = RGBColor(222, 130, 48);
const MARK: RGBColor = RGBColor(190, 60, 56);
const BAND: RGBColor = RGBColor(240, 242, 245);

const WIDTH: i32 = 1200;
const LEFT: i32 = 88;
const RIGHT: i32 = WIDTH - 24;
const BYTES_HEIGHT: i32 = 380;
const ENTRIES_HEIGHT: i32 = 130;
const GAP: i32 = 34;
/// Height of the names of phases: along the top, or upwards if one is too narrow for its name.
const NAMES: i32 = 22;
const NAMES_UPWARDS: i32 = 112;

/// Height of the line of the legend, and where the names of phases begin.
const LEGEND: i32 = 74;
const NAMES_TOP: i32 = 92;

/// A line of a panel: its name, its colour and its values.
type Series = (&'static str, RGBColor, fn(&Point) -> Option<u64>);

const BYTES: [Series; 4] = [
    ("resident", RESIDENT, |p| Some(p.resident)),
    ("active", ACTIVE, |p| Some(p.active)),
    ("allocated", ALLOCATED, |p| Some(p.allocated)),
    ("live (requested)", LIVE, |p| Some(p.live_bytes)),
];
const COUNTS: [Series; 2] =
    [("capacity", CAPACITY, |p| p.capacity), ("entries", ENTRIES, |p| Some(p.entries))];

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
    let upwards = phases.iter().zip(&bands).any(|(phase, band)| !name_fits(&phase.name, pixels(x, *band)));
    let top = NAMES_TOP + if upwards { NAMES_UPWARDS } else { NAMES };
    let highest = marks.iter().map(|mark| mark.bytes).max().unwrap_or(0).max(highest_of(points, &BYTES));
    let bytes = Panel::new(x, highest, top, top + BYTES_HEIGHT);
    let counts =
        Panel::new(x, highest_of(points, &COUNTS), bytes.bottom + GAP, bytes.bottom + GAP + ENTRIES_HEIGHT);

    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (WIDTH, counts.bottom + 52))?;
    let heading = font(18).bold();
    canvas.text(&heading.fit(title, WIDTH - 48), (24, 26), Anchor::Start, heading)?;
    canvas.text(&subtitle(memory), (24, 50), Anchor::Start, font(12).color(FAINT))?;

    let end = legend(&canvas, &BYTES, LEGEND)?;
    if marks.iter().any(|mark| !mark.peak) {
        triangle(&canvas, (end + 8, LEGEND - 4))?;
        let text = "growth events, at their highest moment";
        canvas.text(text, (end + 20, LEGEND), Anchor::Start, font(12))?;
    }
    bytes.ground(&canvas, &bands, 6, number_format::bytes)?;
    for series in BYTES {
        bytes.series(&canvas, points, series)?;
    }
    bytes.marks(&canvas, &marks)?;
    name_phases(&canvas, x, phases, &bands, top)?;

    counts.ground(&canvas, &bands, 3, number_format::brief_count)?;
    let present: Vec<Series> =
        COUNTS.into_iter().filter(|(_, _, of)| points.iter().any(|point| of(point).is_some())).collect();
    for series in &present {
        counts.series(&canvas, points, *series)?;
    }
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

/// Swatches and names in one line from the left; returns where it ends.
fn legend(canvas: &Canvas<'_>, series: &[Series], y: i32) -> Result<i32> {
    let mut x = LEFT;
    for (name, color, _) in series.iter().rev() {
        canvas.rect((x, y - 2), (x + 18, y + 1), *color)?;
        canvas.text(name, (x + 24, y), Anchor::Start, font(12))?;
        x += 24 + font(12).width(name) + 18;
    }
    Ok(x)
}

fn highest_of(points: &[Point], series: &[Series]) -> u64 {
    let values = points.iter().flat_map(|point| series.iter().filter_map(move |(_, _, of)| of(point)));
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

    /// The phases as bands, and the lines of the grid with their labels.
    fn ground(
        &self,
        canvas: &Canvas<'_>,
        bands: &[(u64, u64)],
        ticks: u32,
        label: fn(i64) -> String,
    ) -> Result<()> {
        for band in bands.iter().step_by(2) {
            let (from, to) = (self.x.at(band.0 as f64), self.x.at(band.1 as f64));
            canvas.rect((from, self.top), (to, self.bottom), BAND)?;
        }
        for tick in self.y.ticks(ticks) {
            let y = self.y.at(tick);
            canvas.line(vec![(LEFT, y), (RIGHT, y)], GRID, 1)?;
            canvas.text(&label(tick as i64), (LEFT - 8, y), Anchor::End, font(11).color(FAINT))?;
        }
        canvas.line(vec![(LEFT, self.top), (LEFT, self.bottom), (RIGHT, self.bottom)], FAINT, 1)
    }

    /// A line through the points; a single point is a dot. It is broken where there is no value.
    fn series(&self, canvas: &Canvas<'_>, points: &[Point], (_, color, of): Series) -> Result<()> {
        let at = |point: &Point| {
            let value = of(point)?;
            Some((self.x.at(point.calls as f64), self.y.at(value as f64)))
        };
        let known: Vec<Option<(i32, i32)>> = points.iter().map(at).collect();
        for run in known.split(Option::is_none) {
            let run: Vec<(i32, i32)> = run.iter().copied().flatten().collect();
            match run.as_slice() {
                [] => {}
                [(x, y)] => canvas.rect((x - 2, y - 2), (x + 2, y + 2), color)?,
                _ => canvas.line(run, color, 2)?,
            }
        }
        Ok(())
    }

    /// The marks, and the bytes of those well above the axis where there is room beside those already written.
    fn marks(&self, canvas: &Canvas<'_>, marks: &[Mark]) -> Result<()> {
        let mut written: Vec<[i32; 4]> = Vec::new();
        for mark in marks {
            let (x, y) = (self.x.at(mark.calls), self.y.at(mark.bytes as f64));
            let bytes = number_format::bytes(i64::try_from(mark.bytes).unwrap_or(i64::MAX));
            let (text, style) = match mark.peak {
                true => (format!("peak {bytes}"), font(12).bold()),
                false => (bytes, font(11).color(MARK)),
            };
            if mark.peak {
                canvas.line(vec![(x, y), (x, self.bottom)], FAINT, 1)?;
                canvas.polygon(vec![(x - 4, y), (x, y - 4), (x + 4, y), (x, y + 4)], INK)?;
            } else {
                triangle(canvas, (x, y - 4))?;
            }
            let width = style.width(&text);
            let left = (x - width / 2).clamp(LEFT + 4, RIGHT - width);
            let place = [left, y - 24, left + width, y - 8];
            let free = written.iter().all(|other| {
                place[0] > other[2] + 4
                    || place[2] + 4 < other[0]
                    || place[1] > other[3]
                    || place[3] < other[1]
            });
            if free && y < self.bottom - (self.bottom - self.top) / 8 {
                canvas.text(&text, (left, y - 16), Anchor::Start, style)?;
                written.push(place);
            }
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
    fn few_points_or_none() {
        let mut memory = fixtures::memory();
        memory.timeline.truncate(1);
        assert!(
            !svg(&fixtures::phases(), &memory)
                .contains("polyline fill=\"none\" opacity=\"1\" stroke=\"#3674BA\"")
        );
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
