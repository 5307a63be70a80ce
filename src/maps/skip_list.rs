//! `skiplist`: crossbeam's lock-free ordered map. Each entry is a node of its own with a tower of links; removed nodes are
//! freed by epochs.

use std::cell::Cell;
use std::ops::Bound::Included;

use crossbeam_skiplist::SkipMap;

use super::{
    Collection, EntryOrder, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide,
    common_pairs,
};
use crate::workload::payload::make_key;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// Flushes of one call of `quiesce`: up to 16,384 nodes.
const FLUSHES: u32 = 32;

/// a lock-free skip list, one node an entry.
pub struct SkipListFamily;

impl MapFamily for SkipListFamily {
    const INFO: MapInfo = MapInfo {
        about: "crossbeam's lock-free skip list, a node an entry, reclaimed by epochs",
        package: ("crossbeam-skiplist", env!("VERSION_CROSSBEAM_SKIPLIST")),
        frames: &["crossbeam_skiplist", "crossbeam_epoch"],
        concurrent: true,
        // `crossbeam_epoch::internal` keeps a `Global`; and of the main thread and of each that ended a `Local` and a last
        // bag, until the epoch has moved on for them. Its queue has two or three bags more.
        process_wide: Some(ProcessWide {
            package: "crossbeam-epoch",
            most: |threads| 640 + 2304 * threads + 2072 * (threads + 2),
        }),
        frees: Frees::Deferred,
        closed_form: Err("resizes and frees at times of its own"),
        order: EntryOrder::Key,
        offers: &[Op::Entry, Op::Scan],
        steps: &[StepKind::Shrink],
        ..MapInfo::new("skiplist")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for SkipListFamily {
    type Map = SkipMap<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for SkipMap<K, V> {
    type Handle<'a> = &'a SkipMap<K, V>;

    fn new(config: MapConfig) -> Self {
        // Nodes come one by one: there is nothing to pre-size.
        let _ = config;
        SkipMap::new()
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &SkipMap<K, V> {
    /// `insert` does not say whether it replaced an entry; `compare_insert` asks before it does.
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let new = Cell::new(true);
        self.compare_insert(key, value, |_| {
            new.set(false);
            true
        });
        new.get()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        SkipMap::get(self, key).map(|entry| read(entry.value()))
    }

    /// Values cannot be written in place: a new node replaces the old one, and with it comes a new key. Each thread writes
    /// keys of its own alone, so nothing comes between the look-up and the insertion.
    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let present = self.contains_key(key);
        if present {
            SkipMap::insert(self, make_key::<K>(key), value);
        }
        present
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        SkipMap::remove(self, key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let entry = self.get_or_insert_with(key, || {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(entry.value())) }
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for entry in self.iter() {
            visit(entry.key(), entry.value());
        }
    }

    fn scan(&mut self, from: &K::Ref, entries: usize, mut visit: impl FnMut(&K, &V)) {
        // Not by `range`: in 0.1.3, `base::RefRange::next` takes the place of its head without giving up the reference to
        // the old one, so every node that it passed leaks once it is removed.
        let mut next = self.lower_bound(Included(from));
        for _ in 0..entries {
            let Some(entry) = next else { break };
            visit(entry.key(), entry.value());
            next = entry.next();
        }
    }

    fn clear(&mut self) {
        SkipMap::clear(self);
    }

    fn len(&mut self) -> usize {
        SkipMap::len(self)
    }

    /// Hands this thread's bag of removed nodes over, moves the epoch on and frees bags that no thread can see any more. One
    /// flush frees eight bags of up to 64 nodes, and none before the epoch has moved on twice, so it takes some of them for
    /// a call to help. What stays: the bags of other threads, which wait for those threads, and a few of the bags' own
    /// allocations, since freeing one retires the link that held it.
    fn quiesce(&mut self) {
        for _ in 0..FLUSHES {
            crossbeam_epoch::pin().flush();
        }
    }

    /// Nodes go with their entries.
    fn shrink(&mut self) {}
}
