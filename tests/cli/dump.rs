//! `--heap=dump`: jemalloc's own profile at the end of each phase, its files, and how it is held against the exact
//! recorder. What samples come to is never asserted, only what does not depend on them.

use std::collections::BTreeSet;
use std::fs;

use mapprof::capture::heap_recording::HeapRecording;
use mapprof::profile::{Limit, Profile, pprof};
use mapprof::record::{CaseRecord, DumpComparison, DumpEnd, DumpRole};

use crate::own;
use crate::records::{self, memory, pass, record, run};
use crate::scratch::{MAPPROF, Said, Scratch};

const DUMP: [&str; 3] = ["--heap=dump", "--sample-bytes", "512"];

#[track_caller]
fn comparison(record: &CaseRecord) -> &DumpComparison {
    record.dump.as_ref().expect("the dumps were compared")
}

#[track_caller]
fn role<'d>(end: &'d DumpEnd, name: &str) -> &'d DumpRole {
    end.roles.iter().find(|role| role.role == name).expect("each role is there")
}

#[track_caller]
fn profile(scratch: &Scratch, case: &str, file: &str) -> Profile {
    let bytes = fs::read(scratch.path("profiles").join(case).join(file)).expect("the file is there");
    pprof::decode(&bytes, Limit::default()).expect("it is a profile")
}

fn listed(scratch: &Scratch, case: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(scratch.path("profiles").join(case)).expect("the run is there");
    entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect()
}

/// What is printed, on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asserts what holds of every comparison, whatever was sampled.
#[track_caller]
fn assert_form(record: &CaseRecord) {
    let dump = comparison(record);
    assert_eq!(record.heap.as_ref().map(|heap| heap.recording), Some(HeapRecording::Exact));
    let phases = &pass(record, "dump").phases;
    assert!(phases.iter().map(|phase| &phase.name).eq(dump.ends.iter().map(|end| &end.phase)));
    for end in &dump.ends {
        let names: Vec<&str> = end.roles.iter().map(|role| role.role.as_str()).collect();
        assert_eq!(names, ["key", "value", "table", "harness"]);
        assert!(end.roles.iter().all(|role| role.exact >= role.exact_requested), "{end:?}");
        // Rounded; otherwise classes never take anything away.
        assert!(
            end.roles[..3].iter().all(|role| role.expected.map(|bytes| bytes + 1) > role.exact),
            "{end:?}"
        );
        for role in &end.roles[..3] {
            let (low, high) = role.low.zip(role.high).expect("the error of the blocks is known");
            assert!((low..=high).contains(&role.dump), "{role:?}");
            let due = role.exact.filter(|exact| *exact > 0);
            let due = due.map(|exact| (role.dump as f64 / exact as f64 - 1.0) * 100.0);
            assert_eq!(role.difference_percent, due);
        }
        assert_eq!(role(end, "harness").difference_percent, None);
    }
}

#[test]
fn each_end_has_its_file_and_the_last_one_the_pictures() {
    let scratch = records::scratch();
    run(&scratch, &[&["every-call", "--map", "std,btree"], &DUMP[..]].concat());
    for map in ["std", "btree"] {
        let case = format!("every-call/{map}");
        let record = record(&scratch, &case);
        assert_form(&record);
        let of_heap: Vec<&str> =
            record.files.iter().map(String::as_str).filter(|file| file.starts_with("heap")).collect();
        assert_eq!(
            of_heap,
            [
                "heap.pb.gz",
                "heap-timeline.pb.gz",
                "heap-inuse.svg",
                "heap.speedscope.json",
                "heap-inuse.folded",
                "heap.exact.pb.gz",
                "heap-fill.pb.gz",
                "heap-serve.pb.gz",
                "heap-drain.pb.gz",
            ]
        );
        assert_eq!(listed(&scratch, &case), record.files.iter().cloned().collect());
        for end in &comparison(&record).ends {
            let found = profile(&scratch, &case, end.file.as_deref().expect("it has samples"));
            assert_eq!((found.kinds(), found.period), (vec!["inuse_space"], 512));
            let mut sums = [0u64; 4];
            for sample in &found.samples {
                let label = |key| found.label(sample, key);
                assert_eq!((label("phase"), label("map")), (Some(end.phase.as_str()), Some(map)));
                assert_eq!((label("workload"), label("thread")), (Some("every-call"), Some("worker-0")));
                let at = end.roles.iter().position(|role| Some(role.role.as_str()) == label("role"));
                sums[at.expect("its role is one of those")] += sample.values[0] as u64;
            }
            assert!(end.roles.iter().map(|role| role.dump).eq(sums), "the file is what was compared");
        }
        let bytes = |file| fs::read(scratch.path("profiles").join(&case).join(file)).expect("it is there");
        assert_eq!(bytes("heap.pb.gz"), bytes("heap-drain.pb.gz"));
        assert!(profile(&scratch, &case, "heap.exact.pb.gz").sample_type("peak_space").is_some());
    }
}

