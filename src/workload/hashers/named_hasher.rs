//! What a hasher is to workloads.

use std::hash::BuildHasher;

/// A hasher that a workload may ask for.
pub trait NamedHasher: BuildHasher + Default + Clone + Send + Sync + 'static {
    /// What is known of it.
    const INFO: HasherInfo;
}

/// What is known of a hasher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasherInfo {
    /// The name in workload files.
    pub name: &'static str,
    /// One line: what it is.
    pub about: &'static str,
    /// Whether the workload says how many values it has.
    pub counts_values: bool,
}

impl HasherInfo {
    /// A hasher that has all values.
    pub const fn new(name: &'static str, about: &'static str) -> HasherInfo {
        HasherInfo { name, about, counts_values: false }
    }
}
