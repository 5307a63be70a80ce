//! What maps say of their storage against the counted bytes, and what they free when they are driven to.

use std::sync::Arc;

use super::*;
use crate::capture::ledger;
use crate::workload::Value;
use crate::workload::payload::ValueInfo;

/// A value that is counted while it lives, and so is each of its clones.
#[derive(Clone)]
struct Counted {
    _count: Arc<()>,
}

impl Value for Counted {
    const INFO: ValueInfo = ValueInfo::fixed::<Counted>("counted", "Counted");

    fn make(_size: usize, _tag: u64) -> Self {
        Counted { _count: Arc::default() }
    }

    fn change(&mut self) {}

    fn fingerprint(&self) -> u64 {
        0
    }
}

/// Entries that [`kept`] removes, and as many that it leaves.
fn removed<F: MapFamily>() -> usize {
    // Where each write clones all of them, a tenth is enough.
    if matches!(F::INFO.closed_form, Ok(ClosedForm::Copied)) { 1_000 } else { 10_000 }
}

/// Of removed entries ([`removed`]), how many still have their value before [`Handle::quiesce`], and after up to 500 times
/// of it.
fn kept<F: MapOf<u64, Counted>>() -> (usize, usize) {
    let (count, half) = (Arc::new(()), removed::<F>());
    let mut map: F::Map = Collection::new(MapConfig::default());
    let mut handle = map.handles(1).remove(0);
    for key in 0..2 * half as u64 {
        assert!(handle.insert(key, Counted { _count: count.clone() }));
    }
    for key in 0..half as u64 {
        assert!(handle.remove(&key));
    }
    assert_eq!(handle.len(), half);
    let copies = if matches!(F::INFO.closed_form, Ok(ClosedForm::Doubled)) { 2 } else { 1 };
    let alive = || Arc::strong_count(&count) - 1 - copies * half;
    let before = alive();
    for _ in 0..500 {
        handle.quiesce();
        // Threads of other tests may hold the epoch of crossbeam's only collector back.
        std::thread::yield_now();
    }
    (before, alive())
}

#[test]
fn every_map_frees_what_was_removed_in_the_end() {
    macro_rules! check {
        ($($module:ident :: $family:ident,)*) => {
            $(if $module::$family::INFO.answers {
                let info = $module::$family::INFO;
                let (at_first, in_the_end) = kept::<$module::$family>();
                assert!(matches!(info.frees, Frees::Deferred | Frees::InBulk) || at_first == 0, "{}: {at_first}", info.name);
                if info.frees == Frees::InBulk {
                    assert!(in_the_end <= at_first && at_first > 0, "{}: {in_the_end}", info.name);
                } else {
                    assert_eq!(in_the_end, 0, "{}", info.name);
                }
            })*
        };
    }
    built_in!(check);
}

#[test]
fn a_skip_list_frees_later() {
    let (at_first, _) = kept::<skip_list::SkipListFamily>();
    assert!(at_first > 0);
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
