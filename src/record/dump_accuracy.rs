//! jemalloc's own profile against the exact recorder: what a dump is worth, by role.

use serde::{Deserialize, Serialize};

/// The dumps of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DumpComparison {
    /// Mean bytes between samples.
    pub sample_bytes: u64,
    /// The dump at the end of each phase, in order.
    pub ends: Vec<DumpEnd>,
}

/// The dump at the end of one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DumpEnd {
    /// The phase's name.
    pub phase: String,
    /// The file that has the dump; none if it has no sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The bytes in use of each role.
    pub roles: Vec<DumpRole>,
}

/// The bytes in use of one role at the end of one phase. All are usable bytes unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DumpRole {
    /// `key`, `value`, `table` or `harness`.
    pub role: String,
    /// What the dump says.
    pub dump: u64,
    /// What the exact recorder found; none if it did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<u64>,
    /// The same as requested bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_requested: Option<u64>,
    /// What a dump of the blocks of `exact` has on average: more than they have where large ones are among them, since
    /// jemalloc enters these by size class. None of the harness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// The dump's difference from the exact figure, percent of it; none of the harness, whose memory outside of the
    /// operations is in the dump alone, and where the exact figure is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_percent: Option<f64>,
    /// The 95 % interval of the dump's figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<u64>,
    /// Its upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<u64>,
}
