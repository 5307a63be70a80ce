//! What maps cost, from their closed forms: the counting allocator, the operation stream and the adapters against the
//! oracle, and against figures that do not come from mapprof at all. Every number here is exact to the byte, in every run.

#[path = "cli/scratch.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which need more of it")]
mod scratch;

use std::ops::RangeInclusive;
use std::sync::Mutex;

use mapprof::maps::{ClosedForm, MapInfo};
use mapprof::oracle::{self, Outcome, What};
use mapprof::record::CaseRecord;
use mapprof::worker::registry::{MapEntry, built_in_maps};
use scratch::Scratch;
use serde_json::Value;

/// The names of the maps that are compiled for all of the common pairs, and fit.
fn maps(fits: impl Fn(&MapInfo) -> bool) -> Vec<&'static str> {
    let maps = built_in_maps();
    let is_common =
        |map: &&MapEntry| map.pairs.iter().any(|pair| (pair.key.name, pair.value.name) == ("string", "unit"));
    maps.iter()
        .filter(is_common)
        .map(|entry| entry.info)
        .filter(|info| fits(info))
        .map(|info| info.name)
        .collect()
}

/// Maps whose figures are the same in every run, if their hash is: those for one thread, and the locked ones.
fn deterministic() -> Vec<&'static str> {
    maps(|info| info.closed_form.is_ok() && info.varies.is_none())
}

/// Maps that several threads may call at once.
fn concurrent() -> Vec<&'static str> {
    maps(|info| info.concurrent && info.answers)
}

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

/// The phases of a record's memory pass.
#[track_caller]
fn phases(record: &Value) -> &Vec<Value> {
    record["passes"]["memory"]["phases"].as_array().expect("the memory pass has phases")
}

/// Live bytes at the end of the last phase, and the highest ones of the run.
#[track_caller]
fn live_and_peak(record: &Value) -> (u64, u64) {
    let last = &phases(record).last().expect("there is a phase")["counts"];
    let peak = number(&last["peak_live_bytes"]);
    assert_eq!(number(&record["passes"]["memory"]["total"]["peak_live_bytes"]), peak);
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

/// What the row of a map states.
fn form(map: &str) -> Result<ClosedForm, &'static str> {
    let maps = built_in_maps();
    maps.iter().find(|entry| entry.info.name == map).expect("it is built in").info.closed_form
}

/// Asserts that live bytes and peak of every phase are what the oracle forecasts, to the byte.
#[track_caller]
fn assert_verified(record: &Value) {
    let record: CaseRecord = serde_json::from_value(record.clone()).expect("it is a record");
    for check in oracle::verify(&record, form(&record.case.map)).checks {
        assert_eq!(check.outcome, Outcome::Equal, "{}: {check:?}", record.case.map);
    }
}

/// What `--verify` prints of a fill that is as it should be.
const VERIFIED: &str = "verified: live and peak of fill agree with the closed form to the byte";

/// The maps that state a closed form. Where keys ascend, it gives the fill of each to the byte, but for one that is copied by each
/// write: it has bounds, and would take minutes.
fn in_closed_form() -> Vec<&'static str> {
    let is_exact = |form| matches!(form, Ok(form) if !matches!(form, ClosedForm::Copied));
    let maps = built_in_maps();
    let maps: Vec<&str> =
        maps.iter().filter(|entry| is_exact(entry.info.closed_form)).map(|entry| entry.info.name).collect();
    assert!(maps.len() >= 5, "{maps:?}");
    maps
}

#[test]
fn every_map_costs_its_closed_form_just_below_and_above_each_doubling() {
    sweep(3..=16);
}

#[test]
#[ignore = "the slow tier: make slow"]
fn every_map_costs_its_closed_form_around_the_doublings_of_large_tables() {
    sweep(17..=23);
}

/// A table of 2^k slots is full with 7/8 of them, and one more entry makes it double.
fn sweep(powers: RangeInclusive<u32>) {
    let sizes = powers.rev().flat_map(|power| [7 << (power - 3), (7 << (power - 3)) + 1]);
    let sizes: Mutex<Vec<u64>> = Mutex::new(sizes.rev().collect());
    let next = || sizes.lock().map(|mut sizes| sizes.pop()).expect("no other thread has failed");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let scratch = Scratch::new();
                scratch.write("sweep.toml", fill("sweep", 100, ASCENDING, "u64"));
                while let Some(entries) = next() {
                    let entries = entries.to_string();
                    let command = ["run", "sweep", "--workloads", ".", "--verify", "--entries", &entries];
                    let maps = in_closed_form().join(",");
                    let said = scratch.mapprof(&[&command[..], &["--map", &maps]].concat()).ended_with(0);
                    let verified = said.stdout.matches(VERIFIED).count();
                    assert_eq!(verified, in_closed_form().len(), "{entries} entries:\n{}", said.stdout);
                }
            });
        }
    });
}