#[test]
fn the_truth_is_what_was_counted() {
    let scratch = records::scratch();
    run(&scratch, &[&["every-call", "drained", "--map", "std,btree,indexmap"], &DUMP[..]].concat());
    for workload in ["every-call", "drained"] {
        for map in ["std", "btree", "indexmap"] {
            let record = record(&scratch, &format!("{workload}/{map}"));
            assert_form(&record);
            let (counted, read) = (&pass(&record, "heap").phases, &memory(&record).phases);
            for ((end, phase), reading) in comparison(&record).ends.iter().zip(counted).zip(read) {
                let sum = |of: fn(&DumpRole) -> Option<u64>| end.roles.iter().filter_map(of).sum::<u64>();
                assert_eq!(
                    sum(|role| role.exact_requested),
                    phase.counted().live_bytes,
                    "{map} {}",
                    end.phase
                );
                assert_eq!(sum(|role| role.exact), reading.usable_bytes, "{map} {}", end.phase);
            }
        }
        let filled = record(&scratch, &format!("{workload}/std"));
        let fill = &comparison(&filled).ends[0];
        for name in ["key", "value", "table"] {
            assert!(role(fill, name).dump > 0 && role(fill, name).exact > Some(0), "{workload}: {fill:?}");
        }
    }
    // Keys of 12 bytes lie in 16, and all of them are gone in the end.
    let drained = record(&scratch, "drained/std");
    let [fill, drain] = &comparison(&drained).ends[..] else { panic!("there are two phases") };
    assert_eq!((role(fill, "key").exact, role(fill, "key").exact_requested), (Some(80_000), Some(60_000)));
    assert_eq!((role(drain, "key").exact, role(drain, "key").dump), (Some(0), 0));
}

#[test]
fn a_run_says_how_far_the_dumps_are_from_the_truth() {
    let scratch = records::scratch();
    let command = [&["run", "every-call", "--workloads", "own", "--verbose"], &DUMP[..]].concat();
    let said = flat(&scratch.mapprof(&command).ended_with(0).stdout);
    for phase in ["fill", "serve", "drain"] {
        let line = format!("Dump against exact at the end of {phase}: key ");
        assert!(said.contains(&line), "{said}");
    }
    assert!(said.contains("in use at the end of drain"), "{said}");
    assert!(said.contains("Every allocation was recorded"), "{said}");
    assert!(record(&scratch, "every-call/std").rerun.contains("--heap=dump --sample-bytes 512"));
}

#[test]
fn several_threads_share_a_dump() {
    let scratch = records::scratch();
    run(&scratch, &[&["every-call", "--map", "dashmap,mutex-std", "--threads", "3"], &DUMP[..]].concat());
    for map in ["dashmap", "mutex-std"] {
        let case = format!("every-call/{map},threads=3");
        let record = record(&scratch, &case);
        assert_form(&record);
        let found = profile(&scratch, &case, "heap-fill.pb.gz");
        assert!(found.samples.iter().all(|sample| found.label(sample, "thread").is_none()), "{map}");
        let counted = &pass(&record, "heap").phases;
        for (end, phase) in comparison(&record).ends.iter().zip(counted) {
            let sum: u64 = end.roles.iter().filter_map(|role| role.exact_requested).sum();
            assert_eq!(sum, phase.counted().live_bytes, "{map}: {}", end.phase);
        }
    }
}

#[test]
fn other_passes_may_be_left_out_or_repeated() {
    let scratch = records::scratch();
    run(&scratch, &[&["filled", "--entries", "5000", "--skip", "time,memory"], &DUMP[..]].concat());
    let kinds = |record: &CaseRecord| record.passes.keys().map(|kind| kind.name()).collect::<Vec<_>>();
    let alone = record(&scratch, "filled/std");
    assert_eq!(kinds(&alone), ["heap", "dump"]);
    assert_form(&alone);
    let both = ["filled", "--entries", "5000", "--repeat", "2", "--base-program", MAPPROF];
    run(&scratch, &[&both[..], &DUMP[..]].concat());
    for root in ["profiles", "profiles-base"] {
        let path = scratch.path(root).join("filled/std/run.json");
        let record: CaseRecord =
            serde_json::from_value(crate::scratch::read_json(&path)).expect("it is a record");
        assert_eq!((kinds(&record), record.repeats), (vec!["time", "memory", "heap", "dump"], 2));
        assert_form(&record);
    }
}

