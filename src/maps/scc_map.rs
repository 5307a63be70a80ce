//! `scc`: buckets with a lock each; a resize moves entries a few at a time.

use scc::HashMap;

use super::hash::FixedSip;
use super::{Collection, Handle, MapFamily, MapInfo};
use crate::workload::{Key, Value};

/// buckets with a lock each and incremental resizing, SipHash 1-3.
pub struct Scc;

impl MapFamily for Scc {
    const INFO: MapInfo = MapInfo {
        about: "buckets with a lock each and incremental resizing, SipHash 1-3",
        package: ("scc", env!("VERSION_SCC")),
        concurrent: true,
        ..MapInfo::new("scc")
    };
    type Map<K: Key, V: Value> = HashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for HashMap<K, V, FixedSip> {
    type Handle<'a> = &'a HashMap<K, V, FixedSip>;

    fn new(capacity: Option<usize>) -> Self {
        HashMap::with_capacity_and_hasher(capacity.unwrap_or(0), FixedSip::default())
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &HashMap<K, V, FixedSip> {
    #[inline]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.upsert_sync(key, value).is_none()
    }

    #[inline]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.read_sync(key, |_, value| read(value))
    }

    #[inline]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        self.update_sync(key, |_, slot| *slot = value).is_some()
    }

    #[inline]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.remove_sync(key).is_some()
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
}
