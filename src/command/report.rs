//! `mapprof report`.

use std::path::Path;

use super::arguments::{filter, limit};
use super::atomic_file;
use super::ranked_runs::ranked_runs;
use super::terminal::{note, print};
use crate::cli::ReportArgs;
use crate::compare::{Baseline, Ranking, run_folders};
use crate::error::{Error, Result};
use crate::output::{CPU_PROFILE, HEAP_PROFILE, HEAP_TIMELINE};
use crate::printable::PrintablePath;
use crate::profile::{Limit, Profile};
use crate::record::run_store::{self, StoredRun};
use crate::report::Run;
use crate::report::html::{Report, ReportedRun, page};
use crate::run::stored_profile::profile_beside;
use crate::worker::registry::Registry;

/// Writes the report of runs as one HTML file.
///
/// # Errors
/// When there is no run, a record or a profile cannot be read, or the file cannot be written.
pub fn report(registry: &Registry, args: &ReportArgs) -> Result<()> {
    let to_stdout = args.output == Path::new("-");
    if !to_stdout {
        atomic_file::check(&args.output)?;
    }
    let filter = filter(&args.filter)?;
    let mut runs: Vec<StoredRun> = Vec::new();
    for folder in &args.runs {
        runs.extend(run_store::find(folder)?);
    }
    runs.retain(|run| filter.case(run.case()));
    if runs.is_empty() {
        return Err(Error::input("no run is left: --workload and --map leave none of those that were found"));
    }
    if to_stdout {
        return print(&of_runs(registry, &runs, limit(&args.limit))?);
    }
    write(registry, &runs, &args.output, limit(&args.limit))?;
    note(&where_it_is(runs.len(), &args.output));
    Ok(())
}

/// Writes the report of `runs` to a file.
///
/// # Errors
/// When a profile cannot be read, or the file cannot be written.
pub fn write(registry: &Registry, runs: &[StoredRun], file: &Path, limit: Limit) -> Result<()> {
    atomic_file::write(file, of_runs(registry, runs, limit)?.as_bytes())
}

/// What is said when a report of so many runs is written.
pub fn where_it_is(runs: usize, file: &Path) -> String {
    format!("the report of {} is in {}", how_many(runs), file.shown())
}

/// The profiles that lie beside a record.
struct StoredProfiles {
    heap: Option<Profile>,
    heap_timeline: Option<Profile>,
    cpu: Option<Profile>,
}

fn how_many(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}

/// The page of `runs`.
///
/// # Errors
/// When a profile cannot be read.
pub fn of_runs(registry: &Registry, runs: &[StoredRun], limit: Limit) -> Result<String> {
    let mut runs: Vec<&StoredRun> = runs.iter().collect();
    runs.sort_by_key(|run| run.case().workload.clone());
    let of_run = |run: &&StoredRun| {
        let profile = |name| profile_beside(&run.record, &run.path, name, limit);
        Ok(StoredProfiles {
            heap: profile(HEAP_PROFILE)?,
            heap_timeline: profile(HEAP_TIMELINE)?,
            cpu: profile(CPU_PROFILE)?,
        })
    };
    let profiles: Vec<StoredProfiles> = runs.iter().map(of_run).collect::<Result<_>>()?;
    let sides = run_folders::of_runs(runs.iter().map(|run| (run.path.as_path(), run.case())));
    let ranked = runs.iter().copied().zip(sides.iter().cloned()).filter(|(run, _)| run.failures.is_empty());
    let (ranked, their_sides): (Vec<&StoredRun>, Vec<String>) = ranked.unzip();
    let ranked = ranked_runs(registry, ranked, their_sides);
    let all = crate::compare::Filter::new(&[], &[], &[], false)?;
    let ranking = Ranking::new(&ranked, &all, Baseline::Best);
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
    });
    page(&Report { runs: reported.collect(), ranking })
}
