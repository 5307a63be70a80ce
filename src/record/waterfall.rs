//! From payload to resident memory: where every byte of one moment went, in steps that add up without a remainder.

use serde::{Deserialize, Serialize};

/// Where every byte of one moment went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// The moment: a phase's name for its end, `peak`, or a step of the settling.
    pub at: String,
    /// The steps, payload first. Their bytes add up to `total`.
    pub steps: Vec<Step>,
    /// Resident bytes of the process; at the peak, where they cannot be read, usable bytes.
    pub total: u64,
    /// Whether `total` is resident bytes of the process.
    pub to_resident: bool,
    /// Bytes between what was counted and what allocator and kernel say: the part of `total` that no step explains. It is
    /// the last step too, `unexplained`.
    pub unexplained: i64,
    /// What to know when reading it, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One step of a waterfall.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name: `payload`, `headers`, `empty-slots`, `control`, `structure`, …
    pub name: String,
    /// Its bytes. `untouched` takes away: pages that the allocator counts and nobody has touched.
    pub bytes: i64,
}