/// The sizes are those at which the form of each map says that it doubles: a vector's are not a hash table's.
#[test]
fn every_map_costs_its_closed_form_at_every_point_of_a_sweep() {
    let scratch = Scratch::new();
    scratch.write("sweep.toml", fill("sweep", 100, ASCENDING, "u64"));
    let maps = in_closed_form();
    let flags = ["--sweep", "entries=100..5k:3", "--cliffs", "--verify"];
    run(&scratch, "sweep", &maps.join(","), &flags);
    for map in maps {
        let path = scratch.path(format!("profiles/sweep/{map}.sweep/entries/sweep.json"));
        let record: Value =
            serde_json::from_slice(&std::fs::read(path).expect("it is there")).expect("it is JSON");
        let points = record["points"].as_array().expect("it has points");
        let doubles = !record["cliffs"].as_str().expect("they were asked for").starts_with("none");
        assert!(points.len() >= if doubles { 3 + 10 } else { 3 }, "{map}: {} points", points.len());
        for point in points {
            for metric in ["live_bytes", "peak_live_bytes"] {
                let form = &point["closed_form"][metric];
                let counted = &point["metrics"][metric]["value"];
                assert!(counted.is_number(), "{map}: {point}");
                assert_eq!((&form["low"], &form["high"]), (counted, counted), "{map}: {}", point["settings"]);
            }
        }
    }
}

#[test]
fn hash_tables_cost_what_was_measured_without_mapprof() {
    for map in ["std", "hashbrown"] {
        for (entries, live, peak) in [(917_504, 17_825_808, 26_738_720), (917_505, 35_651_600, 53_477_408)] {
            assert_eq!(filled(map, entries, RANDOM), (live, peak), "{map} with {entries} entries");
        }
    }
}

#[test]
fn what_is_replaced_and_removed_is_in_the_forecast_too() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    // Without removals among the insertions, whose tombstones nobody can foresee.
    let known = "phase.serve.mix={ insert = 10, get = 30, get_missing = 20, update = 25, upsert = 15 }";
    let maps = "std,hashbrown,indexmap,sorted-vec,mutex-std,rwlock-std,dashmap,null";
    for seed in ["1", "2", "3"] {
        run(&scratch, "every-call", maps, &["--set", known, "--seed", seed, "--verify"]);
        for map in maps.split(',') {
            assert_verified(&scratch.record(&format!("every-call/{map}")));
        }
    }
    // Pre-sized, so that nothing has to grow, whatever tombstones there are.
    run(&scratch, "every-call", "std,hashbrown,sorted-vec,dashmap", &["--set", "capacity=100000"]);
    for map in ["std", "hashbrown", "sorted-vec", "dashmap"] {
        assert_verified(&scratch.record(&format!("every-call/{map}")));
    }
}

#[test]
fn random_trees_lie_within_their_bounds() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    scratch.write("whole-map.toml", WHOLE_MAP);
    run(&scratch, "every-call", "btree", &["--verify"]);
    run(&scratch, "whole-map", "btree", &["--verify"]);
}

