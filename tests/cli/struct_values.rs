//! Values that stand for structs: what their parts cost, to the byte, and whose bytes they are.

use mapprof::oracle::{self, Outcome};
use mapprof::worker::registry::built_in_maps;
use serde_json::Value;

use crate::records;
use crate::scratch::Scratch;

const ENTRIES: u64 = 3_000;

/// Sessions by their names: every call that a closed form knows.
fn sessions(heap: &str) -> String {
    format!(
        r#"name = "sessions"
about = "Sessions by their names."
entries = {ENTRIES}
[key]
type = "string"
length = 20
[value]
type = "record"
inline = 64
heap = {heap}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "serve"
ops = 9_000
mix = {{ get = 40, get_missing = 10, update = 30, modify = 20 }}
[[phase]]
name = "grow"
ops = 2_000
mix = {{ insert = 50, upsert = 50 }}
[[phase]]
name = "drain"
ops = 1_000
mix = {{ remove = 100 }}
"#
    )
}

const HEAP: &str = r#"["18", "0..9 x 24", "8..40"]"#;

fn row(scratch: &Scratch, sample_type: &str, role: &str) -> u64 {
    let top = ["top", "profiles/sessions/std", "--by", "role", "--type", sample_type, "--json"];
    let top: Value = serde_json::from_str(&scratch.mapprof(&top).ended_with(0).stdout).expect("it is JSON");
    let rows = top["rows"].as_array().expect("there are rows");
    rows.iter().find(|row| row["name"] == role).map_or(0, |row| row["value"].as_u64().expect("a number"))
}

#[test]
fn records_cost_what_the_closed_form_says() {
    let scratch = Scratch::new();
    scratch.write("own/sessions.toml", sessions(HEAP));
    let maps = ["std", "hashbrown", "btree", "dashmap"];
    records::run(&scratch, &["sessions", "--map", &maps.join(","), "--verify", "--latency"]);
    for map in maps {
        let record = records::record(&scratch, &format!("sessions/{map}"));
        let maps = built_in_maps();
        let info = maps.iter().find(|entry| entry.info.name == map).expect("it is there").info;
        for check in oracle::verify(&record, info.closed_form).checks {
            let within = map == "btree" && matches!(check.outcome, Outcome::Within { .. });
            assert!(check.outcome == Outcome::Equal || within, "{map}: {check:?}");
        }
        // Payload has no slack: 20 bytes of key, 64 inside, and parts of 18, 108 and 24 bytes on average.
        let fill = &records::pass(&record, "memory").phases[0];
        let mean = fill.payload_bytes as f64 / ENTRIES as f64;
        assert!((mean / 234.0 - 1.0).abs() < 0.03, "{map}: {mean}");
        let reading = &records::memory(&record).phases[0];
        // Blocks of keys and parts, with slack: the rest is the map's.
        let blocks = reading.out_of_line_bytes;
        assert!(blocks > fill.payload_bytes - 64 * ENTRIES, "{map}: {blocks}");
        let own = reading.shape.as_ref().and_then(|shape| shape.own_bytes);
        assert!(own.is_none_or(|own| own + blocks == reading.live_bytes), "{map}: {reading:?}");
        for waterfall in &record.waterfalls {
            let mut steps = waterfall.steps.iter().filter(|step| step.bytes < 0);
            assert!(
                steps.all(|step| ["untouched", "unexplained"].contains(&step.name.as_str())),
                "{waterfall:?}"
            );
        }
    }
    // A value that is made only if its key is new.
    let entry = ["--set", "phase.grow.mix={ entry = 100 }", "--verify"];
    records::run(&scratch, &[&["sessions", "--map", &maps.join(",")][..], &entry].concat());
    // Several threads draw the same parts.
    records::run(
        &scratch,
        &["sessions", "--map", "dashmap", "--threads", "3", "--set", "phase.serve.ops=20000"],
    );
}

#[test]
fn what_records_own_has_the_role_of_values_and_is_allocated_as_often_as_pushing_does() {
    let scratch = Scratch::new();
    scratch.write("own/sessions.toml", sessions(r#"["18", "5 x 24"]"#));
    let fill = ["--set", "phase.serve.ops=1", "--set", "phase.grow.ops=1", "--set", "phase.drain.ops=1"];
    let mix = ["--set", "phase.serve.mix={ get = 100 }", "--set", "phase.grow.mix={ get = 100 }"];
    let get = ["--set", "phase.drain.mix={ get = 100 }", "--map", "std", "--heap=exact", "--verify"];
    records::run(&scratch, &[&["sessions"][..], &fill, &mix, &get].concat());
    // A vector of five elements has room for four, then for eight.
    assert_eq!(row(&scratch, "inuse_space", "value"), ENTRIES * (18 + 8 * 24));
    assert_eq!(row(&scratch, "alloc_objects", "value"), ENTRIES * 3);
    assert_eq!(row(&scratch, "inuse_objects", "value"), ENTRIES * 2);
    assert_eq!(row(&scratch, "inuse_space", "key"), ENTRIES * 20);
}

#[test]
fn a_record_on_a_map_that_has_none_is_refused() {
    let scratch = Scratch::new();
    scratch.write("own/sessions.toml", sessions(HEAP));
    let said = scratch.mapprof(&["run", "sessions", "--workloads", "own", "--map", "griddle"]).ended_with(2);
    assert!(said.stderr.contains("not compiled for String keys with Record<64> values"), "{}", said.stderr);
    let list = scratch.mapprof(&["list", "types"]).ended_with(0).stdout;
    assert!(list.contains("record") && list.contains("room for 3 parts"), "{list}");
}
