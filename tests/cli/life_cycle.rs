//! Steps of a map's life cycle: closed forms hold over each, every pass takes them, and what a map or a workload cannot do is
//! refused before anything runs.

use crate::records;
use crate::scratch::Scratch;

/// Maps that have every step, and a closed form.
const ALL_STEPS: &str = "std,hashbrown,indexmap,sorted-vec,mutex-std,rwlock-std";

/// Maps that cannot reserve.
const NO_RESERVE: &str = "btree,dashmap,scc,skiplist";

/// Entries around the doublings of a table, and hardly any.
const SIZES: [u64; 9] = [1, 2, 3, 7, 8, 448, 449, 3584, 3585];

const RESERVE: &str = "[[phase]]\nname = \"room\"\nstep = \"reserve\"\n";

/// Each step, with calls before and after it. `first` is a step before all others.
fn cycle(entries: u64, key: &str, value: &str, first: &str) -> String {
    format!(
        r#"name = "cycle"
about = "Takes a map through its life."
entries = {entries}
[key]
{key}
[value]
{value}
{first}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "fresh"
step = "rebuild"
[[phase]]
name = "thin"
ops_per_entry = 0.6
each = ["remove"]
[[phase]]
name = "shrunk"
step = "shrink"
[[phase]]
name = "rebuilt"
step = "rebuild"
[[phase]]
name = "more"
ops_per_entry = 0.6
each = ["insert"]
[[phase]]
name = "anew"
step = "new"
capacity = 100
[[phase]]
name = "refill"
ops_per_entry = 1.0
each = ["insert", "update"]
[[phase]]
name = "gone"
step = "drop"
"#
    )
}

const NUMBERS: [&str; 2] = ["type = \"u64\"", "type = \"u64\""];
const STRINGS: [&str; 2] = ["type = \"string\"\nlength = 20", "type = \"vec\"\nsize = 40"];
const UNEVEN: [&str; 2] =
    ["type = \"u64\"", "type = \"vec\"\nsize = { distribution = \"uniform\", min = 0, max = 99 }"];

/// Runs the workload, verified, and returns what is said.
#[track_caller]
fn verified(scratch: &Scratch, workload: &str, maps: &str, arguments: &[&str]) -> String {
    scratch.write("own/cycle.toml", workload);
    let run = ["run", "cycle", "--workloads", "own", "--verify", "--map", maps];
    scratch.mapprof(&[&run[..], arguments].concat()).ended_with(0).stdout
}

#[test]
fn closed_forms_hold_to_the_byte_over_every_step() {
    for entries in SIZES {
        for [key, value] in [NUMBERS, STRINGS, UNEVEN] {
            let scratch = Scratch::new();
            let said =
                verified(&scratch, &cycle(entries, key, value, RESERVE), ALL_STEPS, &["--skip", "time"]);
            let all =
                "live and peak of room, fill, fresh, thin, shrunk, rebuilt, more, anew, refill, gone agree";
            let count = ALL_STEPS.split(',').count();
            assert_eq!(said.matches(all).count(), count, "{entries} of {key}, {value}:\n{said}");
        }
    }
}

#[test]
fn a_tree_and_shards_hold_as_far_as_their_forms_are_known() {
    for entries in SIZES {
        for [key, value] in [NUMBERS, STRINGS, UNEVEN] {
            let scratch = Scratch::new();
            let said =
                verified(&scratch, &cycle(entries, key, value, ""), "btree,dashmap", &["--skip", "time"]);
            assert_eq!(said.matches("live and peak of fill").count(), 2, "{said}");
        }
    }
}

#[test]
fn clones_of_what_is_shared_cost_nothing() {
    let shared = [
        ["type = \"arc-str\"\nlength = 20", "type = \"u64\""],
        ["type = \"smol-str\"\nlength = 30", "type = \"u64\""],
        ["type = \"u64\"", "type = \"arc-bytes\"\nsize = 40"],
    ];
    for [key, value] in shared {
        let scratch = Scratch::new();
        verified(&scratch, &cycle(448, key, value, RESERVE), "std,hashbrown", &["--skip", "time"]);
        let record = records::record(&scratch, "cycle/hashbrown");
        let rebuilt = records::pass(&record, "memory").phases[2].counts.expect("it was counted");
        assert_eq!(rebuilt.allocs, 1, "the table alone");
    }
}

