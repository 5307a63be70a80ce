//! The report as one Markdown document.

use super::{paragraph, render};
use crate::compare::{Ranking, WorkloadRanking};
use crate::output::comparison::{facts, measured_once, two_languages};
use crate::output::markdown_escape::markdown as escaped;
use crate::printable::PrintablePath;
use crate::report::contents::CLAIMS;
use crate::report::sections::{cautions, claims, failures, headline, measured, sweep, verdict};
use crate::report::{Block, Report, ReportedFailure, ReportedRun, full};

/// The document: what the page has, without its pictures.
pub fn document(report: &Report<'_>) -> String {
    let mut text = heading(1, &report.title());
    for (number, ranking) in report.rankings.iter().enumerate() {
        for of_workload in &ranking.workloads {
            text.push_str(&workload(report, number, ranking, of_workload));
        }
    }
    for sweep in report.sweep_groups().into_iter().flatten() {
        text.push_str(&heading(2, &sweep.label()));
        text.push_str(&render(&sweep::of(sweep.record)));
    }
    report.failed.iter().for_each(|one| text.push_str(&failed(one)));
    report.runs.iter().for_each(|run| text.push_str(&of_run(run)));
    text.push_str(&paragraph(&format!(
        "Written by mapprof {}. Times come from a pass that does nothing but the operations; counts and bytes are exact; \
         sampled figures have 95 % intervals.",
        env!("CARGO_PKG_VERSION")
    )));
    format!("{}\n", text.trim_end())
}

fn heading(level: usize, text: &str) -> String {
    format!("{} {}\n\n", "#".repeat(level), escaped(text).trim())
}

/// What separates the runs of a workload, and what they say of published claims.
fn workload(
    report: &Report<'_>,
    number: usize,
    ranking: &Ranking<'_>,
    of_workload: &WorkloadRanking<'_>,
) -> String {
    let mut text = heading(2, &format!("{}{}", of_workload.workload, facts(of_workload)));
    text.push_str(&paragraph(&verdict::sentence(ranking, of_workload)));
    if of_workload.rows.len() > 1 {
        text.push_str(&render(&[Block::Table(verdict::table(ranking, of_workload))]));
        two_languages(ranking).iter().for_each(|words| text.push_str(&paragraph(words)));
        measured_once(ranking).iter().for_each(|once| text.push_str(&paragraph(once)));
    }
    for (place, of_side) in report.claims_below(number).enumerate() {
        if place == 0 {
            text.push_str(&heading(3, CLAIMS));
        }
        text.push_str(&render(&claims::of(of_side)));
    }
    text
}

/// A case that failed without a record.
fn failed(one: &ReportedFailure<'_>) -> String {
    let sentences: String = failures(one.failures).iter().map(|sentence| paragraph(sentence)).collect();
    let place = paragraph(&format!("There is no record of it in {}.", one.place.shown()));
    heading(2, &format!("{}: failed", one.label)) + &sentences + &place
}

/// All that there is to tell of a run.
fn of_run(reported: &ReportedRun<'_>) -> String {
    let run = &reported.run;
    let failed = if run.failures.is_empty() { "" } else { ": failed" };
    let warnings = reported.left_out.iter().cloned().chain(cautions::of(run.record));
    let mut blocks: Vec<Block> = warnings.map(Block::Paragraph).collect();
    blocks.extend(Block::paragraph(headline::of(run.record)));
    blocks.extend(full::of_run(run));
    blocks.push(Block::Labelled(measured::of(run.record)));
    heading(2, &format!("{}{failed}", reported.label)) + &render(&blocks)
}
