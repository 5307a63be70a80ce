//! `blart`: an adaptive radix tree over the bytes of integer keys, the highest first. Inner nodes have room for 4, 16, 48 or 256 children.

use std::marker::PhantomData;

use blart::TreeMap;
use blart::map::Entry;

use super::{
    Collection, EntryOrder, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, dense_vec, number_pairs,
};
use crate::workload::spec::{Op, StepKind, Workload};
use crate::workload::{Key, Value};

/// blart's adaptive radix tree, for integer keys.
pub struct Blart;

impl MapFamily for Blart {
    const INFO: MapInfo = MapInfo {
        about: "blart's adaptive radix tree, for integer keys",
        package: ("blart", env!("VERSION_BLART")),
        frames: &["blart"],
        unfit,
        order: EntryOrder::Key,
        closed_form: Err("has nodes of four sizes, which its keys decide"),
        offers: &[Op::Entry, Op::Modify, Op::Scan],
        steps: &[StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("blart")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        number_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Blart {
    type Map = Radix<K, V>;
}

fn unfit(workload: &Workload) -> Option<String> {
    (!dense_vec::is_integer(workload))
        .then(|| format!("its keys are integers, and those of the workload are {}", workload.key.rust))
}

/// A tree over the bytes of the keys' numbers.
pub struct Radix<K, V> {
    tree: TreeMap<[u8; 8], V>,
    keys: PhantomData<fn() -> K>,
}

/// The bytes of a key, in the order of the keys.
#[inline(always)]
fn bytes<K: Key>(key: &K::Ref) -> [u8; 8] {
    K::digest(key).to_be_bytes()
}

fn visit<'m, K: Key, V: Value>(
    entries: impl Iterator<Item = (&'m [u8; 8], &'m V)>,
    mut visit: impl FnMut(&K, &V),
) {
    for (bytes, value) in entries {
        if let Some(key) = K::of_number(u64::from_be_bytes(*bytes)) {
            visit(&key, value);
        }
    }
}

impl<K: Key, V: Value> Collection<K, V> for Radix<K, V> {
    type Handle<'a> = &'a mut Radix<K, V>;

    fn new(config: MapConfig) -> Self {
        // A tree has nothing to pre-size.
        let _ = config;
        Radix { tree: TreeMap::new(), keys: PhantomData }
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.tree.get(&bytes::<K>(key)).map(read)
    }

    fn iterate_shared(&self, visitor: impl FnMut(&K, &V)) {
        visit(self.tree.iter(), visitor);
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut Radix<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.tree.insert(bytes::<K>(key.borrow()), value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.tree.get(&bytes::<K>(key)).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match self.tree.get_mut(&bytes::<K>(key)) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.tree.remove(&bytes::<K>(key)).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        match self.tree.entry(bytes::<K>(key.borrow())) {
            Entry::Occupied(entry) => Some(read(entry.get())),
            Entry::Vacant(entry) => {
                entry.insert(value());
                None
            }
        }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        self.tree.get_mut(&bytes::<K>(key)).map(change)
    }

    fn iterate(&mut self, visitor: impl FnMut(&K, &V)) {
        visit(self.tree.iter(), visitor);
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, visitor: impl FnMut(&K, &V)) {
        visit(self.tree.range(bytes::<K>(from)..).take(entries), visitor);
    }

    fn clear(&mut self) {
        self.tree.clear();
    }

    fn len(&mut self) -> usize {
        self.tree.len()
    }

    /// Nodes go with their entries.
    fn shrink(&mut self) {}
}
