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

impl MapRecord {
    /// Package and version, as far as they are known: `hashbrown 0.17.1`.
    pub fn named(&self) -> String {
        let known: Vec<&str> = [self.package.as_str(), self.version.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        known.join(" ")
    }
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
    /// The seed that it hashes with, which is another one in each run.
    Seed,
}
