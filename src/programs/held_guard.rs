//! A guard of a concurrent map that a sleeping reader holds while values are replaced. Some maps free a removed value only when no guard
//! from before its removal is left. While the reader sleeps, they free nothing.

use crossbeam_epoch as epoch;
use crossbeam_skiplist::SkipMap;
use papaya::HashMap;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::{Bench, value};
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, below, mix};
use crate::workload::hashers::FixedSip;

/// The names of the maps.
const MAPS: &[&str] = &["papaya", "skiplist"];

/// Replaced values after the guard was dropped, which drive the reclamation.
const AFTERWARDS: u64 = 20_000;

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "held-guard",
    about: "Replaces values of a concurrent map while a reader holds a guard, and after it let go",
    entries: Entries { about: "entries of the map", default: 20_000, most: 100_000_000 },
    parameters: &[
        Parameter {
            name: "map",
            about: "the map, of the packages papaya and crossbeam-skiplist",
            default: "papaya",
            takes: Takes::OneOf(MAPS),
        },
        Parameter {
            name: "held",
            about: "whether a guard is held during the phase held",
            default: "true",
            takes: Takes::Bool,
        },
        Parameter {
            name: "rounds",
            about: "how often a value is replaced in the phase held, on average",
            default: "10",
            takes: Takes::Count { least: 1, most: 10_000 },
        },
        Parameter {
            name: "value_bytes",
            about: "bytes of each value",
            default: "1024",
            takes: Takes::Bytes { least: 1, most: 64 << 20 },
        },
    ],
    run,
};

/// A map with guards.
trait Guarded {
    /// What keeps removed entries from being freed.
    type Guard<'m>
    where
        Self: 'm;

    /// A guard that is held until it is dropped.
    fn guard(&self) -> Self::Guard<'_>;

    /// Puts a value in, or in the place of another one.
    fn put(&self, key: u64, value: Vec<u8>);

    /// The length of a value.
    fn length(&self, key: u64) -> u64;
}

impl Guarded for HashMap<u64, Vec<u8>, FixedSip> {
    type Guard<'m> = papaya::OwnedGuard<'m>;

    fn guard(&self) -> Self::Guard<'_> {
        self.owned_guard()
    }

    fn put(&self, key: u64, value: Vec<u8>) {
        self.pin().insert(key, value);
    }

    fn length(&self, key: u64) -> u64 {
        self.pin().get(&key).map_or(0, |value| value.len() as u64)
    }
}

impl Guarded for SkipMap<u64, Vec<u8>> {
    type Guard<'m> = epoch::Guard;

    fn guard(&self) -> epoch::Guard {
        epoch::pin()
    }

    fn put(&self, key: u64, value: Vec<u8>) {
        self.insert(key, value);
    }

    fn length(&self, key: u64) -> u64 {
        self.get(&key).map_or(0, |entry| entry.value().len() as u64)
    }
}

fn run(bench: &mut Bench) {
    match bench.param("map") {
        "skiplist" => measure(bench, &SkipMap::new()),
        _ => measure(bench, &HashMap::with_hasher(FixedSip::default())),
    }
}

fn measure(bench: &mut Bench, map: &impl Guarded) {
    let (entries, seed) = (bench.entries(), bench.seed());
    let (rounds, bytes) = (bench.whole("rounds"), bench.whole("value_bytes"));
    let is_held = bench.param("held") == "true";
    let fresh = || value(|| vec![7; bytes as usize]);
    let payload = entries * (8 + bytes);
    let replace = |number: u64| {
        let key = below(mix(seed.wrapping_add(number.wrapping_mul(GOLDEN))), entries);
        map.put(key, fresh());
        map.length(key)
    };
    bench.phase("fill", entries, |number| {
        map.put(number, fresh());
        bytes
    });
    bench.holds(entries, payload);
    let mut guard = is_held.then(|| map.guard());
    bench.phase("held", entries.saturating_mul(rounds), replace);
    bench.holds(entries, payload);
    bench.phase("released", AFTERWARDS, |number| {
        // Inside of the phase, since this may free all that was replaced.
        guard = None;
        replace(!number)
    });
    bench.holds(entries, payload);
}
