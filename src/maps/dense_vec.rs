//! `dense-vec`: a vector of values by the numbers of their keys, as interned ids are looked up. It keeps no keys: a value's place is its
//! key. So keys must be integers from 0 on without large gaps.

use std::marker::PhantomData;

use super::{
    ClosedForm, Collection, EntryOrder, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, number_pairs,
};
use crate::record::Shape;
use crate::workload::spec::{KeyOrder, Op, StepKind, Workload};
use crate::workload::{Key, Value};

/// A vector with a place for each integer up to the largest key.
pub struct DenseVec;

impl MapFamily for DenseVec {
    const INFO: MapInfo = MapInfo {
        about: "a vector of optional values, for keys that are dense integers; it keeps no keys",
        package: ("mapprof", env!("CARGO_PKG_VERSION")),
        unfit,
        closed_form: Ok(ClosedForm::Dense),
        order: EntryOrder::Key,
        offers: &[Op::Entry, Op::Modify, Op::Scan],
        steps: &[StepKind::Reserve, StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("dense-vec")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        number_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for DenseVec {
    type Map = DenseMap<K, V>;
}

/// Why the keys of a workload are no dense integers, if so.
fn unfit(workload: &Workload) -> Option<String> {
    if !is_integer(workload) {
        return Some(format!("its keys are integers, and those of the workload are {}", workload.key.rust));
    }
    if workload.key.order != KeyOrder::Ascending {
        return Some(
            "random keys are too large for places in a vector; set `key.order` to \"ascending\"".to_owned(),
        );
    }
    (workload.instances > 1)
        .then(|| "the keys of each of several maps have gaps; set `instances` to 1".to_owned())
}

/// Whether the digest of a key is its number ([`Key::of_number`]).
pub(super) fn is_integer(workload: &Workload) -> bool {
    ["u64", "u32"].contains(&workload.key.kind.as_str())
}

/// Values in the order of their keys, which are their places.
pub struct DenseMap<K, V> {
    places: Vec<Option<V>>,
    entries: usize,
    keys: PhantomData<fn() -> K>,
}

/// The place of a key.
#[inline(always)]
fn place<K: Key>(key: &K::Ref) -> usize {
    K::digest(key) as usize
}

impl<K: Key, V: Value> DenseMap<K, V> {
    #[inline(always)]
    fn find(&self, key: &K::Ref) -> Option<&V> {
        self.places.get(place::<K>(key))?.as_ref()
    }

    #[inline(always)]
    fn find_mut(&mut self, key: &K::Ref) -> Option<&mut V> {
        self.places.get_mut(place::<K>(key))?.as_mut()
    }

    /// The slot of a key, for which room is made if need be.
    #[inline(always)]
    fn slot(&mut self, key: &K::Ref) -> &mut Option<V> {
        let place = place::<K>(key);
        if place >= self.places.len() {
            self.places.resize_with(place + 1, || None);
        }
        &mut self.places[place]
    }

    fn visit(&self, from: usize, entries: usize, mut visit: impl FnMut(&K, &V)) {
        let behind = self.places.iter().enumerate().skip(from);
        let present = behind.filter_map(|(place, slot)| Some((K::of_number(place as u64)?, slot.as_ref()?)));
        for (key, value) in present.take(entries) {
            visit(&key, value);
        }
    }
}

impl<K: Key, V: Value> Collection<K, V> for DenseMap<K, V> {
    type Handle<'a> = &'a mut DenseMap<K, V>;

    const KEEPS_KEYS: bool = false;

    fn new(config: MapConfig) -> Self {
        let places = Vec::with_capacity(config.capacity.unwrap_or(0));
        DenseMap { places, entries: 0, keys: PhantomData }
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.find(key).map(read)
    }

    fn iterate_shared(&self, visit: impl FnMut(&K, &V)) {
        self.visit(0, usize::MAX, visit);
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut DenseMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let is_new = self.slot(key.borrow()).replace(value).is_none();
        self.entries += usize::from(is_new);
        is_new
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.find(key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match self.find_mut(key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        let found = self.places.get_mut(place::<K>(key)).and_then(Option::take).is_some();
        self.entries -= usize::from(found);
        found
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        match self.slot(key.borrow()) {
            Some(there) => Some(read(there)),
            slot => {
                *slot = Some(value());
                self.entries += 1;
                None
            }
        }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        self.find_mut(key).map(change)
    }

    fn iterate(&mut self, visit: impl FnMut(&K, &V)) {
        self.visit(0, usize::MAX, visit);
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, visit: impl FnMut(&K, &V)) {
        self.visit(place::<K>(from), entries, visit);
    }

    fn clear(&mut self) {
        self.places.clear();
        self.entries = 0;
    }

    fn len(&mut self) -> usize {
        self.entries
    }

    fn shape(&mut self) -> Shape {
        let (slots, slot_bytes) = (self.places.capacity() as u64, size_of::<Option<V>>() as u64);
        Shape { capacity: Some(slots), slots: Some(slots), slot_bytes, own_bytes: Some(slots * slot_bytes) }
    }

    fn reserve(&mut self, additional: usize) {
        self.places.reserve(additional);
    }

    /// The places behind the last value go.
    fn shrink(&mut self) {
        let last = self.places.iter().rposition(Option::is_some);
        self.places.truncate(last.map_or(0, |last| last + 1));
        self.places.shrink_to_fit();
    }
}
