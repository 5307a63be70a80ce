//! What maps cost, from their closed forms: the counting allocator, the operation stream and the adapters against
//! figures that do not come from mapprof. Every number here is exact to the byte, in every run and on every machine of
//! 64 bits.

#[path = "cli/scratch.rs"]
mod scratch;

use scratch::Scratch;
use serde_json::Value;

/// Maps whose figures are the same in every run, if their hash is: those for one thread, and the locked ones.
const DETERMINISTIC: [&str; 8] =
    ["std", "hashbrown", "btree", "indexmap", "sorted-vec", "mutex-std", "rwlock-std", "null"];

/// Maps that several threads may call at once.
const CONCURRENT: [&str; 5] = ["mutex-std", "rwlock-std", "dashmap", "papaya", "scc"];

/// A workload that puts `entries` entries in, one insert at a time.
fn fill(name: &str, entries: u64, key: &str, value: &str) -> String {
    format!(
        r#"
name = "{name}"
about = "Puts entries in."
entries = {entries}
[key]
{key}
[value]
type = "{value}"
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[expect]
length = {entries}
"#
    )
}

const RANDOM: &str = r#"type = "u64""#;
const ASCENDING: &str = "type = \"u64\"\norder = \"ascending\"";

/// Runs `workload` on `maps` with more `arguments`; every case must go well.
#[track_caller]
fn run(scratch: &Scratch, workload: &str, maps: &str, arguments: &[&str]) {
    let command = ["run", workload, "--workloads", ".", "--map", maps, "--quiet"];
    scratch.mapprof(&[&command, arguments].concat()).ended_with(0);
}

#[track_caller]
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The phases of a record's measure pass.
#[track_caller]
fn phases(record: &Value) -> &Vec<Value> {
    record["passes"]["measure"]["phases"].as_array().expect("the measure pass has phases")
}

/// Live bytes at the end of the last phase, and the highest ones of the run.
#[track_caller]
fn live_and_peak(record: &Value) -> (u64, u64) {
    let last = phases(record).last().expect("there is a phase");
    let peak = number(&last["peak_live_bytes"]);
    assert_eq!(number(&record["passes"]["measure"]["total"]["peak_live_bytes"]), peak);
    (number(&last["live_bytes"]), peak)
}

/// The live and peak bytes of a `u64 -> u64` map after `entries` inserts.
#[track_caller]
fn filled(map: &str, entries: u64, key: &str) -> (u64, u64) {
    let scratch = Scratch::new();
    scratch.write("filled.toml", fill("filled", entries, key, "u64"));
    run(&scratch, "filled", map, &[]);
    live_and_peak(&scratch.record(&format!("filled/{map}")))
}

/// Buckets of a hashbrown table that holds `entries`: seven eighths of them may be full, except in the smallest ones.
fn buckets(entries: u64) -> u64 {
    match entries {
        0 => 0,
        1..=3 => 4,
        4..=7 => 8,
        8..=14 => 16,
        _ => (entries * 8).div_ceil(7).next_power_of_two(),
    }
}

/// Bytes of a hashbrown table with entries of `entry` bytes: the entries, a byte for each bucket, and one group more.
fn table(buckets: u64, entry: u64) -> u64 {
    if buckets == 0 { 0 } else { (buckets * entry).next_multiple_of(16) + buckets + 16 }
}

/// The highest live bytes of a table that grew to `buckets`: while it doubles, the old one is there too.
fn table_peak(buckets: u64, entry: u64) -> u64 {
    let before = if buckets > 4 { buckets / 2 } else { 0 };
    table(buckets, entry) + table(before, entry)
}

#[test]
fn the_closed_form_gives_the_figures_that_were_measured_without_mapprof() {
    for (entries, live, peak) in [
        (917_504, 17_825_808, 26_738_720),
        (917_505, 35_651_600, 53_477_408),
        (10_000_000, 285_212_688, 427_819_040),
    ] {
        assert_eq!(table(buckets(entries), 16), live);
        assert_eq!(table_peak(buckets(entries), 16), peak);
    }
}

