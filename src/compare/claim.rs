//! What measurements say of a published claim. No verdict is written by hand: each follows from the figures of its sides.

use serde::Serialize;

use super::bootstrap::{self, FEWEST, Interval};
use super::gate::more_runs;
use super::measurements::measurements;
use super::metric_catalog;
use crate::error::{Error, Result, unknown};
use crate::record::{CaseRecord, METRICS, Machine, Moment, Noise, PHASE_METRICS, STEPS, metric_of_phase};
use crate::workload::claim::{Claim, Comparison, Right, Side};

/// What is said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimVerdict {
    /// The figures are not as it says.
    Refuted,
    /// The figures do not settle it.
    NotDecided,
    /// The figures are as it says.
    Upheld,
    /// It speaks of what is not here.
    DoesNotApply,
}

impl ClaimVerdict {
    /// Every one, in the order in which they are counted.
    pub const ALL: [ClaimVerdict; 4] =
        [ClaimVerdict::Upheld, ClaimVerdict::Refuted, ClaimVerdict::NotDecided, ClaimVerdict::DoesNotApply];

    /// Its name in prose.
    pub fn name(self) -> &'static str {
        match self {
            ClaimVerdict::Upheld => "upheld",
            ClaimVerdict::Refuted => "refuted",
            ClaimVerdict::NotDecided => "not decided",
            ClaimVerdict::DoesNotApply => "does not apply",
        }
    }

    /// That of a claim of several parts: it is refuted if one of them is, and upheld if all are that apply.
    pub fn of_parts(parts: impl IntoIterator<Item = ClaimVerdict>) -> ClaimVerdict {
        parts.into_iter().min().unwrap_or(ClaimVerdict::DoesNotApply)
    }
}

/// A figure of a side, with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The side, as people call it.
    pub side: String,
    /// The figure's name.
    pub metric: String,
    /// Its value; the median of several.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// What each measurement gave.
    #[serde(skip)]
    pub runs: Vec<f64>,
    /// How it may be compared.
    pub noise: Noise,
}

/// A step of the waterfall, or a figure, that shows why: its name, its unit, and what it is on each side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// By the name of the side.
    pub values: Vec<(String, f64)>,
}

/// A claim with what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestedClaim {
    /// Its number.
    pub number: u32,
    /// The workload that tests it.
    pub workload: String,
    /// What is claimed.
    pub text: String,
    /// Who claims it.
    pub source: String,
    /// What the source measured.
    pub figure: String,
    /// Why it is so, or is not.
    pub mechanism: String,
    /// How the left side must stand to the right one, as words: `at least 3 times`.
    pub wanted: String,
    /// What is said of it.
    pub verdict: ClaimVerdict,
    /// What that rests on, or why nothing can be said.
    pub words: String,
    /// The left side.
    pub left: Option<Measured>,
    /// The right side; none if that is a number.
    pub right: Option<Measured>,
    /// The left side over the right one, where that says anything, with the interval if both were measured often enough.
    pub ratio: Option<Interval>,
    /// How many more measurements may settle it.
    pub more_runs: Option<u32>,
    /// What shows it.
    pub shown_by: Vec<Shown>,
    /// What the runs of other languages say, if any were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<TestedElsewhere>,
}

/// What the runs of another language say of a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestedElsewhere {
    /// The language with its version: `go1.19`.
    pub runtime: String,
    /// What is said of the claim there.
    pub verdict: ClaimVerdict,
    /// What that rests on, or why nothing can be said.
    pub words: String,
    /// The left side.
    pub left: Option<Measured>,
    /// The right side; none if that is a number.
    pub right: Option<Measured>,
    /// The left side over the right one, as in [`TestedClaim::ratio`].
    pub ratio: Option<Interval>,
}

impl TestedElsewhere {
    /// What a claim came to on the runs of that language.
    pub fn of(runtime: &str, tested: TestedClaim) -> TestedElsewhere {
        let TestedClaim { verdict, words, left, right, ratio, .. } = tested;
        TestedElsewhere { runtime: runtime.to_owned(), verdict, words, left, right, ratio }
    }

    /// One that says nothing there, and why.
    pub fn inapplicable(runtime: &str, words: String) -> TestedElsewhere {
        TestedElsewhere {
            runtime: runtime.to_owned(),
            verdict: ClaimVerdict::DoesNotApply,
            words,
            left: None,
            right: None,
            ratio: None,
        }
    }
}

/// Refuses claims about figures that no run has.
///
/// # Errors
/// Of the first one, as of [`check`].
pub fn check_all<'c>(mut claims: impl Iterator<Item = &'c Claim>) -> Result<()> {
    claims.try_for_each(check)
}

