//! A map of your own beside the built-in ones: `cargo run --release --example own_map -- run churn --map linear --heap`.
use mapprof::{Collection, Handle, Key, MapConfig, MapFamily, MapInfo, MapOf, Pairs, Value, common_pairs};
use std::borrow::Borrow;

/// Entries in no order, searched from end to end.
struct LinearMap<K, V>(Vec<(K, V)>);
struct Linear;

impl MapFamily for Linear {
    const INFO: MapInfo = MapInfo { about: "entries in no order", ..MapInfo::new("linear") };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Linear {
    type Map = LinearMap<K, V>;
}
impl<K: Key, V: Value> LinearMap<K, V> {
    fn find(&self, key: &K::Ref) -> Option<usize> {
        self.0.iter().position(|entry| Borrow::<K::Ref>::borrow(&entry.0) == key)
    }
}

impl<K: Key, V: Value> Collection<K, V> for LinearMap<K, V> {
    type Handle<'a> = &'a mut LinearMap<K, V>;

    fn new(config: MapConfig) -> Self {
        LinearMap(Vec::with_capacity(config.capacity.unwrap_or(0)))
    }
    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut LinearMap<K, V> {
    fn insert(&mut self, key: K, value: V) -> bool {
        let old = self.remove(key.borrow());
        self.0.push((key, value));
        !old
    }
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.find(key).map(|index| read(&self.0[index].1))
    }
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        self.find(key).map(|index| self.0[index].1 = value).is_some()
    }
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.find(key).map(|index| self.0.swap_remove(index)).is_some()
    }
    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        self.0.iter().for_each(|(key, value)| visit(key, value));
    }
    fn clear(&mut self) {
        self.0.clear()
    }
    fn len(&mut self) -> usize {
        self.0.len()
    }
}

mapprof::install_allocator!();

fn main() -> std::process::ExitCode {
    mapprof::App::new().map::<Linear>().main()
}
