//! `sorted-vec`: a vector of entries kept in the order of their keys.

use std::borrow::Borrow;

use super::{
    ClosedForm, Collection, EntryOrder, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, common_pairs,
};
use crate::record::Shape;
use crate::workload::spec::{KeyOrder, Op, StepKind, Workload};
use crate::workload::{Key, Value};

/// A sorted vector with binary search.
pub struct SortedVec;

impl MapFamily for SortedVec {
    const INFO: MapInfo = MapInfo {
        about: "a sorted vector: binary search, insertion and removal move what lies behind",
        package: ("mapprof", env!("CARGO_PKG_VERSION")),
        too_costly,
        closed_form: Ok(ClosedForm::Vector),
        order: EntryOrder::Key,
        offers: &[Op::Entry, Op::Modify, Op::Scan],
        steps: &[StepKind::Reserve, StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("sorted-vec")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for SortedVec {
    type Map = SortedMap<K, V>;
}

/// Entries above which random insertion takes minutes: n entries move about n^2 / 4 of them.
const MOST_RANDOM_ENTRIES: u64 = 200_000;

pub(super) fn too_costly(workload: &Workload) -> Option<String> {
    (workload.key.order == KeyOrder::Random && workload.entries > MOST_RANDOM_ENTRIES).then(|| {
        format!(
            "{} random inserts move about {:.0e} entries; at most {MOST_RANDOM_ENTRIES} entries, or name it in --map to run it all the same",
            workload.entries,
            (workload.entries as f64).powi(2) / 4.0
        )
    })
}

/// Entries in the order of their keys.
pub struct SortedMap<K, V>(Vec<(K, V)>);

impl<K: Key, V: Value> SortedMap<K, V> {
    fn find(&self, key: &K::Ref) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| Borrow::<K::Ref>::borrow(&entry.0).cmp(key))
    }
}

impl<K: Key, V: Value> Collection<K, V> for SortedMap<K, V> {
    type Handle<'a> = &'a mut SortedMap<K, V>;

    fn new(config: MapConfig) -> Self {
        SortedMap(Vec::with_capacity(config.capacity.unwrap_or(0)))
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.find(key).ok().map(|index| read(&self.0[index].1))
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in &self.0 {
            visit(key, value);
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut SortedMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        match self.find(key.borrow()) {
            Ok(index) => {
                self.0[index].1 = value;
                false
            }
            Err(index) => {
                self.0.insert(index, (key, value));
                true
            }
        }
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.find(key).ok().map(|index| read(&self.0[index].1))
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match self.find(key) {
            Ok(index) => {
                self.0[index].1 = value;
                true
            }
            Err(_) => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        match self.find(key) {
            Ok(index) => {
                self.0.remove(index);
                true
            }
            Err(_) => false,
        }
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        match self.find(key.borrow()) {
            Ok(index) => Some(read(&self.0[index].1)),
            Err(index) => {
                self.0.insert(index, (key, value()));
                None
            }
        }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        self.find(key).ok().map(|index| change(&mut self.0[index].1))
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in &self.0 {
            visit(key, value);
        }
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, mut visit: impl FnMut(&K, &V)) {
        let start = self.find(from).unwrap_or_else(|insertion| insertion);
        for (key, value) in self.0[start..].iter().take(entries) {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn len(&mut self) -> usize {
        self.0.len()
    }

    fn shape(&mut self) -> Shape {
        let capacity = self.0.capacity() as u64;
        let slot_bytes = size_of::<(K, V)>() as u64;
        Shape {
            capacity: Some(capacity),
            // Entries without bytes need no slots, and a vector of them says that it has 2^64 - 1.
            slots: (slot_bytes > 0).then_some(capacity),
            slot_bytes,
            own_bytes: Some(if slot_bytes > 0 { capacity * slot_bytes } else { 0 }),
        }
    }

    fn reserve(&mut self, additional: usize) {
        self.0.reserve(additional);
    }

    fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}
