//! Workloads: what is done to a map, in which order, with which keys and values.

pub mod payload;
pub mod spec;
pub mod stream;

pub use payload::{Key, KeyScratch, Value};
pub use spec::Workload;
