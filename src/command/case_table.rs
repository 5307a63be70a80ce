//! What `run` prints of many cases: a line for each when it ends, and a table of all.

use std::path::Path;

use super::parameters::called;
use super::ranked_runs::ranked_runs;
use crate::compare::{Baseline, Filter, Ranking};
use crate::error::Result;
use crate::output::comparison::{By, table};
use crate::output::number_format;
use crate::record::run_store::StoredRun;
use crate::record::{CaseRecord, Failure, LEAKED_BYTES, leaked_bytes};
use crate::report::wrap_text::paragraph;
use crate::run::rerun::quoted;
use crate::worker::registry::Registry;
use crate::workload::step::STEPS;

/// The figures of the table, beside what leaked. Of a terminal's 80 columns a latency needs those of [`PAGES`].
const FIGURES: [&str; 3] = ["ns_per_op", "bytes_per_entry", "peak_live_bytes"];
const PAGES: &str = "resident_bytes";

/// The line of a case that has ended.
pub fn line(record: &CaseRecord, failures: &[Failure]) -> String {
    let failed =
        failures.iter().map(|failure| format!("FAILED in the {} pass: {}", failure.pass, failure.kind));
    let figure = |name: &str| record.metrics.get(name).map(|metric| metric.value);
    let bytes = |value: f64| number_format::bytes(value.round() as i64);
    let figures = [
        figure("ns_per_op").map(|ns| format!("{}/op", number_format::mean_time(ns))),
        figure("bytes_per_entry").map(|bytes| format!("{}/entry", number_format::mean_bytes(bytes))),
        figure("peak_live_bytes").map(|peak| format!("peak {}", bytes(peak))),
        figure("resident_bytes").map(|resident| format!("resident {}", bytes(resident))),
    ];
    let leaked = Some(leaked_bytes(&record.metrics)).filter(|bytes| *bytes > 0);
    let leaked = leaked.map(|leaked| format!("leaked {}", bytes(leaked as f64)));
    let parts: Vec<String> = failed.chain(figures.into_iter().flatten()).chain(leaked).collect();
    format!("{}: {}\n", record.case, parts.join(", "))
}

/// The latency of the table: of look-ups, or else of the first operation that all cases have one of.
fn latency(runs: &[StoredRun]) -> Option<&str> {
    let all_have = |name: &&str| runs.iter().all(|run| run.record.metrics.contains_key(*name));
    let names = runs.iter().flat_map(|run| run.record.metrics.keys()).map(String::as_str);
    // A step of the life cycle is one call.
    let is_step = |op: &str| STEPS.iter().any(|step| step.name == op);
    let p99 = names.filter(all_have).filter(|name| {
        let op = name.strip_prefix("latency.").and_then(|rest| rest.strip_suffix(".p99"));
        op.is_some_and(|op| !is_step(op))
    });
    p99.min_by_key(|name| (*name != "latency.get.p99", *name))
}

/// The table of the cases that went well, in `width` columns; empty of fewer than two. It has the figures that all of them
/// have, and leaks if there are any.
///
/// # Errors
/// None, as the names of figures are patterns.
pub fn render(registry: &Registry, runs: &[StoredRun], out: &Path, width: u16) -> Result<String> {
    if runs.len() < 2 {
        return Ok(String::new());
    }
    let leaks = runs.iter().any(|run| leaked_bytes(&run.record.metrics) > 0);
    let names =
        FIGURES.into_iter().chain([latency(runs).unwrap_or(PAGES)]).chain(leaks.then_some(LEAKED_BYTES));
    let names: Vec<String> = names.map(str::to_owned).collect();
    let ranked_runs = ranked_runs(registry, runs, std::iter::repeat(String::new()));
    let ranking = Ranking::new(&ranked_runs, &Filter::new(&[], &[], &names, true)?, Baseline::Best);
    if ranking.columns.is_empty() {
        return Ok(String::new());
    }
    // A sheet for each workload would have one row.
    let by = if ranking.series.len() == 1 { By::Workload } else { By::Map };
    let known = runs.iter().all(|run| run.record.metrics.contains_key(LEAKED_BYTES));
    let leaked = if known && !leaks { "Nothing leaked.\n" } else { "" };
    let below = match ranking.workloads.as_slice() {
        [one] => out.join(&one.workload),
        _ => out.to_path_buf(),
    };
    let more = format!("More of each: {} show {}", called(), quoted(&below.to_string_lossy()));
    Ok(format!("\n{}{leaked}{}", table::render(&ranking, by, width), paragraph(&more, width.into())))
}
