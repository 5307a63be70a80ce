//! `concread`: a B+ tree of integer keys whose nodes are copied on write. Look-ups read a version of it; a write copies the nodes on the way
//! to its key, and the old ones go when the last reader of their version does.
//!
//! It is here because it is maintained and widely used (389 Directory Server, Kanidm). Its hash maps draw the keys of their hasher, so their
//! figures would differ from run to run. congee, leapfrog and sharded-slab hold small values alone, whirlwind needs an
//! asynchronous runtime, and contrie is no longer kept.
//!
//! Keys with a block of their own are not here: version 0.5.12 leaks some of them. `Branch::rekey_by_idx` writes a separator over another
//! without dropping that.

use std::marker::PhantomData;
use std::ops::Bound::{Included, Unbounded};

use concread::bptree::BptreeMap;

use super::cloned::ClonedValue;
use super::{
    Collection, EntryOrder, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, dense_vec, number_pairs,
};
use crate::workload::spec::{Op, StepKind, Workload};
use crate::workload::{Key, Value};

/// concread's B+ tree, for integer keys; a write copies the nodes on the way to its key.
pub struct Concread;

impl MapFamily for Concread {
    const INFO: MapInfo = MapInfo {
        about: "concread's B+ tree, for integer keys; a write copies the nodes on the way to its key",
        package: ("concread", env!("VERSION_CONCREAD")),
        frames: &["concread"],
        concurrent: true,
        closed_form: Err("has nodes whose splits and merges its keys decide"),
        order: EntryOrder::Key,
        offers: &[Op::Modify, Op::Scan],
        steps: &[StepKind::Shrink, StepKind::Swap],
        unfit,
        ..MapInfo::new("concread")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        number_pairs(pairs);
    }
}

fn unfit(workload: &Workload) -> Option<String> {
    (!dense_vec::is_integer(workload))
        .then(|| format!("its keys are integers, and those of the workload are {}", workload.key.rust))
}

impl<K: Key, V: Value> MapOf<K, V> for Concread {
    type Map = Versioned<K, V>;
}

/// A tree by the keys' numbers.
pub struct Versioned<K, V: Value> {
    tree: BptreeMap<u64, ClonedValue<V>>,
    keys: PhantomData<fn() -> K>,
}

fn visit<'m, K: Key, V: Value>(
    entries: impl Iterator<Item = (&'m u64, &'m ClonedValue<V>)>,
    mut visit: impl FnMut(&K, &V),
) {
    for (number, value) in entries {
        if let Some(key) = K::of_number(*number) {
            visit(&key, &value.0);
        }
    }
}

impl<K: Key, V: Value> Collection<K, V> for Versioned<K, V> {
    type Handle<'a> = &'a Versioned<K, V>;

    fn new(config: MapConfig) -> Self {
        // Nodes come one by one: there is nothing to pre-size.
        let _ = config;
        Versioned { tree: BptreeMap::new(), keys: PhantomData }
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.tree.read().get(&K::digest(key)).map(|value| read(&value.0))
    }

    fn iterate_shared(&self, visitor: impl FnMut(&K, &V)) {
        visit(self.tree.read().iter(), visitor);
    }
}

impl<K: Key, V: Value> Handle<K, V> for &Versioned<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let mut write = self.tree.write();
        let is_new = write.insert(K::digest(key.borrow()), ClonedValue(value)).is_none();
        write.commit();
        is_new
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.get_shared(key, read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let put = |slot: &mut V| {
            *slot = value;
            0
        };
        self.modify(key, put).is_some()
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        let mut write = self.tree.write();
        let found = write.remove(&K::digest(key)).is_some();
        write.commit();
        found
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        let mut write = self.tree.write();
        let done = write.get_mut(&K::digest(key)).map(|value| change(&mut value.0));
        write.commit();
        done
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, visitor: impl FnMut(&K, &V)) {
        let (read, from) = (self.tree.read(), K::digest(from));
        visit(read.range::<_, u64>((Included(from), Unbounded)).take(entries), visitor);
    }

    fn iterate(&mut self, visitor: impl FnMut(&K, &V)) {
        self.iterate_shared(visitor);
    }

    fn clear(&mut self) {
        let mut write = self.tree.write();
        write.clear();
        write.commit();
    }

    fn len(&mut self) -> usize {
        self.tree.read().len()
    }

    /// Nodes go with their entries.
    fn shrink(&mut self) {}
}
