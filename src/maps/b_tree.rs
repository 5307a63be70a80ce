//! `btree`: the standard library's ordered map.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};

use super::{
    ClosedForm, Collection, EntryOrder, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, common_pairs,
};
#[cfg(feature = "maps")]
use super::{further_pairs, record_pairs};
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// the standard library's BTreeMap, nodes of up to 11 entries.
pub struct BTree;

/// Entries of a full node.
pub(crate) const FULL: usize = 11;

/// A leaf as `alloc::collections::btree::node` of the standard library has it: the entries, a pointer to its parent and two
/// 16-bit numbers.
#[allow(dead_code, reason = "only its size is asked for")]
pub(crate) struct Leaf<K, V> {
    parent: Option<std::ptr::NonNull<u8>>,
    parent_index: u16,
    len: u16,
    keys: [K; FULL],
    values: [V; FULL],
}

impl MapFamily for BTree {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's BTreeMap, nodes of up to 11 entries",
        package: ("std", env!("VERSION_RUSTC")),
        frames: &["alloc::collections"],
        closed_form: Ok(ClosedForm::Tree),
        order: EntryOrder::Key,
        offers: &[Op::Entry, Op::Modify, Op::Scan],
        steps: &[StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("btree")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
        #[cfg(feature = "maps")]
        further_pairs(pairs);
        #[cfg(feature = "maps")]
        record_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for BTree {
    type Map = BTreeMap<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for BTreeMap<K, V> {
    type Handle<'a> = &'a mut BTreeMap<K, V>;

    const SPARE_BYTES: u64 = size_of::<Leaf<K, V>>() as u64;

    fn new(config: MapConfig) -> Self {
        // A tree has nothing to pre-size.
        let _ = config;
        BTreeMap::new()
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        BTreeMap::get(self, key).map(read)
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut BTreeMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        BTreeMap::insert(self, key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        BTreeMap::get(self, key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match BTreeMap::get_mut(self, key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        BTreeMap::remove(self, key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let slot = BTreeMap::entry(self, key).or_insert_with(|| {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(slot)) }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        BTreeMap::get_mut(self, key).map(change)
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.range::<K::Ref, _>((Included(from), Unbounded)).take(entries) {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        BTreeMap::clear(self);
    }

    fn len(&mut self) -> usize {
        BTreeMap::len(self)
    }

    /// Nodes go as their entries go; the last one stays.
    fn shrink(&mut self) {}
}
