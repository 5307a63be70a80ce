//! How long single operations took: what a latency pass reports.

use serde::{Deserialize, Serialize};

/// All that a latency pass measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// What was read around each operation: `tsc`, `cntvct`, or `monotonic` where the cycle counter cannot be trusted.
    pub clock: String,
    /// What one reading costs, nanoseconds; already taken off every figure below.
    pub overhead_ns: f64,
    /// The clock's step, nanoseconds: what takes less cannot be told from nothing. A percentile below it is known to be
    /// below it, and no more.
    pub resolution_ns: f64,
    /// Readings that went backwards. Their operations are in no figure.
    pub backwards: u64,
    /// One row per phase and kind of operation that was called.
    pub kinds: Vec<KindLatency>,
    /// The slowest operations of the run, slowest first, ten at the most.
    pub slowest: Vec<Slow>,
    /// The slowest growth event of the run; none if there was none, or the child does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest_growth: Option<Slow>,
}

/// Latencies of one kind of operation in one phase, nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KindLatency {
    /// Index of the phase.
    pub phase: u16,
    /// The operation: `get`, `insert`, …
    pub op: String,
    /// Operations timed.
    pub count: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Half took at most this; resolution three significant digits, likewise the next three.
    pub p50_ns: u64,
    /// 90 %.
    pub p90_ns: u64,
    /// 99 %.
    pub p99_ns: u64,
    /// 99.9 %.
    pub p999_ns: u64,
    /// The slowest one, to the nanosecond.
    pub max_ns: u64,
    /// The histogram, in HdrHistogram's V2 format (deflated), base64.
    #[serde(default)]
    pub histogram: String,
}

/// One slow operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slow {
    /// Index of the phase.
    pub phase: u16,
    /// Worker thread.
    pub thread: u16,
    /// Number of the call, from 0, over all phases of that thread.
    pub call: u64,
    /// The operation.
    pub op: String,
    /// How long it took.
    pub ns: u64,
    /// Bytes that it allocated.
    pub allocated: u64,
    /// Whether it was a growth event: it allocated more than an eighth of the live bytes.
    pub growth: bool,
    /// What it had to do or wait for, where a runtime with a collector tells; none if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<SlowCause>,
}

/// What a slow operation had to do or wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlowCause {
    /// The map's storage grew.
    Growth,
    /// The collector had stopped all threads for half of its time or more.
    Pause,
    /// The collector marked for half of its time or more, and had threads that allocate mark too.
    Assist,
    /// The collector marked for half of its time or more.
    Marking,
}
