//! Measuring several times, and two programs in turns.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scratch::{MAPPROF, Scratch, read_json};
use crate::worker::executable;
use crate::workloads;

#[test]
fn repeated_measurements_are_all_in_the_record() {
    let scratch = workloads::scratch();
    let said =
        scratch.mapprof(&["run", "quick", "--workloads", "own", "--repeat", "4", "--latency"]).ended_with(0);
    assert!(said.stdout.contains("measured 4 times"), "{}", said.stdout);
    assert_eq!(said.stderr.matches("time pass").count(), 1, "a line for all of them: {}", said.stderr);
    let record = scratch.record("quick/std");
    assert_eq!(record["repeats"], 4);
    let metrics = &record["metrics"];
    assert_eq!(metrics["ns_per_op"]["runs"].as_array().unwrap().len(), 4);
    assert_eq!(metrics["latency.get.p50"]["noise"], "time");
    let mut runs: Vec<f64> =
        metrics["ns_per_op"]["runs"].as_array().unwrap().iter().map(|run| run.as_f64().unwrap()).collect();
    runs.sort_by(f64::total_cmp);
    assert_eq!(metrics["ns_per_op"]["value"].as_f64().unwrap(), (runs[1] + runs[2]) / 2.0);
    assert_eq!(metrics["live_bytes"]["noise"], "exact");
    assert!(metrics["live_bytes"].get("runs").is_none(), "it was the same each time");
    assert!(record["rerun"].as_str().unwrap().contains("--repeat 4"));
}

#[test]
fn two_programs_are_measured_in_turns_and_land_apart() {
    let scratch = workloads::scratch();
    // Says when it is started, and what for, and hands over to the real one.
    let base =
        executable(&scratch, "base", &format!("#!/bin/sh\necho base >>turns\nexec {MAPPROF} \"$@\"\n"));
    let new = executable(&scratch, "new", &format!("#!/bin/sh\necho new >>turns\nexec {MAPPROF} \"$@\"\n"));
    let command = ["run", "quick", "--workloads", "own", "--repeat", "3", "--heap"];
    scratch
        .mapprof(&[&command[..], &["--worker", &new, "--base-program", &base, "--base-out", "old"]].concat())
        .ended_with(0);
    let turns = std::fs::read_to_string(scratch.path("turns")).unwrap();
    let turns: Vec<&str> = turns.lines().collect();
    // A time pass and a memory pass of each, three times; the other program goes first in every other round.
    let (ours, theirs) = (["new", "base"], ["base", "new"]);
    let due = [ours, ours, theirs, theirs, ours, ours, ours].concat();
    assert_eq!(turns, due, "each pass beside the other program's, heap passes last");
    let ours = scratch.record("quick/std");
    let old = read_json(&scratch.path("old/quick/std/run.json"));
    assert_eq!(ours["session"], old["session"]);
    assert_eq!(ours["session"].as_str().unwrap().len(), 16);
    assert_eq!(ours["metrics"]["live_bytes"], old["metrics"]["live_bytes"]);
    for (record, program) in [(&ours, &new), (&old, &base)] {
        let rerun = record["rerun"].as_str().unwrap();
        assert_eq!(rerun.matches("--worker").count(), 1, "{rerun}");
        assert!(rerun.ends_with(&format!("--worker {program}")), "{rerun}");
    }
    assert!(scratch.path("old/quick/std/heap.pb.gz").is_file());
}

#[test]
fn the_two_programs_need_folders_of_their_own() {
    let scratch = workloads::scratch();
    let command = ["run", "quick", "--workloads", "own", "--base-program", MAPPROF, "--base-out", "profiles"];
    let said = scratch.mapprof(&command).ended_with(2);
    assert!(said.stderr.contains("--base-out profiles: is the folder of --out too"), "{}", said.stderr);
    scratch.mapprof(&["run", "quick", "--base-out", "x"]).ended_with(2);
}

#[test]
fn a_base_that_fails_takes_nothing_from_the_new_one() {
    let scratch = workloads::scratch();
    let broken = executable(&scratch, "broken", "#!/bin/sh\nexit 9\n");
    let command = ["run", "quick", "--workloads", "own", "--repeat", "2", "--base-program", &broken];
    let said = scratch.mapprof(&command).ended_with(3);
    assert!(said.stderr.contains("the base's quick/std: time pass: crashed"), "{}", said.stderr);
    assert_eq!(scratch.record("quick/std")["repeats"], 2);
    assert!(scratch.path("profiles-base/quick/std.failed/error.json").is_file());
}

/// The exact figures of every map that ran, below `out`.
fn exact_figures(scratch: &Scratch, out: &str) -> BTreeMap<String, (Value, BTreeMap<String, f64>)> {
    let runs = std::fs::read_dir(scratch.path(out).join("quick")).unwrap();
    let of = |record: Value| {
        let metrics = record["metrics"].as_object().unwrap().clone();
        let exact = metrics.into_iter().filter(|(_, metric)| metric["noise"] == "exact");
        let exact = exact.map(|(name, metric)| (name, metric["value"].as_f64().unwrap())).collect();
        (record["map"]["varies"].clone(), exact)
    };
    runs.map(|run| {
        let run = run.unwrap();
        (run.file_name().into_string().unwrap(), of(read_json(&run.path().join("run.json"))))
    })
    .collect()
}

#[test]
fn exact_figures_are_the_same_in_every_run_and_on_any_number_of_cores() {
    let scratch = workloads::scratch();
    let command = ["run", "quick", "--workloads", "own", "--map", "all", "--quiet", "--out"];
    scratch.mapprof(&[&command[..], &["one", "--repeat", "2"]].concat()).ended_with(0);
    scratch.mapprof(&[&command[..], &["two"]].concat()).ended_with(0);
    // On one processor only, as far as the system has a command for that.
    let alone =
        scratch.command("taskset").args(["--cpu-list", "0", MAPPROF]).args(command).arg("alone").output();
    let alone = alone.is_ok_and(|output| output.status.success());
    let (one, two) = (exact_figures(&scratch, "one"), exact_figures(&scratch, "two"));
    assert_eq!(one, two);
    let mut exact = 0;
    for (map, (varies, figures)) in &one {
        match varies.as_str() {
            Some("timing") => assert!(figures.is_empty(), "{map}: {figures:?}"),
            _ => assert!(figures.len() > 10, "{map}: {figures:?}"),
        }
        exact += usize::from(varies.is_null());
    }
    assert!(exact >= 8, "most maps do not vary: {one:?}");
    if alone {
        let alone = exact_figures(&scratch, "alone");
        for (map, (varies, figures)) in one.iter().filter(|(_, (varies, _))| varies.is_null()) {
            assert_eq!(alone[map], (varies.clone(), figures.clone()), "{map} on one processor");
        }
    }
}
