//! A map that is swapped for another one while readers go on: the same bytes as a rebuild, right answers for every reader, and what
//! cannot be swapped is refused before anything runs.

use std::path::Path;

use mapprof::record::PhaseRecord;

use crate::records;
use crate::scratch::Scratch;

/// Maps that can be swapped.
const SWAPPED: &str = "std,hashbrown,griddle,indexmap,sorted-vec,btree,dashmap";

const NUMBERS: [&str; 2] = ["type = \"u64\"", "type = \"u64\""];
const STRINGS: [&str; 2] = ["type = \"string\"\nlength = 20", "type = \"vec\"\nsize = 40"];

/// Fills a map, takes half of it out, refreshes it, and goes on.
fn workload(entries: u64, [key, value]: [&str; 2], refresh: &str) -> String {
    format!(
        r#"name = "refreshed"
about = "Refreshes a map while it is read."
entries = {entries}
[key]
{key}
[value]
{value}
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = {{ insert = 100 }}
[[phase]]
name = "thin"
ops_per_entry = 0.5
mix = {{ remove = 100 }}
[[phase]]
name = "change"
ops_per_entry = 0.5
mix = {{ update = 100 }}
[[phase]]
name = "refresh"
{refresh}
[[phase]]
name = "serve"
ops_per_entry = 1.0
mix = {{ get = 50, update = 50 }}
"#
    )
}

/// The phase `refresh` of a pass.
fn refresh(scratch: &Scratch, case: &str, pass: &str) -> PhaseRecord {
    let record = records::record(scratch, case);
    let phases = &records::pass(&record, pass).phases;
    phases.iter().find(|phase| phase.name == "refresh").expect("it was taken").clone()
}

fn run(scratch: &Scratch, text: &str, maps: &str, arguments: &[&str]) {
    scratch.write("own/refreshed.toml", text);
    let run = ["run", "refreshed", "--workloads", "own", "--verify", "--map", maps];
    scratch.mapprof(&[&run[..], arguments].concat()).ended_with(0);
}

#[test]
fn every_pass_swaps_with_the_bytes_of_a_rebuild() {
    for types in [NUMBERS, STRINGS] {
        for entries in [1, 8, 449, 3000] {
            let scratch = Scratch::new();
            let swapped = workload(entries, types, "step = \"swap\"\nreaders = 2");
            run(&scratch, &swapped, SWAPPED, &["--heap=exact", "--latency"]);
            let rebuilt = workload(entries, types, "step = \"rebuild\"");
            run(&scratch, &rebuilt, SWAPPED, &["--skip", "time", "--out", "rebuilt"]);
            for map in SWAPPED.split(',') {
                let swap = refresh(&scratch, &format!("refreshed/{map}"), "memory");
                let text = std::fs::read_to_string(
                    scratch.path(Path::new("rebuilt").join("refreshed").join(map).join("run.json")),
                );
                let rebuild: mapprof::record::CaseRecord =
                    serde_json::from_str(&text.expect("it ran")).expect("it is a record");
                let rebuild = &records::pass(&rebuild, "memory").phases[3];
                assert_eq!(
                    swap.counts.map(|c| (c.allocs, c.alloc_bytes, c.frees, c.freed_bytes)),
                    rebuild.counts.map(|c| (c.allocs, c.alloc_bytes, c.frees, c.freed_bytes)),
                    "{map}"
                );
                assert_eq!(
                    swap.counts.map(|c| (c.live_bytes, c.peak_live_bytes)),
                    rebuild.counts.map(|c| (c.live_bytes, c.peak_live_bytes)),
                    "{map}"
                );
                assert_eq!((swap.ops, rebuild.readers), (1, None));
                let record = records::record(&scratch, &format!("refreshed/{map}"));
                let heap = record.heap.as_ref().expect("the profile was compared with the counters");
                assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{map}");
                let kinds = &records::pass(&record, "latency").latency.as_ref().expect("it was timed").kinds;
                assert!(kinds.iter().any(|kind| kind.op == "swap" && kind.count == 1), "{map}");
                assert!(record.leaks.is_empty(), "{map}");
                for pass in ["time", "memory", "latency", "heap"] {
                    let readers = refresh(&scratch, &format!("refreshed/{map}"), pass).readers;
                    let readers = readers.expect("there were readers");
                    assert!(readers.threads == 2, "{map}, {pass}: {readers:?}");
                    assert!(readers.look_ups == 0 || readers.cpu_ns > 0, "{map}, {pass}: {readers:?}");
                }
            }
        }
    }
}

