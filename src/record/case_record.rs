//! The record of a case as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CaseId, CpuReconciliation, DumpComparison, HeapReconciliation, Leak, Machine, MapRecord, Metric,
    PassKind, PassRecord, Settings, Waterfall, bounded_list,
};
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
    /// The workload in force, every override applied; `None` for a program.
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
    /// What a program was run with.
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
    /// Why it is not known where a leak is from: what the pass `leaks` failed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaks_unknown: Option<String>,
    /// How many CPU samples were asked for and came.
    pub cpu: Option<CpuReconciliation>,
    /// Files beside this record.
    #[serde(deserialize_with = "bounded_list::texts")]
    pub files: Vec<String>,
}

/// The most measurements of one case.
pub const MOST_REPEATS: u32 = 1000;

fn once() -> u32 {
    1
}