#[test]
fn sixteen_threads_on_dashmap_leave_what_the_closed_form_says() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    scratch.write("filled.toml", fill("filled", 300_000, "type = \"string\"\nlength = 16", "u64"));
    run(&scratch, "every-call", "dashmap", &["--threads", "16", "--verify"]);
    assert_balanced(&scratch.record("every-call/dashmap,threads=16"), "dashmap on 16 threads");
    run(&scratch, "filled", "dashmap,mutex-std,rwlock-std", &["--threads", "16", "--verify"]);
    for map in ["dashmap", "mutex-std", "rwlock-std"] {
        let record = scratch.record(&format!("filled/{map},threads=16"));
        assert_balanced(&record, map);
        let record: CaseRecord = serde_json::from_value(record).expect("it is a record");
        let live = &oracle::verify(&record, form(&record.case.map)).checks[0];
        assert_eq!(live.what, What::Live);
        match live.outcome {
            Outcome::Equal => {}
            // How many threads had to wait is chance; what the locks allocate for them is not freed again.
            Outcome::Within { low, .. } if map == "dashmap" => {
                let waited = live.counted - low;
                assert!([0, 1056, 3136, 7264].contains(&waited), "{waited} bytes of the locks");
            }
            ref other => panic!("{map}: {other:?}"),
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
    // 2^21 slots of 32 or 24 bytes with their control bytes, and 16 bytes for each key.
    for (workload, entry, measured) in [("strings", 32, 852), ("unit", 24, 684)] {
        let live = (1 << 21) * (entry + 1) + 16 + 16 * entries;
        assert_eq!(live / 100_000, measured);
        run(&scratch, workload, "std,hashbrown", &[]);
        for map in ["std", "hashbrown"] {
            let record = scratch.record(&format!("{workload}/{map}"));
            assert_eq!(live_and_peak(&record).0, live, "{workload} on {map}");
            assert_verified(&record);
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
        for map in deterministic().into_iter().chain(concurrent()) {
            if map == "null" {
                continue; // It answers nothing.
            }
            let record = scratch.record(&format!("{workload}/{map}"));
            let found = record["passes"]["memory"]["total"]["checksum"].as_str().map(str::to_owned);
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
        run(scratch, "every-call", &deterministic().join(","), &[]);
    }
    for map in deterministic() {
        let case = format!("every-call/{map}");
        let (one, two) = (one.record(&case), two.record(&case));
        for (a, b) in phases(&one).iter().zip(phases(&two)) {
            for figure in ["ops", "calls", "entries", "payload_bytes"] {
                assert_eq!(a[figure], b[figure], "{figure} of {} on {map}", a["name"]);
            }
            for figure in ["allocs", "frees", "alloc_bytes", "freed_bytes", "live_bytes", "peak_live_bytes"] {
                let (a, b) = (number(&a["counts"][figure]), number(&b["counts"][figure]));
                assert_eq!(a, b, "{figure} on {map}");
            }
        }
        let exact = |record: &Value| -> Vec<(String, Value)> {
            let metrics = record["metrics"].as_object().expect("there are metrics");
            let exact = metrics.iter().filter(|(_, metric)| metric["noise"] == "exact");
            exact.map(|(name, metric)| (name.clone(), metric["value"].clone())).collect()
        };
        assert!(!exact(&one).is_empty(), "{map} has no exact figure");
        assert_eq!(exact(&one), exact(&two), "{map}");
        assert_eq!(one["passes"]["memory"]["total"]["hits"], two["passes"]["memory"]["total"]["hits"]);
    }
}

/// Asserts that what was allocated and not freed is what is live, after every phase.
#[track_caller]
fn assert_balanced(record: &Value, what: &str) {
    let mut balance = 0i128;
    for phase in phases(record).iter().map(|phase| &phase["counts"]) {
        balance += i128::from(number(&phase["alloc_bytes"])) - i128::from(number(&phase["freed_bytes"]));
        assert_eq!(balance, i128::from(number(&phase["live_bytes"])), "{what}: {phase}");
        assert!(number(&phase["peak_live_bytes"]) >= number(&phase["live_bytes"]), "{what}: {phase}");
    }
}

#[test]
fn what_threads_allocated_and_did_not_free_is_live() {
    let scratch = Scratch::new();
    scratch.write("every-call.toml", EVERY_CALL);
    for threads in ["1", "2", "8"] {
        run(&scratch, "every-call", &concurrent().join(","), &["--threads", threads]);
        let mut checksum = None;
        for map in concurrent() {
            let of_threads = if threads == "1" { String::new() } else { format!(",threads={threads}") };
            let record = scratch.record(&format!("every-call/{map}{of_threads}"));
            assert_eq!(record["case"]["threads"].to_string(), threads);
            assert_balanced(&record, &format!("{map} on {threads} threads"));
            let found = record["passes"]["memory"]["total"]["checksum"].clone();
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
        run(&scratch, workload, &deterministic().join(","), &[]);
        for map in deterministic() {
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
    assert_eq!(
        number(&phases(&record)[0]["counts"]["allocs"]),
        0,
        "the harness allocates nothing of its own"
    );
}
