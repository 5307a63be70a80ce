//! `rpds`: a persistent hash trie with an allocation for each entry. Each write makes a new version that shares all nodes but those on
//! the way to the key with the old one, which is dropped then: what a program pays that hands out snapshots.

use rpds::HashTrieMapSync;

use super::{Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, few_pairs};
use crate::workload::hashers::FixedSip;
use crate::workload::payload::make_key;
use crate::workload::spec::StepKind;
use crate::workload::{Key, Value};

/// rpds' persistent HashTrieMap, SipHash 1-3; each write makes a new version.
pub struct Rpds;

impl MapFamily for Rpds {
    const INFO: MapInfo = MapInfo {
        about: "rpds' persistent HashTrieMap, SipHash 1-3; each write makes a new version",
        package: ("rpds", env!("VERSION_RPDS")),
        frames: &["rpds", "archery", "triomphe"],
        closed_form: Err("shares nodes whose sizes its hashes decide"),
        steps: &[StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("rpds")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

type Map<K, V> = HashTrieMapSync<K, V, FixedSip>;

impl<K: Key, V: Value> MapOf<K, V> for Rpds {
    type Map = Map<K, V>;
}

fn empty<K: Key, V: Value>() -> Map<K, V> {
    HashTrieMapSync::new_with_hasher_and_ptr_kind(FixedSip::default())
}

impl<K: Key, V: Value> Collection<K, V> for Map<K, V> {
    type Handle<'a> = &'a mut Map<K, V>;

    fn new(config: MapConfig) -> Self {
        // A trie has nothing to pre-size.
        let _ = config;
        empty()
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        HashTrieMapSync::get(self, key).map(read)
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut Map<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let next = HashTrieMapSync::insert(self, key, value);
        let is_new = next.size() > self.size();
        **self = next;
        is_new
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        HashTrieMapSync::get(self, key).map(read)
    }

    /// Entries are immutable: replacing a value makes a new entry, and with it a new key.
    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let present = self.contains_key(key);
        if present {
            **self = HashTrieMapSync::insert(self, make_key::<K>(key), value);
        }
        present
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        let next = HashTrieMapSync::remove(self, key);
        let found = next.size() < self.size();
        **self = next;
        found
    }

    fn iterate(&mut self, visit: impl FnMut(&K, &V)) {
        self.iterate_shared(visit);
    }

    fn clear(&mut self) {
        **self = empty();
    }

    fn len(&mut self) -> usize {
        self.size()
    }

    /// Nodes go with their entries.
    fn shrink(&mut self) {}
}
