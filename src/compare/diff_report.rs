//! What `diff` finds, as it is told to programs and people alike.

use serde::Serialize;

use super::metric_changes::Figures;
use super::site_changes::SiteChanges;

/// What changed between two sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changes {
    /// The base as it was named.
    pub base: String,
    /// The new side as it was named.
    pub new: String,
    /// Each case that both sides have; of two files, one without a name.
    pub cases: Vec<CaseChanges>,
    /// Cases of the base alone.
    pub only_base: Vec<String>,
    /// Cases of the new side alone.
    pub only_new: Vec<String>,
    /// Cases that failed on a side and were left out.
    pub failed: Vec<String>,
}

/// What changed in one case.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CaseChanges {
    /// Workload and map, `churn/std`; of different maps or workloads both, `churn/std → churn/btree`; none of two files.
    pub case: Option<String>,
    /// The base's folder or file.
    pub base: String,
    /// The new side's folder or file.
    pub new: String,
    /// What bears on the comparison, a sentence each.
    pub notes: Vec<String>,
    /// The figures; none unless both sides are runs.
    pub metrics: Option<Figures>,
    /// The sites; none if a side has no profile.
    pub sites: Option<SiteChanges>,
}
