//! `dashmap`: shards of hashbrown tables, each behind a lock of its own. Four shards a processor, rounded up to a power of two.

use dashmap::DashMap;

use super::closed_form::ShardLocks;
use super::hashbrown_layout::Table;
use super::{
    ClosedForm, Collection, Handle, HashedMapOf, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide,
    common_pairs, further_pairs, hashed_pairs, record_pairs,
};
use crate::record::{Shape, Varies};
use crate::workload::hashers::{FixedSip, NamedHasher};
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// hashbrown tables in shards, each behind a lock, SipHash 1-3.
pub struct Dash;

impl MapFamily for Dash {
    const INFO: MapInfo = MapInfo {
        about: "hashbrown tables in shards, each behind a lock, SipHash 1-3",
        package: ("dashmap", env!("VERSION_DASHMAP")),
        frames: &["dashmap"],
        concurrent: true,
        process_wide: Some(ProcessWide { package: "parking_lot_core", most: lock_bytes }),
        shards: true,
        varies: Some(Varies::Cores),
        closed_form: Ok(ClosedForm::Shards { count: shards, bytes: SHARD_BYTES, locks: ShardLocks::Dash }),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("dashmap")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
        further_pairs(pairs);
        record_pairs(pairs);
        hashed_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Dash {
    type Map = DashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value, S: NamedHasher> HashedMapOf<K, V, S> for Dash {
    type Map = DashMap<K, V, S>;
}

/// dashmap's `default_shard_amount`.
pub(crate) fn shards(cores: usize) -> usize {
    (cores * 4).next_power_of_two()
}

/// Bytes of a shard in the array: `CachePadded` gives each two cache lines of 64 bytes, which hold a lock and the table's head.
const SHARD_BYTES: u64 = 128;

/// The most bytes that the locks allocate when `threads` use a map. One thread never waits, so they allocate nothing.
pub(crate) fn lock_bytes(threads: u64) -> u64 {
    if threads > 1 { parking_bytes(threads) } else { 0 }
}

/// Bytes of all tables of waiting threads that dashmap's locks have made once `threads` have waited: none is ever freed.
///
/// Source: parking_lot_core 0.9: `create_hashtable` begins with 16 buckets of a cache line each, and `grow_hashtable`
/// doubles when there are fewer than 3 a thread. A table's head has 32 bytes.
pub(crate) fn parking_bytes(threads: u64) -> u64 {
    let table = |buckets: u64| buckets * 64 + 32;
    let mut buckets = 16;
    let mut bytes = table(buckets);
    while buckets < 3 * threads {
        buckets *= 2;
        bytes += table(buckets);
    }
    bytes
}

impl<K: Key, V: Value, S: NamedHasher> Collection<K, V> for DashMap<K, V, S> {
    type Handle<'a> = &'a DashMap<K, V, S>;

    fn new(config: MapConfig) -> Self {
        let (capacity, hasher) = (config.capacity.unwrap_or(0), S::default());
        match config.shards {
            Some(shards) => DashMap::with_capacity_and_hasher_and_shard_amount(capacity, hasher, shards),
            None => DashMap::with_capacity_and_hasher(capacity, hasher),
        }
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }

    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        DashMap::get(self, key).map(|entry| read(entry.value()))
    }

    fn iterate_shared(&self, mut visit: impl FnMut(&K, &V)) {
        for entry in DashMap::iter(self) {
            visit(entry.key(), entry.value());
        }
    }
}

impl<K: Key, V: Value, S: NamedHasher> Handle<K, V> for &DashMap<K, V, S> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        DashMap::insert(self, key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        DashMap::get(self, key).map(|entry| read(entry.value()))
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match DashMap::get_mut(self, key) {
            Some(mut slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        DashMap::remove(self, key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let slot = DashMap::entry(self, key).or_insert_with(|| {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(&slot)) }
    }

    #[inline(always)]
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        DashMap::get_mut(self, key).map(|mut slot| change(&mut slot))
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for entry in DashMap::iter(self) {
            visit(entry.key(), entry.value());
        }
    }

    fn clear(&mut self) {
        DashMap::clear(self);
    }

    fn len(&mut self) -> usize {
        DashMap::len(self)
    }

    /// Added up over the shards, with the array that they lie in.
    fn shape(&mut self) -> Shape {
        let shards = self.shards();
        let mut shape = Shape {
            capacity: Some(0),
            slots: Some(0),
            slot_bytes: size_of::<(K, V)>() as u64,
            own_bytes: Some(size_of_val(shards) as u64),
        };
        let add = |sum: &mut Option<u64>, part: u64| *sum = sum.map(|sum| sum + part);
        for shard in shards {
            let table = shard.read();
            // A table that was never allocated has one bucket, which is nobody's.
            let buckets = if table.buckets() == 1 { 0 } else { table.buckets() as u64 };
            add(&mut shape.capacity, table.capacity() as u64);
            add(&mut shape.slots, buckets);
            add(&mut shape.own_bytes, Table::of::<(K, V)>().bytes(buckets));
        }
        shape
    }

    fn shrink(&mut self) {
        self.shrink_to_fit();
    }
}
