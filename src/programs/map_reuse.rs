//! A map for each request: made anew, cleared, or emptied entry by entry between the requests.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::Bench;
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, mix};

/// What becomes of the map when a request ends.
const ENDS: &[&str] = &["clear", "fresh", "remove-each"];

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "map-reuse",
    about: "Fills a map for each request, and then clears it, drops it or removes its entries one by one",
    entries: Entries { about: "entries of the map in each request", default: 1_000, most: 100_000_000 },
    parameters: &[
        Parameter {
            name: "requests",
            about: "requests, one after another",
            default: "1000",
            takes: Takes::Count { least: 1, most: 1_000_000_000 },
        },
        Parameter {
            name: "end",
            about: "what becomes of the map when a request ends: it is cleared, dropped for a fresh one, or its entries are \
                    removed one by one",
            default: "clear",
            takes: Takes::OneOf(ENDS),
        },
        Parameter {
            name: "capacity",
            about: "entries that each map is pre-sized for",
            default: "0",
            takes: Takes::Count { least: 0, most: 100_000_000 },
        },
    ],
    run,
};

type Map = HashMap<u64, u64, BuildHasherDefault<DefaultHasher>>;

/// What becomes of the map when a request ends.
#[derive(Clone, Copy)]
enum End {
    Clear,
    Fresh,
    RemoveEach,
}

/// The map of the requests.
struct Requests {
    map: Map,
    capacity: usize,
    end: End,
}

impl Requests {
    fn empty_map(capacity: usize) -> Map {
        Map::with_capacity_and_hasher(capacity, BuildHasherDefault::default())
    }

    /// Puts the entries of request number `number` in, and ends it. The answer says how many there were.
    fn request(&mut self, entries: u64, number: u64, seed: u64) -> u64 {
        let key = |entry: u64| mix(seed.wrapping_add(entry.wrapping_mul(GOLDEN)));
        for entry in 0..entries {
            self.map.insert(key(entry), number);
        }
        let held = self.map.len() as u64;
        match self.end {
            End::Clear => self.map.clear(),
            End::Fresh => {
                // First, so that there are never two.
                drop(std::mem::take(&mut self.map));
                self.map = Requests::empty_map(self.capacity);
            }
            End::RemoveEach => (0..entries).for_each(|entry| _ = self.map.remove(&key(entry))),
        }
        held << 8 | self.map.len() as u64
    }
}

fn run(bench: &mut Bench) {
    let (entries, requests, seed) = (bench.entries(), bench.whole("requests"), bench.seed());
    let capacity = bench.whole("capacity") as usize;
    let end = match bench.param("end") {
        "fresh" => End::Fresh,
        "remove-each" => End::RemoveEach,
        _ => End::Clear,
    };
    let mut all = Requests { map: Requests::empty_map(0), capacity, end };
    // The first map is made in a request too.
    let mut is_made = false;
    bench.phase("requests", requests, |number| {
        if !std::mem::replace(&mut is_made, true) {
            all.map = Requests::empty_map(capacity);
        }
        all.request(entries, number, seed)
    });
    bench.holds(all.map.len() as u64, 0);
}
