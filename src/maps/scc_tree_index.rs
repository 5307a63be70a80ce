//! `scc-tree-index`: scc's B+ tree. Look-ups take no lock; what is replaced or removed is freed later, with the
//! leaf that it lay in. A tree that has run empty keeps a leaf with removed entries, and has no way to give it back.

use std::ops::Bound::{Included, Unbounded};

use scc::{Guard, TreeIndex};

use super::scc_map::move_epoch_on;
use super::{
    Collection, EntryOrder, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide,
    few_pairs, scc_map,
};
use crate::record::Varies;
use crate::workload::payload::make_key;
use crate::workload::spec::Op;
use crate::workload::{Key, Value};

/// scc's TreeIndex, a concurrent B+ tree: look-ups take no lock.
pub struct SccTreeIndex;

impl MapFamily for SccTreeIndex {
    const INFO: MapInfo = MapInfo {
        about: "scc's TreeIndex, a concurrent B+ tree: look-ups take no lock",
        package: ("scc", env!("VERSION_SCC")),
        frames: &["scc", "sdd", "saa"],
        concurrent: true,
        process_wide: Some(ProcessWide { package: "sdd", most: scc_map::collector_bytes }),
        varies: Some(Varies::Timing),
        order: EntryOrder::Key,
        frees: Frees::InBulk,
        closed_form: Err("splits and frees its nodes at times of its own"),
        offers: &[Op::Scan],
        ..MapInfo::new("scc-tree-index")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for SccTreeIndex {
    type Map = TreeIndex<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for TreeIndex<K, V> {
    type Handle<'a> = &'a TreeIndex<K, V>;

    fn new(config: MapConfig) -> Self {
        // A tree has nothing to pre-size.
        let _ = config;
        TreeIndex::new()
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &TreeIndex<K, V> {
    /// `upsert_sync` does not say whether the key was there. Each thread writes keys of its own alone, so nothing comes between the look-up
    /// and the insertion.
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let is_new = !self.contains::<K::Ref>(key.borrow());
        self.upsert_sync(key, value);
        is_new
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.peek_with(key, |_, value| read(value))
    }

    /// Entries are immutable: replacing a value makes a new entry, and with it a new key.
    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let present = self.contains(key);
        if present {
            self.upsert_sync(make_key::<K>(key), value);
        }
        present
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.remove_sync(key)
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        let guard = Guard::new();
        for (key, value) in self.iter(&guard) {
            visit(key, value);
        }
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, mut visit: impl FnMut(&K, &V)) {
        let guard = Guard::new();
        for (key, value) in self.range::<K::Ref, _>((Included(from), Unbounded), &guard).take(entries) {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        TreeIndex::clear(self);
    }

    fn len(&mut self) -> usize {
        TreeIndex::len(self)
    }

    /// Moves the epoch on: what was retired is freed three epochs later.
    fn quiesce(&mut self) {
        move_epoch_on();
    }
}
