//! `indexmap`: entries in a vector, a hash table of indexes beside it. Removal swaps the last entry in.

use indexmap::IndexMap;

use super::hash::FixedSip;
use super::table::{Table, buckets_for};
use super::{ClosedForm, Collection, Handle, MapFamily, MapInfo};
use crate::record::Shape;
use crate::workload::{Key, Value};

/// What lies in indexmap's vector, its private `Bucket`: the same fields, and so the same size.
#[allow(dead_code, reason = "only its size is asked for")]
pub(crate) struct Bucket<K, V> {
    hash: usize,
    key: K,
    value: V,
}

/// a hash table of indexes into a vector of entries, SipHash 1-3.
pub struct IndexMapFamily;

impl MapFamily for IndexMapFamily {
    const INFO: MapInfo = MapInfo {
        about: "a hash table of indexes into a vector of entries, SipHash 1-3",
        package: ("indexmap", env!("VERSION_INDEXMAP")),
        frames: &["indexmap"],
        closed_form: Ok(ClosedForm::Indexed),
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
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        IndexMap::insert(self, key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        IndexMap::get(self, key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match IndexMap::get_mut(self, key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
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

    /// Of both parts only the smaller capacity can be asked for. It is that of the vector, which grows to what the table
    /// of indexes can hold, until tombstones lower the table's; then these bytes are not those that were counted.
    fn shape(&mut self) -> Shape {
        let entries = self.capacity() as u64;
        let slot_bytes = size_of::<Bucket<K, V>>() as u64;
        Shape {
            capacity: Some(entries),
            slots: Some(entries),
            slot_bytes,
            own_bytes: Some(entries * slot_bytes + Table::of::<usize>().bytes(buckets_for(entries))),
        }
    }

    fn shrink(&mut self) -> bool {
        self.shrink_to_fit();
        true
    }
}
