//! Values that somebody else holds too, such as a cache that handed them out: what becomes of their memory when the map lets them go.
//!
//! The share of the workload is drawn by the tag of a value, as its size is. Each value that is held is held from when it is made
//! until the maps are gone. The list is the harness's, but what it takes to put a value into it is in the time of the call.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::capture::{HarnessVec, harness_vec};
use crate::workload::bit_mixer::{GOLDEN, mix};

/// The bound of the workload at work; 0 if none of its values are held. Set once before a run; threads only read it.
static BELOW: AtomicU64 = AtomicU64::new(0);

/// Those that are held; none before the first.
static HELD: Mutex<Option<HarnessVec<Arc<[u8]>>>> = Mutex::new(None);

/// The bound that [`is_held`] takes, of a share from 0 to 1.
pub fn bound(share: f64) -> u64 {
    // The cast saturates.
    (share * 18_446_744_073_709_551_616.0) as u64
}

/// Whether somebody else holds the value that carries `tag` too.
#[inline]
pub fn is_held(below: u64, tag: u64) -> bool {
    // Other bits than those that sizes are drawn by.
    below > 0 && mix(tag ^ GOLDEN.rotate_left(32)) <= below
}

/// Sets the share of the values of this process.
pub fn set_share(share: f64) {
    BELOW.store(bound(share), Relaxed);
}

/// Holds a value that was just made and carries `tag`, if it is one of the share.
#[inline]
pub fn hold(value: &Arc<[u8]>, tag: u64) {
    if is_held(BELOW.load(Relaxed), tag) {
        put(value);
    }
}

#[cold]
fn put(value: &Arc<[u8]>) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.get_or_insert_with(harness_vec).push(Arc::clone(value));
}

/// Lets all of them go.
pub fn release() {
    drop(HELD.lock().unwrap_or_else(PoisonError::into_inner).take());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_held_values_is_the_one_that_was_asked_for() {
        for share in [0.0, 0.25, 0.5, 1.0] {
            let held = (0..100_000u64).filter(|n| is_held(bound(share), n.wrapping_mul(GOLDEN))).count();
            assert!((held as f64 / 100_000.0 - share).abs() < 0.01, "{share}: {held}");
        }
        assert!(is_held(bound(1.0), u64::MAX) && !is_held(bound(0.0), 0));
    }

    #[test]
    fn what_is_held_is_let_go_at_once() {
        set_share(1.0);
        let value: Arc<[u8]> = Arc::from([1, 2, 3]);
        hold(&value, 5);
        hold(&value, 6);
        assert_eq!(Arc::strong_count(&value), 3);
        release();
        assert_eq!(Arc::strong_count(&value), 1);
        set_share(0.0);
        hold(&value, 5);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
