//! Operations that a map need not have: every map that offers them answers rightly in every pass, closed forms hold, and the
//! others refuse.

use crate::records;
use crate::scratch::Scratch;

const RUN: [&str; 7] = ["run", "counting", "--workloads", "own", "--quiet", "--verify", "--map"];

/// Maps that offer both, and those that offer `entry` alone.
const BOTH: &str = "std,hashbrown,griddle,btree,indexmap,sorted-vec,mutex-std,rwlock-std,dashmap,scc";
const ENTRY_ALONE: &str = "papaya,skiplist";

/// A map of counters: keys are looked up and inserted if they are absent, and their values changed in place.
fn scratch(key: &str, value: &str, serve: &str) -> Scratch {
    let scratch = Scratch::new();
    let text = format!(
        r#"name = "counting"
about = "Counts what comes by."
entries = 2_000

[key]
{key}

[value]
{value}

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ entry = 100 }}

[[phase]]
name = "serve"
ops = 4_000
{serve}
"#
    );
    scratch.write("own/counting.toml", text);
    scratch
}

const STRINGS: [&str; 2] = ["type = \"string\"\nlength = 20", "type = \"vec\"\nsize = 40"];
const NUMBERS: [&str; 2] = ["type = \"u64\"", "type = \"u64\""];

#[test]
fn counters_are_right_on_every_map_that_offers_them() {
    for [key, value] in [STRINGS, NUMBERS] {
        let serve = "mix = { get = 20, entry = 10, modify = 60, update = 5, remove = 4, iterate = 1 }";
        let scratch = scratch(key, value, serve);
        scratch.mapprof(&[&RUN[..], &[BOTH, "--latency", "--heap=exact"]].concat()).ended_with(0);
        let mut checksums: Vec<String> = BOTH
            .split(',')
            .map(|map| {
                let record = records::record(&scratch, &format!("counting/{map}"));
                let kinds = &records::pass(&record, "latency").latency.as_ref().expect("it was timed").kinds;
                assert!(
                    kinds.iter().any(|kind| kind.op == "entry")
                        && kinds.iter().any(|kind| kind.op == "modify")
                );
                let heap = record.heap.as_ref().expect("the profile was compared with the counters");
                assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{map}");
                records::pass(&record, "memory").total.checksum.clone()
            })
            .collect();
        checksums.dedup();
        assert_eq!(checksums.len(), 1, "all maps did the same work");
    }
}

#[test]
fn a_map_that_only_inserts_by_entry_has_its_closed_form() {
    for [key, value] in [STRINGS, NUMBERS] {
        let scratch = scratch(key, value, "mix = { entry = 50, modify = 50 }");
        let maps = "std,hashbrown,btree,indexmap,sorted-vec,mutex-std,rwlock-std,dashmap";
        let said = scratch.mapprof(
            &[&["run", "counting", "--workloads", "own", "--verify", "--map"][..], &[maps]].concat(),
        );
        let said = said.ended_with(0).stdout;
        assert!(!said.contains("differs"), "{said}");
    }
}

#[test]
fn maps_without_values_in_place_insert_by_entry_alone() {
    let [key, value] = STRINGS;
    let scratch = scratch(key, value, "mix = { entry = 50, get = 50 }");
    scratch.mapprof(&[&RUN[..], &[ENTRY_ALONE]].concat()).ended_with(0);
}

#[test]
fn what_a_map_does_not_offer_is_refused_before_anything_runs() {
    let [key, value] = STRINGS;
    let scratch = scratch(key, value, "mix = { modify = 100 }");
    for map in ENTRY_ALONE.split(',') {
        let said = scratch.mapprof(&[&RUN[..], &[map]].concat()).ended_with(2);
        assert!(said.stderr.contains("cannot run counting: it has no modify"), "{}", said.stderr);
    }
    let said = scratch.mapprof(&[&RUN[..], &["null"]].concat()).ended_with(2);
    assert!(said.stderr.contains("it has no entry, no modify"), "{}", said.stderr);
    assert!(!scratch.path("profiles").exists(), "nothing was run");
}

const ORDERED: &str = "btree,skiplist,sorted-vec";

#[test]
fn scans_are_right_on_every_ordered_map() {
    for [key, value] in [STRINGS, NUMBERS] {
        for extra in ["", "scan_entries = 7", "instances = 20"] {
            let serve = "mix = { scan = 30, insert = 20, update = 20, upsert = 10, remove = 15, get = 5 }";
            let scratch = scratch(&format!("{key}\n"), value, serve);
            let file = scratch.path("own/counting.toml");
            let text = std::fs::read_to_string(&file).expect("it was just written");
            let text = text.replace("entries = 2_000\n", &format!("entries = 2_000\n{extra}\n"));
            scratch.write("own/counting.toml", text.replace("entry = 100", "insert = 100"));
            scratch.mapprof(&[&RUN[..], &[ORDERED, "--latency", "--heap=exact"]].concat()).ended_with(0);
            let mut checksums: Vec<String> = ORDERED
                .split(',')
                .map(|map| {
                    let record = records::record(&scratch, &format!("counting/{map}"));
                    let kinds =
                        &records::pass(&record, "latency").latency.as_ref().expect("it was timed").kinds;
                    assert!(kinds.iter().any(|kind| kind.op == "scan"));
                    let heap = record.heap.as_ref().expect("the profile was compared with the counters");
                    assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{map}");
                    records::pass(&record, "memory").total.checksum.clone()
                })
                .collect();
            checksums.dedup();
            assert_eq!(checksums.len(), 1, "all maps did the same work");
        }
    }
}

#[test]
fn a_scan_on_a_map_without_order_and_on_several_threads_is_refused() {
    let scratch = scratch(NUMBERS[0], NUMBERS[1], "mix = { scan = 100 }");
    let said = scratch.mapprof(&[&RUN[..], &["std"]].concat()).ended_with(2);
    assert!(said.stderr.contains("map \"std\" cannot run counting: it has no scan"), "{}", said.stderr);
    let said = scratch.mapprof(&[&RUN[..], &["skiplist", "--threads", "2"]].concat()).ended_with(2);
    assert!(said.stderr.contains("calls scan, whose answer depends on"), "{}", said.stderr);
    assert!(!scratch.path("profiles").exists(), "nothing ran");
}
