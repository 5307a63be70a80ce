//! What a check found: a judgement for each figure, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::bootstrap::Interval;
use super::cause::{Cause, FirstSites, causes};
use crate::record::{CaseId, Failure, Noise};

/// Version of the report's JSON.
const FORMAT: u32 = 2;

/// What is said of a figure, or of a case as a whole. The order is that in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was to be there and is not.
    Missing,
    /// It misses its budget.
    Exceeded,
    /// It is worse than its baseline.
    Worse,
    /// More measurements are needed to tell.
    Undecided,
    /// It is better than its baseline.
    Better,
    /// It cannot be compared.
    Skipped,
    /// The baseline does not have it.
    New,
    /// It is as it should be.
    Fine,
}

impl Verdict {
    /// Every one, in order.
    pub const ALL: [Verdict; 8] = [
        Verdict::Missing,
        Verdict::Exceeded,
        Verdict::Worse,
        Verdict::Undecided,
        Verdict::Better,
        Verdict::Skipped,
        Verdict::New,
        Verdict::Fine,
    ];

    /// Whether the check fails by it.
    pub fn fails(self) -> bool {
        matches!(self, Verdict::Missing | Verdict::Exceeded | Verdict::Worse)
    }

    /// Whether the check fails by it, `strict` or not. A strict one fails by all that cannot be told.
    pub fn fails_if(self, strict: bool) -> bool {
        self.fails() || strict && matches!(self, Verdict::Undecided | Verdict::Skipped)
    }

    /// Its name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Missing => "missing",
            Verdict::Exceeded => "exceeded",
            Verdict::Worse => "worse",
            Verdict::Undecided => "undecided",
            Verdict::Better => "better",
            Verdict::Skipped => "skipped",
            Verdict::New => "new",
            Verdict::Fine => "fine",
        }
    }
}

/// What a figure is held against.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The same figure of the baseline.
    Baseline,
    /// A limit of a budget.
    Budget {
        /// File and line.
        place: String,
        /// The limit as it is written.
        limit: String,
        /// Why it is there, in the user's words.
        why: Option<String>,
    },
}

/// What is said of one figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// The case.
    pub case: CaseId,
    /// The figure; empty if it is the case as a whole.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// How it was compared; none if it was not.
    pub noise: Option<Noise>,
    /// What it is held against.
    pub against: Against,
    /// The baseline's value, the median of its runs.
    pub base: Option<f64>,
    /// The value, the median of its runs.
    pub new: Option<f64>,
    /// Measurements behind it, on the side that has fewer.
    pub runs: u32,
    /// Whether the two sides were measured in turns.
    pub paired: bool,
    /// What was held to the limit: the ratio of the value to the baseline's or, against a budget, the value itself.
    pub interval: Option<Interval>,
    /// The limit of that.
    pub limit: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in words.
    pub words: String,
    /// How many more measurements would decide, as far as these tell.
    pub more_runs: Option<u32>,
    /// The figure of the same case and cause that is told in its place ([`Cause`]); none if it is told itself.
    pub told_with: Option<String>,
}

impl Judgement {
    /// A judgement of a case or a figure of which nothing is known yet but its name.
    pub fn of(case: &CaseId, metric: &str, verdict: Verdict, words: impl Into<String>) -> Self {
        Judgement {
            case: case.clone(),
            metric: metric.to_owned(),
            unit: String::new(),
            noise: None,
            against: Against::Baseline,
            base: None,
            new: None,
            runs: 0,
            paired: false,
            interval: None,
            limit: None,
            verdict,
            words: words.into(),
            more_runs: None,
            told_with: None,
        }
    }

    /// What is judged: a figure, or the case as a whole.
    pub fn subject(&self) -> &str {
        if self.metric.is_empty() { "the case" } else { &self.metric }
    }
}

