//! `mapprof report`.

use std::path::{Path, PathBuf};

use super::arguments::{filter, limit};
use super::atomic_file;
use super::claims_of_run;
use super::ranked_runs::ranked_runs;
use super::report_format::ReportFormat;
use super::report_sources::ReportSources;
use super::terminal::{complain, note, print};
use crate::cli::ReportArgs;
use crate::compare::claim;
use crate::compare::comparable::comparable;
use crate::compare::{Baseline, Ranking, run_folders};
use crate::error::Result;
use crate::output::{CPU_PROFILE, HEAP_PROFILE, HEAP_TIMELINE};
use crate::printable::PrintablePath;
use crate::profile::{Limit, Profile};
use crate::record::CaseRecord;
use crate::record::run_store::StoredRun;
use crate::report::html::page;
use crate::report::markdown::document;
use crate::report::{Report, ReportedFailure, ReportedRun, ReportedSweep, Run};
use crate::run::stored_profile::profile_beside;
use crate::sweep::SweepRecord;
use crate::worker::registry::Registry;
use crate::workload::Catalog;

/// Writes the report of runs and sweeps as one file.
///
/// # Errors
/// When there is no run, a record cannot be read, or the file cannot be written.
pub fn report(registry: &Registry, args: &ReportArgs) -> Result<()> {
    let is_stdout = args.output == Path::new("-");
    if !is_stdout {
        check(&args.output)?;
    }
    let sources = ReportSources::find(&args.runs, &filter(&args.filter)?)?;
    let catalog = Catalog::load(args.workloads.as_deref())?;
    claim::check_all(catalog.claims().flat_map(|(_, claims)| claims))?;
    if is_stdout {
        return print(&text(registry, &catalog, &sources, ReportFormat::Html, limit(&args.limit))?);
    }
    write(registry, &catalog, &sources, &args.output, limit(&args.limit))?;
    note(&where_it_is(&sources, &args.output));
    Ok(())
}

/// Refuses a file that no report can be written to.
///
/// # Errors
/// When its ending is that of no format, or there is no folder for it.
pub fn check(file: &Path) -> Result<()> {
    ReportFormat::of(file)?;
    atomic_file::check(file)
}

/// Writes the report of `sources` to a file, in the format that its ending says.
///
/// # Errors
/// When a picture cannot be drawn, or the file cannot be written.
pub fn write(
    registry: &Registry,
    catalog: &Catalog,
    sources: &ReportSources,
    file: &Path,
    limit: Limit,
) -> Result<()> {
    let format = ReportFormat::of(file)?;
    atomic_file::write(file, text(registry, catalog, sources, format, limit)?.as_bytes())
}

/// What is said when a report is written.
pub fn where_it_is(sources: &ReportSources, file: &Path) -> String {
    format!("the report of {} is in {}", sources.counted(), file.shown())
}

/// The profiles that lie beside a record.
struct StoredProfiles {
    heap: Option<Profile>,
    heap_timeline: Option<Profile>,
    cpu: Option<Profile>,
    /// Why others are left out, a sentence each.
    left_out: Vec<String>,
}

impl StoredProfiles {
    /// Those of a run. One that cannot be read is left out: the record tells its figures without it.
    fn of(run: &StoredRun, limit: Limit) -> StoredProfiles {
        let mut left_out = Vec::new();
        let mut profile = |name| match profile_beside(&run.record, &run.path, name, limit) {
            Ok(profile) => profile,
            Err(error) => {
                complain(&format!("left out: {error}"));
                left_out.push(format!("Left out: {error}."));
                None
            }
        };
        let (heap, heap_timeline, cpu) =
            (profile(HEAP_PROFILE), profile(HEAP_TIMELINE), profile(CPU_PROFILE));
        StoredProfiles { heap, heap_timeline, cpu, left_out }
    }
}

/// The report of `sources`.
///
/// # Errors
/// When a picture cannot be drawn.
pub fn text(
    registry: &Registry,
    catalog: &Catalog,
    sources: &ReportSources,
    format: ReportFormat,
    limit: Limit,
) -> Result<String> {
    let mut runs: Vec<&StoredRun> = sources.runs.iter().collect();
    runs.sort_by_key(|run| run.case().workload.clone());
    let profiles: Vec<StoredProfiles> = runs.iter().map(|run| StoredProfiles::of(run, limit)).collect();
    let sides = run_folders::of_runs(runs.iter().map(|run| (run.path.as_path(), run.case())));
    let good = || runs.iter().zip(&sides).filter(|(run, _)| run.failures.is_empty());
    let (ranked, their_sides): (Vec<&StoredRun>, Vec<String>) =
        good().map(|(run, side)| (*run, side.clone())).unzip();
    let groups = comparable(ranked_runs(registry, ranked, their_sides));
    let rankings: Vec<Ranking<'_>> =
        groups.iter().map(|group| Ranking::new(group, &sources.filter, Baseline::Best)).collect();
    let tested: Vec<(&CaseRecord, &str)> = good().map(|(run, side)| (&run.record, side.as_str())).collect();
    let is_twice = |run: &StoredRun| runs.iter().filter(|other| other.case() == run.case()).count() > 1;
    let reported = runs.iter().zip(&profiles).zip(&sides).map(|((run, profiles), side)| ReportedRun {
        run: Run {
            record: &run.record,
            failures: &run.failures,
            heap: profiles.heap.as_ref(),
            heap_timeline: profiles.heap_timeline.as_ref(),
            cpu: profiles.cpu.as_ref(),
            place: Some(&run.path),
        },
        label: match is_twice(run) {
            true => format!("{} ({side})", run.case()),
            false => run.case().to_string(),
        },
        left_out: profiles.left_out.clone(),
    });
    let report = Report {
        runs: reported.collect(),
        rankings,
        claims: claims_of_run::of_workloads(catalog, &tested),
        sweeps: sweeps(sources),
        failed: failed(sources),
    };
    match format {
        ReportFormat::Html => page(&report),
        ReportFormat::Markdown => Ok(document(&report)),
    }
}

/// The sweeps, those of a workload beside each other. One that is there twice has its folder with it.
fn sweeps(sources: &ReportSources) -> Vec<ReportedSweep<'_>> {
    let mut all: Vec<ReportedSweep<'_>> = Vec::new();
    for (path, record) in &sources.sweeps {
        let is_same = |(_, other): &&(PathBuf, SweepRecord)| {
            other.case == record.case && other.settings == record.settings
        };
        let is_twice = sources.sweeps.iter().filter(is_same).count() > 1;
        all.push(ReportedSweep { record, side: is_twice.then(|| path.shown()) });
    }
    all.sort_by_key(|sweep| sweep.record.case.workload.clone());
    all
}

/// The cases that failed without a record.
fn failed(sources: &ReportSources) -> Vec<ReportedFailure<'_>> {
    let all = sources.failed.iter().filter_map(|case| {
        let label = case.failures.first()?.case.to_string();
        Some(ReportedFailure { label, failures: &case.failures, place: &case.path })
    });
    all.collect()
}
