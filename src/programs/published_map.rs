//! A configuration that is read all the time and published now and then: readers wait, or they do not.
//!
//! The reader is the thread whose operations are timed; a second thread publishes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::Bench;
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, below, mix};

/// How often the publishing thread looks whether a version is due.
const POLL: Duration = Duration::from_micros(50);

/// How a new version reaches the readers.
const WAYS: &[&str] = &["swap", "write-lock", "in-place"];

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "published-map",
    about: "Looks keys up in a map while another thread publishes new versions of it",
    entries: Entries { about: "entries of the map", default: 100_000, most: 100_000_000 },
    parameters: &[
        Parameter {
            name: "publish",
            about: "how a version is published: a fresh map takes the old one's place by an atomic pointer, or is filled under \
                    the write lock, or each entry is replaced under it",
            default: "swap",
            takes: Takes::OneOf(WAYS),
        },
        Parameter {
            name: "look_ups",
            about: "look-ups of the reader",
            default: "1000000",
            takes: Takes::Count { least: 1, most: 1_000_000_000 },
        },
        Parameter {
            name: "every",
            about: "look-ups from one version to the next; a version that takes longer than these delays the next one",
            default: "10000",
            takes: Takes::Count { least: 1, most: 1_000_000_000 },
        },
    ],
    run,
};

type Map = HashMap<u64, u64, BuildHasherDefault<DefaultHasher>>;

/// The key of an entry.
fn key(entry: u64, seed: u64) -> u64 {
    mix(seed.wrapping_add(entry.wrapping_mul(GOLDEN)))
}

/// A version of the map. Every version has the same keys, and values whose low byte is the same, so that a reader's answer does not
/// depend on which version it found.
fn version(entries: u64, seed: u64, number: u64) -> Map {
    let mut map = Map::with_capacity_and_hasher(entries as usize, BuildHasherDefault::default());
    map.extend((0..entries).map(|entry| (key(entry, seed), value_of(entry, number))));
    map
}

fn value_of(entry: u64, version: u64) -> u64 {
    version << 8 | entry & 0xFF
}

/// The map as its readers find it.
trait Published: Sync {
    /// The low byte of the value of a key.
    fn look_up(&self, key: u64) -> u64;
    /// Publishes version `number`.
    fn publish(&self, entries: u64, seed: u64, number: u64);
}

impl Published for ArcSwap<Map> {
    fn look_up(&self, key: u64) -> u64 {
        self.load().get(&key).map_or(0x100, |value| value & 0xFF)
    }
    fn publish(&self, entries: u64, seed: u64, number: u64) {
        let old = self.swap(version(entries, seed, number).into());
        // Dropped here and not by the reader, whose time and memory are measured.
        while Arc::strong_count(&old) > 1 {
            thread::yield_now();
        }
    }
}

/// A map behind a lock, which is rebuilt or updated under it.
struct Locked {
    map: RwLock<Map>,
    is_rebuilt: bool,
}

impl Published for Locked {
    fn look_up(&self, key: u64) -> u64 {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.get(&key).map_or(0x100, |value| value & 0xFF)
    }
    fn publish(&self, entries: u64, seed: u64, number: u64) {
        if self.is_rebuilt {
            let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
            *map = version(entries, seed, number);
            return;
        }
        for entry in 0..entries {
            let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(value) = map.get_mut(&key(entry, seed)) {
                *value = value_of(entry, number);
            }
        }
    }
}

fn run(bench: &mut Bench) {
    let (entries, seed) = (bench.entries(), bench.seed());
    match bench.param("publish") {
        "swap" => read(bench, ArcSwap::from_pointee(version(entries, seed, 0))),
        way => {
            let map = RwLock::new(version(entries, seed, 0));
            read(bench, Locked { map, is_rebuilt: way == "write-lock" });
        }
    }
}

/// Looks keys up while the other thread publishes.
fn read(bench: &mut Bench, published: impl Published) {
    let (entries, seed, look_ups) = (bench.entries(), bench.seed(), bench.whole("look_ups"));
    let (is_over, looked_up) = (AtomicBool::new(false), AtomicU64::new(0));
    let every = bench.whole("every");
    thread::scope(|scope| {
        // Whatever ends the phase.
        let _end = SetWhenDropped(&is_over);
        scope.spawn(|| {
            let mut number = 1;
            while !is_over.load(Relaxed) {
                // The look-ups set the pace. Without a pause the lock is hardly ever free, and a million look-ups take
                // minutes or seconds, as the scheduler decides.
                if looked_up.load(Relaxed) < every.saturating_mul(number) {
                    thread::sleep(POLL);
                } else {
                    published.publish(entries, seed, number);
                    number += 1;
                }
            }
        });
        bench.phase("read", look_ups, |number| {
            looked_up.store(number, Relaxed);
            let draw = mix(seed ^ number.wrapping_mul(GOLDEN));
            published.look_up(key(below(draw, entries.max(1)), seed))
        });
    });
    // What the map holds is not said: the other thread allocates it, and what that does is in no count.
}

/// Tells the other thread to stop.
struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
