//! Copies a map into another one in the order in which the first is iterated. A table is iterated in the order of its hashes, so a
//! second one with the same hasher, which is smaller while it grows, is filled from one end.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::Bench;
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, mix};

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "adversarial-order",
    about: "Copies a hash table into another one in the order of its iteration",
    entries: Entries { about: "entries of each table", default: 1_000_000, most: 100_000_000 },
    parameters: &[
        Parameter {
            name: "same_hasher",
            about: "whether both tables have the same hasher; if not, each has a seed of its own",
            default: "true",
            takes: Takes::Bool,
        },
        Parameter {
            name: "presized",
            about: "whether the second table has room for all entries from the beginning",
            default: "false",
            takes: Takes::Bool,
        },
    ],
    run,
};

/// The seeds of the hashers.
const SEEDS: [u64; 2] = [1, 2];

fn run(bench: &mut Bench) {
    let same = bench.param("same_hasher") == "true";
    let presized = bench.param("presized") == "true";
    let (entries, seed) = (bench.entries(), bench.seed());
    let hasher = |number: usize| FixedState::with_seed(SEEDS[if same { 0 } else { number }]);
    let mut first = HashMap::with_hasher(hasher(0));
    bench.phase("fill", entries, |number| {
        put(&mut first, mix(seed.wrapping_add(number.wrapping_mul(GOLDEN))), number)
    });
    bench.holds(entries, 16 * entries);
    let mut second = HashMap::with_hasher(hasher(1));
    let mut order = first.iter();
    bench.phase("copy", entries, |number| {
        if presized && number == 0 {
            second.reserve(entries as usize);
        }
        order.next().map_or(0, |(key, value)| put(&mut second, *key, *value))
    });
    bench.holds(2 * entries, 32 * entries);
}

/// Puts an entry in, and tells whether its key is new.
fn put<S: BuildHasher>(map: &mut HashMap<u64, u64, S>, key: u64, value: u64) -> u64 {
    u64::from(map.insert(key, value).is_none())
}
