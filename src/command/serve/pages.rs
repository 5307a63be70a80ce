//! The pages of chosen runs: the report, the comparison and the difference.

use maud::{Markup, html};

use super::answer::Answer;
use super::route;
use super::run_folder::RunFolder;
use crate::cli::{DiffArgs, DiffFormat, FilterArgs, LimitArgs};
use crate::command::report_format::ReportFormat;
use crate::command::report_sources::ReportSources;
use crate::command::{arguments, compare, diff, report};
use crate::compare::sites::MOST_PLACES;
use crate::error::{Error, Result};
use crate::output::{CPU_PROFILE, HEAP_PROFILE, difference};
use crate::record::run_store::StoredRun;
use crate::report::html::{Document, Reach, TABLE_SCRIPT, document, inline};
use crate::sweep;
use crate::worker::registry::Registry;
use crate::workload::Catalog;

/// What was chosen, each once.
fn chosen(names: &[String]) -> Result<Vec<&String>> {
    if names.is_empty() {
        return Err(Error::input("no run is ticked; tick some in the list"));
    }
    let mut each: Vec<&String> = Vec::new();
    for name in names {
        if !each.contains(&name) {
            each.push(name);
        }
    }
    Ok(each)
}

/// The runs that were chosen.
fn chosen_runs(folder: &RunFolder, names: &[String]) -> Result<Vec<StoredRun>> {
    folder.all_of(chosen(names)?.into_iter().map(String::as_str))
}

/// The report of runs and sweeps.
///
/// # Errors
/// When none is chosen, or one cannot be read.
pub(super) fn report_of(
    registry: &Registry,
    folder: &RunFolder,
    names: &[String],
    limit: LimitArgs,
) -> Result<Answer> {
    let sweeps = folder.sweeps()?;
    let is_sweep = |name: &&String| sweeps.iter().any(|(known, _)| known == *name);
    let (of_sweeps, of_runs): (Vec<&String>, Vec<&String>) = chosen(names)?.into_iter().partition(is_sweep);
    let mut sources = ReportSources {
        runs: folder.all_of(of_runs.into_iter().map(String::as_str))?,
        ..ReportSources::default()
    };
    for (_, path) in sweeps.iter().filter(|(name, _)| of_sweeps.contains(&name)) {
        sources.sweeps.extend(sweep::record::below(path)?);
    }
    // Claims of workloads that are not built in are in files that this command is not told of.
    let catalog = Catalog::load(None)?;
    let limit = arguments::limit(&limit);
    report::text(registry, &catalog, &sources, ReportFormat::Html, limit).map(Answer::page)
}

/// Runs side by side.
///
/// # Errors
/// When none is chosen, one cannot be read, or they may not be compared.
pub(super) fn compare(registry: &Registry, folder: &RunFolder, names: &[String]) -> Result<Answer> {
    let runs = chosen_runs(folder, names)?;
    let (tables, picture) = compare::of_runs(registry, &runs)?;
    let body = html! {
        (tables)
        figure.picture { (inline(&picture)) }
    };
    Ok(page("Comparison", names, &body))
}

/// What changed from the older of two runs to the newer one.
///
/// # Errors
/// When not two are chosen, one cannot be read, or they may not be compared.
pub(super) fn diff(folder: &RunFolder, names: &[String], limit: LimitArgs) -> Result<Answer> {
    let mut runs = chosen_runs(folder, names)?;
    runs.sort_by_key(|run| run.record.started_unix_s);
    let [base, new] = runs.as_slice() else {
        return Err(Error::input(format!("a difference is of two runs; ticked: {}", runs.len())));
    };
    let changes = diff::changes(&DiffArgs {
        base: base.path.clone(),
        new: new.path.clone(),
        filter: FilterArgs::default(),
        sample_type: None,
        allow_mismatch: Vec::new(),
        rows: 20,
        svg: None,
        harness_frames: false,
        format: DiffFormat::Table,
        max_sites: MOST_PLACES,
        limit,
    })?;
    let there = route::link("/report", names.iter().map(String::as_str));
    let has_profile =
        |run: &StoredRun| [HEAP_PROFILE, CPU_PROFILE].iter().any(|name| run.path.join(name).is_file());
    let body = html! {
        p { "From the older run to the newer one." }
        (difference::html(&changes))
        @if has_profile(base) && has_profile(new) {
            p { "The flame graphs of " a href=(there) { "the report of both" } " show the difference too." }
        }
    };
    Ok(page("Difference", names, &body))
}

/// The page that says why there is no other.
pub(super) fn refusal(error: &Error) -> Answer {
    let body = html! {
        header { h1 { "Not shown" } nav { a href="/" { "All runs" } } }
        main { p.failed { (error) } }
    };
    Answer::refusal(document(&Document {
        title: "mapprof: not shown",
        body,
        script: "",
        reach: Reach::Nothing,
    }))
}

/// A page about runs.
fn page(title: &str, names: &[String], body: &Markup) -> Answer {
    let title = format!("{title}: {}", names.join(", "));
    let body = html! {
        header { h1 { (title) } nav { a href="/" { "All runs" } } }
        main { (body) }
    };
    Answer::page(document(&Document { title: &title, body, script: TABLE_SCRIPT, reach: Reach::Nothing }))
}
