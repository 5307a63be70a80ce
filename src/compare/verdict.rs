//! What is said of a figure: a verdict, in a judgement with what it rests on.

use serde::Serialize;

use super::bootstrap::Interval;
use crate::record::{CaseId, Noise};

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
    /// The figure of the same case and cause that is told in its place ([`super::Cause`]); none if it is told itself.
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
