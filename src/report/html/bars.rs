//! Waterfalls as stacked bars: a bar for each map at each moment, all on one scale, payload first.

use maud::{Markup, html};

use crate::output::{number_format, waterfall};
use crate::record::{CaseRecord, STEPS, StepInfo, Waterfall};
use crate::report::sections::verdict::moments;

/// Units of the drawing across all bars.
const WIDTH: f64 = 1000.0;
/// Height of a bar.
const HEIGHT: u32 = 22;

/// A step differs where it is this share of the total more than in the map that has the least of it.
const DIFFERS: f64 = 0.05;

/// The bars of runs of one workload, moment by moment, and the exact bytes below.
pub(super) fn render(runs: &[(String, &CaseRecord)]) -> Markup {
    let mut names: Vec<&'static str> = Vec::new();
    for name in runs.iter().flat_map(|(_, record)| moments(record)).map(|(name, _)| name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let of_moment = |name: &str| -> Vec<(&str, &Waterfall)> {
        let found = |(label, record)| {
            let of_run = moments(record).into_iter().find(|(moment, _)| *moment == name);
            of_run.map(|(_, waterfall)| (label, waterfall))
        };
        runs.iter().map(|(label, record)| (label.as_str(), *record)).filter_map(found).collect()
    };
    let groups: Vec<(&str, Vec<(&str, &Waterfall)>)> =
        names.into_iter().map(|name| (name, of_moment(name))).collect();
    let shown = groups.iter().flat_map(|(_, bars)| bars.iter().map(|(_, waterfall)| *waterfall));
    let longest = shown.clone().map(length).max().unwrap_or(0).max(1);
    let has = |step: &&StepInfo| shown.clone().any(|w| w.bytes(step.name).is_some_and(|bytes| bytes > 0));
    let steps: Vec<&StepInfo> = STEPS.iter().filter(has).collect();
    html! {
        @if !groups.is_empty() {
            ul.legend {
                @for step in &steps {
                    li title=(step.about) { span class={ "swatch s-" (step.name) } {} (step.label) }
                }
            }
            @for (name, bars) in &groups {
                h4 { (heading(name, bars)) }
                div.bars {
                    @for (label, waterfall) in bars {
                        div.bar {
                            span.name { (label) }
                            (bar(label, waterfall, longest))
                            span.total title={ (number_format::count(total(waterfall))) " bytes" } {
                                (number_format::bytes(total(waterfall)))
                                @if waterfall.to_resident { " resident" } @else { " usable" }
                            }
                        }
                    }
                }
                details {
                    summary { "Exact bytes: " (name) }
                    (exact(bars))
                }
            }
        }
    }
}

fn heading(name: &str, bars: &[(&str, &Waterfall)]) -> String {
    let mut at: Vec<&str> = bars.iter().map(|(_, waterfall)| waterfall.at.as_str()).collect();
    at.dedup();
    match (name, at.as_slice()) {
        ("full", [phase]) => format!("Full: after {phase}"),
        ("end", [phase]) => format!("At the end: after {phase}"),
        ("full", _) => "Full".to_owned(),
        ("end", _) => "At the end".to_owned(),
        ("peak", _) => "At the peak".to_owned(),
        _ => "After the drop".to_owned(),
    }
}

fn total(waterfall: &Waterfall) -> i64 {
    i64::try_from(waterfall.total).unwrap_or(i64::MAX)
}

/// The sum of all steps that add bytes: what is subtracted lies within it.
fn length(waterfall: &Waterfall) -> i64 {
    waterfall.steps.iter().fold(0i64, |sum, step| sum.saturating_add(step.bytes.max(0)))
}

fn bar(label: &str, waterfall: &Waterfall, longest: i64) -> Markup {
    let mut at = 0.0;
    let mut pieces = Vec::new();
    for info in STEPS {
        let bytes = waterfall.bytes(info.name).unwrap_or(0);
        if bytes > 0 {
            let width = bytes as f64 / longest as f64 * WIDTH;
            pieces.push((info, bytes, at, width));
            at += width;
        }
    }
    let subtracted: i64 = waterfall.steps.iter().map(|step| step.bytes.min(0)).fold(0, i64::saturating_add);
    let told: Vec<String> = pieces
        .iter()
        .map(|(info, bytes, ..)| format!("{} {}", info.label, number_format::bytes(*bytes)))
        .collect();
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img"
            aria-label={ (label) ": " (told.join(", ")) } {
            @for (info, bytes, x, width) in &pieces {
                rect class={ "s-" (info.name) } x=(rounded(*x)) y="0" width=(rounded(*width)) height=(HEIGHT) {
                    title { (label) ", " (info.label) ": " (number_format::count(*bytes)) " bytes (" (info.about) ")" }
                }
            }
            @if subtracted < 0 {
                @let width = -(subtracted as f64) / longest as f64 * WIDTH;
                rect.subtracted x=(rounded(at - width)) y="0" width=(rounded(width)) height=(HEIGHT) {
                    title { (label) ", untouched: " (number_format::count(subtracted)) " bytes are in pages that are not resident" }
                }
            }
        }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The bytes of each step; where maps differ, what is more than the least is marked.
fn exact(bars: &[(&str, &Waterfall)]) -> Markup {
    let has = |step: &&StepInfo| bars.iter().any(|(_, w)| w.bytes(step.name).is_some_and(|bytes| bytes != 0));
    let differs = |step: &str, waterfall: &Waterfall| {
        let least = bars.iter().map(|(_, w)| w.bytes(step).unwrap_or(0)).min().unwrap_or(0);
        let more = waterfall.bytes(step).unwrap_or(0).saturating_sub(least);
        bars.len() > 1 && more as f64 > DIFFERS * waterfall.total as f64
    };
    html! {
        div.wide tabindex="0" {
            table {
                thead { tr { th scope="col" { "step" } @for (label, _) in bars { th scope="col" { (label) } } } }
                tbody {
                    @for step in STEPS.iter().filter(has) {
                        tr {
                            th scope="row" title=(step.about) { (step.label) }
                            @for (_, waterfall) in bars {
                                @let bytes = waterfall.bytes(step.name);
                                td.differs[differs(step.name, waterfall)] {
                                    (bytes.map_or_else(|| "-".to_owned(), number_format::count))
                                    @if differs(step.name, waterfall) { span.mark title="more than another map has" { " ▲" } }
                                }
                            }
                        }
                    }
                    tr.sum {
                        th scope="row" { "total" }
                        @for (_, waterfall) in bars { td { (number_format::count(total(waterfall))) } }
                    }
                }
            }
        }
    }
}

/// Rules of the style sheet that give each step its colour, which is that of the pictures.
pub(super) fn colors() -> String {
    let rule = |step: &StepInfo| {
        let (r, g, b) = waterfall::color_of(step.name);
        format!(".s-{0}{{fill:rgb({r},{g},{b});background-color:rgb({r},{g},{b})}}\n", step.name)
    };
    STEPS.iter().map(rule).collect()
}