#[test]
fn hash_tables_cost_what_their_buckets_do() {
    for map in ["std", "hashbrown"] {
        for entries in [1, 3, 4, 7, 8, 14, 15, 28, 29, 448, 449, 917_504, 917_505] {
            let due = (table(buckets(entries), 16), table_peak(buckets(entries), 16));
            assert_eq!(filled(map, entries, RANDOM), due, "{map} with {entries} entries");
        }
    }
}

#[test]
fn ten_million_entries_cost_what_their_buckets_do() {
    assert_eq!(filled("hashbrown", 10_000_000, RANDOM), (285_212_688, 427_819_040));
}

#[test]
fn a_btree_filled_in_order_has_half_empty_leaves_and_frees_nothing() {
    assert_eq!(filled("btree", 1_000_000, ASCENDING), (34_284_960, 34_284_960));
}

#[test]
fn a_btree_filled_at_random_is_denser() {
    let (live, peak) = filled("btree", 1_000_000, RANDOM);
    assert_eq!(live, peak);
    assert!((26_900_000..27_300_000).contains(&live), "{live}");
}

#[test]
fn an_indexmap_is_a_table_of_indices_and_a_vector_of_entries() {
    // 2^21 buckets of 8 bytes with their control bytes, and 2^21 * 7/8 entries of 24 bytes.
    assert_eq!((1 << 21) * 8 + (1 << 21) + 16 + (1 << 21) / 8 * 7 * 24, 62_914_576);
    assert_eq!(filled("indexmap", 1_000_000, RANDOM).0, 62_914_576);
}

#[test]
fn an_indexmap_moves_nothing_while_it_grows() {
    // FACTS has the same for peak and live: the vector grows in place of its allocation, by realloc.
    assert_eq!(filled("indexmap", 1_000_000, RANDOM).1, 62_914_576);
}

#[test]
fn string_keys_add_their_bytes_to_the_table() {
    let entries = 1_000_000;
    let scratch = Scratch::new();
    let key = "type = \"string\"\nlength = 16";
    scratch.write("strings.toml", fill("strings", entries, key, "u64"));
    scratch.write("unit.toml", fill("unit", entries, key, "unit"));
    for (workload, entry) in [("strings", 24 + 8), ("unit", 24)] {
        run(&scratch, workload, "std,hashbrown", &[]);
        for map in ["std", "hashbrown"] {
            let buckets = buckets(entries);
            let live = table(buckets, entry) + 16 * entries;
            // The table doubled for the last time when the one before was full; the key that made it so was there.
            let at_last_growth = 16 * (buckets / 2 / 8 * 7 + 1) + table_peak(buckets, entry);
            let (found, peak) = live_and_peak(&scratch.record(&format!("{workload}/{map}")));
            assert_eq!(found, live, "{workload} on {map}, live");
            assert_eq!(peak, at_last_growth.max(live), "{workload} on {map}, peak");
        }
    }
}

/// Every call that a mix can have; on one thread or many.
const EVERY_CALL: &str = r#"
name = "every-call"
about = "Every call that a mix can have."
entries = 2_000
[key]
type = "string"
length = 12
[value]
type = "vec"
size = { distribution = "uniform", min = 0, max = 90 }
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "serve"
ops = 20_000
mix = { insert = 10, get = 30, get_missing = 20, update = 15, upsert = 10, remove = 15 }
access = { distribution = "scrambled-zipf", theta = 0.9 }
[[phase]]
name = "drain"
ops_per_entry = 0.5
mix = { remove = 100 }
"#;

/// The two calls that need a thread to themselves, beside others.
const WHOLE_MAP: &str = r#"
name = "whole-map"
about = "Calls on the whole map."
entries = 500
[key]
type = "u64"
[value]
type = "boxed"
size = 24
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "look"
ops = 400
mix = { iterate = 5, get = 45, upsert = 50 }
[[phase]]
name = "forget"
ops = 600
mix = { clear = 1, insert = 90, iterate = 9 }
"#;

