//! Running a case: its passes one after the other, what they say of each other, and the files that come of them.

use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::assemble::{Assembled, When, assemble};
use super::passes::{self, MeasuredProgram, PassResults, Watcher};
use super::plan::CasePlan;
use super::write_files;
use crate::error::Result;
use crate::profile::Profile;
use crate::record::{CaseRecord, Failure};

/// What became of a case.
pub struct CaseOutcome {
    /// Its record, with the passes that went well.
    pub record: CaseRecord,
    /// The folder that it was written to, if it could be written.
    pub place: Option<PathBuf>,
    /// Its heap profile.
    pub heap: Option<Profile>,
    /// Its CPU profile.
    pub cpu: Option<Profile>,
    /// What went wrong; empty if all is well.
    pub failures: Vec<Failure>,
    /// Time from the end of the last child to the last file, seconds.
    pub writing_seconds: f64,
}

/// Runs a case on each of `sides`, in turns, and writes what came of each below its root. What fails is told in
/// [`CaseOutcome::failures`] and takes nothing with it that went well. `session` is the invocation's (see
/// [`CaseRecord::session`]). Only an interruption is an error.
pub fn run(
    plan: &CasePlan,
    sides: &[MeasuredProgram],
    session: &str,
    watcher: &mut dyn Watcher,
) -> Result<Vec<CaseOutcome>> {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let began = Instant::now();
    let gathered = passes::gather(plan, sides, watcher)?;
    let children_ended = Instant::now();
    let when = When { started, took: children_ended - began, session };
    let outcome = |(side, gathered): (&MeasuredProgram, PassResults)| {
        let mut assembled = assemble(plan, plan.rerun.command(side.rerun_with), gathered, &when);
        let place = write_files::write(plan, side.root, &mut assembled)
            .map_err(|error| assembled.failures.push(plan.failure("write", "write", error.to_string())))
            .ok();
        let Assembled { record, heap, cpu, failures, .. } = assembled;
        let writing_seconds = children_ended.elapsed().as_secs_f64();
        CaseOutcome { record, place, heap, cpu, failures, writing_seconds }
    };
    Ok(sides.iter().zip(gathered).map(outcome).collect())
}

/// Runs a case as a point of a sweep: for its record alone, of which nothing is written. What fails is told beside it, and
/// takes nothing with it that went well. Only an interruption is an error.
///
/// # Errors
/// When the user stops it.
pub fn measure(
    plan: &CasePlan,
    side: &MeasuredProgram,
    session: &str,
    watcher: &mut dyn Watcher,
) -> Result<(CaseRecord, Vec<Failure>)> {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let began = Instant::now();
    let mut gathered = passes::gather(plan, std::slice::from_ref(side), watcher)?.pop().unwrap_or_default();
    // Figures need no names of sites, which would be looked up for each point anew.
    let outputs = gathered.outputs.values_mut();
    outputs.filter_map(|output| output.record.memory.as_mut()).for_each(|memory| memory.growth.clear());
    let when = When { started, took: began.elapsed(), session };
    let Assembled { record, failures, .. } =
        assemble(plan, plan.rerun.command(side.rerun_with), gathered, &when);
    Ok((record, failures))
}