/// Refuses a claim about figures that no run has.
///
/// # Errors
/// With file and line, and the figures that it may have meant.
pub fn check(claim: &Claim) -> Result<()> {
    let wrong = |what: String| Error::input(format!("{}: {what}", claim.place));
    for side in claim.sides() {
        let name = claim.metric_of(side);
        metric_catalog::named(name).map_err(wrong)?;
        if let Some(phase) = &side.phase
            && !PHASE_METRICS.contains(&name)
        {
            return Err(wrong(format!(
                "a phase has no {name}, and the claim wants that of {phase}; figures of phases are {}",
                PHASE_METRICS.join(", ")
            )));
        }
    }
    check_shown(claim)
}

/// Refuses what is to show a claim and is no step of the waterfall and no figure.
fn check_shown(claim: &Claim) -> Result<()> {
    let is_step = |name: &str| STEPS.iter().any(|step| step.name == name);
    for name in claim.shown_by.iter().filter(|name| !is_step(name)) {
        metric_catalog::named(name).map_err(|_| {
            let names = STEPS.iter().map(|step| step.name).chain(METRICS.iter().map(|info| info.name));
            Error::input(format!("{}: {}", claim.place, unknown("step or metric", name, names)))
        })?;
    }
    Ok(())
}

/// What the runs say of a claim of `workload`. `of` finds the run of a side; none if there is none. `is_collected`: the runs are of a
/// language with a collector.
pub fn test<'r>(
    workload: &str,
    claim: &Claim,
    machine: &Machine,
    is_collected: bool,
    of: impl Fn(&Side) -> Option<&'r CaseRecord>,
) -> TestedClaim {
    let mut tested = TestedClaim {
        number: claim.number,
        workload: workload.to_owned(),
        text: claim.text.clone(),
        source: claim.source.clone(),
        figure: claim.figure.clone(),
        mechanism: claim.mechanism.clone(),
        wanted: wanted(claim),
        verdict: ClaimVerdict::NotDecided,
        words: String::new(),
        left: None,
        right: None,
        ratio: None,
        more_runs: None,
        shown_by: Vec::new(),
        elsewhere: Vec::new(),
    };
    if let Some(why) = inapplicable(claim, machine, is_collected) {
        (tested.verdict, tested.words) = (ClaimVerdict::DoesNotApply, why);
        return tested;
    }
    for side in claim.sides() {
        let Some(record) = of(side) else {
            tested.words = format!("{} was not run", side.name());
            return tested;
        };
        let Some(measured) = measured(claim, side, record) else {
            tested.words = format!("the run of {} has no {}", side.name(), claim.metric_of(side));
            return tested;
        };
        match tested.left {
            None => tested.left = Some(measured),
            Some(_) => tested.right = Some(measured),
        }
    }
    tested.shown_by = claim.shown_by.iter().filter_map(|name| shown(name, claim, &of)).collect();
    decide(claim, &mut tested);
    tested
}

/// Why a claim says nothing here, if so. `is_collected` is as for [`test`].
pub fn inapplicable(claim: &Claim, machine: &Machine, is_collected: bool) -> Option<String> {
    if let Some(needs) =
        claim.when.needs.as_ref().filter(|needs| !(is_collected && needs.contains("collector")))
    {
        return Some(format!("it needs {needs}, which no map here has"));
    }
    let cores = claim.when.cores?;
    (machine.cores < cores as usize)
        .then(|| format!("it needs {cores} processors, and this machine has {}", machine.cores))
}

fn wanted(claim: &Claim) -> String {
    let times = if claim.factor == 1.0 { String::new() } else { format!(" {} times", claim.factor) };
    let right = match &claim.right {
        Right::Side(side) => side.name(),
        Right::Number(number) => number.to_string(),
    };
    let tolerance = match claim.tolerance > 0.0 {
        true => format!(", give or take {} %", (claim.tolerance * 1e6).round() / 1e4),
        false => String::new(),
    };
    format!("{}{times} {right}{tolerance}", claim.comparison.name())
}

fn measured(claim: &Claim, side: &Side, record: &CaseRecord) -> Option<Measured> {
    let name = claim.metric_of(side);
    let metric = match &side.phase {
        Some(phase) => metric_of_phase(record, phase, name)?,
        None => record.metrics.get(name)?.clone(),
    };
    Some(Measured {
        side: side.name(),
        metric: name.to_owned(),
        value: metric.value,
        unit: metric.unit.clone(),
        runs: measurements(&metric, record.repeats),
        noise: metric.noise,
    })
}

/// A step of the waterfall, or a figure, of every side.
fn shown<'r>(name: &str, claim: &Claim, of: &impl Fn(&Side) -> Option<&'r CaseRecord>) -> Option<Shown> {
    let mut unit = String::new();
    let mut values = Vec::new();
    for side in claim.sides() {
        let record = of(side)?;
        let figure = match &side.phase {
            Some(phase) if PHASE_METRICS.contains(&name) => metric_of_phase(record, phase, name),
            _ => record.metrics.get(name).cloned(),
        };
        let (value, of_it) = match figure {
            Some(metric) => (metric.value, metric.unit),
            None => (step(record, side.phase.as_deref(), name)?, "bytes".to_owned()),
        };
        unit = of_it;
        if !values.iter().any(|(side_name, _)| *side_name == side.name()) {
            values.push((side.name(), value));
        }
    }
    Some(Shown { name: name.to_owned(), unit, values })
}

