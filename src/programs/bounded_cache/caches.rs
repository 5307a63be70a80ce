//! The caches of other packages, each with the hasher of the one by hand.

use std::num::NonZeroUsize;

use crossbeam_epoch as epoch;
use quick_cache::sync::DefaultLifecycle;
use quick_cache::{OptionsBuilder, UnitWeighter};

use super::keys_and_values::Value;
use crate::workload::hashers::FixedSip;

/// Flushes after moka's end: enough to free what its evictions had left.
const FLUSHES: usize = 64;

/// A cache of so many entries at most.
pub trait Cache {
    /// An empty one.
    fn of_capacity(capacity: usize) -> Self;

    /// What `look` makes of the value of a key, if it is held; this is a use of it.
    fn get<T>(&mut self, key: u64, look: impl FnOnce(&[u8]) -> T) -> Option<T>;

    /// Puts in what is not held.
    fn put(&mut self, key: u64, value: Value);

    /// How many entries it holds. Called outside of what is measured, so it frees nothing.
    fn entries(&self) -> u64;

    /// Frees what the package would free later, when the cache was dropped.
    fn free_what_is_left() {}
}

/// A hash map of boxed entries that are a list: what the one by hand does.
pub type Lru = lru::LruCache<u64, Value, FixedSip>;

impl Cache for Lru {
    fn of_capacity(capacity: usize) -> Self {
        let capacity = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
        lru::LruCache::with_hasher(capacity, FixedSip::default())
    }

    fn get<T>(&mut self, key: u64, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        lru::LruCache::get(self, &key).map(|value| look(value))
    }

    fn put(&mut self, key: u64, value: Value) {
        lru::LruCache::put(self, key, value);
    }

    fn entries(&self) -> u64 {
        self.iter().count() as u64
    }
}

/// A concurrent cache by TinyLFU: LRU eviction with admission by frequency. It is a table, and lists that are brought up to date from logs of reads and writes.
///
/// It does so when a log has 64 records, and when 300 ms went by. The latter would make hits depend on the clock. So it is told to
/// do it after each insertion: then only reads are pending when the timer fires, and applying them in smaller groups gives the same
/// result. A request takes about as long as without, within a tenth, and the hit ratio differs by a thousandth.
pub type Moka = moka::sync::Cache<u64, Value, FixedSip>;

impl Cache for Moka {
    fn of_capacity(capacity: usize) -> Self {
        moka::sync::Cache::builder().max_capacity(capacity as u64).build_with_hasher(FixedSip::default())
    }

    fn get<T>(&mut self, key: u64, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        moka::sync::Cache::get(self, &key).map(|value| look(&value))
    }

    fn put(&mut self, key: u64, value: Value) {
        self.insert(key, value);
        self.run_pending_tasks();
    }

    fn entries(&self) -> u64 {
        // Exact while no task is pending. Iterating would free evicted entries outside of what is counted.
        self.entry_count()
    }

    fn free_what_is_left() {
        for _ in 0..FLUSHES {
            epoch::pin().flush();
        }
    }
}

/// A concurrent cache by a modified Clock-PRO, close to S3-FIFO. It has one shard: by default the number of shards follows that of the processors, and with it what is
/// evicted.
pub type QuickCache = quick_cache::sync::Cache<u64, Value, UnitWeighter, FixedSip>;

impl Cache for QuickCache {
    fn of_capacity(capacity: usize) -> Self {
        let (hasher, life) = (FixedSip::default(), DefaultLifecycle::default());
        let weight = capacity as u64;
        let options = OptionsBuilder::new()
            .estimated_items_capacity(capacity)
            .weight_capacity(weight)
            .shards(1)
            .build();
        match options {
            Ok(options) => QuickCache::with_options(options, UnitWeighter, hasher, life),
            // Both of the options that it asks for are set.
            Err(_) => QuickCache::with(capacity, weight, UnitWeighter, hasher, life),
        }
    }

    fn get<T>(&mut self, key: u64, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        quick_cache::sync::Cache::get(self, &key).map(|value| look(&value))
    }

    fn put(&mut self, key: u64, value: Value) {
        self.insert(key, value);
    }

    fn entries(&self) -> u64 {
        self.iter().count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys_and_values::{is_value_of, key_of, value_of};
    use super::*;

    #[test]
    fn moka_counts_what_an_iterator_finds() {
        let mut cache = Moka::of_capacity(50);
        for number in 0..2_000u32 {
            let key = key_of(number * number % 97, 1);
            match Cache::get(&mut cache, key, |value| is_value_of(key, 24, value)) {
                Some(is_right) => assert!(is_right),
                None => Cache::put(&mut cache, key, value_of(key, 24)),
            }
            assert!(cache.entries() <= 50, "{}", cache.entries());
        }
        assert_eq!(cache.iter().count() as u64, cache.entries());
        assert!(cache.entries() > 40, "{}", cache.entries());
    }
}
