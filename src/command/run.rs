//! `mapprof run`, and the runs that other commands need.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::plan::{Plans, Wanted, plan};
use super::progress::Progress;
use super::{complain, note, print, summary, verify};
use crate::cli::{CaseArgs, ProfileArgs, RunArgs};
use crate::error::{Error, Result};
use crate::record::Failure;
use crate::run::case::{self, CasePlan, Watcher};
use crate::run::child::{INTERRUPTED, Launcher};
use crate::run::place;
use crate::run::registry::Registry;

/// Runs what the arguments ask for and returns the exit code.
///
/// # Errors
/// When nothing could be begun.
pub fn run(registry: &Registry, args: &RunArgs) -> Result<u8> {
    let wanted = Wanted {
        workloads: &args.workload,
        maps: &args.map,
        cases: &args.cases,
        profiles: &args.profiles,
        verify: args.verify,
    };
    execute(&args.cases, args.verify, &plan(registry, &wanted)?)
}

/// Runs the cases of `workloads` on `maps` (names, patterns or `all`) without profiles, as `compare` and `check` need
/// them. They land below `cases.out`; only what goes wrong is printed. Returns the exit code: 0, 3 or 130.
///
/// # Errors
/// When nothing could be begun.
pub fn measure(registry: &Registry, cases: &CaseArgs, workloads: &[String], maps: &[String]) -> Result<u8> {
    let wanted = Wanted { workloads, maps, cases, profiles: &ProfileArgs::default(), verify: false };
    execute(&CaseArgs { quiet: true, ..cases.clone() }, false, &plan(registry, &wanted)?)
}

/// Has the first Ctrl-C end the run in order. The second one ends the program at once. A command that runs cases several
/// times asks for it each time.
fn answer_interrupts() -> Result<()> {
    static ANSWERED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    let set = || {
        let handler = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Relaxed) {
                std::process::exit(130);
            }
        });
        handler.map_err(|e| format!("signals cannot be handled: {e}"))
    };
    ANSWERED.get_or_init(set).clone().map_err(Error::case)
}

struct Shown<'p>(&'p Progress);

impl Watcher for Shown<'_> {
    fn pass(&mut self, case: &str, pass: &str) {
        self.0.pass(case, pass);
    }
    fn at(&mut self, phase: &str, done: u64, total: u64) {
        self.0.at(phase, done, total);
    }
}

fn execute(args: &CaseArgs, verifies: bool, plans: &Plans) -> Result<u8> {
    if !args.quiet {
        for reason in &plans.skipped {
            note(&format!("skipped {reason}"));
        }
    }
    if plans.cases.is_empty() {
        return Err(Error::input("no case is left to run"));
    }
    place::check_writable(&args.out)?;
    answer_interrupts()?;
    let launcher = Launcher {
        command: match &args.worker {
            Some(program) => vec![program.clone()],
            // The running program itself, whatever has become of its file meanwhile.
            None => vec![PathBuf::from("/proc/self/exe"), PathBuf::from("worker")],
        },
        time_limit: Duration::from_secs(args.timeout),
    };
    let progress = Progress::new(args.quiet);
    let mut failures: Vec<Failure> = Vec::new();
    let mut mute = None;
    let mut disproved: Vec<String> = Vec::new();
    for (number, plan) in plans.cases.iter().enumerate() {
        if let Err(error) = place::check_place(&args.out, plan.subject.name(), &plan.map.name) {
            let failure = plan.failure("write", "write", error.to_string());
            complain(&summary::of_failure(&failure));
            failures.push(failure);
            continue;
        }
        let outcome = case::run(plan, &launcher, &args.out, &mut Shown(&progress));
        progress.clear();
        match outcome {
            Ok(outcome) => {
                if !args.quiet
                    && mute.is_none()
                    && let Err(error) = print(&summary::of_case(plan, &outcome))
                {
                    // The runs are worth having even if nobody can be told.
                    complain(&error.to_string());
                    mute = Some(error);
                }
                if verifies && verify::case(&outcome.record, args.quiet || mute.is_some()) {
                    disproved.push(plan.name());
                }
                for failure in &outcome.failures {
                    complain(&summary::of_failure(failure));
                }
                failures.extend(outcome.failures);
            }
            Err(error) => {
                let missing: Vec<String> = plans.cases[number..].iter().map(CasePlan::name).collect();
                complain(&format!(
                    "interrupted: {number} of {} cases are done; missing: {}",
                    plans.cases.len(),
                    missing.join(", ")
                ));
                return Ok(error.exit_code());
            }
        }
    }
    let failed: BTreeSet<String> = failures.iter().map(|f| format!("{}/{}", f.workload, f.map)).collect();
    if !disproved.is_empty() {
        complain(&format!("bytes differ from their closed forms in {}", disproved.join(", ")));
    }
    if failed.is_empty() && !disproved.is_empty() {
        return Ok(verify::FAILED);
    }
    if failed.is_empty() {
        return Ok(mute.map_or(0, |error| error.exit_code()));
    }
    complain(&format!(
        "{} of {} cases failed: {}",
        failed.len(),
        plans.cases.len(),
        failed.into_iter().collect::<Vec<_>>().join(", ")
    ));
    Ok(3)
}
