//! `scc-hash-index`: scc's table for look-ups, which take no lock. Entries are immutable; what is replaced or removed is freed when a new
//! entry comes into its bucket (`Bucket::insert`), or with the array. So it has no way to give back what it does not need.

use scc::hash_index::{Entry, HashIndex};

use super::scc_map::{move_epoch_on, shape_of_array};
use super::{
    Collection, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide, few_pairs, scc_map,
};
use crate::record::{Shape, Varies};
use crate::workload::hashers::FixedSip;
use crate::workload::spec::Op;
use crate::workload::{Key, Value};

/// scc's HashIndex, SipHash 1-3: look-ups take no lock, entries are immutable.
pub struct SccHashIndex;

impl MapFamily for SccHashIndex {
    const INFO: MapInfo = MapInfo {
        about: "scc's HashIndex, SipHash 1-3: look-ups take no lock, entries are immutable",
        package: ("scc", env!("VERSION_SCC")),
        frames: &["scc", "sdd", "saa"],
        concurrent: true,
        process_wide: Some(ProcessWide { package: "sdd", most: scc_map::collector_bytes }),
        varies: Some(Varies::Timing),
        frees: Frees::InBulk,
        closed_form: Err("resizes and frees at times of its own"),
        offers: &[Op::Entry],
        ..MapInfo::new("scc-hash-index")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for SccHashIndex {
    type Map = HashIndex<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for HashIndex<K, V, FixedSip> {
    type Handle<'a> = &'a HashIndex<K, V, FixedSip>;

    fn new(config: MapConfig) -> Self {
        HashIndex::with_capacity_and_hasher(config.capacity.unwrap_or(0), FixedSip::default())
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &HashIndex<K, V, FixedSip> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        match self.entry_sync(key) {
            Entry::Occupied(mut entry) => {
                entry.update(value);
                false
            }
            Entry::Vacant(entry) => {
                entry.insert_entry(value);
                true
            }
        }
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.peek_with(key, |_, value| read(value))
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match self.get_sync(key) {
            Some(mut entry) => {
                entry.update(value);
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.remove_sync(key)
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
        HashIndex::len(self)
    }

    /// Its capacity is the slots of its array. While a resize moves entries over, the old array is not in it.
    fn shape(&mut self) -> Shape {
        shape_of_array::<K, V>(self.capacity())
    }

    /// Moves the epoch on, for outgrown arrays. A removed entry waits until a new one comes into its bucket, or the array goes: nothing drives
    /// that on.
    fn quiesce(&mut self) {
        move_epoch_on();
    }
}
