//! Many maps at once: entries are dealt over them, closed forms hold over all, and their own bytes are told.

use crate::records;
use crate::scratch::Scratch;

fn workload(instances: u64, entries: u64, key: &str, value: &str, more: &str) -> String {
    format!(
        r#"name = "sessions"
about = "A map for each session."
entries = {entries}
instances = {instances}
[key]
{key}
[value]
{value}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
{more}"#
    )
}

const U64: &str = "type = \"u64\"";
const STRING: &str = "type = \"string\"\nlength = 20";
const VEC: &str = "type = \"vec\"\nsize = { distribution = \"uniform\", min = 8, max = 80 }";

const SERVE: &str = r#"[[phase]]
name = "serve"
ops_per_entry = 2.0
mix = { get = 50, get_missing = 10, update = 20, upsert = 20 }
"#;

const LIFE: &str = r#"[[phase]]
name = "thin"
ops_per_entry = 0.5
mix = { remove = 100 }
[[phase]]
name = "rebuilt"
step = "rebuild"
[[phase]]
name = "look"
ops = 3
each = ["iterate"]
[[phase]]
name = "cleared"
ops = 1
each = ["clear"]
[[phase]]
name = "anew"
step = "new"
capacity = 3
[[phase]]
name = "refill"
ops_per_entry = 0.5
mix = { insert = 100 }
[[phase]]
name = "gone"
step = "drop"
"#;

#[track_caller]
fn verified(scratch: &Scratch, workload: &str, maps: &str, arguments: &[&str]) {
    scratch.write("own/sessions.toml", workload);
    let run = ["run", "sessions", "--workloads", "own", "--verify", "--quiet", "--map", maps];
    scratch.mapprof(&[&run[..], arguments].concat()).ended_with(0);
}

#[track_caller]
fn metric(scratch: &Scratch, case: &str, name: &str) -> f64 {
    records::record(scratch, case).metrics.get(name).unwrap_or_else(|| panic!("{case} has no {name}")).value
}

#[test]
fn a_hundred_thousand_maps_of_eight_entries_cost_the_closed_form() {
    let scratch = Scratch::new();
    verified(&scratch, &workload(100_000, 800_000, U64, U64, ""), "std,hashbrown", &["--skip", "time"]);
    // Eight entries need 16 slots, and the map itself lies in the vector.
    let own = size_of::<
        std::collections::HashMap<u64, u64, std::hash::BuildHasherDefault<std::hash::DefaultHasher>>,
    >();
    let full = (records::table(16, 16) + own as u64) as f64;
    assert_eq!(metric(&scratch, "sessions/std", "bytes_per_instance"), full);
    assert_eq!(metric(&scratch, "sessions/std", "empty_bytes_per_instance"), own as f64);
    assert_eq!(metric(&scratch, "sessions/std", "live_bytes"), 100_000.0 * full);
}

#[test]
fn maps_in_closed_form_hold_over_all_instances_and_steps() {
    let scratch = Scratch::new();
    for (instances, entries) in [(2, 1), (7, 100), (64, 5000), (500, 500)] {
        for (key, value) in [(U64, U64), (STRING, VEC)] {
            let text = workload(instances, entries, key, value, &format!("{SERVE}{LIFE}"));
            verified(
                &scratch,
                &text,
                "std,hashbrown,indexmap,sorted-vec,mutex-std,btree,dashmap",
                &["--skip", "time"],
            );
        }
    }
}

#[test]
fn every_pass_of_every_map_runs_on_many() {
    let scratch = Scratch::new();
    let text = workload(50, 4000, STRING, VEC, &format!("{SERVE}{LIFE}"));
    let maps = records::maps().join(",");
    verified(&scratch, &text, &maps, &["--heap=exact", "--latency"]);
    let mut checksums: Vec<String> = records::maps()
        .iter()
        .map(|map| {
            let record = records::record(&scratch, &format!("sessions/{map}"));
            let heap = record.heap.as_ref().expect("the profile was compared with the counters");
            assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{map}");
            records::pass(&record, "memory").total.checksum.clone()
        })
        .collect();
    checksums.dedup();
    assert_eq!(checksums.len(), 1, "all maps did the same work");
    let threads = ["--threads", "3", "--heap=exact", "--latency"];
    let text = text.replace(
        "name = \"look\"\nops = 3\neach = [\"iterate\"]",
        "name = \"look\"\nops = 3\neach = [\"get\"]",
    );
    let text = text.replace("ops = 1\neach = [\"clear\"]", "ops = 1\neach = [\"get\"]");
    verified(&scratch, &text, "dashmap,mutex-std,scc", &threads);
}

#[test]
fn one_instance_is_a_map_as_it_is_without_saying_so() {
    let scratch = Scratch::new();
    let text = workload(1, 1000, STRING, VEC, SERVE);
    verified(&scratch, &text, "std", &[]);
    let one = records::record(&scratch, "sessions/std");
    verified(&scratch, &text.replace("instances = 1\n", ""), "std", &["--out", "plain"]);
    let plain: mapprof::record::CaseRecord = serde_json::from_str(
        &std::fs::read_to_string(scratch.path("plain/sessions/std/run.json")).expect("it is there"),
    )
    .expect("it is a record");
    assert_eq!(one.definition, plain.definition);
    assert!(!one.metrics.contains_key("bytes_per_instance"));
    assert_eq!(records::pass(&one, "memory").total.checksum, records::pass(&plain, "memory").total.checksum);
}

#[test]
fn too_many_or_too_large_is_refused() {
    let scratch = Scratch::new();
    let refused = |text: &str, says: &str| {
        scratch.write("own/sessions.toml", text);
        let run = ["run", "sessions", "--workloads", "own", "--map", "dashmap"];
        let said = scratch.mapprof(&run).ended_with(2);
        assert!(said.stderr.contains(says), "{}", said.stderr);
        assert_eq!(said.stderr.trim().lines().count(), 1, "{}", said.stderr);
    };
    refused(&workload(0, 10, U64, U64, ""), "sessions.toml:4: instances must be from 1 to 1_000_000");
    refused(&workload(1_000_001, 10, U64, U64, ""), "instances must be from 1 to 1_000_000");
    let step = "[[phase]]\nname = \"wide\"\nstep = \"new\"\ncapacity = 1_000_000\n";
    refused(
        &workload(1_000_000, 10, U64, U64, step),
        "cannot run sessions: 1,000,000 maps take at least 16.0 TB",
    );
}
