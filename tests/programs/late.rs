//! A map that keeps what is removed, and frees an entry of it whenever it is asked for its length. Maps with deferred
//! reclamation may free at any call; this one does so where no operation is at work.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use mapprof::StepKind;
use mapprof::maps::{Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
use mapprof::workload::{Key, Value};

/// Frees a removed entry whenever it is asked for its length.
pub struct Late;

pub struct LateMap<K, V> {
    map: HashMap<K, V, BuildHasherDefault<DefaultHasher>>,
    removed: Vec<(K, V)>,
}

impl MapFamily for Late {
    const INFO: MapInfo = MapInfo {
        about: "frees a removed entry whenever it is asked for its length",
        steps: &[StepKind::Shrink],
        ..MapInfo::new("late")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Late {
    type Map = LateMap<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for LateMap<K, V> {
    type Handle<'a> = &'a mut LateMap<K, V>;

    fn new(_: MapConfig) -> Self {
        LateMap { map: HashMap::default(), removed: Vec::new() }
    }
    fn handles(&mut self, _: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut LateMap<K, V> {
    fn insert(&mut self, key: K, value: V) -> bool {
        self.map.insert(key, value).is_none()
    }
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.map.get(key).map(read)
    }
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        self.map.get_mut(key).map(|old| *old = value).is_some()
    }
    fn remove(&mut self, key: &K::Ref) -> bool {
        let entry = self.map.remove_entry(key);
        let found = entry.is_some();
        self.removed.extend(entry);
        found
    }
    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        self.map.iter().for_each(|(key, value)| visit(key, value));
    }
    fn clear(&mut self) {
        self.map.clear();
    }
    fn len(&mut self) -> usize {
        self.removed.pop();
        self.map.len()
    }
    fn shrink(&mut self) {
        self.removed.shrink_to_fit();
        self.map.shrink_to_fit();
    }
}
