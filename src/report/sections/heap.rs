//! What the full report says of a heap profile: the hottest sites, and what the totals are worth.

use super::hot_sites::hottest;
use super::jemalloc_dump;
use crate::output::number_format;
use crate::profile::Profile;
use crate::record::{CaseRecord, HeapReconciliation, PassKind, Reconciled};
use crate::report::Block;
use crate::run::reconcile::{NO_LINE_TABLES, differing_counters};

/// The hottest sites of a heap profile; of a dump, those in use when it was taken.
pub fn sites(record: &CaseRecord, heap: &Profile) -> Block {
    match &record.dump {
        Some(dump) => hottest(heap, "inuse_space", &jemalloc_dump::moment(dump)),
        None => hottest(heap, "peak_space", "in use when the heap was largest"),
    }
}

/// What the heap profile's totals are worth: sampled or recorded, against what was counted.
pub fn against_counters(record: &CaseRecord, heap: &HeapReconciliation) -> Vec<String> {
    let text = match heap.recording.sample_bytes() {
        None => recorded(record, heap),
        Some(sample_bytes) => sampled(heap, sample_bytes),
    };
    std::iter::once(text).chain(of_build(heap)).collect()
}

/// What a summary must not leave out: totals that should agree and do not, and what the build lacks; empty if nothing.
pub fn cautions(heap: &HeapReconciliation) -> Vec<String> {
    let wrong = match heap.recording.sample_bytes() {
        None => miscounted(heap).map(of_miscounted),
        Some(_) => None,
    };
    wrong.into_iter().chain(of_build(heap)).collect()
}

fn of_miscounted(total: &Reconciled) -> String {
    format!(
        "Every allocation was recorded, but {} comes to {} and {} were counted. This is an error of mapprof's.",
        total.sample_type, total.profile, total.counted
    )
}

/// What the build lacks that attribution needs; empty if nothing.
fn of_build(heap: &HeapReconciliation) -> Vec<String> {
    let mut sentences = Vec::new();
    if heap.unwinder == "libgcc" {
        sentences.push(
            "This build keeps no frame pointers: stacks came from the slower libgcc unwinder, at some microseconds each, and \
             growth events have no site; build with RUSTFLAGS=\"-C force-frame-pointers=yes\"."
                .to_owned(),
        );
    }
    if !heap.line_tables {
        sentences.push(format!("{NO_LINE_TABLES}."));
    }
    sentences
}

fn sampled(heap: &HeapReconciliation, sample_bytes: u64) -> String {
    let part = |kind: &str, what: &str| {
        heap.total(kind).map(|total| {
            let half = match (total.low, total.high) {
                (Some(low), Some(high)) if total.profile > 0 => {
                    format!(
                        ", {}",
                        number_format::plus_minus(
                            high.saturating_sub(low) as f64 / 2.0 / total.profile as f64
                        )
                    )
                }
                _ => String::new(),
            };
            format!(
                "{} of {} {what} ({:+.2} %{half})",
                number_format::bytes(total.profile as i64),
                number_format::bytes(total.counted as i64),
                total.difference_percent
            )
        })
    };
    let parts: Vec<String> =
        [part("alloc_space", "allocated"), part("inuse_space", "in use"), part("peak_space", "at the peak")]
            .into_iter()
            .flatten()
            .collect();
    format!(
        "Sampled of counted: {}. {} samples, one every {} on average.",
        parts.join(", "),
        number_format::count(heap.samples as i64),
        binary(sample_bytes),
    )
}

fn recorded(record: &CaseRecord, heap: &HeapReconciliation) -> String {
    let mut text = match miscounted(heap) {
        Some(total) => of_miscounted(total),
        None => format!(
            "Every allocation was recorded: {} of them, {} as they were counted; the peak is {} off.",
            number_format::count(heap.samples as i64),
            if is_of_go(heap) { "to 0.1 % of the bytes" } else { "to the byte" },
            number_format::bytes(heap.peak_gap_bytes as i64)
        ),
    };
    // Each map of Go hashes with a seed of its own, so no two passes are alike.
    if is_of_go(heap) {
        return text;
    }
    let pass = |kind| record.passes.get(&kind);
    if let (1, Some(memory), Some(own)) = (record.case.threads, pass(PassKind::Memory), pass(PassKind::Heap))
        && let Some(difference) = differing_counters(memory, own)
    {
        text.push_str(&format!(" The memory pass and this one differ, though: {difference}."));
    }
    text
}

/// What the runtime of Go allocates by itself is in the counters and not in the profile: at most this share of them.
const RUNTIME_SHARE: u64 = 1000;

/// Whether Go's own profiler recorded the heap.
fn is_of_go(heap: &HeapReconciliation) -> bool {
    heap.unwinder == "go"
}

/// A total that differs from the count although every allocation was recorded, if there is one.
fn miscounted(heap: &HeapReconciliation) -> Option<&Reconciled> {
    let is_of_go = is_of_go(heap);
    heap.totals.iter().find(|total| {
        let gap = match total.sample_type.as_str() {
            // Blocks of less than 16 bytes share one, which Go's profile has once.
            "alloc_objects" if is_of_go => return false,
            "peak_space" => heap.peak_gap_bytes,
            _ => 0,
        };
        let gap = if is_of_go { gap + total.counted / RUNTIME_SHARE } else { gap };
        total.profile.abs_diff(total.counted) > gap
    })
}

/// A power of two in the largest unit that divides it: `16 KiB`.
fn binary(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 && b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{b} B"),
    }
}
