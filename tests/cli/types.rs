//! Types of keys and values: every pass runs on each, closed forms hold to the byte, and what a type allocates has its role.

use mapprof::workload::payload::key_types::KEY_TYPES;
use mapprof::workload::payload::value_types::VALUE_TYPES;
use mapprof::workload::payload::{KeyInfo, Layout, ValueInfo};
use serde_json::Value;

use crate::records;
use crate::scratch::Scratch;

const ENTRIES: u64 = 500;
const MAPS: &str = "std,hashbrown,btree,dashmap";

/// Lengths of keys that a type leaves open: some types keep the shorter one in the entry.
const LENGTHS: [usize; 2] = [12, 30];

/// Bytes of values that a type leaves open.
const SIZE: u64 = 40;

/// Parts of records, and the contents and the blocks that they make: as many of them as there is room for.
const PARTS: [(&str, u64, u64); 2] = [("18", 18, 18), ("5 x 24", 120, 8 * 24)];

/// The parts of records of that type.
fn parts(value: &ValueInfo) -> impl Iterator<Item = (&'static str, u64, u64)> {
    (0..value.layout.parts).map(|place| PARTS[place % PARTS.len()])
}

/// The table of values of that type.
fn values(value: &ValueInfo) -> String {
    let (name, bytes) = (value.name, value.bytes.unwrap_or(SIZE));
    if value.layout.parts == 0 {
        return format!("type = \"{name}\"\nsize = {bytes}");
    }
    let heap: Vec<&str> = parts(value).map(|(part, ..)| part).collect();
    format!("type = \"{name}\"\ninline = {bytes}\nheap = {heap:?}")
}

/// A workload whose keys and values have these types. Only updates and insertions, for which every map has its form.
fn workload(key: &KeyInfo, length: usize, value: &ValueInfo) -> String {
    let (key, value) = (format!("type = \"{}\"\nlength = {length}", key.name), values(value));
    format!(
        r#"name = "typed"
about = "Puts entries in, reads and replaces them."
entries = {ENTRIES}

[key]
{key}

[value]
{value}

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}

[[phase]]
name = "serve"
ops = 20_000
mix = {{ get = 60, get_missing = 10, update = 30 }}
"#
    )
}

/// Live bytes at the end that have a role.
fn in_use(scratch: &Scratch, case: &str, role: &str) -> u64 {
    let folder = format!("profiles/{case}");
    let said = scratch.mapprof(&["top", &folder, "--by", "role", "--type", "inuse_space", "--json"]);
    let top: Value = serde_json::from_str(&said.ended_with(0).stdout).expect("it is JSON");
    let rows = top["rows"].as_array().expect("there are rows");
    rows.iter()
        .find(|row| row["name"] == role)
        .map_or(0, |row| row["value"].as_u64().expect("it is a number"))
}

#[track_caller]
fn holds(key: &KeyInfo, value: &ValueInfo) {
    let lengths = key.bytes.map_or(LENGTHS.to_vec(), |bytes| vec![bytes]);
    for length in lengths {
        let scratch = Scratch::new();
        scratch.write("own/typed.toml", workload(key, length, value));
        let run = ["run", "typed", "--workloads", "own", "--map", MAPS, "--quiet", "--verify"];
        scratch.mapprof(&[&run[..], &["--heap=exact", "--latency"]].concat()).ended_with(0);
        // A CPU pass needs time to see samples, so it has operations of its own.
        let cpu = ["--ops", "400000", "--skip", "time,memory", "--cpu", "--hertz", "4000", "--out", "cpu"];
        scratch.mapprof(&[&run[..4], &["--map", "hashbrown", "--quiet"], &cpu].concat()).ended_with(0);
        let blocks = |layout: Layout, bytes: u64| ENTRIES * layout.block_bytes(bytes);
        for map in MAPS.split(',') {
            let case = format!("typed/{map}");
            let what = format!("{} of {length}, {} on {map}", key.rust, value.rust);
            let bytes = value.bytes.unwrap_or(SIZE);
            assert_eq!(in_use(&scratch, &case, "key"), blocks(key.layout, length as u64), "{what}");
            let owned: u64 = parts(value).map(|(.., block)| ENTRIES * block).sum();
            assert_eq!(in_use(&scratch, &case, "value"), blocks(value.layout, bytes) + owned, "{what}");
            let record = records::record(&scratch, &case);
            let heap = record.heap.as_ref().expect("the profile was compared with the counters");
            assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{what}");
            let fill = &records::pass(&record, "memory").phases[0];
            let contents: u64 = parts(value).map(|(_, contents, _)| contents).sum();
            assert_eq!(fill.payload_bytes, ENTRIES * (length as u64 + bytes + contents), "{what}");
        }
    }
}

#[test]
fn each_type_of_keys_holds_in_every_pass() {
    let number = VALUE_TYPES.iter().find(|info| info.name == "u64").expect("there are numbers");
    let vec = VALUE_TYPES.iter().find(|info| info.name == "vec").expect("there are vectors");
    for (place, key) in KEY_TYPES.iter().enumerate() {
        holds(key, if place % 2 == 0 { number } else { vec });
    }
}

#[test]
fn each_type_of_values_holds_in_every_pass() {
    let number = KEY_TYPES.iter().find(|info| info.name == "u64").expect("there are numbers");
    for value in VALUE_TYPES {
        holds(number, value);
    }
}

#[test]
fn a_pair_that_is_not_compiled_is_refused_with_those_that_are() {
    let scratch = Scratch::new();
    let key = KEY_TYPES.iter().find(|info| info.name == "smol-str").expect("it is there");
    let padded = VALUE_TYPES.iter().find(|info| info.name == "padded").expect("it is there");
    scratch.write("own/typed.toml", workload(key, 12, padded));
    let said = scratch.mapprof(&["run", "typed", "--workloads", "own", "--map", "std"]).ended_with(2);
    let due = "map \"std\" cannot run typed: it is not compiled for SmolStr keys with Padded values; beside such keys it has \
               u64, Vec<u8>";
    assert!(said.stderr.contains(due), "{}", said.stderr);
    let said = scratch.mapprof(&["run", "typed", "--workloads", "own", "--map", "scc"]).ended_with(2);
    assert!(said.stderr.contains("its keys are u64, String, Vec<u8>"), "{}", said.stderr);
    assert!(!scratch.path("profiles").exists(), "nothing was run");
}

#[test]
fn a_length_that_a_type_does_not_have_is_refused_by_line() {
    let scratch = Scratch::new();
    let of = |name: &str| KEY_TYPES.iter().find(|info| info.name == name).expect("it is there");
    let number = VALUE_TYPES.iter().find(|info| info.name == "u64").expect("it is there");
    for (key, length, due) in [
        ("composite", 11, "typed.toml:7: key.length is 11, and composite keys are 10 bytes"),
        ("array", 20, "typed.toml:7: key.length must be one of 16, 32 for array keys, got 20"),
    ] {
        scratch.write("own/typed.toml", workload(of(key), length, number));
        let said = scratch.mapprof(&["run", "typed", "--workloads", "own"]).ended_with(2);
        assert!(said.stderr.contains(due), "{}", said.stderr);
    }
}
