//! The record of a case (`run.json`): what was run, on what, and every figure that came out.
//!
//! These are wire types; docs/FORMAT.md describes them for other programs. A change of meaning raises [`FORMAT`].

mod case_id;
mod dump;
mod few;
#[cfg(test)]
pub(crate) mod fixtures;
mod latency;
mod latency_metrics;
mod leak;
mod machine;
pub mod manifest;
mod memory;
mod metrics;
mod owners;
mod pass_kind;
pub mod run_store;
mod settings;
mod waterfall;

pub use case_id::CaseId;
pub use dump::{DumpComparison, DumpEnd, DumpRole};
pub use latency::{KindLatency, Latency, Slow};
pub use latency_metrics::{LATENCY_METRICS, LatencyInfo, SLOWEST_GROWTH};
pub use leak::Leak;
pub use machine::Machine;
pub use memory::{Growth, KeptByPackage, Memory, Pages, Peak, Point, Reading, SettleStep, Settled, Shape};
pub use metrics::{
    LEAKED_BYTES, METRICS, Metric, MetricInfo, Noise, free_bytes, leaked_bytes, medians, metrics_of, middle,
    pass_of,
};
pub use owners::{LiveSite, Owners};
pub use pass_kind::PassKind;
pub use settings::Settings;
pub use waterfall::{Moment, STEPS, Step, StepInfo, Waterfall, describe, step_info, waterfalls};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::capture::raw::RawCpuThread;
use crate::capture::recording::HeapRecording;
use crate::workload::Workload;

/// Version of the record's format.
pub const FORMAT: u32 = 4;

/// Everything that is known of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of mapprof.
    pub mapprof: String,
    /// Which case it is.
    pub case: CaseId,
    /// The workload in force, every override applied; `None` for a program of the user's own.
    pub definition: Option<Workload>,
    /// Where the map is from.
    pub map: MapRecord,
    /// Seed of the operation stream.
    pub seed: u64,
    /// The invocation that recorded it, 16 hex digits. Two runs of one case in one session were measured in turns: the
    /// n-th entries of a metric's `runs` in both come from the same moment.
    #[serde(default)]
    pub session: String,
    /// How many times it was measured.
    #[serde(default = "once")]
    pub repeats: u32,
    /// The machine.
    pub machine: Machine,
    /// When the first pass began, seconds since 1970.
    pub started_unix_s: u64,
    /// The environment variables that were set for it (`--env`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Arguments of a program of the user's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// What a program of the user's own was run with.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// A command that runs this case again.
    pub rerun: String,
    /// What each pass reported.
    pub passes: BTreeMap<PassKind, PassRecord>,
    /// The case's figures by name.
    pub metrics: BTreeMap<String, Metric>,
    /// Where every byte went: at the end of each phase, at the peak, and while the map was taken down.
    #[serde(default)]
    pub waterfalls: Vec<Waterfall>,
    /// How the heap samples agree with the exact counts.
    pub heap: Option<HeapReconciliation>,
    /// How jemalloc's own dumps agree with the exact recorder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump: Option<DumpComparison>,
    /// What was still live when the map was dropped, most bytes first; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaks: Vec<Leak>,
    /// How many CPU samples were asked for and came.
    pub cpu: Option<CpuReconciliation>,
    /// Files beside this record.
    #[serde(deserialize_with = "few::texts")]
    pub files: Vec<String>,
}

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
pub enum Varies {
    /// The number of cores: its shards or its batches follow it.
    Cores,
    /// Timing: it frees when its reclamation comes to it.
    Timing,
}

/// The most measurements of one case.
pub const MOST_REPEATS: u32 = 1000;

fn once() -> u32 {
    1
}

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
    /// Time inside operations of the busiest worker thread, nanoseconds.
    pub span_ns: u64,
    /// Entries at the end of the phase; 0 if the workload does not say.
    pub entries: u64,
    /// Key and value bytes of these entries; 0 if the workload does not say.
    pub payload_bytes: u64,
    /// What the operations allocated and freed; none in a pass that does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<PhaseCounts>,
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
    /// The highest live bytes.
    pub peak_live_bytes: u64,
    /// The phase in which that was.
    pub peak_phase: String,
    /// The child's highest resident set, bytes, harness and code included.
    pub max_rss_bytes: u64,
}

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
    #[serde(default, deserialize_with = "few::texts", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A case, or one pass of it, that could not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The case.
    pub case: CaseId,
    /// The pass that failed, or `write` if a file could not be written.
    pub pass: String,
    /// What happened: `wrong-answer`, `crashed`, `killed`, `timed-out`, `refused`, `broken-protocol`,
    /// `no-profile`, `write`.
    pub kind: String,
    /// One line.
    pub message: String,
    /// The last lines of the child's standard error.
    #[serde(deserialize_with = "few::texts")]
    pub last_words: Vec<String>,
}
