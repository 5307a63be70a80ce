//! `mapprof run`, and the runs that other commands need.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::parameters;
use super::planned_cases::{Plans, nothing_left, plan};
use super::progress::Progress;
use super::report_sources::ReportSources;
use super::run_request::RunRequest;
use super::terminal::{alarm, complain, note, print, width};
use super::{atomic_file, case_failures, case_table, claims_of_run, own_worker, printed_run, report, verify};
use crate::cli::{CaseArgs, RunArgs};
use crate::compare::claim;
use crate::error::{Error, Result};
use crate::output::bencher;
use crate::printable::PrintablePath as _;
use crate::profile::Limit;
use crate::record::manifest::{MANIFEST_FORMAT, Manifest, ShardedCase};
use crate::record::run_store::{self, StoredRun};
use crate::record::{CaseId, Failure};
use crate::report::Run;
use crate::run::case::{self, CaseOutcome};
use crate::run::child::Launcher;
use crate::run::passes::{MeasuredProgram, Watcher};
use crate::run::plan::CasePlan;
use crate::run::rerun::quoted;
use crate::run::run_dir;
use crate::run::shard::{Shard, expected_cost, split};
use crate::run::signals;
use crate::run::write_files;
use crate::worker::registry::{Registry, RunBy};
use crate::workload::Catalog;

/// Runs what the arguments ask for and returns the exit code.
///
/// # Errors
/// When nothing could be begun.
pub fn run(registry: &Registry, args: &RunArgs) -> Result<u8> {
    let wanted = RunRequest {
        workloads: &args.workload,
        maps: &args.map,
        cases: &args.cases,
        profiles: &args.profiles,
        verify: args.verify,
    };
    let mut plans = plan(registry, &wanted)?;
    args.bencher.iter().try_for_each(|file| atomic_file::check(file))?;
    args.report.iter().try_for_each(|file| report::check(file))?;
    let catalog = Catalog::load(args.cases.of.workloads.as_deref())?;
    claim::check_all(catalog.claims().flat_map(|(_, claims)| claims))?;
    let shard = args.shard.as_deref().map(Shard::parse).transpose()?;
    let manifest = shard.map(|shard| sharded(&mut plans, shard));
    let told = match (args.cases.quiet, args.verbose) {
        (true, _) => Told::Faults,
        (false, true) => Told::Reports,
        (false, false) if plans.cases.len() > 1 => Told::Table,
        (false, false) => Told::Summary,
    };
    let ended = execute(&args.cases, args.verify, &plans, manifest, told)?;
    let mut code = ended.measured.code;
    if let (Some(file), true) = (&args.bencher, code != 130)
        && let Err(error) = write_bencher(file, &ended.measured, &args.cases.out)
    {
        complain(&error.to_string());
        code = if code == 0 { error.exit_code() } else { code };
    }
    if let (Some(file), true) = (&args.report, code != 130)
        && let Err(error) = write_report(registry, &catalog, file, &ended.measured, &args.cases)
    {
        complain(&error.to_string());
        code = if code == 0 { error.exit_code() } else { code };
    }
    if told == Told::Table
        && !ended.is_mute
        && let Err(error) = print(&case_table::render(registry, &ended.runs, &args.cases.out, width())?)
    {
        complain(&error.to_string());
        code = if code == 0 { error.exit_code() } else { code };
    }
    if told != Told::Faults
        && !ended.is_mute
        && is_as_written(&args.cases)
        && let Err(error) = print(&claims_of_run::told(&catalog, &ended.runs))
    {
        complain(&error.to_string());
        code = if code == 0 { error.exit_code() } else { code };
    }
    Ok(code)
}

/// Writes the metrics of the good runs.
fn write_bencher(file: &Path, measured: &Measured, out: &Path) -> Result<()> {
    let runs = measured.good_runs(out)?;
    let json = bencher::render(runs.iter().map(|run| &run.record), |_| true)?;
    atomic_file::write(file, json.as_bytes())
}

