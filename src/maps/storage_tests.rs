//! What maps say of their storage against the counted bytes, and what they free when they are driven to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::capture::ledger;
use crate::workload::Value;
use crate::workload::payload::ValueInfo;

/// A value that counts how often it was dropped.
struct Counted(Option<Arc<AtomicUsize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(dropped) = &self.0 {
            dropped.fetch_add(1, Relaxed);
        }
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Counted(None)
    }
}

impl Value for Counted {
    const INFO: ValueInfo = ValueInfo::fixed::<Counted>("counted", "Counted");

    fn make(_size: usize, _tag: u64) -> Self {
        Counted(None)
    }

    fn change(&mut self) {}

    fn fingerprint(&self) -> u64 {
        0
    }
}

/// Of 10,000 removed entries, how many have dropped their value before [`Handle::quiesce`], and after up to 500 times of
/// it, where each time that helps is one more.
fn dropped<F: MapOf<u64, Counted>>() -> (usize, usize) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut map: F::Map = Collection::new(MapConfig::default());
    let mut handle = map.handles(1).remove(0);
    for key in 0..20_000 {
        assert!(handle.insert(key, Counted(Some(dropped.clone()))));
    }
    for key in 0..10_000 {
        assert!(handle.remove(&key));
    }
    assert_eq!(handle.len(), 10_000);
    let before = dropped.load(Relaxed);
    for _ in 0..500 {
        handle.quiesce();
        // Threads of other tests may hold the epoch of crossbeam's only collector back.
        std::thread::yield_now();
    }
    (before, dropped.load(Relaxed))
}

#[test]
fn every_map_frees_what_was_removed_in_the_end() {
    macro_rules! check {
        ($($module:ident :: $family:ident,)*) => {
            $(if $module::$family::INFO.answers {
                let (at_once, in_the_end) = dropped::<$module::$family>();
                assert!(at_once <= in_the_end);
                assert_eq!(in_the_end, 10_000, "{}", $module::$family::INFO.name);
            })*
        };
    }
    built_in!(check);
}

#[test]
fn a_skip_list_frees_later() {
    let (before, _) = dropped::<skip_list::SkipListFamily>();
    assert!(before < 10_000, "{before}");
}

#[test]
fn every_map_tells_a_new_key_from_a_replaced_one() {
    macro_rules! check {
        ($($module:ident :: $family:ident,)*) => {
            $(if $module::$family::INFO.answers {
                tells_new_keys::<$module::$family>();
            })*
        };
    }
    built_in!(check);
}

fn tells_new_keys<F: MapOf<u64, u64>>() {
    let mut map: F::Map = Collection::new(MapConfig::default());
    let mut handle = map.handles(1).remove(0);
    assert!(handle.insert(1, 10));
    assert!(!handle.insert(1, 11));
    assert!(handle.update(&1, 12));
    assert!(!handle.update(&2, 13));
    assert_eq!(handle.get(&1, |value| *value), Some(12));
    assert_eq!(handle.len(), 1);
}

/// Asserts that what the map says it allocated, if it says so, is what was counted, after 0 to 3000 entries, with and without pre-sizing,
/// and once more after it has shrunk to a third of them.
#[track_caller]
fn owns_what_it_says<F: MapOf<u64, V>, V: Value>() {
    let enlisted = ledger::enlist(0, ledger::Counting::Alone);
    let name = F::INFO.name;
    for capacity in [None, Some(1), Some(2), Some(100), Some(1000)] {
        let before = ledger::live(enlisted).bytes;
        let counted = || (ledger::live(enlisted).bytes - before) as u64;
        let armed = ledger::arm(enlisted);
        let mut map: F::Map = Collection::new(MapConfig { capacity, ..MapConfig::default() });
        drop(armed);
        let mut handle = map.handles(1).remove(0);
        for key in 0..3000 {
            let shape = handle.shape();
            if shape.own_bytes.is_none() {
                return;
            }
            assert_eq!(shape.own_bytes, Some(counted()), "{name} with {key} entries, for {capacity:?}");
            assert!(shape.slots.is_none_or(|slots| slots >= key), "{name} with {key} entries: {shape:?}");
            let armed = ledger::arm(enlisted);
            handle.insert(key, V::make(8, key));
            drop(armed);
        }
        let armed = ledger::arm(enlisted);
        for key in 1000..3000 {
            handle.remove(&key);
        }
        handle.shrink();
        drop(armed);
        let shape = handle.shape();
        assert_eq!(shape.own_bytes, Some(counted()), "{name} that has shrunk");
        assert!(shape.slots.is_none_or(|slots| (1000..3000).contains(&slots)), "{name}: {shape:?}");
        drop(handle);
        let armed = ledger::arm(enlisted);
        drop(map);
        drop(armed);
        assert_eq!(counted(), 0);
    }
}

#[test]
fn maps_own_the_bytes_that_they_say() {
    macro_rules! check {
        ($($module:ident :: $family:ident,)*) => {
            $(
                owns_what_it_says::<$module::$family, u64>();
                owns_what_it_says::<$module::$family, ()>();
                owns_what_it_says::<$module::$family, [u8; 32]>();
            )*
        };
    }
    built_in!(check);
}
