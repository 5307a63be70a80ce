//! Comparing runs: which ones may be compared, by how much their figures differ, and whether that is real.
//!
//! Everything here is a pure function of records and profiles. What it finds is drawn by `output` and told by `command`.

pub mod differing;
pub mod filter;

pub use differing::{Difference, differences};
pub use filter::Filter;
