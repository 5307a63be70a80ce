//! The record of a case (`run.json`): what was run, on what, and every figure that came out.
//!
//! These are wire types; docs/FORMAT.md describes them for other programs. A change of meaning raises [`FORMAT`].

mod bounded_list;
mod case_id;
mod case_record;
mod dump_accuracy;
pub mod failed_case;
mod failure;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod folder_search;
mod latency;
mod latency_metrics;
mod leak;
mod live_site;
mod machine;
pub mod manifest;
mod map_record;
mod memory;
mod metric;
mod metrics;
mod owners;
mod pass_kind;
mod pass_record;
mod reconciliation;
pub mod run_store;
mod runtime_heap;
mod settings;
mod waterfall;

pub use case_id::CaseId;
pub use case_record::{CaseRecord, FORMAT, MOST_REPEATS};
pub use dump_accuracy::{DumpComparison, DumpEnd, DumpRole};
pub use failure::Failure;
pub use latency::{KindLatency, Latency, Slow, SlowCause};
pub use latency_metrics::{LATENCY_METRICS, LatencyInfo, SLOWEST_GROWTH};
pub use leak::Leak;
pub use live_site::LiveSite;
pub use machine::Machine;
pub use map_record::{MapRecord, Varies};
pub use memory::{
    Growth, Instances, KeptByPackage, Memory, Pages, Peak, Point, Reading, SettleStep, Settled, Shape,
};
pub use metric::{Metric, Noise};
pub use metrics::{
    LEAKED_BYTES, METRICS, MetricInfo, PHASE_METRICS, free_bytes, leaked_bytes, medians, metric_of_phase,
    metrics_of, middle, pass_of,
};
pub use owners::Owners;
pub use pass_kind::{Pass, PassKind};
pub use pass_record::{PassRecord, PassTotal, PhaseCounts, PhaseRecord, Readers};
pub use reconciliation::{CpuReconciliation, HeapReconciliation, Reconciled};
pub use runtime_heap::{Collections, PhaseCollections, RuntimeHeap, RuntimeResident};
pub use settings::Settings;
pub use waterfall::{Moment, STEPS, Step, StepInfo, Waterfall, describe, step_info, waterfalls};
