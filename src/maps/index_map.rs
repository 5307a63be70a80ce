//! `indexmap`: entries in a vector, a hash table of indexes beside it. Removal swaps the last entry in.

use indexmap::IndexMap;

use super::hash::FixedSip;
use super::{Collection, Handle, MapFamily, MapInfo};
use crate::workload::{Key, Value};

/// a hash table of indexes into a vector of entries, SipHash 1-3.
pub struct IndexMapFamily;

impl MapFamily for IndexMapFamily {
    const INFO: MapInfo = MapInfo {
        about: "a hash table of indexes into a vector of entries, SipHash 1-3",
        package: ("indexmap", env!("VERSION_INDEXMAP")),
        ..MapInfo::new("indexmap")
    };
    type Map<K: Key, V: Value> = IndexMap<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for IndexMap<K, V, FixedSip> {
    type Handle<'a> = &'a mut IndexMap<K, V, FixedSip>;

    fn new(capacity: Option<usize>) -> Self {
        IndexMap::with_capacity_and_hasher(capacity.unwrap_or(0), FixedSip::default())
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut IndexMap<K, V, FixedSip> {
    #[inline]
    fn insert(&mut self, key: K, value: V) -> bool {
        IndexMap::insert(self, key, value).is_none()
    }

    #[inline]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        IndexMap::get(self, key).map(read)
    }

    #[inline]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match IndexMap::get_mut(self, key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline]
    fn remove(&mut self, key: &K::Ref) -> bool {
        IndexMap::swap_remove(self, key).is_some()
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        IndexMap::clear(self);
    }

    fn len(&mut self) -> usize {
        IndexMap::len(self)
    }
}
