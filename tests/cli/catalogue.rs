//! Maps that are compiled for a few pairs: each makes the calls that it has, in every pass, alone and on several threads, with the answers
//! and bytes that are due.

use mapprof::maps::{BUILT_IN, MapInfo};
use serde_json::Value;

use crate::records;
use crate::scratch::Scratch;

/// For any keys, for one thread.
const ALONE: &str = "imbl,rpds,litemap";

/// For any keys, for several threads.
const CONCURRENT: &str = "cow-std,left-right,sharded-rwlock,scc-hash-index,scc-tree-index";

/// For keys that are integers.
const INTEGERS: &str = "blart,dense-vec,concread";

/// A workload that makes every call that all maps have, and leaves nothing.
fn workload(key: &str, value: &str) -> String {
    format!(
        r#"
name = "calls"
about = "Makes every call."
entries = 400
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
ops = 1000
mix = {{ get = 40, get_missing = 10, update = 50 }}
[[phase]]
name = "walk"
ops = 3
mix = {{ iterate = 100 }}
[[phase]]
name = "churn"
ops = 300
each = ["remove", "insert"]
[[phase]]
name = "drain"
ops_per_entry = 1.0
mix = {{ remove = 100 }}
"#
    )
}

const VECTORS: &str = "type = \"vec\"\nsize = { distribution = \"uniform\", min = 0, max = 90 }";

/// Runs the workload; every case must end well, with the same answers. Returns what was said.
#[track_caller]
fn run(key: &str, value: &str, maps: &str, arguments: &[&str]) -> String {
    let scratch = Scratch::new();
    let threads = arguments.iter().skip_while(|word| **word != "--threads").nth(1);
    let text = workload(key, value);
    // On several threads the answer of an iteration depends on what the others do.
    let text = if threads.is_none() { text } else { text.replace("iterate = 100", "get = 100") };
    scratch.write("own/calls.toml", text);
    let command = ["run", "calls", "--workloads", "own", "--verify", "--map", maps];
    let said = scratch.mapprof(&[&command, arguments].concat()).ended_with(0);
    let mut checksum = None;
    for map in maps.split(',') {
        let with =
            threads.filter(|count| **count != "1").map_or(String::new(), |count| format!(",threads={count}"));
        let record = scratch.record(&format!("calls/{map}{with}"));
        let found = record["passes"]["memory"]["total"]["checksum"].clone();
        assert!(found.is_string(), "{map}");
        assert_eq!(checksum.get_or_insert_with(|| found.clone()), &found, "{map}");
        let passes = record["passes"].as_object().expect("there are passes");
        let asked = [("--latency", "latency"), ("--heap=exact", "heap")];
        for (_, pass) in asked.iter().filter(|(flag, _)| arguments.contains(flag)) {
            assert!(passes.contains_key(*pass), "{map} has no {pass} pass");
        }
    }
    said.stdout
}

/// Every pass but the CPU pass, which needs more operations.
const EVERY_PASS: [&str; 2] = ["--heap=exact", "--latency"];

const STRINGS: &str = "type = \"string\"\nlength = 24";

#[test]
fn maps_with_a_few_pairs_make_every_call_in_every_pass() {
    let all = format!("{ALONE},{CONCURRENT},std");
    for (key, value) in [(STRINGS, VECTORS), ("type = \"u64\"", "type = \"u64\"")] {
        run(key, value, &all, &EVERY_PASS);
    }
    for (key, value) in [("u64", VECTORS), ("u64", "type = \"array\"\nsize = 64"), ("u32", "type = \"u64\"")]
    {
        let key = format!("type = \"{key}\"\norder = \"ascending\"");
        run(&key, value, &format!("{INTEGERS},std"), &EVERY_PASS);
    }
    run("type = \"u64\"", VECTORS, "blart,btree", &EVERY_PASS);
}

#[test]
fn maps_for_several_threads_make_every_call_on_2_and_16() {
    for threads in ["2", "16"] {
        let arguments = [&EVERY_PASS[..], &["--threads", threads]].concat();
        run(STRINGS, VECTORS, CONCURRENT, &arguments);
        run("type = \"u64\"", VECTORS, "concread", &arguments);
    }
}

#[test]
fn maps_with_a_few_pairs_have_cpu_samples() {
    let scratch = Scratch::new();
    let serve = "mix = { get = 99, update = 1 }\naccess = { distribution = \"uniform\" }";
    for (name, key, maps) in [
        ("any", STRINGS, [ALONE, CONCURRENT].join(",")),
        ("integers", "type = \"u64\"\norder = \"ascending\"", INTEGERS.to_owned()),
    ] {
        let text = workload(key, VECTORS).replace("name = \"calls\"", &format!("name = \"{name}\""));
        let text = text.replace("mix = { get = 40, get_missing = 10, update = 50 }", serve);
        scratch.write(&format!("own/{name}.toml"), text);
        let cpu = ["--set", "phase.serve.ops=200000", "--skip", "time,memory", "--cpu", "--hertz", "4000"];
        records::run(&scratch, &[&[name, "--map", &maps][..], &cpu].concat());
        for map in maps.split(',') {
            let delivered = scratch.record(&format!("{name}/{map}"))["cpu"]["delivered"].as_u64();
            assert!(delivered > Some(0), "{map}: {delivered:?}");
        }
    }
}

