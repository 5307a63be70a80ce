//! Memory of a process whose language has a collector, as its runtime and the kernel tell. Bytes.

use serde::{Deserialize, Serialize};

/// What a runtime and the kernel say at one moment, garbage included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeHeap {
    /// What the map's live blocks come to by the runtime's own count, after a collection.
    pub counted_bytes: u64,
    /// What was live before the map was made.
    pub base_bytes: u64,
    /// Objects on the heap, live ones and garbage.
    pub objects: u64,
    /// Free room in pages that have objects.
    pub unused: u64,
    /// Free pages that were not returned to the system.
    pub free: u64,
    /// Free pages that were. They are not resident.
    pub released: u64,
    /// Stacks that lie between the heap's pages.
    pub stacks: u64,
    /// What the kernel says is resident; none where it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident: Option<RuntimeResident>,
    /// Resident bytes of the harness's own buffers, a part of [`RuntimeResident::mapped`].
    pub harness_bytes: u64,
}

/// Resident bytes of a process with a runtime.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeResident {
    /// All of the process.
    pub all: u64,
    /// Pages that the runtime's heap lies on.
    pub arenas: u64,
    /// Other memory without a file: the runtime's structures and the harness's buffers.
    pub mapped: u64,
}

/// What a collector did during a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collections {
    /// Growth of the heap, percent, after which a collection begins, as the environment says; `off` if none does.
    pub gogc: String,
    /// Memory limit of the runtime, bytes; none if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<i64>,
    /// Threads that run the program's code at once.
    pub processors: u64,
    /// What it did in each phase, between the first call and the last, the harness's part included.
    pub phases: Vec<PhaseCollections>,
}

/// What a collector did during a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseCollections {
    /// Collections that ended.
    pub cycles: u64,
    /// Time in which all threads were stopped, nanoseconds.
    pub pause_ns: u64,
    /// The longest of these times.
    pub longest_pause_ns: u64,
    /// CPU time of the collector, nanoseconds.
    pub cpu_ns: u64,
    /// Size of the heap at which the next collection would end.
    pub goal_bytes: u64,
    /// Objects on the heap at the end of the phase, garbage and the harness's own included.
    pub heap_bytes: u64,
}
