//! The passes of a case: on one program, or on two in turns, and each measurement as often as it was asked for.
//!
//! A machine's speed drifts by tens of percent within minutes, and what runs one right after the other drifts alike. So
//! with two programs each measurement of the one stands beside one of the other, first in every other pair.

use std::collections::BTreeMap;
use std::path::Path;

use super::case::{CasePlan, HeapMode, Watcher, choose_sample_bytes};
use super::child::{self, Launcher};
use super::heard::{PassFailure, PassOutput};
use super::protocol::{Pass, Subject};
use crate::error::{Error, Result};
use crate::record::{Failure, Metric, PassRecord, Varies, medians, metrics_of};

/// A program that serves the passes of a case, and where its runs land.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What it is called beside the name of a case; empty for the only one.
    pub name: &'a str,
    /// How it is started.
    pub launcher: &'a Launcher,
    /// The folder of runs.
    pub root: &'a Path,
    /// What the command that runs a case again needs beside the plan's own words: which program this is, if not mapprof.
    pub rerun_with: &'a str,
}

/// What the passes of a case gave on one side.
#[derive(Default)]
pub struct Gathered {
    /// The outputs of its passes by name. Of several measurements it is the one in the middle.
    pub outputs: BTreeMap<&'static str, PassOutput>,
    /// The figures, over all measurements.
    pub metrics: BTreeMap<String, Metric>,
    /// How often it was measured.
    pub repeats: u32,
    /// What went wrong.
    pub failures: Vec<Failure>,
}

/// One measurement: the measure pass, and the latency pass if one was asked for.
struct Round {
    measure: PassOutput,
    latency: Option<PassOutput>,
    metrics: BTreeMap<String, Metric>,
}

/// Runs all passes of a case, on each of `sides`. Only an interruption is an error.
pub(super) fn gather(plan: &CasePlan, sides: &[Side], watcher: &mut dyn Watcher) -> Result<Vec<Gathered>> {
    let mut rounds: Vec<Vec<Round>> = sides.iter().map(|_| Vec::new()).collect();
    let mut failures: Vec<Vec<Failure>> = sides.iter().map(|_| Vec::new()).collect();
    for number in 0..plan.repeats {
        for turn in 0..sides.len() {
            let at = (turn + number as usize) % sides.len();
            // One that has failed once need not be measured again.
            if let (Some(side), Some(rounds), Some(failures)) =
                (sides.get(at), rounds.get_mut(at), failures.get_mut(at))
                && failures.is_empty()
            {
                let mut runner = Runner { plan, side, number, watcher: &mut *watcher };
                let round = runner.round(failures)?;
                if let (Some(first), Some(round)) = (rounds.first(), &round) {
                    let expected = &first.measure.record.total.checksum;
                    failures.extend(differing_checksum(plan, "measure", &round.measure, expected));
                }
                rounds.extend(round);
            }
        }
    }
    let mut gathered = Vec::new();
    for ((side, rounds), failures) in sides.iter().zip(rounds).zip(failures) {
        let mut gathering = Gathered { failures, ..gathering(rounds) };
        let mut runner = Runner { plan, side, number: 0, watcher: &mut *watcher };
        runner.profiles(&mut gathering)?;
        gathering.failures.extend(differing_work(plan, &gathering.outputs));
        gathered.push(gathering);
    }
    Ok(gathered)
}

struct Runner<'a> {
    plan: &'a CasePlan,
    side: &'a Side<'a>,
    number: u32,
    watcher: &'a mut dyn Watcher,
}