#[test]
fn readers_that_find_nothing_do_not_hold_a_swap_up() {
    let scratch = Scratch::new();
    let text =
        workload(100, NUMBERS, "step = \"swap\"").replacen("ops_per_entry = 0.5", "ops_per_entry = 1.0", 1);
    run(&scratch, &text, "std", &[]);
    let readers = refresh(&scratch, "refreshed/std", "time").readers.expect("there was one");
    assert_eq!((readers.threads, readers.look_ups), (1, 0));
}

#[test]
fn several_workers_swap_the_map_that_they_share() {
    let scratch = Scratch::new();
    let text = workload(5000, STRINGS, "step = \"swap\"\nreaders = 3");
    run(&scratch, &text, "dashmap", &["--threads", "4", "--heap=exact"]);
    let swap = refresh(&scratch, "refreshed/dashmap,threads=4", "memory");
    assert_eq!((swap.entries, swap.readers.map(|readers| readers.threads)), (2500, Some(3)));
}

#[test]
fn the_report_tells_what_readers_did_and_describe_that_there_are_some() {
    let scratch = Scratch::new();
    run(&scratch, &workload(2000, NUMBERS, "step = \"swap\"\nreaders = 2"), "hashbrown", &[]);
    let said = scratch.mapprof(&["show", "profiles/refreshed/hashbrown"]).ended_with(0).stdout;
    assert!(said.contains("refresh: 2 readers made ") && said.contains(" look-ups meanwhile"), "{said}");
    let said = scratch.mapprof(&["describe", "refreshed", "--workloads", "own"]).ended_with(0).stdout;
    assert!(said.contains("readers 2"), "{said}");
}

#[test]
fn what_cannot_be_swapped_is_refused_before_anything_runs() {
    let scratch = Scratch::new();
    let refused = |text: &str, map: &str, says: &str| {
        scratch.write("own/refreshed.toml", text);
        let said = scratch.mapprof(&["run", "refreshed", "--workloads", "own", "--map", map]).ended_with(2);
        assert!(said.stderr.contains(says), "{says}:\n{}", said.stderr);
        assert_eq!(said.stderr.trim().lines().count(), 1, "{}", said.stderr);
        assert!(!scratch.path("profiles").exists(), "nothing ran");
    };
    let with = |refresh: &str| workload(100, NUMBERS, refresh);
    refused(
        &with("step = \"swap\""),
        "papaya",
        "map \"papaya\" cannot run refreshed: it cannot take the step swap",
    );
    refused(
        &with("step = \"swap\"\nreaders = 0"),
        "std",
        "refreshed.toml:23: phase.refresh.readers must be from 1 to 64",
    );
    refused(
        &with("step = \"rebuild\"\nreaders = 2"),
        "std",
        "refreshed.toml:23: phase.refresh.readers is for a phase with step = \"swap\" alone",
    );
    let many = with("step = \"swap\"").replacen("entries = 100", "entries = 100\ninstances = 4", 1);
    refused(
        &many,
        "std",
        "refreshed.toml:23: phase.refresh.step is \"swap\", which is of a single map, and instances is 4",
    );
}

#[test]
fn a_variant_or_a_flag_takes_another_step_in_its_place() {
    let scratch = Scratch::new();
    let text = workload(100, NUMBERS, "step = \"swap\"\nreaders = 2")
        + "[[variant]]\nname = \"swap\"\nabout = \"Swaps.\"\n\
           [[variant]]\nname = \"rebuild\"\nabout = \"Rebuilds.\"\nphase.refresh.step = \"rebuild\"\n\
           [[variant]]\nname = \"new\"\nabout = \"Begins anew.\"\nphase.refresh.step = \"new\"\n\
           phase.refresh.capacity = 50\n";
    run(&scratch, &text, "std", &["--skip", "time"]);
    for (variant, readers) in [("swap", Some(2)), ("rebuild", None), ("new", None)] {
        let refresh = refresh(&scratch, &format!("refreshed/std@{variant}"), "memory");
        assert_eq!(refresh.readers.map(|readers| readers.threads), readers, "{variant}");
    }
    let set = ["--set", "phase.refresh.step=rebuild", "--out", "set"];
    scratch.mapprof(&[&["run", "refreshed@swap", "--workloads", "own"][..], &set].concat()).ended_with(0);
}
