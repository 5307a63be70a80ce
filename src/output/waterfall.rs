//! `waterfall.svg`: from payload to resident memory, a panel for each moment, all on one scale.
//!
//! In a panel each step is a bar that begins where the one above it ended; what takes away runs back. The bar of the
//! total begins at zero.

use std::cmp::Reverse;

use plotters::style::RGBColor;

use crate::error::Result;
use crate::record::{Moment, STEPS, SettleStep, StepInfo, Waterfall};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, GRID, INK, font};
use super::{number_format, text_columns};

/// Panels at the most.
const PANELS: usize = 9;

/// Colours: payload, and what the map makes of it as in the flame graphs; then the allocator's part; then what is not
/// the map's.
fn color(step: &str) -> RGBColor {
    match step {
        "payload" => RGBColor(94, 150, 211),
        "headers" => RGBColor(130, 177, 228),
        "held-elsewhere" => RGBColor(122, 158, 159),
        "slot-overhead" => RGBColor(250, 190, 130),
        "empty-slots" => RGBColor(245, 165, 92),
        "own-keys" => RGBColor(168, 130, 200),
        "own-values" => RGBColor(132, 178, 112),
        "structure" => RGBColor(236, 146, 96),
        "control" => RGBColor(214, 128, 52),
        "rounding" => RGBColor(214, 193, 120),
        "fragmentation" => RGBColor(190, 166, 92),
        "garbage" => RGBColor(196, 120, 108),
        "runtime" => RGBColor(132, 116, 84),
        "free-pages" => RGBColor(206, 190, 140),
        "allocator" => RGBColor(160, 137, 70),
        "untouched" => RGBColor(238, 226, 188),
        "harness" => RGBColor(190, 190, 190),
        "process" => RGBColor(222, 222, 222),
        "unexplained" => RGBColor(214, 69, 65),
        _ => RGBColor(240, 180, 110),
    }
}

/// Red, green and blue of a step, as the pictures have it.
pub fn color_of(step: &str) -> (u8, u8, u8) {
    let RGBColor(r, g, b) = color(step);
    (r, g, b)
}

const TOTAL: RGBColor = RGBColor(72, 79, 89);
const MARGIN: i32 = 24;
const GAP: i32 = 32;
const PANEL_WIDTH: i32 = 580;
/// Within a panel: where labels end, where values end, and where bars begin.
const LABEL_END: i32 = 104;
const VALUE_END: i32 = 178;
const BARS: i32 = 192;
const ROW: i32 = 18;
/// Free above and below a bar.
const BAR_INSET: i32 = 3;
/// Above the bars of a panel: its heading, and a second line if a panel of the row has one.
const PANEL_HEAD: i32 = 30;
const SECOND_LINE: i32 = 16;
const PANEL_FOOT: i32 = 30;
/// Lines of the text below the panels.
const LINE: i32 = 17;
/// Letters of that text that a column's width holds.
const LETTERS: usize = 88;

/// A moment that is drawn.
struct Shown<'a> {
    waterfall: &'a Waterfall,
    /// Steps of the settling after it that changed too little for a panel of their own.
    also: Vec<SettleStep>,
}

