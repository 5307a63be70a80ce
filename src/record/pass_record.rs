//! What one pass reported: its phases and its totals.

use serde::{Deserialize, Serialize};

use super::{Collections, Latency, Memory};

/// What one pass reported.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PassRecord {
    /// The phases in order.
    pub phases: Vec<PhaseRecord>,
    /// What the pass as a whole reported.
    pub total: PassTotal,
    /// Memory as it was read on the way; the memory pass alone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// How long single operations took; the latency pass alone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// What the collector did, of a language that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collections: Option<Collections>,
}

/// One phase of one pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// Its name.
    pub name: String,
    /// Operations done.
    pub ops: u64,
    /// Calls of the map, at least one per operation.
    pub calls: u64,
    /// Time inside operations, nanoseconds, summed over the worker threads.
    pub wall_ns: u64,
    /// CPU time inside operations, nanoseconds, summed over the worker threads.
    pub cpu_ns: u64,
    /// Wall time in which at least one worker thread operated, nanoseconds; in passes that observe each slice, the time inside
    /// operations of the busiest one.
    pub span_ns: u64,
    /// Entries at the end of the phase; 0 if the workload does not say.
    pub entries: u64,
    /// Key and value bytes of these entries; 0 if the workload does not say.
    pub payload_bytes: u64,
    /// What the operations allocated and freed; none in a pass that does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<PhaseCounts>,
    /// What threads did that looked keys up while the map was swapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Readers>,
}

/// What threads did that looked keys up while the map was swapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readers {
    /// How many there were.
    pub threads: u64,
    /// Keys that they looked up during the swap, as fast as they could: not the same in every run.
    pub look_ups: u64,
    /// CPU time that they took for that, nanoseconds, summed over the threads.
    pub cpu_ns: u64,
}

/// What the operations of one phase allocated and freed. All bytes are requested bytes unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseCounts {
    /// Allocations.
    pub allocs: u64,
    /// Frees.
    pub frees: u64,
    /// Bytes allocated.
    pub alloc_bytes: u64,
    /// Bytes freed.
    pub freed_bytes: u64,
    /// Bytes live at the end of the phase.
    pub live_bytes: u64,
    /// The highest live bytes from the beginning of the run to the end of this phase.
    pub peak_live_bytes: u64,
    /// Bytes that the allocator holds for the map at the end of the phase: pages in use, free pages and its own
    /// structures. None in a pass that does not read pages, or where they cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_bytes: Option<u64>,
}

impl PhaseRecord {
    /// The counts; all 0 in a pass that does not count.
    pub fn counted(&self) -> PhaseCounts {
        self.counts.unwrap_or_default()
    }
}

/// Totals of one pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassTotal {
    /// Checksum over every operation and its answer, 16 hex digits; the same in every pass of a case.
    pub checksum: String,
    /// Allocations by the number of bits of their size: entry `n` counts sizes from 2^(n-1) to 2^n - 1.
    #[serde(default)]
    pub allocs_by_size: Vec<u64>,
    /// Look-ups that found their key.
    pub hits: u64,
    /// The look-ups that the hits are of, where a program counted them; else 0.
    #[serde(default)]
    pub look_ups: u64,
    /// The highest live bytes.
    pub peak_live_bytes: u64,
    /// The phase in which that was.
    pub peak_phase: String,
    /// The child's highest resident set, bytes, harness and code included.
    pub max_rss_bytes: u64,
}
