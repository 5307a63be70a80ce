//! A map that is built from all of its entries and never changes: a hash table with slots that stay empty, against arrays without any.
//!
//! For the perfect hash there is the package boomphf: it builds from keys that are known at run time, on one thread, has no unsafe code and
//! two small dependencies; and its map keeps the keys, so that it can tell absent ones. Smaller functions (ph, ptr_hash) bring a pool of
//! threads or a sorter along, and leave keys to the caller.

use std::collections::HashMap;
use std::hash::BuildHasher;

use boomphf::hashmap::BoomHashMap;
use foldhash::fast::FixedState;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::Bench;
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, below, mix};
use crate::workload::hashers::FixedSip;

/// The names of the maps.
const MAPS: &[&str] = &["std", "std-foldhash", "sorted-slice", "boomphf"];

/// Bytes of a key and its value.
const PAYLOAD: u64 = 16;

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "static-map",
    about: "Builds a map from all of its entries, which never change, and looks keys up in it",
    entries: Entries { about: "entries of the map", default: 1_000_000, most: 100_000_000 },
    parameters: &[
        Parameter {
            name: "map",
            about: "the map: std's HashMap, made with room for all, with SipHash or foldhash; a sorted slice and binary search; or \
                    arrays without a gap by a minimal perfect hash, of the package boomphf",
            default: "std",
            takes: Takes::OneOf(MAPS),
        },
        Parameter {
            name: "look_ups",
            about: "look-ups of random keys",
            default: "1000000",
            takes: Takes::Count { least: 1, most: 1_000_000_000 },
        },
        Parameter {
            name: "miss_percent",
            about: "of 100 look-ups, those of keys that the map does not have",
            default: "10",
            takes: Takes::Count { least: 0, most: 100 },
        },
    ],
    run,
};

/// A map that is built once.
trait StaticMap {
    /// A map of these entries, no two of which have the same key.
    fn build(pairs: &[(u64, u64)]) -> Self;

    /// The value of a key.
    fn find(&self, key: u64) -> Option<u64>;

    /// How many entries there are.
    fn entries(&self) -> u64;
}

impl<S: BuildHasher + Default> StaticMap for HashMap<u64, u64, S> {
    fn build(pairs: &[(u64, u64)]) -> Self {
        let mut map = HashMap::with_capacity_and_hasher(pairs.len(), S::default());
        map.extend(pairs.iter().copied());
        map
    }

    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key).copied()
    }

    fn entries(&self) -> u64 {
        self.len() as u64
    }
}

impl StaticMap for Box<[(u64, u64)]> {
    fn build(pairs: &[(u64, u64)]) -> Self {
        let mut sorted: Box<[(u64, u64)]> = pairs.into();
        // Without a buffer, which a stable sort has.
        sorted.sort_unstable_by_key(|(key, _)| *key);
        sorted
    }

    fn find(&self, key: u64) -> Option<u64> {
        let place = self.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        self.get(place).map(|(_, value)| *value)
    }

    fn entries(&self) -> u64 {
        self.len() as u64
    }
}

impl StaticMap for BoomHashMap<u64, u64> {
    fn build(pairs: &[(u64, u64)]) -> Self {
        let keys = pairs.iter().map(|(key, _)| *key).collect();
        BoomHashMap::new(keys, pairs.iter().map(|(_, value)| *value).collect())
    }

    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key).copied()
    }

    fn entries(&self) -> u64 {
        self.len() as u64
    }
}

fn run(bench: &mut Bench) {
    match bench.param("map") {
        "std-foldhash" => measure::<HashMap<u64, u64, FixedState>>(bench),
        "sorted-slice" => measure::<Box<[(u64, u64)]>>(bench),
        "boomphf" => measure::<BoomHashMap<u64, u64>>(bench),
        _ => measure::<HashMap<u64, u64, FixedSip>>(bench),
    }
}

/// The key of that number: different ones of different numbers.
fn key_of(number: u64, seed: u64) -> u64 {
    mix(seed.wrapping_add(number.wrapping_mul(GOLDEN)))
}

/// The value of a key.
fn value_of(key: u64) -> u64 {
    mix(!key)
}

fn measure<M: StaticMap>(bench: &mut Bench) {
    let (entries, seed) = (bench.entries(), bench.seed());
    let (look_ups, miss_percent) = (bench.whole("look_ups"), bench.whole("miss_percent"));
    let pairs: Vec<(u64, u64)> =
        (0..entries).map(|number| key_of(number, seed)).map(|key| (key, value_of(key))).collect();
    let mut map: Option<M> = None;
    bench.phase("build", 1, |_| map.insert(M::build(&pairs)).entries());
    drop(pairs);
    let Some(map) = map else { return };
    bench.holds(entries, entries * PAYLOAD);
    let (mut hits, mut wrong) = (0, 0);
    bench.phase("look-up", look_ups, |number| {
        let bits = mix(seed.wrapping_add((!number).wrapping_mul(GOLDEN)));
        let is_absent = below(mix(bits), 100) < miss_percent;
        let number = below(bits, entries) + if is_absent { entries } else { 0 };
        let key = key_of(number, seed);
        let found = map.find(key);
        hits += u64::from(found.is_some());
        wrong += u64::from(found != (!is_absent).then(|| value_of(key)));
        found.unwrap_or(0)
    });
    bench.holds(entries, entries * PAYLOAD);
    bench.hits(hits, look_ups);
    if wrong > 0 {
        bench.answered_wrongly(format!("the map answered {wrong} of {look_ups} look-ups wrongly"));
    }
}
