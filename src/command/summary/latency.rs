//! The latencies of the most frequent operations, in a line.

use std::cmp::Reverse;

use crate::command::full_report::memory::{phase_name, resolved};
use crate::output::number_format;
use crate::record::{CaseRecord, KindLatency, PassKind};

/// Kinds of operations at most.
const KINDS: usize = 3;

/// Median, 99th percentile and slowest call of each; empty if no latency pass went well.
pub fn of(record: &CaseRecord) -> String {
    let pass = record.passes.get(&PassKind::Latency);
    let Some((latency, pass)) = pass.and_then(|pass| pass.latency.as_ref()).zip(pass) else {
        return String::new();
    };
    let mut kinds: Vec<&KindLatency> = latency.kinds.iter().collect();
    if kinds.is_empty() {
        return String::new();
    }
    kinds.sort_by_key(|kind| Reverse(kind.count));
    kinds.truncate(KINDS);
    let line = |kind: &&KindLatency| {
        let [median, p99] = [kind.p50_ns, kind.p99_ns].map(|ns| resolved(ns, latency.resolution_ns));
        let slowest = number_format::nanoseconds(kind.max_ns as i64);
        format!("{} in {} {median}, {p99}, {slowest}", kind.op, phase_name(&pass.phases, kind.phase))
    };
    let lines: Vec<String> = kinds.iter().map(line).collect();
    format!("Latency (p50, p99, max): {}.", lines.join("; "))
}
