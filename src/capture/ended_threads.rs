//! What worker threads counted that have ended, so that nothing of it is lost: the ledger of a thread goes with the thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::alloc_counts::{Counts, SIZE_CLASSES};
use super::ledger;

static FREES: AtomicU64 = AtomicU64::new(0);
static ALLOC_BYTES: AtomicU64 = AtomicU64::new(0);
static FREED_BYTES: AtomicU64 = AtomicU64::new(0);
static BY_SIZE: [AtomicU64; SIZE_CLASSES] = [const { AtomicU64::new(0) }; SIZE_CLASSES];

/// Adds what the current thread counted. Its last act: nothing that it counts afterwards is told.
pub(super) fn add() {
    let counts = ledger::counts();
    FREES.fetch_add(counts.frees, Relaxed);
    ALLOC_BYTES.fetch_add(counts.alloc_bytes, Relaxed);
    FREED_BYTES.fetch_add(counts.freed_bytes, Relaxed);
    for (sum, count) in BY_SIZE.iter().zip(ledger::sizes()) {
        sum.fetch_add(count, Relaxed);
    }
}

/// What all of them counted.
pub fn counts() -> Counts {
    Counts {
        allocs: sizes().iter().sum(),
        frees: FREES.load(Relaxed),
        alloc_bytes: ALLOC_BYTES.load(Relaxed),
        freed_bytes: FREED_BYTES.load(Relaxed),
    }
}

/// Their allocations by the number of bits of their size, as in [`ledger::sizes`].
pub fn sizes() -> [u64; SIZE_CLASSES] {
    std::array::from_fn(|class| BY_SIZE[class].load(Relaxed))
}
