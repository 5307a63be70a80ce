//! The page as a whole.

use maud::{Markup, PreEscaped, html};

use super::document::{Document, Reach, document};
use super::reported_run::ReportedRun;
use super::{assets, bars, blocks, page_data, run_section};
use crate::compare::{Ranking, WorkloadRanking};
use crate::error::Result;
use crate::record::CaseRecord;
use crate::report::sections::verdict;

/// What a report is of.
pub struct Report<'a> {
    /// The runs, those of a workload beside each other.
    pub runs: Vec<ReportedRun<'a>>,
    /// The same runs, ranked.
    pub ranking: Ranking<'a>,
}

/// The page.
///
/// # Errors
/// When a picture cannot be drawn.
pub fn page(report: &Report<'_>) -> Result<String> {
    let mut workloads: Vec<&str> =
        report.runs.iter().map(|run| run.run.record.case.workload.as_str()).collect();
    workloads.dedup();
    let title = format!("mapprof: {}", workloads.join(", "));
    let data = page_data::json(&report.runs)?;
    let sections = report.runs.iter().enumerate().map(|(number, run)| run_section::render(number, run));
    let sections: Vec<Markup> = sections.collect::<Result<_>>()?;
    let body = html! {
        header {
            h1 { (title) }
            @if report.runs.len() > 1 {
                nav aria-label="Runs" {
                    @for (number, run) in report.runs.iter().enumerate() {
                        a href={ "#run-" (number) } { (run.label) }
                    }
                }
            }
            button.scripted type="button" id="theme" { "Light / dark" }
        }
        main {
            @for of_workload in &report.ranking.workloads { (workload(report, of_workload)) }
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

/// What separates the runs of a workload: the sentence, the ranking, and the bars.
fn workload(report: &Report<'_>, of_workload: &WorkloadRanking<'_>) -> Markup {
    let labels: Vec<(String, &CaseRecord)> = of_workload
        .rows
        .iter()
        .map(|row| {
            let label = report.ranking.series.get(row.series).map(|series| series.label());
            (label.unwrap_or_default(), row.ranked.record)
        })
        .collect();
    let sentence = verdict::sentence(of_workload);
    html! {
        section {
            h2 { (of_workload.workload) }
            @if !sentence.is_empty() { p.verdict { (sentence) } }
            @if labels.len() > 1 { (blocks::table(&verdict::table(&report.ranking, of_workload))) }
            h3 { "Where every byte is: from payload to resident memory" }
            div.panel { (bars::render(&labels)) }
        }
    }
}