#[test]
fn the_bytes_of_a_dense_vector_are_its_places() {
    let said = run("type = \"u64\"\norder = \"ascending\"", VECTORS, "dense-vec", &[]);
    let verified =
        "verified: live and peak of fill, serve, walk, churn, drain agree with the closed form to the byte";
    assert!(said.contains(verified), "{said}");
    let scratch = Scratch::new();
    let text = workload("type = \"u64\"\norder = \"ascending\"", "type = \"u64\"")
        .replace("get_missing = 10", "get = 10");
    scratch.write("own/calls.toml", text.replace("get = 40, get = 10", "get = 50"));
    records::run(&scratch, &["calls", "--map", "dense-vec", "--entries", "1000"]);
    let record = records::record(&scratch, "calls/dense-vec");
    let fill = &records::memory(&record).phases[0];
    // 1024 places of 16 bytes, doubled to from 4; no key is in them.
    assert_eq!((fill.live_bytes, fill.payload_bytes), (1024 * 16, 8 * 1000));
}

/// Two copies of each entry, one of them a write behind, and what the last write left: the log's key and the value that was replaced.
#[test]
fn the_bytes_of_left_right_follow_from_the_last_write() {
    let said = run(STRINGS, VECTORS, "left-right", &[]);
    for verified in [
        "verified: live and peak of fill; live of serve, walk agree with the closed form to the byte",
        "verified: peak of serve, walk lie within the bounds of the closed form",
        "an empty, shrunk map holds no more than a fresh one",
    ] {
        assert!(said.contains(verified), "{said}");
    }
    let said = run("type = \"u64\"", "type = \"u64\"", "left-right", &["--set", "capacity=1000"]);
    let verified =
        "verified: live and peak of fill, serve, walk, churn, drain agree with the closed form to the byte";
    assert!(said.contains(verified), "{said}");
}

#[test]
fn a_sharded_map_takes_a_number_of_shards_and_agrees_to_the_byte() {
    for shards in ["2", "8"] {
        let set = format!("shards={shards}");
        let said = run("type = \"u64\"", VECTORS, "sharded-rwlock,dashmap", &["--set", &set]);
        let verified = "verified: live and peak of fill, serve, walk";
        assert_eq!(said.matches(verified).count(), 2, "{said}");
    }
}

#[test]
fn a_copied_map_has_both_versions_at_its_peak() {
    let said = run("type = \"u64\"", VECTORS, "cow-std", &[]);
    let verified = "verified: live and peak of fill, serve, walk lie within the bounds of the closed form";
    assert!(said.contains(verified), "{said}");
}

#[test]
fn keys_that_are_no_dense_integers_are_refused_with_what_would_be() {
    let scratch = Scratch::new();
    let refused = |key: &str, map: &str, due: &str| {
        scratch.write("own/calls.toml", workload(key, "type = \"u64\""));
        let command = ["run", "calls", "--workloads", "own", "--map", map];
        let said = scratch.mapprof(&command).ended_with(2);
        assert!(said.stderr.contains(due) && said.stderr.lines().count() == 1, "{}", said.stderr);
        assert!(!scratch.path("profiles").exists());
    };
    refused("type = \"u64\"", "dense-vec", "set `key.order` to \"ascending\"");
    for map in INTEGERS.split(',') {
        refused(STRINGS, map, "its keys are u64, u32");
    }
}

#[test]
fn lists_say_what_a_map_can_do_and_what_is_known_of_its_bytes() {
    let scratch = Scratch::new();
    let list = scratch.mapprof(&["list", "maps", "--json"]).ended_with(0);
    let list: Value = serde_json::from_str(&list.stdout).expect("it is JSON");
    let rows = list["maps"].as_array().expect("there are maps");
    let row = |map: &MapInfo| rows.iter().find(|row| row["name"] == map.name).expect("each has a row");
    for map in BUILT_IN {
        let row = row(map);
        let bytes = row["bytes"].as_str().expect("a map has a line on its bytes");
        match map.closed_form {
            Ok(form) => assert_eq!(bytes, form.knows(), "{}", map.name),
            Err(why) => assert_eq!(bytes, format!("none: it {why}")),
        }
        let offers = row["offers"].as_array().expect("a list");
        assert!(map.offers.iter().all(|op| offers.iter().any(|offer| offer == op.name())), "{}", map.name);
    }
    let told = |name: &str| {
        let row = rows.iter().find(|row| row["name"] == name).expect("it has a row");
        ["order", "frees"].map(|field| row[field].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(told("btree"), ["key", "at-once"]);
    assert_eq!(told("papaya"), ["none", "deferred"]);
    assert_eq!(told("griddle"), ["none", "on-growth"]);
    assert_eq!(told("scc-hash-index"), ["none", "in-bulk"]);
}