/// Writes the report of the runs, those that failed among them.
fn write_report(
    registry: &Registry,
    catalog: &Catalog,
    file: &Path,
    measured: &Measured,
    args: &CaseArgs,
) -> Result<()> {
    let mut runs = measured.good_runs(&args.out)?;
    if runs.is_empty() {
        return Err(Error::case("no run went well, so there is no report"));
    }
    runs.extend(measured.failed_runs(&args.out));
    let sources = ReportSources { runs, ..ReportSources::default() };
    report::write(registry, catalog, &sources, file, Limit::default())?;
    if !args.quiet {
        note(&report::where_it_is(&sources, file));
    }
    Ok(())
}

/// Whether workloads run as their files have them: claims are about those sizes.
fn is_as_written(args: &CaseArgs) -> bool {
    let of = &args.of;
    let changes = of.entries.is_some() || of.ops.is_some() || !of.set.is_empty() || args.threads.is_some();
    !changes && args.worker.is_none()
}

/// What is told of cases on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Nothing; faults are on standard error.
    Faults,
    /// A summary of the one case.
    Summary,
    /// A line for each case when it ends, and then a table of all.
    Table,
    /// The full report of each.
    Reports,
}

/// Leaves only the cases of this shard in `plans`, and says which ones the others have.
fn sharded(plans: &mut Plans, shard: Shard) -> Manifest {
    let costs: Vec<f64> = plans.cases.iter().map(expected_cost).collect();
    let shards = split(&costs, shard.of);
    let case = |(plan, shard): (&CasePlan, &u32)| ShardedCase {
        case: plan.case.clone(),
        shard: *shard,
        rerun: plan.rerun.anywhere(),
    };
    let cases: Vec<ShardedCase> = plans.cases.iter().zip(&shards).map(case).collect();
    let mut of_each = shards.into_iter();
    plans.cases.retain(|_| of_each.next() == Some(shard.number));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Manifest {
        format: MANIFEST_FORMAT,
        mapprof: env!("CARGO_PKG_VERSION").to_owned(),
        shard: shard.number,
        of: shard.of,
        session: String::new(),
        started_unix_s: now.as_secs(),
        cases,
    }
}

/// The outcome of running cases.
pub struct Measured {
    /// The exit code: 0, 1, 3 or 130.
    pub code: u8,
    /// The invocation that the records name.
    pub session: String,
    /// Every case that was begun and ended, failed ones too.
    pub cases: Vec<CaseId>,
    /// What went wrong, also what could be written nowhere. Of the base it is said in the message.
    pub failures: Vec<Failure>,
}

impl Measured {
    /// The good runs of these cases below `root`. Where one failed, there may be an older one, which is none of them.
    ///
    /// # Errors
    /// When a run that did not fail cannot be read.
    pub fn good_runs(&self, root: &Path) -> Result<Vec<StoredRun>> {
        let mut runs = Vec::new();
        for case in &self.cases {
            match run_store::read(&case.folder(root)) {
                Ok(run) if run.record.session == self.session => runs.push(run),
                Ok(_) => {}
                Err(_) if self.failures.iter().any(|failure| failure.case == *case) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// The records that runs left which failed below `root`.
    fn failed_runs(&self, root: &Path) -> Vec<StoredRun> {
        let failed = |case: &&CaseId| self.failures.iter().any(|failure| failure.case == **case);
        let folders = self.cases.iter().filter(failed).map(|case| case.failed_folder(root));
        let read = folders.filter_map(|folder| run_store::read(&folder).ok());
        read.filter(|run| run.record.session == self.session).collect()
    }
}

/// Runs planned cases as `compare` and `check` need them: only what goes wrong is printed. They land below `cases.out`.
///
/// # Errors
/// When nothing could be begun.
pub fn measure(cases: &CaseArgs, plans: &Plans) -> Result<Measured> {
    Ok(execute(&CaseArgs { quiet: true, ..cases.clone() }, false, plans, None, Told::Faults)?.measured)
}

/// The outcome of running cases, with the successful runs if they are printed in a table.
struct Ended {
    measured: Measured,
    runs: Vec<StoredRun>,
    /// Whether standard output could not be written, which was complained of.
    is_mute: bool,
}

pub(super) struct ProgressWatcher<'p>(pub(super) &'p Progress);

impl Watcher for ProgressWatcher<'_> {
    fn pass(&mut self, case: &str, pass: &str, number: u32, times: u32) {
        self.0.pass(case, pass, number, times);
    }
    fn at(&mut self, phase: &str, done: u64, total: u64) {
        self.0.at(phase, done, total);
    }
}

/// How a program that serves the worker protocol is started.
fn served_by(program: &Path) -> Vec<PathBuf> {
    vec![program.to_path_buf(), PathBuf::from("worker")]
}

/// How the program is started that serves the passes of cases that are run by this one.
pub(super) fn launcher(args: &CaseArgs, run_by: &RunBy) -> Result<Launcher> {
    Ok(Launcher {
        command: match &args.worker {
            Some(program) => served_by(program),
            None => served_by(&own_worker::path(run_by)),
        },
        environment: parameters::environment(&args.env)?,
        time_limit: Duration::from_secs(args.timeout),
    })
}

/// What has a case run by that program again.
pub(super) fn again_with(program: &Path) -> String {
    format!(" --worker {}", quoted(&program.to_string_lossy()))
}

/// A name for this invocation that no other has.
pub(super) fn session() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one((std::process::id(), SystemTime::now())))
}

