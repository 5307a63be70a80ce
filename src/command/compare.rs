//! `mapprof compare`.

use std::path::Path;

use maud::Markup;

use super::arguments::filter;
use super::ranked_runs::ranked_runs;
use super::terminal::{complain, print, width};
use super::{atomic_file, resolve_runs};
use crate::cli::{CompareArgs, CompareFormat, GroupBy};
use crate::compare::filter::pattern;
use crate::compare::{Baseline, Difference, Filter, Ranking, refused_among, run_folders};
use crate::error::{Error, Result, unknown};
use crate::output::comparison::{By, data, html, markdown, table};
use crate::output::scatter;
use crate::record::run_store::StoredRun;
use crate::record::{LATENCY_METRICS, METRICS};
use crate::worker::registry::Registry;

/// Compares runs, after having made those that are missing. Returns the exit code: that of running them, or 0.
///
/// # Errors
/// When there is nothing to compare, or what was asked for cannot be written.
pub fn compare(registry: &Registry, args: &CompareArgs) -> Result<u8> {
    let filter = filter(&args.filter)?;
    if let Some(path) = &args.svg {
        atomic_file::check(path)?;
    }
    let gathered = resolve_runs::gather(registry, &args.of, &args.filter.map, &filter, &args.cases)?;
    let runs = gathered.runs;
    if runs.is_empty() {
        return Ok(gathered.code);
    }
    let refused = mismatches(&runs, &super::arguments::allowed_mismatches(&args.allow_mismatch));
    if !refused.is_empty() {
        refused.iter().for_each(|line| complain(line));
        return Ok(2);
    }
    fitting(&args.filter.metric, &runs)?;
    let sides = run_folders::of_runs(runs.iter().map(|run| (run.path.as_path(), run.case())));
    let baseline = baseline(args.baseline.as_deref(), &runs, &sides)?;
    let ranked_runs = ranked_runs(registry, &runs, sides);
    let ranking = Ranking::new(&ranked_runs, &filter, baseline);
    if ranking.workloads.is_empty() {
        return Err(Error::input(
            "--intersection: no case is on every side; without it each side's own are shown",
        ));
    }
    if ranking.columns.is_empty() {
        return Err(Error::input("no metric is left to compare; see mapprof list metrics"));
    }
    let by = match args.by {
        GroupBy::Map => By::Map,
        GroupBy::Workload => By::Workload,
    };
    print(&match args.format {
        CompareFormat::Table => table::render(&ranking, by, width()),
        CompareFormat::Markdown => markdown::render(&ranking, by),
        CompareFormat::Json => data::json(&ranking)?,
        CompareFormat::Csv => data::csv(&ranking)?,
    })?;
    if let Some(path) = &args.svg {
        atomic_file::write(path, &scatter::render(&ranking)?)?;
    }
    Ok(gathered.code)
}

/// How runs differ that are refused to be compared, each as a line.
fn mismatches(runs: &[StoredRun], allowed: &[Difference]) -> Vec<String> {
    let records: Vec<_> = runs.iter().map(|run| (run.path.as_path(), &run.record)).collect();
    refused_among(&records, allowed)
}

/// Runs side by side as elements of a page, and the picture of memory against time.
///
/// # Errors
/// When they may not be compared, or the picture cannot be drawn.
pub fn of_runs(registry: &Registry, runs: &[StoredRun]) -> Result<(Markup, Vec<u8>)> {
    if let Some(run) = runs.iter().find(|run| !run.failures.is_empty()) {
        return Err(Error::input(format!("{} failed, and is not compared", run.case())));
    }
    if let [first, ..] = mismatches(runs, &[]).as_slice() {
        return Err(Error::input(first));
    }
    let sides = run_folders::of_runs(runs.iter().map(|run| (run.path.as_path(), run.case())));
    let ranked_runs = ranked_runs(registry, runs, sides);
    let ranking = Ranking::new(&ranked_runs, &Filter::new(&[], &[], &[], false)?, Baseline::Best);
    Ok((html::render(&ranking, By::Map), scatter::render(&ranking)?))
}

/// Says which of the metrics that were named no run has.
///
/// # Errors
/// When no run has any of them.
fn fitting(named: &[String], runs: &[StoredRun]) -> Result<()> {
    let mut without = Vec::new();
    for text in named {
        let pattern = pattern("--metric", text)?;
        let names = || runs.iter().flat_map(|run| run.record.metrics.keys());
        if names().any(|name| pattern.matches(name)) {
            continue;
        }
        let known = METRICS.iter().any(|info| pattern.matches(info.name));
        let latency = text.starts_with("latency.")
            && LATENCY_METRICS.iter().any(|info| text.ends_with(info.name) || text.ends_with('*'));
        without.push(if latency {
            format!("--metric {text}: no run has it; latencies are taken with --latency")
        } else if known || text.contains(['*', '?', '[']) {
            format!("--metric {text}: no run has such a metric")
        } else {
            let mut there: Vec<&str> = names().map(String::as_str).collect();
            there.sort_unstable();
            there.dedup();
            format!("--metric {text}: {}", unknown("metric", text, there.iter().copied()))
        });
    }
    if without.len() == named.len()
        && let Some(first) = without.first()
    {
        return Err(Error::input(first));
    }
    without.iter().for_each(|line| complain(line));
    Ok(())
}

/// What was typed after `--baseline`: a map, a folder, or the name that a folder has in the comparison.
fn baseline(typed: Option<&str>, runs: &[StoredRun], sides: &[String]) -> Result<Baseline> {
    let Some(typed) = typed else { return Ok(Baseline::Best) };
    if runs.iter().any(|run| run.case().row() == typed) {
        return Ok(Baseline::Row(typed.to_owned()));
    }
    if let Ok(folder) = std::fs::canonicalize(Path::new(typed)) {
        let within =
            |run: &StoredRun| std::fs::canonicalize(&run.path).is_ok_and(|path| path.starts_with(&folder));
        let mut found: Vec<&String> =
            runs.iter().zip(sides).filter(|(run, _)| within(run)).map(|(_, side)| side).collect();
        found.dedup();
        return match found.as_slice() {
            [side] => Ok(Baseline::Side((*side).clone())),
            [] => Err(Error::input(format!("--baseline {typed}: no run of this comparison is in it"))),
            _ => Err(Error::input(format!(
                "--baseline {typed}: runs of several folders are in it; name one of them"
            ))),
        };
    }
    if sides.iter().any(|side| side == typed) {
        return Ok(Baseline::Side(typed.to_owned()));
    }
    let mut names: Vec<String> = runs.iter().map(|run| run.case().row()).collect();
    names.extend(sides.iter().cloned());
    names.sort_unstable();
    names.dedup();
    Err(Error::input(format!(
        "--baseline: {}",
        unknown("map or folder", typed, names.iter().map(String::as_str))
    )))
}