#[test]
fn every_map_gives_the_same_answers_to_the_same_calls() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    scratch.write("whole-map.toml", WHOLE_MAP);
    let small = ["--entries", "1500", "--ops", "6000"];
    for (workload, arguments) in [
        ("every-call", &[][..]),
        ("whole-map", &[]),
        ("skewed-keys", &small),
        ("churn", &small),
        ("large-values", &["--entries", "200"]),
    ] {
        run(&scratch, workload, "all", arguments);
        let mut checksum = None;
        for map in DETERMINISTIC.iter().chain(&CONCURRENT) {
            if *map == "null" {
                continue; // It answers nothing.
            }
            let record = scratch.record(&format!("{workload}/{map}"));
            let found = record["passes"]["measure"]["total"]["checksum"].as_str().map(str::to_owned);
            assert!(found.is_some(), "{workload} on {map} has no checksum");
            assert_eq!(checksum.get_or_insert_with(|| found.clone()), &found, "{workload} on {map}");
        }
    }
}

#[test]
fn the_same_case_gives_the_same_exact_figures() {
    let (one, two) = (Scratch::new(), Scratch::new());
    for scratch in [&one, &two] {
        scratch.write("every-call.toml", EVERY_CALL);
        run(scratch, "every-call", &DETERMINISTIC.join(","), &[]);
    }
    for map in DETERMINISTIC {
        let case = format!("every-call/{map}");
        let (one, two) = (one.record(&case), two.record(&case));
        for (a, b) in phases(&one).iter().zip(phases(&two)) {
            for figure in [
                "ops",
                "calls",
                "allocs",
                "frees",
                "alloc_bytes",
                "freed_bytes",
                "live_bytes",
                "peak_live_bytes",
                "entries",
                "payload_bytes",
            ] {
                assert_eq!(a[figure], b[figure], "{figure} of {} on {map}", a["name"]);
            }
        }
        let exact = |record: &Value| -> Vec<(String, Value)> {
            let metrics = record["metrics"].as_object().expect("there are metrics");
            let exact = metrics.iter().filter(|(_, metric)| metric["noise"] == "exact");
            exact.map(|(name, metric)| (name.clone(), metric["value"].clone())).collect()
        };
        assert!(!exact(&one).is_empty(), "{map} has no exact figure");
        assert_eq!(exact(&one), exact(&two), "{map}");
        assert_eq!(one["passes"]["measure"]["total"]["hits"], two["passes"]["measure"]["total"]["hits"]);
    }
}

/// Asserts that what was allocated and not freed is what is live, after every phase.
#[track_caller]
fn assert_balanced(record: &Value, what: &str) {
    let mut balance = 0i128;
    for phase in phases(record) {
        balance += i128::from(number(&phase["alloc_bytes"])) - i128::from(number(&phase["freed_bytes"]));
        assert_eq!(balance, i128::from(number(&phase["live_bytes"])), "{what} after {}", phase["name"]);
        assert!(number(&phase["peak_live_bytes"]) >= number(&phase["live_bytes"]), "{what}: {phase}");
    }
}

#[test]
fn what_threads_allocated_and_did_not_free_is_live() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    for threads in ["1", "2", "8"] {
        run(&scratch, "every-call", &CONCURRENT.join(","), &["--threads", threads]);
        let mut checksum = None;
        for map in CONCURRENT {
            let record = scratch.record(&format!("every-call/{map}"));
            assert_eq!(record["threads"].to_string(), threads);
            assert_balanced(&record, &format!("{map} on {threads} threads"));
            let found = record["passes"]["measure"]["total"]["checksum"].clone();
            assert_eq!(checksum.get_or_insert_with(|| found.clone()), &found, "{map} on {threads} threads");
        }
    }
}

#[test]
fn what_one_thread_allocated_and_did_not_free_is_live() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    scratch.write("whole-map.toml", WHOLE_MAP);
    for workload in ["every-call", "whole-map"] {
        run(&scratch, workload, &DETERMINISTIC.join(","), &[]);
        for map in DETERMINISTIC {
            assert_balanced(&scratch.record(&format!("{workload}/{map}")), map);
        }
    }
}

#[test]
fn the_map_that_does_nothing_costs_nothing() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    scratch.write("filled.toml", fill("filled", 1000, RANDOM, "u64"));
    run(&scratch, "filled", "null", &[]);
    let record = scratch.record("filled/null");
    assert_eq!(live_and_peak(&record), (0, 0));
    assert_eq!(number(&phases(&record)[0]["allocs"]), 0, "the harness allocates nothing of its own");
}
