//! Comparing runs: which ones may be compared, by how much their figures differ, and whether that is real.
//!
//! Everything here is a pure function of records and profiles. What it finds is drawn by `output` and told by `command`.

pub mod bootstrap;
pub mod budget;
mod budget_check;
pub mod cause;
pub mod changes;
pub mod differing;
mod few_runs;
pub mod figures;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod gate;
mod limit;
pub mod means;
mod metric_catalog;
pub mod normalization;
pub mod pairs;
mod pareto;
pub mod ranking;
pub mod run_label;
pub mod sampled_sum;
pub mod site_changes;
pub mod sites;
mod spread;
pub mod symbol_normalize;
pub mod tolerance;
pub mod verdict;

pub use bootstrap::Interval;
pub use budget::{Budget, Budgets};
pub use budget_check::against_budgets;
pub use cause::{Cause, FirstSite, FirstSites};
pub use differing::{
    Difference, definitions, differences, environments, parameters, refused_among, refused_pair,
};
pub use filter::Filter;
pub use gate::{Rules, against_baseline};
pub use means::Means;
pub use ranking::{Baseline, Cell, Column, RankedRun, Ranking, Row, Series, WorkloadRanking};
pub use spread::Spread;
pub use tolerance::Tolerances;
pub use verdict::{Against, Judgement, Report, Verdict};
