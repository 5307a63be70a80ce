//! `sharded-rwlock`: the standard library's maps in shards, each behind an RwLock of its own. As many as dashmap has.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::closed_form::ShardLocks;
use super::dash_map::shards;
use super::hashbrown_layout::shape_by_capacity;
use super::{ClosedForm, Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, few_pairs};
use crate::record::{Shape, Varies};
use crate::workload::hashers::FixedSip;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// the standard library's HashMaps in shards, each behind an RwLock.
pub struct ShardedRwLock;

impl MapFamily for ShardedRwLock {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's HashMaps in shards, each behind an RwLock",
        package: ("std", env!("VERSION_RUSTC")),
        frames: &["std::collections", "hashbrown"],
        concurrent: true,
        shards: true,
        varies: Some(Varies::Cores),
        closed_form: Ok(ClosedForm::Shards { count: shards, bytes: SHARD_BYTES, locks: ShardLocks::Std }),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("sharded-rwlock")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for ShardedRwLock {
    type Map = ShardedMap<K, V>;
}

type Table<K, V> = HashMap<K, V, FixedSip>;

/// Bytes of a shard in the array: a lock and the table's head, which depend on no type of keys or values.
const SHARD_BYTES: u64 = size_of::<RwLock<Table<u64, u64>>>() as u64;

/// Maps by the hash of the key.
pub struct ShardedMap<K, V> {
    shards: Box<[RwLock<Table<K, V>>]>,
    hasher: FixedSip,
}

impl<K: Key, V: Value> ShardedMap<K, V> {
    /// The shard of a key. The 7 highest bits of its hash, and the lowest ones, are left to the table.
    #[inline(always)]
    fn shard(&self, key: &K::Ref) -> &RwLock<Table<K, V>> {
        // Powers of two, at least 2.
        let bits = self.shards.len().trailing_zeros();
        let place = (self.hasher.hash_one(key) << 7) >> (u64::BITS - bits);
        &self.shards[place as usize]
    }

    #[inline(always)]
    fn read(&self, key: &K::Ref) -> RwLockReadGuard<'_, Table<K, V>> {
        self.shard(key).read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline(always)]
    fn write(&self, key: &K::Ref) -> RwLockWriteGuard<'_, Table<K, V>> {
        self.shard(key).write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each shard in turn, to read.
    fn each(&self) -> impl Iterator<Item = RwLockReadGuard<'_, Table<K, V>>> {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Each shard in turn, to write.
    fn each_mut(&self) -> impl Iterator<Item = RwLockWriteGuard<'_, Table<K, V>>> {
        self.shards.iter().map(|shard| shard.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K: Key, V: Value> Collection<K, V> for ShardedMap<K, V> {
    type Handle<'a> = &'a ShardedMap<K, V>;

    fn new(config: MapConfig) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let count = config.shards.unwrap_or_else(|| shards(cores()));
        let capacity = config.capacity.unwrap_or(0).div_ceil(count);
        let shard = |_| RwLock::new(HashMap::with_capacity_and_hasher(capacity, FixedSip::default()));
        ShardedMap { shards: (0..count).map(shard).collect(), hasher: FixedSip::default() }
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.read(key).get(key).map(read)
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for shard in self.each() {
            for (key, value) in shard.iter() {
                visit(key, value);
            }
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for &ShardedMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.write(key.borrow()).insert(key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.read(key).get(key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match self.write(key).get_mut(key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.write(key).remove(key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let mut map = self.write(key.borrow());
        let slot = map.entry(key).or_insert_with(|| {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(slot)) }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        self.write(key).get_mut(key).map(change)
    }

    fn iterate(&mut self, visit: impl FnMut(&K, &V)) {
        self.iterate_shared(visit);
    }

    fn clear(&mut self) {
        self.each_mut().for_each(|mut map| map.clear());
    }

    fn len(&mut self) -> usize {
        self.each().map(|map| map.len()).sum()
    }

    /// Added up over the shards, with the array that they lie in.
    fn shape(&mut self) -> Shape {
        let add = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        let array = Shape {
            capacity: Some(0),
            slots: Some(0),
            slot_bytes: size_of::<(K, V)>() as u64,
            own_bytes: Some(size_of_val(&*self.shards) as u64),
        };
        self.each().fold(array, |sum, map| {
            let shard = shape_by_capacity::<K, V>(map.capacity());
            Shape {
                capacity: add(sum.capacity, shard.capacity),
                slots: add(sum.slots, shard.slots),
                own_bytes: add(sum.own_bytes, shard.own_bytes),
                ..sum
            }
        })
    }

    fn shrink(&mut self) {
        self.each_mut().for_each(|mut map| map.shrink_to_fit());
    }
}
