//! `std`: the standard library's hash map.

use std::collections::HashMap;

use super::hash::FixedSip;
use super::table::shape_by_capacity;
use super::{ClosedForm, Collection, Handle, MapFamily, MapInfo};
use crate::record::Shape;
use crate::workload::{Key, Value};

/// the standard library's HashMap, SipHash 1-3.
pub struct StdHash;

impl MapFamily for StdHash {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's HashMap, SipHash 1-3",
        package: ("std", env!("VERSION_RUSTC")),
        frames: &["std::collections", "hashbrown"],
        closed_form: Ok(ClosedForm::Table),
        ..MapInfo::new("std")
    };
    type Map<K: Key, V: Value> = HashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for HashMap<K, V, FixedSip> {
    type Handle<'a> = &'a mut HashMap<K, V, FixedSip>;

    fn new(capacity: Option<usize>) -> Self {
        HashMap::with_capacity_and_hasher(capacity.unwrap_or(0), FixedSip::default())
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut HashMap<K, V, FixedSip> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        HashMap::insert(self, key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        HashMap::get(self, key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match HashMap::get_mut(self, key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        HashMap::remove(self, key).is_some()
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        HashMap::clear(self);
    }

    fn len(&mut self) -> usize {
        HashMap::len(self)
    }

    fn shape(&mut self) -> Shape {
        shape_by_capacity::<K, V>(self.capacity())
    }

    fn shrink(&mut self) -> bool {
        self.shrink_to_fit();
        true
    }
}