impl Runner<'_> {
    /// Runs a pass. `None`: it failed.
    fn pass(&mut self, pass: Pass, failures: &mut Vec<Failure>) -> Result<Option<PassOutput>> {
        let plan = self.plan;
        let times = if matches!(pass, Pass::Measure | Pass::Latency) { plan.repeats } else { 1 };
        let case = match self.side.name {
            "" => plan.name(),
            side => format!("{} ({side})", plan.name()),
        };
        self.watcher.pass(&case, pass.name(), self.number + 1, times);
        let watcher = &mut self.watcher;
        match child::run(self.side.launcher, &plan.request(pass), &mut |phase, done, total| {
            watcher.at(phase, done, total)
        }) {
            Ok(output) => Ok(Some(output)),
            Err(PassFailure { kind: "interrupted", .. }) => {
                Err(Error::Interrupted(format!("{} was interrupted", plan.name())))
            }
            Err(failure) => {
                failures.push(Failure {
                    last_words: failure.last_words,
                    ..plan.failure(pass.name(), failure.kind, failure.message)
                });
                Ok(None)
            }
        }
    }

    /// Measures once. What the measure pass found is kept even if the latency pass fails.
    fn round(&mut self, failures: &mut Vec<Failure>) -> Result<Option<Round>> {
        let Some(measure) = self.pass(Pass::Measure, failures)? else { return Ok(None) };
        failures.extend(broken_promise(self.plan, &measure.record));
        let latency = match self.plan.latency {
            true => self.pass(Pass::Latency, failures)?,
            false => None,
        };
        let varies = measure.map.as_ref().unwrap_or(&self.plan.map).varies;
        let repeatable = self.plan.threads == 1 && varies != Some(Varies::Timing);
        let timed = latency.as_ref().and_then(|output| output.record.latency.as_ref());
        let metrics = metrics_of(&measure.record, timed, repeatable);
        failures.extend(latency.as_ref().and_then(|output| {
            let expected = &measure.record.total.checksum;
            differing_checksum(self.plan, "latency", output, expected)
        }));
        Ok(Some(Round { measure, latency, metrics }))
    }

    /// Takes the profiles that were asked for, if the case could be measured.
    fn profiles(&mut self, gathered: &mut Gathered) -> Result<()> {
        let Some(measure) = gathered.outputs.get("measure") else { return Ok(()) };
        let chosen = choose_sample_bytes(&measure.record.total.allocs_by_size);
        if let Some(mode) = self.plan.heap {
            let sample_bytes = match mode {
                HeapMode::Sampled(bytes) => bytes.unwrap_or(chosen),
                HeapMode::Exact => 0,
            };
            if let Some(output) = self.pass(Pass::Heap { sample_bytes }, &mut gathered.failures)? {
                gathered.outputs.insert("heap", output);
            }
        }
        if let Some(hertz) = self.plan.hertz
            && let Some(output) = self.pass(Pass::Cpu { hertz }, &mut gathered.failures)?
        {
            gathered.outputs.insert("cpu", output);
        }
        Ok(())
    }
}

/// What several measurements come to.
fn gathering(mut rounds: Vec<Round>) -> Gathered {
    let middle = in_the_middle(&rounds);
    let mut gathered = Gathered { repeats: rounds.len() as u32, ..Gathered::default() };
    gathered.metrics = medians(rounds.iter_mut().map(|round| std::mem::take(&mut round.metrics)).collect());
    if let Some(round) = middle.map(|at| rounds.swap_remove(at)) {
        gathered.outputs.insert("measure", round.measure);
        gathered.outputs.extend(round.latency.map(|latency| ("latency", latency)));
    }
    gathered
}

/// The measurement whose time is the median; the faster one of the middle two.
fn in_the_middle(rounds: &[Round]) -> Option<usize> {
    let time = |round: &Round| round.measure.record.phases.iter().map(|phase| phase.wall_ns).sum::<u64>();
    let mut order: Vec<usize> = (0..rounds.len()).collect();
    order.sort_by_key(|at| rounds.get(*at).map(time));
    order.get(order.len().saturating_sub(1) / 2).copied()
}

/// What the workload's file promises and the measure pass did not find.
fn broken_promise(plan: &CasePlan, measure: &PassRecord) -> Option<Failure> {
    let Subject::Workload(workload) = &plan.subject else { return None };
    let length = measure.phases.last().map_or(0, |phase| phase.entries);
    let broken = |what: &str, promised: u64, found: u64| {
        plan.failure(
            "measure",
            "wrong-answer",
            format!("the workload's file expects {what} = {promised}, and it came to {found}"),
        )
    };
    match (workload.expect.length, workload.expect.hits) {
        (Some(promised), _) if promised != length => Some(broken("length", promised, length)),
        (_, Some(promised)) if promised != measure.total.hits => {
            Some(broken("hits", promised, measure.total.hits))
        }
        _ => None,
    }
}

/// Profiles' passes whose checksum is not that of the measure pass.
fn differing_work(plan: &CasePlan, outputs: &BTreeMap<&'static str, PassOutput>) -> Vec<Failure> {
    let Some(measure) = outputs.get("measure") else { return Vec::new() };
    let expected = &measure.record.total.checksum;
    outputs
        .iter()
        .filter(|(pass, _)| !matches!(**pass, "measure" | "latency"))
        .filter_map(|(pass, output)| differing_checksum(plan, pass, output, expected))
        .collect()
}

fn differing_checksum(plan: &CasePlan, pass: &str, output: &PassOutput, expected: &str) -> Option<Failure> {
    let checksum = &output.record.total.checksum;
    (checksum != expected).then(|| {
        plan.failure(
            pass,
            "wrong-answer",
            format!("checksum {checksum} differs from {expected} of the first measure pass: the passes did different work"),
        )
    })
}
