//! A figure of a case, and how it may be compared.

use serde::{Deserialize, Serialize};

/// A figure of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Whether `more` or `less` is better.
    pub better: String,
    /// How it may be compared.
    pub noise: Noise,
    /// What each measurement gave, in their order, if there were several; `value` is their median. Several that agree
    /// are one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<f64>,
    /// The phase that it is of; none if it is of all of them, or of the state at a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

impl Metric {
    /// The highest of its measurements.
    pub fn highest(&self) -> f64 {
        self.runs.iter().copied().fold(self.value, f64::max)
    }
}

/// How a figure may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// The same in every run of the same case: compare for equality.
    Exact,
    /// A count that depends on how threads interleave: exact in itself, and not the same in every run.
    Interleaved,
    /// Pages: the same up to the allocator's and the kernel's timing.
    Pages,
    /// Times: compare by ratio and interval.
    Time,
}

pub(super) fn metric(value: f64, unit: &str, better: &str, noise: Noise) -> Metric {
    Metric { value, unit: unit.to_owned(), better: better.to_owned(), noise, runs: Vec::new(), phase: None }
}
