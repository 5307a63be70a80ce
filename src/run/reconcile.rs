//! What a profile says in all against what was counted.

use super::heard::PassOutput;
use crate::capture::raw::RawCpuThread;
use crate::capture::recording::HeapRecording;
use crate::profile::interval::{Estimate, Sampling};
use crate::profile::{Profile, totals};
use crate::record::{CpuReconciliation, HeapReconciliation, PassRecord, Reconciled};

/// Totals of a heap profile beside the counters of the same pass; `None` if the pass took no heap profile.
pub(super) fn heap(output: &PassOutput, profile: &Profile) -> Option<HeapReconciliation> {
    let raw = output.heap.as_ref()?;
    let record = &output.record;
    let totals = [
        ("alloc_space", record.phases.iter().map(|phase| phase.counted().alloc_bytes).sum()),
        ("alloc_objects", record.phases.iter().map(|phase| phase.counted().allocs).sum()),
        ("inuse_space", record.phases.last().map_or(0, |phase| phase.counted().live_bytes)),
        ("peak_space", record.total.peak_live_bytes),
    ];
    let sums: u64 = raw.sums.iter().map(|sum| sum.allocated.0).sum();
    Some(HeapReconciliation {
        recording: raw.recording,
        unwinder: raw.unwinder.clone(),
        samples: raw.rows.iter().map(|row| row.allocated).sum::<u64>() + sums,
        peak_gap_bytes: raw.peak_gap_bytes,
        totals: totals
            .iter()
            .filter_map(|(kind, counted)| {
                total(profile, kind, *counted, raw.recording != HeapRecording::Exact)
            })
            .collect(),
    })
}

fn total(profile: &Profile, kind: &str, counted: u64, sampled: bool) -> Option<Reconciled> {
    let index = profile.sample_type(kind)?;
    let values = profile.samples.iter().filter_map(|sample| sample.values.get(index));
    let sum = values.fold(0i64, |sum, value| sum.saturating_add(*value));
    let interval = Sampling::of(profile, index).filter(|_| sampled).and_then(|sampling| {
        let mut all = Estimate::default();
        profile.samples.iter().for_each(|sample| all.add(sampling.estimate(sample)));
        all.interval()
    });
    Some(Reconciled {
        sample_type: kind.to_owned(),
        profile: sum.max(0) as u64,
        counted,
        low: interval.as_ref().map(|interval| interval.low.round().max(0.0) as u64),
        high: interval.as_ref().map(|interval| interval.high.round().max(0.0) as u64),
        difference_percent: if counted == 0 { 0.0 } else { (sum as f64 / counted as f64 - 1.0) * 100.0 },
    })
}

/// CPU samples asked for and delivered; `None` if the pass took none.
pub(super) fn cpu(output: &PassOutput, profile: &Profile) -> Option<CpuReconciliation> {
    let raw = output.cpu.as_ref()?;
    let delivered = totals(profile, "samples").map_or(0, |count| count.max(0) as u64);
    let seconds = raw.cpu_ns as f64 / 1e9;
    let asked = (raw.hertz as f64 * seconds).round() as u64;
    let sampled_ns = (delivered as f64 * 1e9 / raw.hertz.max(1) as f64).round() as u64;
    let over_time = |value: f64, time: f64| if time > 0.0 { value / time } else { 0.0 };
    let told = |thread: &RawCpuThread| thread.lost.is_some();
    let lost = match raw.threads.is_empty() || !raw.threads.iter().all(told) {
        true => asked.saturating_sub(delivered),
        false => raw.threads.iter().filter_map(|thread| thread.lost).fold(0, u64::saturating_add),
    };
    Some(CpuReconciliation {
        backend: raw.backend.clone(),
        hertz: raw.hertz,
        delivered_hertz: over_time(delivered as f64, seconds),
        asked,
        delivered,
        lost,
        truncated: raw.threads.iter().map(|thread| thread.truncated).fold(0, u64::saturating_add),
        cpu_ns: raw.cpu_ns,
        sampled_ns,
        ratio: over_time(sampled_ns as f64, raw.cpu_ns as f64),
        unsampled_ns: raw.cpu_ns.saturating_sub(totals(profile, "cpu").map_or(0, |ns| ns.max(0) as u64)),
        threads: raw.threads.clone(),
        notes: raw.notes.clone(),
    })
}

/// In what the counters of two passes of one case on one thread differ, if in anything: a phase and a figure.
pub fn differing_counters(one: &PassRecord, other: &PassRecord) -> Option<String> {
    one.phases.iter().zip(&other.phases).find_map(|(one, other)| {
        let (a, b) = (one.counted(), other.counted());
        let figures = [
            ("allocations", a.allocs, b.allocs),
            ("frees", a.frees, b.frees),
            ("bytes allocated", a.alloc_bytes, b.alloc_bytes),
            ("bytes freed", a.freed_bytes, b.freed_bytes),
            ("live bytes", a.live_bytes, b.live_bytes),
            ("peak live bytes", a.peak_live_bytes, b.peak_live_bytes),
        ];
        let (what, x, y) = figures.into_iter().find(|(_, x, y)| x != y)?;
        Some(format!("{what} of {}: {x} and {y}", one.name))
    })
}
