//! `btree`: the standard library's ordered map.

use std::collections::BTreeMap;

use super::{Collection, Handle, MapFamily, MapInfo};
use crate::workload::{Key, Value};

/// the standard library's BTreeMap, nodes of up to 11 entries.
pub struct BTree;

impl MapFamily for BTree {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's BTreeMap, nodes of up to 11 entries",
        package: ("std", env!("VERSION_RUSTC")),
        ..MapInfo::new("btree")
    };
    type Map<K: Key, V: Value> = BTreeMap<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for BTreeMap<K, V> {
    type Handle<'a> = &'a mut BTreeMap<K, V>;

    fn new(capacity: Option<usize>) -> Self {
        // A tree has nothing to pre-size.
        let _ = capacity;
        BTreeMap::new()
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
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

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        BTreeMap::clear(self);
    }

    fn len(&mut self) -> usize {
        BTreeMap::len(self)
    }
}
