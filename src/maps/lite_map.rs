//! `litemap`: a map in a sorted vector, of the ICU4X project. It has no way to give storage back.

use std::convert::Infallible;

use litemap::LiteMap;

use super::{
    ClosedForm, Collection, EntryOrder, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, few_pairs,
    sorted_vec,
};
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// ICU4X's map in a sorted vector.
pub struct Lite;

impl MapFamily for Lite {
    const INFO: MapInfo = MapInfo {
        about: "ICU4X's map in a sorted vector, for few entries",
        package: ("litemap", env!("VERSION_LITEMAP")),
        frames: &["litemap"],
        too_costly: sorted_vec::too_costly,
        closed_form: Ok(ClosedForm::Vector),
        order: EntryOrder::Key,
        offers: &[Op::Entry, Op::Modify, Op::Scan],
        steps: &[StepKind::Reserve, StepKind::Swap],
        ..MapInfo::new("litemap")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Lite {
    type Map = LiteMap<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for LiteMap<K, V> {
    type Handle<'a> = &'a mut LiteMap<K, V>;

    fn new(config: MapConfig) -> Self {
        LiteMap::with_capacity(config.capacity.unwrap_or(0))
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        LiteMap::get(self, key).map(read)
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut LiteMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        LiteMap::insert(self, key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        LiteMap::get(self, key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match LiteMap::get_mut(self, key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        LiteMap::remove(self, key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let slot = self.try_get_or_insert(key, |_| {
            is_new = true;
            Ok::<V, Infallible>(value())
        });
        slot.ok().filter(|_| !is_new).map(|(_, slot)| read(slot))
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        LiteMap::get_mut(self, key).map(change)
    }

    fn iterate(&mut self, visit: impl FnMut(&K, &V)) {
        self.iterate_shared(visit);
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, mut visit: impl FnMut(&K, &V)) {
        let start = self.find_index(from).unwrap_or_else(|insertion| insertion);
        for (key, value) in self.iter().skip(start).take(entries) {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        LiteMap::clear(self);
    }

    fn len(&mut self) -> usize {
        LiteMap::len(self)
    }

    fn reserve(&mut self, additional: usize) {
        LiteMap::reserve(self, additional);
    }
}
