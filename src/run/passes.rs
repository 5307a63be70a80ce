//! The passes of a case: on one program, or on two in turns, and each measurement as often as it was asked for.
//!
//! A machine's speed drifts by tens of percent within minutes, and what runs one right after the other drifts alike. So
//! with two programs each pass of the one stands beside the same pass of the other, first in every other pair.

use std::collections::BTreeMap;
use std::path::Path;

use super::child::{self, Launcher};
use super::event_reader::{PassFailure, PassOutput};
use super::plan::CasePlan;
use crate::error::{Error, Result};
use crate::record::{Failure, Metric, PassKind, PassRecord, Varies, leaked_bytes, medians, metrics_of};
use crate::worker::pass_table::row;
use crate::worker::protocol::Subject;

/// A program that serves the passes of a case, and where its runs land.
#[derive(Clone, Copy)]
pub struct MeasuredProgram<'a> {
    /// What it is called beside the name of a case; empty for the only one.
    pub name: &'a str,
    /// How it is started.
    pub launcher: &'a Launcher,
    /// The folder of runs.
    pub root: &'a Path,
    /// What the command that runs a case again needs beside the plan's own words: which program this is, if not mapprof.
    pub rerun_with: &'a str,
}

/// What is shown while a case runs.
pub trait Watcher {
    /// A pass begins, the first of `times` or a later one.
    fn pass(&mut self, case: &str, pass: &str, number: u32, times: u32);
    /// The pass is so far: the phase, operations done, operations in it.
    fn at(&mut self, phase: &str, done: u64, total: u64);
}

/// What the passes of a case gave on one side.
#[derive(Default)]
pub struct PassResults {
    /// The outputs of its passes. Of several measurements it is the one in the middle.
    pub outputs: BTreeMap<PassKind, PassOutput>,
    /// The figures, over all measurements.
    pub metrics: BTreeMap<String, Metric>,
    /// How often it was measured.
    pub repeats: u32,
    /// What went wrong.
    pub failures: Vec<Failure>,
    /// What the pass failed with that says where a leak is from.
    pub leaks_unknown: Option<String>,
}

/// One measurement: the passes that are repeated.
#[derive(Default)]
struct Round {
    outputs: BTreeMap<PassKind, PassOutput>,
    metrics: BTreeMap<String, Metric>,
}

/// Runs all passes of a case, on each of `sides`. Only an interruption is an error.
pub(super) fn gather(
    plan: &CasePlan,
    sides: &[MeasuredProgram],
    watcher: &mut dyn Watcher,
) -> Result<Vec<PassResults>> {
    let mut runners: Vec<Runner> =
        sides.iter().map(|side| Runner { plan, side, failures: Vec::new(), rounds: Vec::new() }).collect();
    let mut reference = Reference::default();
    for number in 0..plan.repeats {
        runners.iter_mut().filter(|runner| runner.is_well()).for_each(|runner| {
            runner.rounds.push(Round::default());
        });
        for kind in plan.kinds().filter(|kind| row(*kind).repeats) {
            for turn in 0..runners.len() {
                let at = (turn + number as usize) % sides.len();
                // A side that has failed once need not be measured again.
                if let Some(runner) = runners.get_mut(at).filter(|runner| runner.is_well()) {
                    runner.repeat(kind, number, &mut reference, watcher)?;
                }
            }
        }
    }
    runners.into_iter().map(|runner| runner.finish(&mut reference, watcher)).collect()
}

/// The first checksum of a case: all its passes must have the same one.
#[derive(Default)]
struct Reference(Option<(PassKind, String)>);

impl Reference {
    /// What is wrong with the checksum of a pass, if anything.
    fn check(&mut self, kind: PassKind, output: &PassOutput) -> Option<String> {
        let checksum = &output.record.total.checksum;
        let (first, expected) = self.0.get_or_insert_with(|| (kind, checksum.clone()));
        (checksum != expected).then(|| {
            format!(
                "checksum {checksum} differs from {expected} of the first {} pass: the passes did different work",
                first.name()
            )
        })
    }
}

/// The passes of one side.
struct Runner<'a> {
    plan: &'a CasePlan,
    side: &'a MeasuredProgram<'a>,
    failures: Vec<Failure>,
    rounds: Vec<Round>,
}

