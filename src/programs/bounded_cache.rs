//! A cache of a bounded number of entries, in front of something slow: each request asks for a key, and what is not held is made and put
//! in. [`caches`] has the caches.

mod by_hand;
mod caches;
mod keys_and_values;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::{Bench, value};
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, below, mix};
use crate::workload::zipf::Zipf;
use by_hand::ByHand;
use caches::{Cache, Lru, Moka, QuickCache};
use keys_and_values::{is_value_of, key_of, value_of};

/// The names of the caches.
const CACHES: &[&str] = &["by-hand", "lru", "moka", "quick-cache"];

/// The most keys, requests of a phase, and entries of a cache: keys have numbers of 32 bits.
const MOST: u64 = 100_000_000;

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "bounded-cache",
    about: "Asks a cache of a bounded number of entries for keys, makes what it does not hold and puts it in",
    entries: Entries { about: "keys that are asked for again and again", default: 100_000, most: MOST },
    parameters: &[
        Parameter {
            name: "cache",
            about: "the cache: an LRU list by hand, or one of the packages lru, moka and quick_cache; moka does its pending tasks \
                    after each insertion, so that what it evicts does not depend on the clock",
            default: "by-hand",
            takes: Takes::OneOf(CACHES),
        },
        Parameter {
            name: "capacity",
            about: "the most entries that the cache holds",
            default: "10000",
            takes: Takes::Count { least: 1, most: MOST },
        },
        Parameter {
            name: "requests",
            about: "requests in each of the two phases",
            default: "500000",
            takes: Takes::Count { least: 1, most: MOST },
        },
        Parameter {
            name: "theta",
            about: "skew of the keys, a Zipf distribution's: the key of rank r comes with odds of 1 / r^theta",
            default: "0.99",
            takes: Takes::Number { least: 0.01, most: 4.0 },
        },
        Parameter {
            name: "one_hit_percent",
            about: "of 100 requests, those for a key that never comes again",
            default: "0",
            takes: Takes::Count { least: 0, most: 100 },
        },
        Parameter {
            name: "value_bytes",
            about: "bytes of each value",
            default: "256",
            takes: Takes::Bytes { least: 1, most: 64 << 20 },
        },
    ],
    run,
};

fn run(bench: &mut Bench) {
    match bench.param("cache") {
        "lru" => measure::<Lru>(bench),
        "moka" => measure::<Moka>(bench),
        "quick-cache" => measure::<QuickCache>(bench),
        _ => measure::<ByHand>(bench),
    }
}

/// The requests of all phases, by their number.
struct Requests {
    zipf: Zipf,
    keys: u64,
    one_hit_percent: u64,
    seed: u64,
}

impl Requests {
    /// The numbers of the keys of so many requests from number `first` on. Those below `keys` come again.
    fn numbers(&mut self, first: u64, count: u64) -> Vec<u32> {
        let number = |request: u64| {
            let bits = mix(self.seed.wrapping_add((!request).wrapping_mul(GOLDEN)));
            match below(mix(bits), 100) < self.one_hit_percent {
                true => self.keys + request,
                false => self.zipf.rank(bits, self.keys),
            }
        };
        (first..first + count).map(number).map(|number| number as u32).collect()
    }
}

/// The cache, and what came of the requests of a phase.
struct Service<C> {
    cache: C,
    value_bytes: usize,
    hits: u64,
    wrong: u64,
}

impl<C: Cache> Service<C> {
    /// Asks for a key. The answer is the key, and a 1 behind it if the cache held it.
    fn request(&mut self, key: u64) -> u64 {
        let bytes = self.value_bytes;
        let found = self.cache.get(key, |value| is_value_of(key, bytes, value));
        match found {
            Some(is_right) => {
                self.hits += 1;
                self.wrong += u64::from(!is_right);
            }
            None => self.cache.put(key, value(|| value_of(key, bytes))),
        }
        key << 1 | u64::from(found.is_some())
    }
}

fn measure<C: Cache>(bench: &mut Bench) {
    let (keys, seed, count) = (bench.entries(), bench.seed(), bench.whole("requests"));
    let (capacity, value_bytes) = (bench.whole("capacity"), bench.whole("value_bytes"));
    let zipf = Zipf::new(bench.number("theta").max(0.01));
    let mut requests = Requests { zipf, keys, one_hit_percent: bench.whole("one_hit_percent"), seed };
    let mut service: Option<Service<C>> = None;
    for (phase, first) in [("warm", 0), ("serve", count)] {
        let numbers = requests.numbers(first, count);
        let begin = || Service {
            cache: C::of_capacity(capacity as usize),
            value_bytes: value_bytes as usize,
            hits: 0,
            wrong: 0,
        };
        bench.phase(phase, count, |request| {
            // The first request makes the cache.
            let service = service.get_or_insert_with(begin);
            service.request(key_of(numbers[request as usize], seed))
        });
        let Some(service) = &mut service else { return };
        let (hits, wrong) = (std::mem::take(&mut service.hits), std::mem::take(&mut service.wrong));
        // Not of the phase in which the cache fills.
        if phase == "serve" {
            bench.hits(hits, count);
        }
        let held = service.cache.entries();
        bench.holds(held, held * (8 + value_bytes));
        if wrong > 0 {
            bench.answered_wrongly(format!(
                "the cache gave {wrong} values in phase {phase} that are not those of the keys"
            ));
        }
        if held > capacity {
            bench.answered_wrongly(format!(
                "the cache holds {held} entries after phase {phase}, and may hold {capacity}"
            ));
        }
    }
    bench.phase("drop", 1, |_| {
        service = None;
        C::free_what_is_left();
        0
    });
    bench.holds(0, 0);
}