/// What is said of a case of the second program: its figures are for a comparison.
fn of_base(outcome: &CaseOutcome, told: Told) -> String {
    let after = if told == Told::Table { "" } else { "\n" };
    match &outcome.place {
        Some(place) => format!("the base's run is in {}\n{after}", place.shown()),
        None => String::new(),
    }
}

/// What is said of a case of this program.
fn of_case(outcome: &CaseOutcome, told: Told) -> String {
    let run = Run {
        record: &outcome.record,
        failures: &outcome.failures,
        heap: outcome.heap.as_ref(),
        heap_timeline: None,
        cpu: outcome.cpu.as_ref(),
        place: outcome.place.as_deref(),
    };
    match told {
        Told::Faults => String::new(),
        Told::Summary => printed_run::summary(&run),
        Told::Table => case_table::line(run.record, run.failures),
        Told::Reports => printed_run::full(&run),
    }
}

fn execute(
    args: &CaseArgs,
    verifies: bool,
    plans: &Plans,
    manifest: Option<Manifest>,
    told: Told,
) -> Result<Ended> {
    let is_empty = plans.cases.is_empty() && manifest.is_none();
    let is_told_below = is_empty && plans.skipped.len() == 1;
    if !args.quiet && !is_told_below {
        for reason in &plans.skipped {
            note(&format!("skipped {reason}"));
        }
    }
    if is_empty {
        return Err(nothing_left(&plans.skipped));
    }
    run_dir::check_writable(&args.out)?;
    if args.base_program.is_some() {
        run_dir::check_writable(&args.base_out)?;
        let same = |a: &Path, b: &Path| a.canonicalize().ok() == b.canonicalize().ok();
        if same(&args.out, &args.base_out) {
            return Err(Error::input(format!(
                "--base-out {}: is the folder of --out too; the runs of the two programs need one each",
                args.base_out.shown()
            )));
        }
    }
    signals::answer_interrupts()?;
    let time_limit = Duration::from_secs(args.timeout);
    let environment = parameters::environment(&args.env)?;
    let base = args.base_program.as_ref().map(|program| {
        let launcher = Launcher { command: served_by(program), environment: environment.clone(), time_limit };
        (launcher, again_with(program))
    });
    let rerun_with = args.worker.as_deref().map(again_with).unwrap_or_default();
    let roots: Vec<&Path> =
        [args.out.as_path()].into_iter().chain(base.is_some().then_some(args.base_out.as_path())).collect();
    let session = session();
    if let Some(manifest) = manifest {
        let manifest = Manifest { session: session.clone(), ..manifest };
        for root in &roots {
            run_dir::write_whole(&root.join(manifest.file_name()), &write_files::json(&manifest)?)?;
        }
        if plans.cases.is_empty() && !args.quiet {
            note("no case falls to this shard");
        }
    }
    let progress = Progress::new(args.quiet, plans.cases.len());
    let mut failures: Vec<Failure> = Vec::new();
    let mut cases = Vec::new();
    let mut runs = Vec::new();
    let mut mute = None;
    let mut disproved: Vec<String> = Vec::new();
    for (number, plan) in plans.cases.iter().enumerate() {
        let taken = roots.iter().find_map(|root| run_dir::check_place(root, &plan.case).err());
        if let Some(error) = taken {
            let failure = plan.failure("write", "write", error.to_string());
            complain(&case_failures::failure(&failure));
            failures.push(failure);
            cases.push(plan.case.clone());
            continue;
        }
        let own = launcher(args, &plan.run_by)?;
        let mut sides =
            vec![MeasuredProgram { name: "", launcher: &own, root: &args.out, rerun_with: &rerun_with }];
        sides.extend(base.as_ref().map(|(launcher, rerun_with)| MeasuredProgram {
            name: "base",
            launcher,
            root: &args.base_out,
            rerun_with,
        }));
        let outcomes = case::run(plan, &sides, &session, &mut ProgressWatcher(&progress));
        progress.clear();
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let missing: Vec<String> =
                    plans.cases[number..].iter().map(|plan| plan.case.to_string()).collect();
                complain(&format!(
                    "interrupted: {number} of {} cases are done; missing: {}",
                    plans.cases.len(),
                    missing.join(", ")
                ));
                let measured = Measured { code: error.exit_code(), session, cases, failures };
                return Ok(Ended { measured, runs, is_mute: mute.is_some() });
            }
        };
        cases.push(plan.case.clone());
        for (side, outcome) in outcomes.into_iter().enumerate() {
            let is_base = side > 0;
            let text = if is_base { of_base(&outcome, told) } else { of_case(&outcome, told) };
            if !args.quiet
                && mute.is_none()
                && let Err(error) = print(&text)
            {
                // The runs are worth having even if nobody can be told.
                complain(&error.to_string());
                mute = Some(error);
            }
            if !is_base && let Some(line) = case_failures::leak(&outcome.record) {
                alarm(&line);
            }
            if verifies
                && !is_base
                && verify::case(&outcome.record, plan.closed_form, args.quiet || mute.is_some())
            {
                disproved.push(plan.case.to_string());
            }
            for failure in &outcome.failures {
                let whose = if is_base { "the base's " } else { "" };
                complain(&format!("{whose}{}", case_failures::failure(failure)));
            }
            let of_base = |failure: Failure| Failure {
                message: format!("of the base: {}", failure.message),
                ..failure
            };
            let went_well = outcome.failures.is_empty();
            failures.extend(outcome.failures.into_iter().map(|f| if is_base { of_base(f) } else { f }));
            if let (false, false, true, Some(path)) =
                (told == Told::Faults, is_base, went_well, outcome.place)
            {
                runs.push(StoredRun { path, record: outcome.record, failures: Vec::new() });
            }
        }
    }
    let failed: BTreeSet<String> = failures.iter().map(|failure| failure.case.to_string()).collect();
    if !disproved.is_empty() {
        complain(&format!("verification failed: {}", disproved.join(", ")));
    }
    if failed.is_empty() {
        let is_mute = mute.is_some();
        let code = match disproved.is_empty() {
            true => mute.map_or(0, |error| error.exit_code()),
            false => verify::FAILED,
        };
        return Ok(Ended { measured: Measured { code, session, cases, failures }, runs, is_mute });
    }
    complain(&format!(
        "{} of {} cases failed: {}",
        failed.len(),
        plans.cases.len(),
        failed.into_iter().collect::<Vec<_>>().join(", ")
    ));
    let measured = Measured { code: 3, session, cases, failures };
    Ok(Ended { measured, runs, is_mute: mute.is_some() })
}
