//! What could not be run.

use serde::{Deserialize, Serialize};

use super::{CaseId, bounded_list};

/// A case, or one pass of it, that could not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The case.
    pub case: CaseId,
    /// The pass that failed, or `write` if a file could not be written.
    pub pass: String,
    /// What happened: `wrong-answer`, `miscounted`, `refused`, `crashed`, `killed`, `timed-out`, `broken-protocol`,
    /// `no-profile`, `write`.
    pub kind: String,
    /// One line.
    pub message: String,
    /// The last lines of the child's standard error.
    #[serde(deserialize_with = "bounded_list::texts")]
    pub last_words: Vec<String>,
}
