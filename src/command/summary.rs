//! What `run` prints of one case: a headline, the phases, and a line or two for each of the rest, so that all of it fits one
//! screen. A function of the record and the profiles, as the full report is.

mod cautions;
mod fullest_phase;
mod growth;
mod headline;
mod hot_sites;
mod huge_pages;
mod latency;
mod waterfall_line;

use super::full_report::heading::heading;
use super::full_report::wrap_text::paragraph;
use super::full_report::{Run, failures, phases};
use super::parameters::called;
use crate::run::rerun::quoted;

/// Rows of the table of phases at most.
const PHASES: usize = 6;

/// The summary, in `width` columns.
pub fn of_run(run: &Run<'_>, width: usize) -> String {
    let record = run.record;
    let mut text = paragraph(&heading(record), width);
    text.push_str(&failures(run.failures, width));
    push_paragraph(&mut text, &headline::of(record), width);
    let table = phases::table(record, PHASES, width);
    if !table.is_empty() {
        text.push_str(&format!("\n{table}"));
    }
    let lines =
        [waterfall_line::of(record), growth::worst(record), latency::of(record), huge_pages::of(record)];
    if lines.iter().any(|line| !line.is_empty()) {
        text.push('\n');
    }
    lines.iter().for_each(|line| push_paragraph(&mut text, line, width));
    for sites in [hot_sites::of_heap(run, width), hot_sites::of_cpu(run, width)] {
        if !sites.is_empty() {
            text.push_str(&format!("\n{sites}"));
        }
    }
    text.push_str(&cautions::of(record, width));
    if let Some(place) = run.place {
        text.push_str(&format!("\nMore: {} show {}\n", called(), quoted(&place.to_string_lossy())));
    }
    text.push('\n');
    text
}

fn push_paragraph(text: &mut String, line: &str, width: usize) {
    if !line.is_empty() {
        text.push_str(&paragraph(line, width));
    }
}

#[cfg(test)]
mod tests;