/// The picture of `waterfalls`. With more of them than it has room for, the moments that say most.
///
/// # Errors
/// When it cannot be drawn.
pub fn render(title: &str, waterfalls: &[Waterfall]) -> Result<Vec<u8>> {
    let shown = chosen(waterfalls);
    let steps = steps_of(&shown);
    let columns = shown.len().clamp(1, 2) as i32;
    let width = 2 * MARGIN + columns * PANEL_WIDTH + (columns - 1) * GAP;
    // From the top of a panel to its bars, for each row of panels, and where the rows begin.
    let heads: Vec<i32> = shown.chunks(columns as usize).map(head_of).collect();
    let bars = ROW * (steps.len() as i32 + 1) + PANEL_FOOT;
    let begin = |row: usize| 70 + heads.iter().take(row).map(|head| head + bars).sum::<i32>();
    let panels_end = begin(heads.len());
    let legend_rows = (steps.len() as i32 + columns - 1) / columns;
    let notes = notes(&shown, LETTERS * columns as usize);
    let notes_begin = panels_end + 14 + legend_rows * LINE + 14;
    let height = notes_begin + notes.len() as i32 * LINE + MARGIN / 2;

    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (width, height))?;
    let heading = font(18).bold();
    canvas.text(&heading.fit(title, width - 2 * MARGIN), (MARGIN, 26), Anchor::Start, heading)?;
    let subtitle = subtitle(&shown, waterfalls);
    canvas.text(&subtitle, (MARGIN, 50), Anchor::Start, font(12).color(FAINT))?;

    let (low, high) = range(&shown);
    for ((row, head), moments) in heads.iter().enumerate().zip(shown.chunks(columns as usize)) {
        for (column, moment) in moments.iter().enumerate() {
            let (x, y) = (MARGIN + column as i32 * (PANEL_WIDTH + GAP), begin(row));
            heading_of(&canvas, moment, (x, y))?;
            let axis = Axis::new(low, high, x + BARS, x + PANEL_WIDTH);
            panel(&canvas, moment.waterfall, &steps, (x, y + head), axis)?;
        }
    }
    for (index, step) in steps.iter().enumerate() {
        let index = index as i32;
        let x = MARGIN + index / legend_rows * (PANEL_WIDTH + GAP);
        let y = panels_end + 14 + index % legend_rows * LINE;
        canvas.rect((x + LABEL_END + 6, y - 5), (x + LABEL_END + 16, y + 5), color(step.name))?;
        canvas.text(step.label, (x + LABEL_END, y), Anchor::End, font(11))?;
        canvas.text(step.about, (x + LABEL_END + 24, y), Anchor::Start, font(11).color(FAINT))?;
    }
    for (index, note) in notes.iter().enumerate() {
        let y = notes_begin + index as i32 * LINE;
        canvas.text(note, (MARGIN, y), Anchor::Start, font(11).color(FAINT))?;
    }
    canvas.finish()?;
    Ok(svg.into_bytes())
}

fn subtitle(shown: &[Shown<'_>], all: &[Waterfall]) -> String {
    if shown.is_empty() {
        return "nothing to show: no memory was read".to_owned();
    }
    let some = shown.iter().filter(|shown| shown.waterfall.moment == Moment::PhaseEnd).count();
    let every = all.iter().filter(|w| w.moment == Moment::PhaseEnd).count();
    let left_out = if some < every { format!(" · {some} of {every} phases") } else { String::new() };
    let scale = if shown.len() > 1 { " · all panels on one scale" } else { "" };
    let also = match shown.iter().any(|shown| !shown.also.is_empty()) {
        true => " · also after: steps that changed less than 1 % of the largest total",
        false => "",
    };
    format!("from payload to resident memory, step by step{scale}{left_out}{also}")
}

/// The moments that are drawn: each phase's end, the peak, and each step of the settling that changed something. What
/// changed nothing is named in the panel before it.
fn chosen(waterfalls: &[Waterfall]) -> Vec<Shown<'_>> {
    let of = |moment| {
        let all = waterfalls.iter().filter(move |w| w.moment == moment);
        all.map(|waterfall| Shown { waterfall, also: Vec::new() }).collect::<Vec<_>>()
    };
    let mut ends = of(Moment::PhaseEnd);
    let peak = of(Moment::Peak);
    let largest = waterfalls.iter().map(|w| w.total).max().unwrap_or(0);
    let differ = |before: &Waterfall, after: &Waterfall| {
        let differ = |a: i64, b: i64| a.abs_diff(b) > largest / 100;
        let step = |w: &Waterfall, name| w.bytes(name).unwrap_or(0);
        before.total.abs_diff(after.total) > largest / 100
            || STEPS.iter().any(|info| differ(step(before, info.name), step(after, info.name)))
    };
    let mut settled: Vec<Shown<'_>> = Vec::new();
    for next in of(Moment::Settled) {
        match settled.last_mut().or(ends.last_mut()) {
            // The first step is the end of the last phase under another name.
            Some(before) if !differ(before.waterfall, next.waterfall) => {
                before.also.extend(next.waterfall.settle_step().filter(|step| *step != SettleStep::End));
            }
            _ => settled.push(next),
        }
    }
    let room = PANELS.saturating_sub(peak.len() + settled.len()).max(1);
    let mut ranked: Vec<usize> = (0..ends.len()).collect();
    // The last one first, as the settling begins there; then the fullest; then the largest.
    let payload = |index: usize| ends.get(index).and_then(|end| end.waterfall.bytes("payload")).unwrap_or(0);
    let fullest = (0..ends.len()).max_by_key(|index| payload(*index));
    ranked.sort_by_key(|index| {
        let always = index + 1 == ends.len() || Some(*index) == fullest;
        (!always, Reverse(ends.get(*index).map_or(0, |end| end.waterfall.total)), Reverse(payload(*index)))
    });
    ranked.truncate(room);
    let ends = ends.into_iter().enumerate().filter(|(index, _)| ranked.contains(index)).map(|(_, end)| end);
    ends.chain(peak).chain(settled).collect()
}

