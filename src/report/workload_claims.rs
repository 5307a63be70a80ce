//! The published claims of a workload, and what the runs of a report say of them.

use crate::compare::claim::TestedClaim;

/// The claims of a workload.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkloadClaims {
    /// The workload.
    pub workload: String,
    /// The side whose runs tested them, where cases are there twice.
    pub side: Option<String>,
    /// Those whose runs are there.
    pub tested: Vec<TestedClaim>,
    /// The numbers of those that compare a case of which there is no run.
    pub untested: Vec<u32>,
    /// Whether there are runs of the workload with other sizes or settings than in its file: they test nothing.
    pub has_changed_runs: bool,
}