#[test]
fn every_pass_takes_every_step_on_every_map() {
    for (maps, first) in [(ALL_STEPS, RESERVE), (NO_RESERVE, "")] {
        let [key, value] = STRINGS;
        let scratch = Scratch::new();
        verified(&scratch, &cycle(2000, key, value, first), maps, &["--heap=exact", "--latency"]);
        for map in maps.split(',') {
            let record = records::record(&scratch, &format!("cycle/{map}"));
            let kinds = &records::pass(&record, "latency").latency.as_ref().expect("it was timed").kinds;
            for step in ["rebuild", "shrink", "new", "drop"] {
                assert!(kinds.iter().any(|kind| kind.op == step && kind.count > 0), "{map}: {step}");
            }
            let heap = record.heap.as_ref().expect("the profile was compared with the counters");
            assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{map}");
            assert!(record.leaks.is_empty(), "{map}");
        }
    }
}

#[test]
fn steps_on_several_threads_leave_the_same_entries() {
    let [key, value] = STRINGS;
    let scratch = Scratch::new();
    let maps = "mutex-std,dashmap,scc,rwlock-std";
    verified(&scratch, &cycle(3000, key, value, ""), maps, &["--threads", "4", "--heap=exact", "--latency"]);
    for map in maps.split(',') {
        let record = records::record(&scratch, &format!("cycle/{map},threads=4"));
        let phases = &records::pass(&record, "memory").phases;
        let entries: Vec<u64> = phases.iter().map(|phase| phase.entries).collect();
        assert_eq!(entries, [3000, 3000, 1200, 1200, 1200, 3000, 0, 3000, 0], "{map}");
        // What was allocated less what was freed is what is live, threads that ended included.
        let mut live = 0i64;
        for phase in phases {
            let counts = phase.counts.expect("it was counted");
            live += counts.alloc_bytes as i64 - counts.freed_bytes as i64;
            assert_eq!(live, counts.live_bytes as i64, "{map}: {}", phase.name);
        }
    }
}

#[test]
fn the_bytes_of_each_step_are_those_of_the_tables() {
    let scratch = Scratch::new();
    let [key, value] = NUMBERS;
    verified(&scratch, &cycle(14, key, value, RESERVE), "hashbrown", &[]);
    let record = records::record(&scratch, "cycle/hashbrown");
    let counts =
        |place: usize| records::pass(&record, "memory").phases[place].counts.expect("it was counted");
    let table = |buckets| records::table(buckets, 16);
    // Room for 14; the fill needs no more.
    assert_eq!((counts(0).live_bytes, counts(1).live_bytes, counts(1).allocs), (table(16), table(16), 0));
    // Two tables while it is rebuilt.
    assert_eq!((counts(2).live_bytes, counts(2).peak_live_bytes), (table(16), 2 * table(16)));
    // 8 of 14 are removed, and 6 need 8 slots.
    assert_eq!((counts(3).live_bytes, counts(4).live_bytes), (table(16), table(8)));
    // A new map for 100.
    assert_eq!(counts(7).live_bytes, table(128));
    assert_eq!(counts(9).live_bytes, 0);
}

#[test]
fn clones_have_the_roles_of_what_they_are() {
    let [key, value] = STRINGS;
    let scratch = Scratch::new();
    let workload = cycle(1000, key, value, "");
    // Up to the first rebuild.
    let end = workload.find("[[phase]]\nname = \"thin\"").expect("it is there");
    for map in ["std", "hashbrown", "btree", "dashmap"] {
        verified(&scratch, &workload[..end], map, &["--heap=exact"]);
        let said = scratch.mapprof(&[
            "top",
            &format!("profiles/cycle/{map}"),
            "--by",
            "role",
            "--type",
            "alloc_space",
            "--json",
        ]);
        let top: serde_json::Value = serde_json::from_str(&said.ended_with(0).stdout).expect("it is JSON");
        let bytes = |role: &str| {
            let rows = top["rows"].as_array().expect("there are rows");
            rows.iter().find(|row| row["name"] == role).map_or(0, |row| row["value"].as_u64().unwrap_or(0))
        };
        assert_eq!((bytes("key"), bytes("value")), (2 * 1000 * 20, 2 * 1000 * 40), "{map}: each once more");
    }
}