impl Runner<'_> {
    fn is_well(&self) -> bool {
        self.failures.is_empty()
    }

    /// Runs a pass for the `number`-th time. `None`: it failed.
    fn pass(
        &mut self,
        kind: PassKind,
        number: u32,
        memory: Option<&PassRecord>,
        reference: &mut Reference,
        watcher: &mut dyn Watcher,
    ) -> Result<Option<PassOutput>> {
        let plan = self.plan;
        let times = if row(kind).repeats { plan.repeats } else { 1 };
        let case = match self.side.name {
            "" => plan.case.to_string(),
            side => format!("{} ({side})", plan.case),
        };
        watcher.pass(&case, kind.name(), number + 1, times);
        let request = plan.request(plan.pass(kind, memory));
        let outcome = child::run(self.side.launcher, &request, &mut |phase, done, total| {
            watcher.at(phase, done, total);
        });
        match outcome {
            Ok(output) => {
                if let Some(wrong) = reference.check(kind, &output) {
                    self.failures.push(plan.failure(kind.name(), "wrong-answer", wrong));
                }
                Ok(Some(output))
            }
            Err(PassFailure { kind: "interrupted", .. }) => {
                Err(Error::Interrupted(format!("{} was interrupted", plan.case)))
            }
            Err(failure) => {
                self.failures.push(Failure {
                    last_words: failure.last_words,
                    ..plan.failure(kind.name(), failure.kind, failure.message)
                });
                Ok(None)
            }
        }
    }

    /// Runs a pass of the current round. What its earlier passes found is kept even if this one fails.
    fn repeat(
        &mut self,
        kind: PassKind,
        number: u32,
        reference: &mut Reference,
        watcher: &mut dyn Watcher,
    ) -> Result<()> {
        let Some(output) = self.pass(kind, number, None, reference, watcher)? else { return Ok(()) };
        if self.rounds.last().is_some_and(|round| round.outputs.is_empty()) {
            self.failures.extend(broken_promise(self.plan, kind, &output.record));
        }
        if let Some(round) = self.rounds.last_mut() {
            round.outputs.insert(kind, output);
        }
        Ok(())
    }

    /// Takes the profiles that were asked for, if the case could be measured.
    fn finish(mut self, reference: &mut Reference, watcher: &mut dyn Watcher) -> Result<PassResults> {
        self.rounds.retain(|round| !round.outputs.is_empty());
        for round in &mut self.rounds {
            let varies = round
                .outputs
                .values()
                .find_map(|output| output.map.as_ref())
                .unwrap_or(&self.plan.map)
                .varies;
            let repeatable =
                self.plan.case.threads == 1 && !matches!(varies, Some(Varies::Timing | Varies::Seed));
            round.metrics =
                metrics_of(|kind| round.outputs.get(&kind).map(|output| &output.record), repeatable);
        }
        let mut gathered = in_all(std::mem::take(&mut self.rounds));
        let measured = self.plan.kinds().find(|kind| row(*kind).repeats);
        // Without any pass to measure, the profiles are all there is.
        if measured.is_none_or(|kind| gathered.outputs.contains_key(&kind)) {
            for kind in self.plan.kinds().filter(|kind| !row(*kind).repeats) {
                let memory = gathered.outputs.get(&PassKind::Memory).map(|output| &output.record);
                if let Some(output) = self.pass(kind, 0, memory, reference, watcher)? {
                    gathered.outputs.insert(kind, output);
                }
            }
        }
        if leaked_bytes(&gathered.metrics) > 0 && !self.plan.records_all() {
            let failed = self.failures.len();
            match self.pass(PassKind::Leaks, 0, None, reference, watcher)? {
                Some(output) => drop(gathered.outputs.insert(PassKind::Leaks, output)),
                // It says where a leak is from. That there is one is known without it, and the run is a good one.
                None => {
                    let why = self.failures.drain(failed..).next();
                    gathered.leaks_unknown = why.map(|why| format!("{}: {}", why.kind, why.message));
                }
            }
        }
        Ok(PassResults { failures: self.failures, ..gathered })
    }
}

/// What several measurements are together.
fn in_all(mut rounds: Vec<Round>) -> PassResults {
    let middle = in_the_middle(&rounds);
    let repeats = rounds.len() as u32;
    let metrics = medians(rounds.iter_mut().map(|round| std::mem::take(&mut round.metrics)).collect());
    let outputs = middle.map(|at| rounds.swap_remove(at).outputs).unwrap_or_default();
    PassResults { outputs, metrics, repeats, failures: Vec::new(), leaks_unknown: None }
}

/// The measurement whose first pass took the median time; the faster one of the middle two.
fn in_the_middle(rounds: &[Round]) -> Option<usize> {
    let time = |round: &Round| {
        let first = round.outputs.values().next();
        first.map_or(0, |output| output.record.phases.iter().map(|phase| phase.wall_ns).sum::<u64>())
    };
    let mut order: Vec<usize> = (0..rounds.len()).collect();
    order.sort_by_key(|at| rounds.get(*at).map(time));
    order.get(order.len().saturating_sub(1) / 2).copied()
}

/// What the workload's file promises and a pass did not find.
fn broken_promise(plan: &CasePlan, kind: PassKind, record: &PassRecord) -> Option<Failure> {
    let Subject::Workload(workload) = &plan.subject else { return None };
    let length = record.phases.last().map_or(0, |phase| phase.entries);
    let broken = |what: &str, promised: u64, found: u64| {
        plan.failure(
            kind.name(),
            "wrong-answer",
            format!("the workload's file expects {what} = {promised}, and it was {found}"),
        )
    };
    match (workload.expect.length, workload.expect.hits) {
        (Some(promised), _) if promised != length => Some(broken("length", promised, length)),
        (_, Some(promised)) if promised != record.total.hits => {
            Some(broken("hits", promised, record.total.hits))
        }
        _ => None,
    }
}
