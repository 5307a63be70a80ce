//! Sweeps: the points that a command line asks for, what their record and picture have, how costs grow, and what is refused.

use std::fs;

use serde_json::Value;

use crate::processes::{Running, eventually, signal};
use crate::scratch::{MAPPROF, Said, Scratch, read_json};
use crate::workloads;

/// A map that is filled, and nothing else: its bytes follow from its size alone.
const FILL: &str = r#"name = "filled"
about = "Fills a map."
entries = 1_000

[key]
type = "u64"
order = "ascending"

[value]
type = "u64"

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
"#;

fn scratch() -> Scratch {
    let scratch = workloads::scratch();
    scratch.write("own/filled.toml", FILL);
    scratch
}

fn run(scratch: &Scratch, flags: &[&str]) -> Said {
    scratch.mapprof(&[&["run", "filled", "--workloads", "own"], flags].concat())
}

/// The record of a sweep of `filled`.
#[track_caller]
fn record(scratch: &Scratch, map: &str, settings: &str) -> Value {
    read_json(&scratch.path(format!("profiles/filled/{map}.sweep/{settings}/sweep.json")))
}

/// The values of a setting of its points.
fn values(record: &Value, name: &str) -> Vec<String> {
    let points = record["points"].as_array().expect("it has points");
    points.iter().map(|point| point["settings"][name].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_point_is_in_the_record_with_its_closed_form() {
    let scratch = scratch();
    let said =
        run(&scratch, &["--map", "std,btree", "--sweep", "entries=100..10k:5", "--verify"]).ended_with(0);
    let due = ["100", "316", "1000", "3162", "10000"];
    for map in ["std", "btree"] {
        let record = record(&scratch, map, "entries");
        assert_eq!(values(&record, "entries"), due);
        assert_eq!(record["definition"]["entries"], 1000, "without what is swept");
        for point in record["points"].as_array().expect("it has points") {
            let form = &point["closed_form"]["bytes_per_entry"];
            let value = point["metrics"]["bytes_per_entry"]["value"].as_f64().expect("it is counted");
            let [low, high] = ["low", "high"].map(|end| form[end].as_f64().expect("it has a form"));
            assert!(low <= value && value <= high, "{low} {value} {high}");
            assert_eq!(low, high, "ascending keys leave no doubt");
            assert_eq!(point["closed_form"]["peak_ratio"]["low"], point["metrics"]["peak_ratio"]["value"]);
            assert!(point["metrics"]["ns_per_op"]["value"].as_f64().is_some_and(|ns| ns > 0.0));
            let entries = point["settings"]["entries"].as_str().expect("it is a text");
            let rerun = point["rerun"].as_str().expect("it is a text");
            assert!(rerun.contains(&format!("--entries {entries}")), "{rerun}");
        }
        assert!(said.stdout.contains(&format!("filled/{map} at entries=316: ")), "{}", said.stdout);
        let picture = scratch.path(format!("profiles/filled/{map}.sweep/entries/sweep.svg"));
        assert!(fs::read_to_string(picture).expect("it is drawn").contains("bytes per entry"));
        // A point replaces no run.
        assert!(!scratch.path(format!("profiles/filled/{map}")).exists());
    }
    let both = fs::read_to_string(scratch.path("profiles/filled/sweep.svg")).expect("it is drawn");
    assert!(both.contains("std") && both.contains("btree"));
}

#[test]
fn points_that_are_there_are_not_run_again() {
    let scratch = scratch();
    run(&scratch, &["--sweep", "entries=100,200", "--quiet"]).ended_with(0);
    let before = record(&scratch, "std", "entries");
    let said = run(&scratch, &["--sweep", "entries=50,100,200"]).ended_with(0);
    assert!(said.stderr.contains("2 of 3 points are there already"), "{}", said.stderr);
    let after = record(&scratch, "std", "entries");
    assert_eq!(values(&after, "entries"), ["50", "100", "200"]);
    assert_eq!(after["points"][1], before["points"][0]);
    // Another seed is another sweep, and this one is not lost.
    let said = run(&scratch, &["--sweep", "entries=100,200", "--seed", "2"]).ended_with(2);
    assert!(said.stderr.contains("seed 1 and seed 2; move it away, or choose another folder with --out"));
    assert_eq!(record(&scratch, "std", "entries"), after);
    // More measurements are taken of the points that are asked for.
    run(&scratch, &["--sweep", "entries=100", "--repeat", "2", "--quiet"]).ended_with(0);
    let more = record(&scratch, "std", "entries");
    assert_eq!((&more["points"][1]["repeats"], &more["points"][2]["repeats"]), (&2.into(), &1.into()));
}

#[test]
fn sizes_beside_each_doubling_are_added_without_times() {
    let scratch = scratch();
    let sweep = ["--map", "std,btree,scc", "--sweep", "entries=100..500:2", "--cliffs", "--quiet"];
    run(&scratch, &sweep).ended_with(0);
    let std = record(&scratch, "std", "entries");
    assert_eq!(values(&std, "entries"), ["100", "112", "113", "224", "225", "448", "449", "500"]);
    assert_eq!(std["cliffs"], "doublings by the closed form of std");
    let per_entry =
        |at: usize| std["points"][at]["metrics"]["bytes_per_entry"]["value"].as_f64().unwrap_or(0.0);
    for under in [1, 3, 5] {
        assert!(per_entry(under + 1) > 1.9 * per_entry(under), "the table doubles there");
    }
    assert_eq!(
        (&std["points"][1]["cliff"], &std["points"][1]["passes"]),
        (&true.into(), &serde_json::json!(["memory"]))
    );
    let btree = record(&scratch, "btree", "entries");
    assert_eq!(values(&btree, "entries"), ["100", "500"]);
    assert_eq!(btree["cliffs"], "none: btree has no table that doubles");
    let scc = record(&scratch, "scc", "entries");
    assert_eq!(values(&scc, "entries").len(), 8);
    let how = scc["cliffs"].as_str().unwrap_or_default();
    assert!(how.starts_with("seven eighths of each power of two: scc "), "{how}");
}

#[test]
fn two_settings_have_all_combinations_and_other_settings_are_swept_too() {
    let scratch = scratch();
    let two =
        ["--sweep", "entries=100,200", "--sweep", "key.order=random,ascending", "--map", "btree", "--quiet"];
    run(&scratch, &two).ended_with(0);
    let record_of_two = record(&scratch, "btree", "entries,key.order");
    assert_eq!(values(&record_of_two, "entries"), ["100", "100", "200", "200"]);
    assert_eq!(values(&record_of_two, "key.order"), ["ascending", "random", "ascending", "random"]);
    let threads = ["--sweep", "threads=1,2", "--map", "rwlock-std", "--quiet"];
    run(&scratch, &threads).ended_with(0);
    let threads = record(&scratch, "rwlock-std", "threads");
    assert_eq!(values(&threads, "threads"), ["1", "2"]);
    assert_eq!(threads["case"]["threads"], 1);
    let sizes = ["run", "quick", "--workloads", "own", "--sweep", "value.size=16,1K", "--quiet"];
    scratch.mapprof(&sizes).ended_with(0);
    let sizes = read_json(&scratch.path("profiles/quick/std.sweep/value.size/sweep.json"));
    let bytes =
        |at: usize| sizes["points"][at]["metrics"]["bytes_per_entry"]["value"].as_f64().unwrap_or(0.0);
    assert_eq!(bytes(1) - bytes(0), 1008.0);
}

#[test]
fn what_is_wrong_is_refused_before_anything_runs() {
    for (flags, says) in [
        (
            vec!["--sweep", "entries=1k..10M:0"],
            "--sweep entries=1k..10M:0: 0 steps make no range; 2 to 500 do",
        ),
        (vec!["--sweep", "entries=1k..10M:1M"], "1_000_000 points are too many; a sweep has 500 at most"),
        (vec!["--sweep", "entries"], "write it as entries=1k..10M:24"),
        (vec!["--sweep", "value.siz=1,2"], "--sweep value.siz=1: unknown key \"siz\" in [value]"),
        (vec!["--sweep", "value.size=1,many"], "value.size"),
        (vec!["--sweep", "entries=1,5G"], "--sweep entries=5000000000: entries must be from 1 to"),
        (
            vec!["--sweep", "entries=1,2", "--entries", "5"],
            "--entries gives it one value; leave one of the two out",
        ),
        (vec!["--sweep", "entries=1,2", "--set", "entries=5"], "--set entries=… gives it one value"),
        (vec!["--sweep", "entries=1,2", "--sweep", "entries=5"], "is there twice"),
        (vec!["--sweep", "threads=1,2000"], "threads must be from 1 to 1_024"),
        (vec!["--sweep", "threads=1,2"], "map \"std\" cannot run filled: it is for one thread"),
        (vec!["--sweep", "key.order=random", "--cliffs"], "--cliffs: is about sizes"),
        (vec!["--sweep", "entries=1,2", "--map", "stdd"], "unknown map \"stdd\""),
        (vec!["--sweep", "entries=1,2", "--heap"], "cannot be used with"),
        (vec!["--cliffs"], "--sweep"),
    ] {
        let scratch = scratch();
        let said = run(&scratch, &flags).ended_with(2);
        assert!(said.stderr.contains(says), "{flags:?}: {}", said.stderr);
        assert!(!scratch.path("profiles").exists(), "{flags:?}: something ran");
    }
    let scan = ["--set", "phase.fill.mix={ insert = 90, scan = 10 }", "--sweep", "entries=10,20"];
    let said = run(&scratch(), &scan).ended_with(2);
    assert!(said.stderr.contains("map \"std\" cannot run filled: it has no scan"), "{}", said.stderr);
}

#[test]
fn what_was_done_survives_an_interruption() {
    let scratch = scratch();
    // The second point would take hours.
    let sweep = ["run", "quick", "--workloads", "own", "--sweep", "ops=100,500000000000"];
    let mut running = Running::start(scratch.command(MAPPROF).args(sweep));
    let place = scratch.path("profiles/quick/std.sweep/ops/sweep.json");
    eventually("the first point is done", || place.exists().then_some(()));
    running.only_child();
    signal(running.id(), libc::SIGINT);
    let said = running.finish().ended_with(130);
    assert!(said.stderr.contains("interrupted: 1 of 2 points are done"), "{}", said.stderr);
    let record = read_json(&place);
    assert_eq!(values(&record, "ops"), ["100"]);
    assert!(place.with_file_name("sweep.svg").exists());
    let said =
        scratch.mapprof(&["run", "quick", "--workloads", "own", "--sweep", "ops=100,200"]).ended_with(0);
    assert!(said.stderr.contains("1 of 2 points are there already"), "{}", said.stderr);
    assert_eq!(read_json(&place)["points"][0], record["points"][0]);
}

#[test]
fn a_point_that_fails_is_told_and_the_others_are_kept() {
    let scratch = scratch();
    let sweep =
        ["run", "quick", "--workloads", "own", "--timeout", "1", "--sweep", "ops=100,500000000000,200"];
    let said = scratch.mapprof(&sweep).ended_with(3);
    assert!(said.stderr.contains("1 of 3 points failed: quick/std at ops=500000000000"), "{}", said.stderr);
    let record = read_json(&scratch.path("profiles/quick/std.sweep/ops/sweep.json"));
    assert_eq!(values(&record, "ops"), ["100", "200", "500000000000"]);
    assert_eq!(record["points"][2]["failures"][0]["kind"], "timed-out");
    assert!(record["points"][1]["metrics"]["live_bytes"].is_object());
}

#[test]
fn growth_is_told_by_its_law() {
    let scratch = scratch();
    let sweep = ["--map", "std,btree", "--sweep", "entries=100..4k:7", "--cliffs", "--quiet"];
    run(&scratch, &sweep).ended_with(0);
    let fit = |flags: &[&str]| scratch.mapprof(&[&["fit", "profiles/filled"], flags].concat());
    let said = fit(&["--metric", "bytes_per_entry,live_bytes", "--json"]).ended_with(0);
    let told: Value = serde_json::from_str(&said.stdout).expect("it is JSON");
    let of = |case: &str, metric: &str| -> Value {
        let all = told["growth"].as_array().expect("it is a list");
        let found = all.iter().find(|one| one["case"] == case && one["metric"] == metric);
        found.unwrap_or_else(|| panic!("{case} {metric}: {told}")).clone()
    };
    // A slot of 16 bytes and its control byte, of which seven of eight may be full.
    let steps = of("filled/std", "bytes_per_entry");
    assert_eq!(steps["law"], "steps-per-entry", "{steps}");
    let factor = steps["fits"][0]["b"].as_f64().expect("it is a number");
    assert!((factor - 17.0).abs() < 0.5, "{steps}");
    let [low, high] = [0, 1].map(|end| steps["fits"][0]["share"][end].as_f64().expect("it is a number"));
    assert!((low - 0.875).abs() < 1e-9 && high < 0.9, "{steps}");
    assert_eq!(of("filled/std", "live_bytes")["law"], "steps");
    assert_eq!(of("filled/btree", "live_bytes")["law"], "linear");

    let said = fit(&["--svg", "both.svg"]).ended_with(0);
    assert!(said.stdout.contains("filled/std, n = entries from 100 to 4,000"), "{}", said.stdout);
    assert!(said.stdout.contains("bytes_per_entry: a step comes where n passes 0.87"), "{}", said.stdout);
    assert!(fs::read_to_string(scratch.path("both.svg")).expect("it is drawn").contains("btree"));

    let refused = |arguments: &[&str], says: &str| {
        let said = scratch.mapprof(arguments).ended_with(2);
        assert!(said.stderr.contains(says), "{}", said.stderr);
    };
    refused(&["fit", "nowhere"], "no such folder");
    refused(&["fit", "own"], "no sweep in this folder; mapprof run WORKLOAD --sweep");
    refused(&["fit", "profiles", "--metric", "ns_per_opp"], "unknown metric \"ns_per_opp\": did you mean");
    refused(&["fit", "profiles", "--metric", "latency.get.p99"], "no sweep has 4 points or more with it");
    run(&scratch, &["--sweep", "key.order=random,ascending", "--quiet"]).ended_with(0);
    refused(&["fit", "profiles/filled/std.sweep/key.order"], "are words, and growth is by a number");
    scratch.write("own/sweep.json", "{\"format\": 7}");
    refused(&["fit", "own"], "format 7, and this mapprof reads format 1 of sweeps");
    scratch.write("own/sweep.json", "{}");
    refused(&["fit", "own/sweep.json"], "not a sweep of mapprof");
}