#[test]
fn what_cannot_be_is_refused_before_anything_runs() {
    let [key, value] = NUMBERS;
    let scratch = Scratch::new();
    let refused = |workload: &str, map: &str, says: &str| {
        scratch.write("own/cycle.toml", workload);
        let run = ["run", "cycle", "--workloads", "own", "--map", map];
        let said = scratch.mapprof(&run).ended_with(2);
        assert!(said.stderr.contains(says), "{says}:\n{}", said.stderr);
        assert_eq!(said.stderr.trim().lines().count(), 1, "{}", said.stderr);
        assert!(!scratch.path("profiles").exists(), "nothing ran");
    };
    let good = cycle(100, key, value, RESERVE);
    refused(&good, "btree", "map \"btree\" cannot run cycle: it cannot take the step reserve");
    refused(&good, "papaya", "it cannot take the step shrink");
    let with = |from: &str, to: &str| good.replacen(from, to, 1);
    let dropped = with("step = \"rebuild\"", "step = \"drop\"");
    refused(&dropped, "std", "cycle.toml:19: [phase.thin] has no map to call: phase \"fresh\" drops it");
    let twice = with("name = \"gone\"", "name = \"went\"\nstep = \"drop\"\n[[phase]]\nname = \"gone\"");
    refused(
        &twice,
        "std",
        "phase.gone.step is \"drop\", and phase \"went\" has dropped the map: only \"new\"",
    );
    refused(&with("step = \"shrink\"", "step = \"shrink\"\nops = 5"), "std", "and step exclude each other");
    let mixed = with("step = \"shrink\"", "step = \"shrink\"\nmix = { get = 100 }");
    refused(&mixed, "std", "phase.shrunk.mix and step exclude each other");
    refused(&with("step = \"shrink\"", "step = \"shrimp\""), "std", "did you mean \"shrink\"?");
    refused(&with("step = \"shrink\"", "step = \"shrink\"\ncapacity = 5"), "std", "capacity");
    let calls = with("name = \"fill\"", "name = \"fill\"\nadditional = 5");
    refused(&calls, "std", "phase.fill.additional is for a phase with step = \"reserve\" alone");
}

#[test]
fn a_variant_can_put_a_step_in_the_place_of_calls() {
    let scratch = Scratch::new();
    scratch.write(
        "own/reset.toml",
        r#"name = "reset"
about = "Empties a map, and fills it once more."
entries = 1000
[key]
type = "u64"
[value]
type = "u64"
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "reset"
ops = 1
each = ["clear"]
[[phase]]
name = "refill"
ops_per_entry = 0.1
mix = { insert = 100 }
[[variant]]
name = "clear"
about = "The map is cleared, and keeps its table."
[[variant]]
name = "new"
about = "A new map in place of the old one."
phase.reset.step = "new"
[[variant]]
name = "drain"
about = "Removes one by one."
phase.reset.each = ["remove"]
phase.reset.ops = 1000
"#,
    );
    let run = ["run", "reset", "--workloads", "own", "--map", "std", "--verify"];
    scratch.mapprof(&run).ended_with(0);
    let live = |case: &str| {
        let record = records::record(&scratch, case);
        records::pass(&record, "memory").phases[2].counts.expect("it was counted").live_bytes
    };
    assert_eq!(live("reset/std@clear"), records::table(2048, 16), "the table stays");
    assert_eq!(live("reset/std@new"), records::table(128, 16));
    let set =
        ["run", "reset@drain", "--workloads", "own", "--set", "phase.reset.step=rebuild", "--out", "set"];
    scratch.mapprof(&set).ended_with(0);
}