/// The steps that have bytes in any of the panels; the first and the last one always.
fn steps_of(shown: &[Shown<'_>]) -> Vec<&'static StepInfo> {
    let always = |name| !shown.is_empty() && matches!(name, "payload" | "unexplained");
    let has = |name| shown.iter().any(|shown| shown.waterfall.bytes(name).is_some_and(|bytes| bytes != 0));
    STEPS.iter().filter(|info| always(info.name) || has(info.name)).collect()
}

/// The least and the greatest sum of any step of any panel.
fn range(shown: &[Shown<'_>]) -> (f64, f64) {
    let mut range = (0.0f64, 1.0f64);
    for waterfall in shown.iter().map(|shown| shown.waterfall) {
        let mut sum = 0.0;
        for step in &waterfall.steps {
            sum += step.bytes as f64;
            range = (range.0.min(sum), range.1.max(sum));
        }
        range.1 = range.1.max(waterfall.total as f64);
    }
    range
}

/// From the top of a row of panels to their bars.
fn head_of(row: &[Shown<'_>]) -> i32 {
    PANEL_HEAD + if row.iter().any(|shown| !shown.also.is_empty()) { SECOND_LINE } else { 0 }
}

/// The name of a panel, and below it what else it stands for.
fn heading_of(canvas: &Canvas<'_>, shown: &Shown<'_>, (x, y): (i32, i32)) -> Result<()> {
    let heading = font(13).bold();
    let name = heading.fit(&shown.waterfall.heading(), PANEL_WIDTH);
    canvas.text(&name, (x, y + 14), Anchor::Start, heading)?;
    if !shown.also.is_empty() {
        let line = font(11).color(FAINT);
        let text = line.fit(&also(&shown.also), PANEL_WIDTH);
        canvas.text(&text, (x, y + 14 + SECOND_LINE), Anchor::Start, line)?;
    }
    Ok(())
}

fn also(steps: &[SettleStep]) -> String {
    let labels: Vec<&str> = steps.iter().map(|step| step.label()).collect();
    match labels.as_slice() {
        // More have no room in a line. They follow each other.
        [first, _, _, .., last] => format!("also after: each step from {first} to {last}"),
        _ => format!("also after: {}", labels.join("; ")),
    }
}

/// The bars of a panel, from its upper left corner on.
fn panel(
    canvas: &Canvas<'_>,
    waterfall: &Waterfall,
    steps: &[&StepInfo],
    (x, top): (i32, i32),
    axis: Axis,
) -> Result<()> {
    let bottom = top + ROW * (steps.len() as i32 + 1);
    for tick in axis.ticks(5) {
        let at = axis.at(tick);
        canvas.line(vec![(at, top), (at, bottom)], GRID, 1)?;
        canvas.text(
            &number_format::bytes(tick as i64),
            (at, bottom + 9),
            Anchor::Middle,
            font(10).color(FAINT),
        )?;
    }
    let mut sum = 0i64;
    // Below the last bar, where the line that leads to the next one begins.
    let mut lead = None;
    for (row, step) in steps.iter().enumerate() {
        let top = top + ROW * row as i32;
        let middle = top + ROW / 2;
        let Some(bytes) = waterfall.bytes(step.name) else {
            canvas.text(step.label, (x + LABEL_END, middle), Anchor::End, font(12).color(FAINT))?;
            let none = if step.name == "payload" { "not known" } else { "–" };
            canvas.text(none, (x + VALUE_END, middle), Anchor::End, font(12).color(FAINT))?;
            continue;
        };
        canvas.text(step.label, (x + LABEL_END, middle), Anchor::End, font(12))?;
        canvas.text(&number_format::bytes(bytes), (x + VALUE_END, middle), Anchor::End, font(12))?;
        if bytes == 0 {
            continue;
        }
        leading(canvas, axis, sum, lead, top)?;
        let before = sum;
        sum = sum.saturating_add(bytes);
        bar(canvas, axis, (before, sum), top, color(step.name))?;
        lead = Some(top + ROW - BAR_INSET);
    }
    let top = top + ROW * steps.len() as i32;
    let middle = top + ROW / 2;
    let total = if waterfall.to_resident { "resident" } else { "usable" };
    let value = i64::try_from(waterfall.total).unwrap_or(i64::MAX);
    canvas.text(total, (x + LABEL_END, middle), Anchor::End, font(12).bold())?;
    canvas.text(&number_format::bytes(value), (x + VALUE_END, middle), Anchor::End, font(12).bold())?;
    leading(canvas, axis, sum, lead, top)?;
    bar(canvas, axis, (0, value), top, TOTAL)
}

/// The line at `sum` from the end of one bar to the beginning of the next one, which may be rows below.
fn leading(canvas: &Canvas<'_>, axis: Axis, sum: i64, from: Option<i32>, top: i32) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    let at = axis.at(sum as f64);
    canvas.line(vec![(at, from), (at, top + BAR_INSET)], FAINT, 1)
}

/// A bar between two sums. What is not nothing is at least a pixel wide.
fn bar(
    canvas: &Canvas<'_>,
    axis: Axis,
    (before, after): (i64, i64),
    top: i32,
    color: RGBColor,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let (from, to) = (axis.at(before.min(after) as f64), axis.at(before.max(after) as f64));
    canvas.rect((from, top + BAR_INSET), (to.max(from + 1), top + ROW - BAR_INSET), color)?;
    if after < before {
        // What is taken away is framed, so that it cannot be taken for what is there.
        let corners = [
            (from, top + BAR_INSET),
            (to, top + BAR_INSET),
            (to, top + ROW - BAR_INSET),
            (from, top + ROW - BAR_INSET),
            (from, top + BAR_INSET),
        ];
        canvas.line(corners.to_vec(), INK, 1)?;
    }
    Ok(())
}

/// The notes, each once with the moments that it belongs to, in lines of `letters`.
fn notes(shown: &[Shown<'_>], letters: usize) -> Vec<String> {
    let mut notes: Vec<(&str, Vec<String>)> = Vec::new();
    for waterfall in shown.iter().map(|shown| shown.waterfall) {
        for note in &waterfall.notes {
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, moments)) => moments.push(waterfall.heading()),
                None => notes.push((note, vec![waterfall.heading()])),
            }
        }
    }
    let text = |(note, moments): (&str, Vec<String>)| format!("{}: {note}", moments.join(", "));
    notes
        .into_iter()
        .map(text)
        .flat_map(|text| {
            text_columns::wrapped(text.split_whitespace(), letters)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PhaseRecord, Shape, fixtures, waterfalls};

    fn svg(waterfalls: &[Waterfall]) -> String {
        String::from_utf8(render("std · skewed-keys", waterfalls).unwrap()).unwrap()
    }

    #[test]
    fn a_panel_for_each_moment_that_says_something() {
        let all = waterfalls(&fixtures::memory(), &fixtures::phases());
        let shown = chosen(&all);
        let at: Vec<&str> = shown.iter().map(|shown| shown.waterfall.at.as_str()).collect();
        assert_eq!(at, ["fill", "serve", "drain", "peak", "settled: shrunk", "settled: dropped"]);
        let svg = svg(&all);
        for text in [
            "end of fill",
            "also after: reclamation finished",
            "after the last phase: map shrunk",
            "also after: shrunk, free pages returned",
            "16.0 MB",
            "-10.5 MB",
            "resident",
            "usable",
        ] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(!svg.contains("settled: "), "a step has its name of a record");
    }

    #[test]
    fn every_step_of_the_settling_is_in_a_panel() {
        let mut all = waterfalls(&fixtures::memory(), &fixtures::phases());
        let named = |all: &[Waterfall]| {
            let shown = chosen(all);
            let own = shown.iter().filter_map(|shown| shown.waterfall.settle_step());
            let mut named: Vec<SettleStep> =
                own.chain(shown.iter().flat_map(|shown| shown.also.clone())).collect();
            named.sort_by_key(|step| SettleStep::ALL.iter().position(|known| known == step));
            named
        };
        assert_eq!(named(&all), SettleStep::ALL[1..]);
        // Nothing changes any more.
        let last = all.iter().find(|w| w.at == "drain").unwrap().clone();
        for waterfall in all.iter_mut().filter(|w| w.moment == Moment::Settled) {
            (waterfall.steps, waterfall.total) = (last.steps.clone(), last.total);
        }
        assert_eq!(named(&all), SettleStep::ALL[1..]);
        assert!(svg(&all).contains("also after: each step from reclamation finished to dropped"));
        for first in 1..SettleStep::ALL.len() {
            let text = also(&SettleStep::ALL[first..]);
            assert!(font(11).width(&text) <= PANEL_WIDTH, "{text}");
        }
        // Without the end of a phase before it, the first step is a moment of its own.
        all.retain(|w| w.moment == Moment::Settled);
        assert!(svg(&all).contains("after the last phase: nothing done"));
    }

    #[test]
    fn many_phases_leave_the_last_and_the_largest() {
        let mut memory = fixtures::memory();
        memory.phases = (0..64).map(|n| fixtures::reading(if n == 40 { 0 } else { n * 1000 })).collect();
        memory.phases[40].pages = Some(fixtures::pages(90_000_000));
        let phases: Vec<PhaseRecord> =
            (0..64).map(|n| PhaseRecord { name: format!("phase-{n}"), ..PhaseRecord::default() }).collect();
        for reading in memory.phases.iter_mut().skip(50) {
            reading.shape = reading.shape.map(|shape| Shape { own_bytes: Some(1_600_000), ..shape });
        }
        let all = waterfalls(&memory, &phases);
        let shown = chosen(&all);
        assert_eq!(shown.len(), PANELS);
        let has = |at: &str| shown.iter().any(|shown| shown.waterfall.at == at);
        assert!(has("phase-40") && has("phase-63"));
        let svg = svg(&all);
        assert!(svg.contains("5 of 64 phases") && svg.contains("tombstones"));
    }

    #[test]
    fn one_moment_or_none_is_a_picture_too() {
        assert!(svg(&[]).contains("nothing to show"));
        let all = waterfalls(&fixtures::memory(), &fixtures::phases());
        assert!(!svg(&all[..1]).contains("on one scale"));
        assert!(svg(&[Waterfall { at: "a<b\u{1}".into(), ..Waterfall::default() }]).contains("a&lt;b "));
        let huge = Waterfall { total: u64::MAX, ..Waterfall::default() };
        assert!(svg(&[huge]).contains("9.22 EB"));
    }

    #[test]
    fn every_line_of_the_legend_has_room() {
        for step in STEPS {
            assert!(font(11).width(step.about) < PANEL_WIDTH - LABEL_END - 24, "{}", step.name);
            assert!(font(12).width(step.label) <= LABEL_END, "{}", step.name);
        }
    }
}
