//! Comparing runs: which ones may be compared, by how much their figures differ, and whether that is real.
//!
//! Everything here is a pure function of records and profiles. What it finds is drawn by `output` and told by `command`.

pub mod bootstrap;
pub mod budget;
mod budget_check;
pub mod cause;
mod check_report;
pub mod choice;
pub mod claim;
pub mod comparable;
pub mod diff_report;
pub mod differing;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod gate;
pub mod geometric_mean;
mod limit;
mod measurements;
mod median_interval;
mod metric_catalog;
pub mod metric_changes;
pub mod normalization;
pub mod pairs;
mod pareto;
pub mod ranking;
mod ranking_rows;
mod resident_few_runs;
pub mod run_folders;
pub mod sampled_sum;
pub mod site_changes;
pub mod sites;
pub mod symbol_normalize;
pub mod tolerance;
pub mod verdict;

pub use bootstrap::Interval;
pub use budget::{Budget, Budgets};
pub use budget_check::against_budgets;
pub use cause::{Cause, FirstSite, FirstSites};
pub use check_report::Report;
pub use choice::{Broken, Candidate, Choice, Goal};
pub use differing::{
    Difference, definitions, differences, environments, parameters, refused_among, refused_pair,
};
pub use filter::Filter;
pub use gate::{Rules, against_baseline};
pub use geometric_mean::Means;
pub use limit::Limit;
pub use median_interval::Spread;
pub use ranking::{Baseline, Ranking};
pub use ranking_rows::{Cell, Column, RankedRun, Row, Series, Spot, WorkloadRanking};
pub use tolerance::Tolerances;
pub use verdict::{Against, Judgement, Verdict};
