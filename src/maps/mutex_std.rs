//! `mutex-std`: the standard library's map behind its Mutex, shared by all threads.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::hashbrown_layout::shape_by_capacity;
use super::{ClosedForm, Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
use crate::record::Shape;
use crate::workload::hashers::FixedSip;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// the standard library's HashMap behind a Mutex.
pub struct MutexStd;

type Map<K, V> = Mutex<HashMap<K, V, FixedSip>>;

impl MapFamily for MutexStd {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's HashMap behind a Mutex",
        package: ("std", env!("VERSION_RUSTC")),
        frames: &["std::collections", "hashbrown"],
        concurrent: true,
        closed_form: Ok(ClosedForm::Table),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Reserve, StepKind::Shrink],
        ..MapInfo::new("mutex-std")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for MutexStd {
    type Map = Map<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for Map<K, V> {
    type Handle<'a> = &'a Map<K, V>;

    fn new(config: MapConfig) -> Self {
        Mutex::new(HashMap::with_capacity_and_hasher(config.capacity.unwrap_or(0), FixedSip::default()))
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &Map<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match self.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.lock().unwrap_or_else(PoisonError::into_inner).remove(key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let mut map = self.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = map.entry(key).or_insert_with(|| {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(slot)) }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        self.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key).map(change)
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        self.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn len(&mut self) -> usize {
        self.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn shape(&mut self) -> Shape {
        shape_by_capacity::<K, V>(self.lock().unwrap_or_else(PoisonError::into_inner).capacity())
    }

    fn reserve(&mut self, additional: usize) {
        self.lock().unwrap_or_else(PoisonError::into_inner).reserve(additional);
    }

    fn shrink(&mut self) {
        self.lock().unwrap_or_else(PoisonError::into_inner).shrink_to_fit();
    }
}
