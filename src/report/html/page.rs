//! The page as a whole.

use maud::{Markup, PreEscaped, html};

use super::document::{Document, Reach, document};
use super::{assets, bars, blocks, page_data, run_section, sweep_section};
use crate::compare::{Ranking, WorkloadRanking};
use crate::error::Result;
use crate::output::comparison::{facts, measured_once, two_languages};
use crate::printable::PrintablePath;
use crate::record::CaseRecord;
use crate::report::contents::CLAIMS;
use crate::report::sections::{claims, failures, verdict};
use crate::report::{Report, ReportedFailure};

/// Runs of which more are laid out only as they come into view.
const MANY: usize = 8;

/// The page.
///
/// # Errors
/// When a picture cannot be drawn.
pub fn page(report: &Report<'_>) -> Result<String> {
    let title = report.title();
    let data = page_data::json(&report.runs)?;
    let sections = report.runs.iter().enumerate().map(|(number, run)| run_section::render(number, run));
    let sections: Vec<Markup> = sections.collect::<Result<_>>()?;
    let groups = report.sweep_groups();
    let sweeps = groups.iter().enumerate().map(|(number, group)| sweep_section::render(number, group));
    let sweeps: Vec<Markup> = sweeps.collect::<Result<_>>()?;
    let body = html! {
        header {
            h1 { (title) }
            @if report.runs.len() + groups.len() + report.failed.len() > 1 { (links(report)) }
            button.scripted type="button" id="theme" { "Light / dark" }
        }
        main.many[report.runs.len() > MANY] {
            @for (number, ranking) in report.rankings.iter().enumerate() {
                @for of_workload in &ranking.workloads { (workload(report, number, ranking, of_workload)) }
            }
            @for section in &sweeps { (section) }
            @for one in &report.failed { (failed(one)) }
            @for section in &sections { (section) }
        }
        footer {
            "Written by mapprof " (env!("CARGO_PKG_VERSION")) ". Times come from a pass that does nothing but the "
            "operations; counts and bytes are exact; sampled figures have 95 % intervals."
        }
        script type="application/json" id="data" { (PreEscaped(&data)) }
    };
    Ok(document(&Document { title: &title, body, script: &assets::script(), reach: Reach::Nothing }))
}

/// Links to the runs and the sweeps.
fn links(report: &Report<'_>) -> Markup {
    html! {
        nav aria-label="Runs" {
            @for (number, run) in report.runs.iter().enumerate() {
                a href={ "#run-" (number) } { (run.label) }
            }
            @for (number, group) in report.sweep_groups().iter().enumerate() {
                @if let Some(first) = group.first() {
                    a href={ "#sweep-" (number) } {
                        (first.record.case.workload) " by " (first.record.settings.join(" and "))
                    }
                }
            }
        }
    }
}

/// A case that failed without a record.
fn failed(one: &ReportedFailure<'_>) -> Markup {
    html! {
        section {
            h2 { (one.label) ": failed" }
            @for failure in failures(one.failures) { p.failed { (failure) } }
            p.note { "There is no record of it in " (one.place.shown()) "." }
        }
    }
}

/// What separates the runs of a workload: the sentence, the ranking, the bars, and what they say of published claims.
fn workload(
    report: &Report<'_>,
    number: usize,
    ranking: &Ranking<'_>,
    of_workload: &WorkloadRanking<'_>,
) -> Markup {
    let labels: Vec<(String, &CaseRecord)> =
        of_workload.rows.iter().map(|row| (verdict::label(ranking, row), row.ranked.record)).collect();
    let sentence = verdict::sentence(ranking, of_workload);
    html! {
        section {
            h2 { (of_workload.workload) span.facts { (facts(of_workload)) } }
            @if !sentence.is_empty() { p.verdict { (sentence) } }
            @if labels.len() > 1 {
                (blocks::table(&verdict::table(ranking, of_workload)))
                @if let Some(words) = two_languages(ranking) { p.note { (words) } }
                @if let Some(once) = measured_once(ranking) { p.note { (once) } }
            }
            @if labels.iter().any(|(_, record)| !record.waterfalls.is_empty()) {
                h3 { "Where every byte is: from payload to resident memory" }
                div.panel { (bars::render(&labels)) }
            }
            @for (place, of_side) in report.claims_below(number).enumerate() {
                @if place == 0 { h3 { (CLAIMS) } }
                (blocks::render(&claims::of(of_side)))
            }
        }
    }
}
