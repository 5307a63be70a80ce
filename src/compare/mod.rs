//! Comparing runs: which ones may be compared, by how much their figures differ, and whether that is real.
//!
//! Everything here is a pure function of records and profiles. What it finds is drawn by `output` and told by `command`.

pub mod changes;
pub mod differing;
pub mod figures;
pub mod filter;
pub mod held;
pub mod pairs;
pub mod per;
pub mod site_changes;
pub mod sites;
pub mod steady;

pub use differing::{Difference, differences};
pub use filter::Filter;