#[test]
fn other_commands_take_such_a_run() {
    let scratch = records::scratch();
    run(&scratch, &[&["every-call", "--map", "std"], &DUMP[..]].concat());
    run(&scratch, &["every-call", "--map", "std", "--heap=exact", "--out", "exact"]);
    let case = "profiles/every-call/std";
    for command in [
        &["top", case][..],
        &["top", "profiles/every-call/std/heap-fill.pb.gz", "--by", "role"],
        &["convert", case, "out.folded"],
        &["convert", "profiles/every-call/std/heap-fill.pb.gz", "out.svg"],
        &["compare", "profiles"],
        &["diff", case, case],
        &["check", "profiles", "--baseline", "exact", "--metric", "peak_live_bytes"],
    ] {
        scratch.mapprof(command).ended_with(0);
    }
    let said = flat(&scratch.mapprof(&["diff", "exact", "profiles"]).ended_with(0).stdout);
    assert!(said.contains("in usable bytes, the other is in requested bytes"), "{said}");
    let said = scratch.mapprof(&["top", case, "--type", "peak_space"]).ended_with(2);
    assert!(said.stderr.contains("inuse_space") && said.stderr.lines().count() == 1, "{}", said.stderr);
}

#[test]
fn programs_and_maps_of_ones_own_are_dumped_too() {
    let scratch = Scratch::new();
    let arguments = ["run", "churn", "--map", "linear", "--entries", "300", "--ops", "20000", "--quiet"];
    own::run(&scratch, "own_map", &[&arguments[..], &DUMP[..]].concat()).ended_with(0);
    assert_form(&record(&scratch, "churn/linear"));
    own::run(&scratch, "own_workload", &[&["run", "sessions", "--quiet"], &DUMP[..]].concat()).ended_with(0);
    let record = record(&scratch, "sessions/own");
    assert_form(&record);
    assert!(role(&comparison(&record).ends[0], "table").dump > 0, "its map is known by its frames");
}

#[test]
fn what_is_empty_is_said() {
    let scratch = records::scratch();
    // Nothing is in use but what the harness has, which is sampled or not.
    let null = ["every-call", "--map", "null", "--heap=dump", "--sample-bytes", "64"];
    run(&scratch, &null);
    let record = record(&scratch, "every-call/null");
    assert_form(&record);
    for end in &comparison(&record).ends {
        assert!(end.roles[..3].iter().all(|role| (role.dump, role.exact) == (0, Some(0))), "{end:?}");
    }
    // One sample in a terabyte never comes. How much a program allocates is not known before.
    let tiny = ["run", "sessions", "--quiet", "--heap=dump", "--sample-bytes", "1048576M"];
    let said = own::run(&scratch, "own_workload", &tiny).ended_with(3);
    let lines: Vec<&str> = said.stderr.lines().filter(|line| line.contains("dump pass")).collect();
    assert_eq!(lines.len(), 1, "{}", said.stderr);
    assert!(lines[0].contains("no-profile: no dump has a sample"), "{}", said.stderr);
    assert!(!scratch.path("profiles/sessions/own").exists());
}

#[test]
fn a_dump_that_cannot_be_made_is_one_line() {
    let scratch = records::scratch();
    let mut command = scratch.command(MAPPROF);
    command.args(["run", "passing", "--workloads", "own", "--quiet"]).args(DUMP).env("TMPDIR", "/no/folder");
    let said = Said::of(&mut command).ended_with(3);
    let lines: Vec<&str> = said.stderr.lines().filter(|line| line.contains(" pass: ")).collect();
    assert_eq!(lines.len(), 1, "{}", said.stderr);
    let due = "passing/std: dump pass: refused: jemalloc's profile cannot be dumped at the end of phase 1: ";
    assert!(lines[0].contains(due), "{}", said.stderr);
}

#[test]
fn a_worker_that_gives_no_dumps_is_told_so() {
    let scratch = records::scratch();
    let script = format!("#!/bin/sh\n'{MAPPROF}' worker | grep -v '\"event\":\"dumps\"'\n");
    let worker = scratch.write("worker", script);
    let mut permissions = fs::metadata(&worker).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&worker, permissions).expect("it can be made executable");
    let command = ["run", "passing", "--workloads", "own", "--quiet", "--worker", "./worker"];
    let said = scratch.mapprof(&[&command[..], &DUMP[..]].concat()).ended_with(3);
    let due = "passing/std: dump pass: broken-protocol: the child is done and gave no dumps";
    assert!(said.stderr.contains(due), "{}", said.stderr);
}
