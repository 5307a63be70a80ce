//! The program `bounded-cache`: what its caches hold and take, and that each evicts the same in every pass.

use crate::programs::{is_sound, live, run};
use crate::records::{pass, record, table};
use crate::scratch::Scratch;

/// The most that crossbeam-epoch, under moka, keeps for the process, as the row of the map `skiplist` says.
const KEPT_BY_EPOCHS: u64 = 640 + 2_304 + 3 * 2_072;

/// The hits in `serve`, which every pass must have found; and what the cache held after each phase.
#[track_caller]
fn hits_and_entries(scratch: &Scratch, case: &str) -> (u64, Vec<u64>) {
    let record = record(scratch, case);
    let hits: Vec<u64> = record.passes.values().map(|pass| pass.total.hits).collect();
    assert!(hits.len() > 1 && hits.iter().all(|one| *one == hits[0]), "{case}: {hits:?}");
    let memory = pass(&record, "memory");
    let ratio = hits[0] as f64 / memory.total.look_ups as f64;
    assert_eq!(record.metrics["hit_ratio"].value, ratio, "{case}");
    (hits[0], memory.phases.iter().map(|phase| phase.entries).collect())
}

#[test]
fn every_cache_keeps_its_bound_and_evicts_the_same_in_every_pass() {
    let scratch = Scratch::new();
    let set = "capacity=448,requests=6000,value_bytes=100";
    run(&scratch, "lru", "5000", set, &["--heap=exact", "--latency"]);
    let case = |variant: &str| format!("lru/own@{variant},{set}");
    let payload = 448 * 108;
    let mut hits = Vec::new();
    for variant in ["by-hand", "lru", "moka", "quick-cache", "by-hand-scan", "moka-scan", "quick-cache-scan"]
    {
        let case = case(variant);
        let checksum = is_sound(&scratch, &case, &["table", "value"]);
        let (found, entries) = hits_and_entries(&scratch, &case);
        assert!(entries[..2].iter().all(|held| (440..=448).contains(held)), "{variant}: {entries:?}");
        assert_eq!(entries[2], 0, "{variant}");
        let live = live(&scratch, &case);
        assert!(live[..2].iter().all(|live| *live > payload), "{variant}: {live:?}");
        let kept = if variant.starts_with("moka") { KEPT_BY_EPOCHS } else { 0 };
        assert!(live[2] <= kept, "{variant}: {live:?}");
        hits.push((variant, found, checksum));
    }
    let of = |variant: &str| hits.iter().find(|(name, ..)| *name == variant).expect("it ran");
    let [by_hand, lru, moka, quick] = ["by-hand", "lru", "moka", "quick-cache"].map(of);
    assert_eq!((by_hand.1, &by_hand.2), (lru.1, &lru.2), "both are exact LRU lists");
    // The others choose their victims better.
    for (admits, lists) in [(moka, by_hand), (quick, by_hand)] {
        assert!(admits.1 > lists.1, "{admits:?} and {lists:?}");
    }
    for admits in ["moka-scan", "quick-cache-scan"] {
        assert!(of(admits).1 > of("by-hand-scan").1, "{hits:?}");
    }
}

#[test]
fn an_lru_cache_takes_what_its_parts_do_to_the_byte() {
    let scratch = Scratch::new();
    for (capacity, slots) in [(448, [512, 1_024]), (100, [128, 256])] {
        let set = format!("capacity={capacity},requests=6000,value_bytes=100");
        run(&scratch, "lru@by-hand", "5000", &set, &[]);
        run(&scratch, "lru@lru", "5000", &set, &[]);
        // A value of 100 bytes lies behind two counts, in words of 8 bytes.
        let values = capacity * 120;
        let by_hand = live(&scratch, &format!("lru/own@by-hand,{set}"));
        let boxed = live(&scratch, &format!("lru/own@lru,{set}"));
        // A slot is a key, a pointer with a length, and two places; a box has two pointers, and there are two at the ends of the list.
        let expected = |slots| {
            let table = table(slots, 16);
            [capacity * 32 + values + table, (capacity + 2) * 40 + values + table]
        };
        let either = slots.map(expected);
        assert!(either.contains(&[by_hand[1], boxed[1]]), "{capacity}: {by_hand:?}, {boxed:?}: {either:?}");
        assert_eq!((by_hand[2], boxed[2]), (0, 0));
    }
}

#[test]
fn the_smallest_and_the_largest_cache_are_caches() {
    let scratch = Scratch::new();
    for cache in ["by-hand", "lru", "moka", "quick-cache"] {
        let workload = format!("lru@{cache}");
        let held = |entries: &str, set: &str| {
            run(&scratch, &workload, entries, set, &[]);
            hits_and_entries(&scratch, &format!("lru/own@{cache},{set}"))
        };
        assert_eq!(
            held("1", "capacity=1,requests=200,value_bytes=1"),
            (200, vec![1, 1, 0]),
            "{cache}: one key"
        );
        // Two keys and room for one.
        let (hits, entries) = held("2", "capacity=1,requests=200");
        assert!((50..200).contains(&hits) && entries == [1, 1, 0], "{cache}: {hits}, {entries:?}");
        // Room for all.
        let (hits, entries) = held("50", "capacity=100,requests=2000");
        assert_eq!((hits, entries), (2_000, vec![50, 50, 0]), "{cache}");
        let (hits, entries) = held("50", "capacity=64,one_hit_percent=100,requests=500");
        assert!(hits == 0 && entries[..2].iter().all(|held| *held <= 64), "{cache}: {hits}, {entries:?}");
    }
}
