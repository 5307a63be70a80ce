//! `null`: the map that does nothing. What it costs is the harness's floor: making keys and values, and the loop.

use std::hint::black_box;
use std::marker::PhantomData;

use super::{ClosedForm, Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
use crate::workload::{Key, Value};

/// The map that does nothing.
pub struct Null;

impl MapFamily for Null {
    const INFO: MapInfo = MapInfo {
        about: "does nothing: the floor of the harness and of making keys and values",
        package: ("mapprof", env!("CARGO_PKG_VERSION")),
        concurrent: true,
        answers: false,
        closed_form: Ok(ClosedForm::Nothing),
        ..MapInfo::new("null")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Null {
    type Map = NullMap<K, V>;
}

/// Holds nothing.
pub struct NullMap<K, V>(PhantomData<(K, V)>);

impl<K: Key, V: Value> Collection<K, V> for NullMap<K, V> {
    type Handle<'a> = &'a NullMap<K, V>;

    fn new(_config: MapConfig) -> Self {
        NullMap(PhantomData)
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &NullMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        black_box((&key, &value));
        false
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, _read: impl FnOnce(&V) -> u64) -> Option<u64> {
        black_box(key);
        None
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        black_box((key, &value));
        false
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        black_box(key);
        false
    }

    fn iterate(&mut self, _visit: impl FnMut(&K, &V)) {}

    fn clear(&mut self) {}

    fn len(&mut self) -> usize {
        0
    }
}