/// All that a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this format.
    pub format: u32,
    /// Version of mapprof.
    pub mapprof: String,
    /// What the process ends with.
    pub exit_code: u8,
    /// Whether a figure that is not decided or skipped fails the check.
    pub strict: bool,
    /// How many there are of each verdict.
    pub counts: BTreeMap<&'static str, usize>,
    /// The judgements: what is worst first, then by case and figure.
    pub judgements: Vec<Judgement>,
    /// What is worse or better than the baseline, each cause once, as far as causes can be told apart.
    pub causes: Vec<Cause>,
    /// Cases that could not be run.
    pub failures: Vec<Failure>,
}

impl Report {
    /// The report of these judgements and failures.
    pub fn new(mut judgements: Vec<Judgement>, failures: Vec<Failure>, strict: bool) -> Self {
        let by = |j: &Judgement| (j.verdict, j.case.clone(), j.metric.clone());
        judgements.sort_by_cached_key(by);
        let of = |verdict: Verdict| judgements.iter().filter(|j| j.verdict == verdict).count();
        let counts = Verdict::ALL.map(|verdict| (verdict.name(), of(verdict))).into();
        let worse = judgements.iter().any(|j| j.verdict.fails_if(strict));
        let exit_code = match (failures.is_empty(), worse) {
            (false, _) => 3,
            (true, worse) => u8::from(worse),
        };
        let mapprof = env!("CARGO_PKG_VERSION").to_owned();
        let causes = causes(&mut judgements, &FirstSites::new());
        Report { format: FORMAT, mapprof, exit_code, strict, counts, judgements, causes, failures }
    }

    /// The same with the sites that changed most: figures with different sites have different causes.
    pub fn with_sites(mut self, sites: &FirstSites) -> Self {
        self.causes = causes(&mut self.judgements, sites);
        self
    }

    /// How many judgements have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(verdict.name()).copied().unwrap_or(0)
    }

    /// The judgements with this verdict.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Judgement> {
        self.judgements.iter().filter(move |judgement| judgement.verdict == verdict)
    }

    /// Every case, in order, failed ones too.
    pub fn cases(&self) -> Vec<&CaseId> {
        let failed = self.failures.iter().map(|failure| &failure.case);
        let all: BTreeSet<&CaseId> = self.judgements.iter().map(|j| &j.case).chain(failed).collect();
        all.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    fn report(verdicts: &[Verdict], failed: bool, strict: bool) -> Report {
        let case = CaseId::new("w", "m");
        let judgements = verdicts.iter().map(|verdict| Judgement::of(&case, "x", *verdict, "")).collect();
        let failure = Failure {
            case: fixtures::case().case,
            pass: "memory".into(),
            kind: "crashed".into(),
            message: String::new(),
            last_words: Vec::new(),
        };
        Report::new(judgements, failed.then_some(failure).into_iter().collect(), strict)
    }

    #[test]
    fn the_exit_code_follows_from_the_worst() {
        use Verdict::{Better, Exceeded, Fine, Missing, New, Skipped, Undecided, Worse};
        assert_eq!(report(&[Fine, Better, Skipped, New, Undecided], false, false).exit_code, 0);
        assert_eq!(report(&[Fine, Undecided], false, true).exit_code, 1);
        assert_eq!(report(&[Fine, Skipped], false, true).exit_code, 1);
        assert_eq!(report(&[Fine, Better, New], false, true).exit_code, 0);
        for bad in [Worse, Exceeded, Missing] {
            assert_eq!(report(&[Fine, bad], false, false).exit_code, 1);
            assert_eq!(report(&[Fine, bad], true, false).exit_code, 3);
        }
        assert_eq!(report(&[], true, false).exit_code, 3);
    }

    #[test]
    fn the_worst_stands_first_and_all_are_counted() {
        let report =
            report(&[Verdict::Fine, Verdict::Worse, Verdict::Undecided, Verdict::Worse], false, false);
        assert_eq!(report.judgements[0].verdict, Verdict::Worse);
        assert_eq!((report.count(Verdict::Worse), report.count(Verdict::New)), (2, 0));
        assert_eq!(report.cases(), [&CaseId::new("w", "m")]);
    }
}
