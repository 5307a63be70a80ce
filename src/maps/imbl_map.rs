//! `imbl`: a persistent hash trie. Each write makes a new version that shares all nodes but those on the way to the key with the old one,
//! which is dropped then: what a program pays that hands out snapshots.

use std::ptr::NonNull;

use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;

use super::cloned::{ClonedKey, ClonedKeyRef, ClonedValue};
use super::{Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, few_pairs};
use crate::workload::hashers::FixedSip;
use crate::workload::spec::StepKind;
use crate::workload::{Key, Value};

/// imbl's persistent HashMap, SipHash 1-3; each write makes a new version.
pub struct Imbl;

impl MapFamily for Imbl {
    const INFO: MapInfo = MapInfo {
        about: "imbl's persistent HashMap, SipHash 1-3; each write makes a new version",
        package: ("imbl", env!("VERSION_IMBL")),
        frames: &["imbl", "imbl_sized_chunks", "archery"],
        closed_form: Err("shares nodes whose sizes its hashes decide"),
        steps: &[StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("imbl")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

/// Entries and children of an inner node.
const WIDTH: usize = 32;

/// A place of an inner node, as `imbl::nodes::hamt::Entry` has it.
#[allow(dead_code, reason = "only its size is asked for")]
enum Place<K, V> {
    Inner(NonNull<u8>),
    SmallLeaf(NonNull<u8>),
    LargeLeaf(NonNull<u8>),
    Value((K, V), u32),
    Collision(NonNull<u8>),
}

/// An inner node behind the counters of its `Arc`.
#[allow(dead_code, reason = "only its size is asked for")]
struct Node<K, V> {
    counters: [usize; 2],
    used: u32,
    places: [Place<K, V>; WIDTH],
}

type Map<K, V> = GenericHashMap<ClonedKey<K>, ClonedValue<V>, FixedSip, DefaultSharedPtr>;

impl<K: Key, V: Value> MapOf<K, V> for Imbl {
    type Map = Map<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for Map<K, V> {
    type Handle<'a> = &'a mut Map<K, V>;

    // A map that has run empty keeps its root.
    const SPARE_BYTES: u64 = size_of::<Node<K, V>>() as u64;

    fn new(config: MapConfig) -> Self {
        // A trie has nothing to pre-size.
        let _ = config;
        GenericHashMap::with_hasher(FixedSip::default())
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        GenericHashMap::get(self, ClonedKeyRef::of(key)).map(|value| read(&value.0))
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(&key.0, &value.0);
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut Map<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let next = GenericHashMap::update(self, ClonedKey(key), ClonedValue(value));
        let is_new = next.len() > GenericHashMap::len(self);
        **self = next;
        is_new
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        GenericHashMap::get(self, ClonedKeyRef::of(key)).map(|value| read(&value.0))
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let mut next = self.clone();
        let found = match next.get_mut(ClonedKeyRef::of(key)) {
            Some(slot) => {
                slot.0 = value;
                true
            }
            None => false,
        };
        **self = next;
        found
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        let next = self.without(ClonedKeyRef::of(key));
        let found = next.len() < GenericHashMap::len(self);
        **self = next;
        found
    }

    fn iterate(&mut self, visit: impl FnMut(&K, &V)) {
        self.iterate_shared(visit);
    }

    fn clear(&mut self) {
        GenericHashMap::clear(self);
    }

    fn len(&mut self) -> usize {
        GenericHashMap::len(self)
    }

    /// Nodes go with their entries.
    fn shrink(&mut self) {}
}
