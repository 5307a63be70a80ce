//! `scc`: buckets with a lock each; a resize moves entries a few at a time.

use scc::{Guard, HashMap};

use super::{
    Collection, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide, common_pairs,
};
use crate::record::{Shape, Varies};
use crate::workload::hashers::FixedSip;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// buckets with a lock each and incremental resizing, SipHash 1-3.
pub struct Scc;

impl MapFamily for Scc {
    const INFO: MapInfo = MapInfo {
        about: "buckets with a lock each and incremental resizing, SipHash 1-3",
        package: ("scc", env!("VERSION_SCC")),
        frames: &["scc", "sdd", "saa"],
        concurrent: true,
        process_wide: Some(ProcessWide { package: "sdd", most: collector_bytes }),
        varies: Some(Varies::Timing),
        frees: Frees::Deferred,
        closed_form: Err("resizes and frees at times of its own"),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Shrink],
        ..MapInfo::new("scc")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

/// The most bytes of `sdd::collector`, which keeps one for each thread at a time, in arenas of 64 (`bitmap::arena`) that are never freed.
pub(super) fn collector_bytes(threads: u64) -> u64 {
    (threads + 1).div_ceil(64) * 8192
}

impl<K: Key, V: Value> MapOf<K, V> for Scc {
    type Map = HashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for HashMap<K, V, FixedSip> {
    type Handle<'a> = &'a HashMap<K, V, FixedSip>;

    fn new(config: MapConfig) -> Self {
        HashMap::with_capacity_and_hasher(config.capacity.unwrap_or(0), FixedSip::default())
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &HashMap<K, V, FixedSip> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.upsert_sync(key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.read_sync(key, |_, value| read(value))
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        self.update_sync(key, |_, slot| *slot = value).is_some()
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.remove_sync(key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let slot = self.entry_sync(key).or_insert_with(|| {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(slot.get())) }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        self.update_sync(key, |_, slot| change(slot))
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        self.iter_sync(|key, value| {
            visit(key, value);
            true
        });
    }

    fn clear(&mut self) {
        self.clear_sync();
    }

    fn len(&mut self) -> usize {
        HashMap::len(self)
    }

    /// Its capacity is the slots of its array. While a resize moves entries over, the old array is not in it.
    fn shape(&mut self) -> Shape {
        shape_of_array::<K, V>(self.capacity())
    }

    /// Moves the epoch on. What was retired is freed three epochs later; an old array of which entries are still to be
    /// moved is not retired yet, and waits for more operations.
    fn quiesce(&mut self) {
        move_epoch_on();
    }

    /// The array shrinks as entries are removed.
    fn shrink(&mut self) {}
}

/// What a table of this package says of itself: its capacity is the slots of its array.
pub(super) fn shape_of_array<K, V>(slots: usize) -> Shape {
    let slots = Some(slots as u64);
    Shape { capacity: slots, slots, slot_bytes: size_of::<(K, V)>() as u64, own_bytes: None }
}

/// Moves the epoch of this package on, so that what was retired is freed: three epochs later.
pub(super) fn move_epoch_on() {
    for _ in 0..8 {
        Guard::new().accelerate();
    }
}
