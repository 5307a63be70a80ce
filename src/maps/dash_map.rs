//! `dashmap`: shards of hashbrown tables, each behind a lock of its own. Four shards a processor, rounded up to a power of two.

use dashmap::DashMap;

use super::hash::FixedSip;
use super::{Collection, Handle, MapFamily, MapInfo};
use crate::workload::{Key, Value};

/// hashbrown tables in shards, each behind a lock, SipHash 1-3.
pub struct Dash;

impl MapFamily for Dash {
    const INFO: MapInfo = MapInfo {
        about: "hashbrown tables in shards, each behind a lock, SipHash 1-3",
        package: ("dashmap", env!("VERSION_DASHMAP")),
        concurrent: true,
        ..MapInfo::new("dashmap")
    };
    type Map<K: Key, V: Value> = DashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for DashMap<K, V, FixedSip> {
    type Handle<'a> = &'a DashMap<K, V, FixedSip>;

    fn new(capacity: Option<usize>) -> Self {
        DashMap::with_capacity_and_hasher(capacity.unwrap_or(0), FixedSip::default())
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &DashMap<K, V, FixedSip> {
    #[inline]
    fn insert(&mut self, key: K, value: V) -> bool {
        DashMap::insert(self, key, value).is_none()
    }

    #[inline]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        DashMap::get(self, key).map(|entry| read(entry.value()))
    }

    #[inline]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match DashMap::get_mut(self, key) {
            Some(mut slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline]
    fn remove(&mut self, key: &K::Ref) -> bool {
        DashMap::remove(self, key).is_some()
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for entry in DashMap::iter(self) {
            visit(entry.key(), entry.value());
        }
    }

    fn clear(&mut self) {
        DashMap::clear(self);
    }

    fn len(&mut self) -> usize {
        DashMap::len(self)
    }
}