/// Bytes of a step of the waterfall at the end of the phase, or of the last one. A step that is not there has none.
fn step(record: &CaseRecord, phase: Option<&str>, name: &str) -> Option<f64> {
    let waterfall = match phase {
        Some(phase) => record.waterfalls.iter().find(|waterfall| waterfall.at == phase)?,
        None => record.waterfalls.iter().rfind(|waterfall| waterfall.moment == Moment::PhaseEnd)?,
    };
    let step = waterfall.steps.iter().find(|step| step.name == name);
    Some(step.map_or(0.0, |step| step.bytes as f64))
}

/// The ends between which the left side must lie, as shares of what it is compared with.
fn bounds(claim: &Claim) -> (f64, f64) {
    let (less, more) = (1.0 - claim.tolerance, 1.0 + claim.tolerance);
    match claim.comparison {
        Comparison::AtLeast => (less, f64::INFINITY),
        Comparison::AtMost => (0.0, more),
        Comparison::About => (less, more),
    }
}

/// Whether two values are as the claim says. Of a right side of 0 there is no share: only 0 is about as much.
fn holds(claim: &Claim, left: f64, right: f64) -> bool {
    let (low, high) = bounds(claim);
    let target = right * claim.factor;
    match target > 0.0 {
        true => (low..=high).contains(&(left / target)),
        false => claim.comparison == Comparison::AtLeast || left <= 0.0,
    }
}

/// Decides by the figures that were found.
fn decide(claim: &Claim, tested: &mut TestedClaim) {
    let Some(left) = &tested.left else { return };
    let right = match (&tested.right, &claim.right) {
        (Some(right), _) => right.value,
        (None, Right::Number(number)) => *number,
        (None, Right::Side(_)) => return,
    };
    let (low, high) = bounds(claim);
    tested.ratio = (right > 0.0).then(|| Interval::exactly(left.value / right));
    let is_timed = |side: &Measured| side.noise == Noise::Time;
    if !is_timed(left) && !tested.right.as_ref().is_some_and(is_timed) {
        let rights = tested.right.as_ref().map_or(vec![right], |right| right.runs.clone());
        let pairs = left.runs.iter().flat_map(|left| rights.iter().map(move |right| (*left, *right)));
        let held: Vec<bool> = pairs.map(|(left, right)| holds(claim, left, right)).collect();
        tested.verdict = match held.iter().filter(|held| **held).count() {
            0 => ClaimVerdict::Refuted,
            all if all == held.len() => ClaimVerdict::Upheld,
            _ => {
                tested.words = "some measurements are as it says, and some are not".to_owned();
                ClaimVerdict::NotDecided
            }
        };
        return;
    }
    let count = left.runs.len().min(tested.right.as_ref().map_or(usize::MAX, |right| right.runs.len()));
    if count < FEWEST {
        tested.more_runs = Some((FEWEST - count) as u32);
        tested.words = format!("a time needs {FEWEST} measurements (--repeat {FEWEST})");
        return;
    }
    let interval = match &tested.right {
        Some(right) => bootstrap::of_two(&right.runs, &left.runs),
        None => bootstrap::of_one(&left.runs).filter(|_| right > 0.0).map(|one| one.map(|end| end / right)),
    };
    let Some(interval) = interval else {
        tested.words = "a time of 0 has no ratio".to_owned();
        return;
    };
    tested.ratio = Some(interval);
    // In shares of the factor, as the bounds are.
    let share = interval.map(|end| end / claim.factor);
    let inside = |end: f64| low <= end && end <= high;
    if inside(share.low) && inside(share.high) {
        tested.verdict = ClaimVerdict::Upheld;
        return;
    }
    if share.high < low || share.low > high {
        tested.verdict = ClaimVerdict::Refuted;
        return;
    }
    // The limit that lies within the interval; of two, the nearer one.
    let near = match (share.low < low, share.high > high) {
        (true, true) if share.value - low > high - share.value => high,
        (true, _) => low,
        (false, _) => high,
    };
    tested.more_runs =
        (near > 0.0).then(|| more_runs(share.map(f64::ln), near.ln(), 0.0, count as u32)).flatten();
    tested.words = match tested.more_runs {
        Some(more) => {
            let all = count as u32 + more;
            let s = if more == 1 { "" } else { "s" };
            format!("the interval does not settle it; {more} more measurement{s} may (--repeat {all})")
        }
        None => "it lies at the limit, and more measurements will not settle it".to_owned(),
    };
}

/// Whether a figure is a time, of which several measurements are needed.
pub fn is_time(metric: &str) -> bool {
    let timed = METRICS.iter().find(|info| info.name == metric).map(|info| info.noise);
    timed.is_none_or(|noise| noise == Noise::Time)
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
