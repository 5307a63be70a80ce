//! Comparing runs: which ones may be compared, by how much their figures differ, and whether that is real.
//!
//! Everything here is a pure function of records and profiles. What it finds is drawn by `output` and told by `command`.

pub mod differing;
pub mod filter;
pub mod means;
mod pareto;
#[cfg(test)]
pub(crate) mod planted;
pub mod side;
mod spread;
pub mod standing;

pub use differing::{Difference, differences, refusals};
pub use filter::Filter;
pub use means::Means;
pub use spread::Spread;
pub use standing::{Baseline, Board, Cell, Column, Contestant, Entrant, Row, Standing};
