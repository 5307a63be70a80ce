//! Comparing runs: which ones may be compared, by how much their figures differ, and whether that is real.
//!
//! Everything here is a pure function of records and profiles. What it finds is drawn by `output` and told by `command`.

pub mod bootstrap;
pub mod budget;
pub mod cause;
pub mod changes;
pub mod differing;
mod few_runs;
pub mod figures;
pub mod filter;
pub mod gate;
pub mod held;
mod hold;
mod known;
mod limit;
pub mod means;
pub mod pairs;
mod pareto;
pub mod per;
#[cfg(test)]
pub(crate) mod planted;
pub mod side;
pub mod site_changes;
pub mod sites;
mod spread;
pub mod standing;
pub mod steady;
pub mod tolerance;
pub mod verdict;

pub use bootstrap::Interval;
pub use budget::{Budget, Budgets};
pub use cause::{Cause, FirstSite, FirstSites};
pub use differing::{
    Difference, definitions, differences, environments, parameters, refused_among, refused_pair,
};
pub use filter::Filter;
pub use gate::{Rules, against_baseline};
pub use hold::against_budgets;
pub use means::Means;
pub use spread::Spread;
pub use standing::{Baseline, Board, Cell, Column, Contestant, Entrant, Row, Standing};
pub use tolerance::Tolerances;
pub use verdict::{Against, Judgement, Report, Verdict};
