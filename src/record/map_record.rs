//! What a record says of the map.

use serde::{Deserialize, Serialize};

/// Where a map is from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRecord {
    /// The package that it comes from; empty if it is not known.
    pub package: String,
    /// The package's version; empty if it is not known.
    pub version: String,
    /// What its exact figures depend on beside the case; none if they are the same in every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub varies: Option<Varies>,
}

/// What the exact figures of a map depend on beside workload, sizes, seed and target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Varies {
    /// The number of cores: its shards or its batches follow it.
    Cores,
    /// Timing: it frees when its reclamation comes to it.
    Timing,
}
