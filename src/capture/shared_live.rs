//! Live bytes and their peak where several threads use one map: the peak of a sum is not the sum of peaks, so these are
//! counted in process-wide atomics and not in the cells of each thread ([`super::ledger`]).
//!
//! Both ways in are called by the global allocator: they allocate nothing and take no lock.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::alloc_counts::Live;

static LIVE: AtomicI64 = AtomicI64::new(0);
static USABLE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static PEAK_USABLE: AtomicI64 = AtomicI64::new(0);
static PEAK_EVENT: AtomicU64 = AtomicU64::new(0);
/// Worker (upper 16 bits) and call of the peak.
static PEAK_CALL: AtomicU64 = AtomicU64::new(0);

/// Adds to the live bytes of all threads. Every addition has its place in the one order in which the processor does
/// them, and the highest sum in that order is the peak: of the process, not of a thread. Returns the live bytes, and
/// whether they are the highest so far; then `new_peak` was called.
///
/// `event` is the number of heap sample events so far, read before this: one that comes later belongs to a moment after
/// this one. `at` is the worker and its call.
#[inline]
pub(super) fn allocated(
    bytes: i64,
    usable: i64,
    event: u64,
    (worker, call): (u16, u64),
    new_peak: impl FnOnce(),
) -> (i64, bool) {
    let held = USABLE.fetch_add(usable, Relaxed) + usable;
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    let highest = live > PEAK.load(Relaxed) && PEAK.fetch_max(live, Relaxed) < live;
    if highest {
        // At once: another thread may free much before this one comes to enter its block.
        new_peak();
        PEAK_EVENT.fetch_max(event, Relaxed);
        // Other threads' blocks may be among the live bytes and not yet among what this one read of the usable ones.
        PEAK_USABLE.store(held.max(live), Relaxed);
        PEAK_CALL.store(u64::from(worker) << 48 | call, Relaxed);
    }
    (live, highest)
}

/// Takes a block out of the live bytes.
#[inline(always)]
pub(super) fn freed(bytes: i64, usable: i64) {
    LIVE.fetch_sub(bytes, Relaxed);
    USABLE.fetch_sub(usable, Relaxed);
}

/// The live bytes of all threads.
pub(super) fn bytes() -> i64 {
    LIVE.load(Relaxed)
}

/// The live heap of all threads, and its peak.
pub(super) fn live() -> Live {
    let call = PEAK_CALL.load(Relaxed);
    let peak = PEAK.load(Relaxed);
    Live {
        bytes: LIVE.load(Relaxed),
        usable: USABLE.load(Relaxed),
        peak,
        // Two threads at two highs one after the other may note them the other way round. A block's usable bytes are never
        // fewer than its requested ones.
        peak_usable: PEAK_USABLE.load(Relaxed).max(peak),
        peak_call: call & ((1 << 48) - 1),
        peak_worker: (call >> 48) as u16,
        peak_event: PEAK_EVENT.load(Relaxed),
    }
}
