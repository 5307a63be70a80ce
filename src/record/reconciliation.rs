//! What profiles come to, against what was counted.

use serde::{Deserialize, Serialize};

use super::bounded_list;
use crate::capture::heap_recording::HeapRecording;
use crate::capture::raw_samples::RawCpuThread;

/// A heap profile's totals against what was counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeapReconciliation {
    /// How the heap was recorded.
    pub recording: HeapRecording,
    /// Who walked the stacks.
    pub unwinder: String,
    /// Whether the build has line tables. Without them what is inlined has no frame of its own.
    #[serde(default = "told")]
    pub line_tables: bool,
    /// Samples taken, or allocations recorded.
    pub samples: u64,
    /// Bytes by which the recorded peak misses the counted one; 0 if samples were taken.
    pub peak_gap_bytes: u64,
    /// The totals, against the counters of the same pass.
    pub totals: Vec<Reconciled>,
}

/// A record that does not say so is of a build with line tables.
fn told() -> bool {
    true
}

impl HeapReconciliation {
    /// The total of a sample type.
    pub fn total(&self, sample_type: &str) -> Option<&Reconciled> {
        self.totals.iter().find(|total| total.sample_type == sample_type)
    }
}

/// One total of a heap profile against what was counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reconciled {
    /// The profile's sample type.
    pub sample_type: String,
    /// The profile's total, bytes or blocks.
    pub profile: u64,
    /// What the same pass counted.
    pub counted: u64,
    /// The 95 % interval of the profile's total; none if every allocation was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<u64>,
    /// Its upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<u64>,
    /// The profile's difference from the counted figure, percent of it.
    pub difference_percent: f64,
}

/// CPU samples asked for and delivered, and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CpuReconciliation {
    /// Who took the samples of the first worker: `perf`, `timer`, `pprof-rs`, or what another child calls it.
    pub backend: String,
    /// Samples asked for per second of CPU time.
    pub hertz: u64,
    /// Samples delivered per second of CPU time.
    pub delivered_hertz: f64,
    /// Samples asked for: the rate times the CPU time.
    pub asked: u64,
    /// Samples delivered.
    pub delivered: u64,
    /// Samples that were taken and found no room; if the backend does not count them, those that did not come.
    pub lost: u64,
    /// Samples whose stack went on beyond what was copied.
    pub truncated: u64,
    /// CPU time that the operating system counted inside operations, nanoseconds.
    pub cpu_ns: u64,
    /// What the delivered samples come to at the rate that was asked for, nanoseconds.
    pub sampled_ns: u64,
    /// `sampled_ns` over `cpu_ns`; 0 if no CPU time was counted.
    pub ratio: f64,
    /// CPU time of threads without a sample, which no sample stands for, nanoseconds.
    pub unsampled_ns: u64,
    /// The same by thread.
    pub threads: Vec<RawCpuThread>,
    /// What to know of how samples were taken, a sentence each.
    #[serde(default, deserialize_with = "bounded_list::texts", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
