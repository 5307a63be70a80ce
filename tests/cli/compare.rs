//! `mapprof compare`: folders of runs, workloads whose missing runs are made, and what is refused.

use std::fs;

use serde_json::Value;

use crate::own;
use crate::scratch::{MAPPROF, Said, Scratch};

const SMALL: [&str; 4] = ["--entries", "1000", "--ops", "3000"];

/// Runs `churn` on `maps` into the folder `out`.
#[track_caller]
fn recorded(scratch: &Scratch, out: &str, maps: &str, more: &[&str]) {
    let run = ["run", "churn", "--map", maps, "--out", out, "--quiet"];
    scratch.mapprof(&[&run[..], &SMALL, more].concat()).ended_with(0);
}

fn compare(scratch: &Scratch, arguments: &[&str]) -> Said {
    scratch.mapprof(&[&["compare"], arguments].concat())
}

#[track_caller]
fn json(scratch: &Scratch, arguments: &[&str]) -> Value {
    let said = compare(scratch, &[arguments, &["--format", "json"]].concat()).ended_with(0);
    serde_json::from_str(&said.stdout).expect("it is JSON")
}

/// The labels of a workload's rows.
fn labels(comparison: &Value, workload: usize) -> Vec<&str> {
    let runs = comparison["workloads"][workload]["runs"].as_array().expect("there are runs");
    runs.iter().filter_map(|run| run["label"].as_str()).collect()
}

#[test]
fn missing_runs_are_made_and_those_that_are_there_are_not() {
    let scratch = Scratch::new();
    let arguments = [&["churn", "--map", "std,btree", "--svg", "front.svg"][..], &SMALL].concat();
    let said = compare(&scratch, &arguments).ended_with(0);
    assert!(said.stderr.contains("running what is missing: churn/std, churn/btree"), "{}", said.stderr);
    for word in ["btree", "std", "ns_per_op", "1.00x*", "Pareto front of"] {
        assert!(said.stdout.contains(word), "no {word} in:\n{}", said.stdout);
    }
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 80), "wider than 80:\n{}", said.stdout);
    let svg = fs::read_to_string(scratch.path("front.svg")).expect("the picture is there");
    assert!(svg.contains("btree") && svg.trim_end().ends_with("</svg>"), "not whole");

    let said = compare(&scratch, &arguments).ended_with(0);
    assert_eq!(said.stderr, "", "nothing was missing");
    let said =
        compare(&scratch, &[&["churn", "--map", "std,btr*,hashbrown"][..], &SMALL].concat()).ended_with(0);
    assert_eq!(said.stderr.trim_end(), "running what is missing: churn/hashbrown");
    let said = compare(&scratch, &[&["churn"][..], &SMALL].concat()).ended_with(0);
    assert_eq!(said.stderr, "", "without --map it is the maps that were recorded");
    assert!(said.stdout.contains("hashbrown"), "{}", said.stdout);
}

/// What took hours to measure is not lost to a command that was asked to compare.
#[test]
fn a_run_that_differs_is_never_replaced() {
    let scratch = Scratch::new();
    recorded(&scratch, "profiles", "std", &["--repeat", "2"]);
    let path = scratch.path("profiles/churn/std/run.json");
    let before = fs::read(&path).expect("the record is there");
    let asked = [
        (vec!["churn", "--map", "std,btree"], "1000 and 500000 entries"),
        (vec!["churn"], "1000 and 500000 entries"),
        ([&["churn", "--map", "std", "--seed", "2"][..], &SMALL].concat(), "seed 1 and seed 2"),
        ([&["churn", "--map", "std", "--repeat", "3"][..], &SMALL].concat(), "2 and 3 repeats"),
        ([&["churn", "--map", "std", "--latency"][..], &SMALL].concat(), "it has no latency pass"),
        ([&["churn", "--map", "std", "--base-program", MAPPROF][..], &SMALL].concat(), "2 repeats and not 1"),
    ];
    for (arguments, why) in asked {
        let said = compare(&scratch, &arguments).ended_with(2);
        assert_eq!((said.stdout.as_str(), said.stderr.lines().count()), ("", 1), "{}", said.stderr);
        assert!(
            said.stderr.contains("churn/std: the run in profiles/churn/std differs from what you asked for"),
            "{}",
            said.stderr
        );
        assert!(said.stderr.contains(why) && said.stderr.contains("--out"), "{why}: {}", said.stderr);
    }
    assert_eq!(fs::read(&path).expect("the record is there"), before, "it was replaced all the same");
    assert!(!scratch.path("profiles/churn/btree").exists(), "nothing was run in vain");
    // Measured more often than asked for, it serves.
    let said = compare(&scratch, &[&["churn", "--map", "std"][..], &SMALL].concat()).ended_with(0);
    assert_eq!(said.stderr, "");
}

#[test]
fn the_same_cases_of_two_folders_are_told_apart() {
    let scratch = Scratch::new();
    recorded(&scratch, "main", "std,btree", &[]);
    recorded(&scratch, "branch", "std", &[]);
    let comparison = json(&scratch, &["main", "branch", "--baseline", "main/", "--metric", "live_bytes"]);
    assert_eq!(labels(&comparison, 0), ["btree (main)", "std (main)", "std (branch)"]);
    assert_eq!(comparison["baseline"]["name"], "main");
    for run in comparison["workloads"][0]["runs"].as_array().expect("there are runs") {
        assert_eq!(run["metrics"]["live_bytes"]["ratio"], 1.0, "counts are the same: {run}");
    }
    let both = json(&scratch, &["main", "branch", "--intersection"]);
    assert_eq!(labels(&both, 0), ["std (main)", "std (branch)"]);
    let alone = json(&scratch, &["main", "main/churn/std", "--map", "s?d"]);
    assert_eq!(labels(&alone, 0), ["std"], "the same run twice is one");
}

#[test]
fn every_format_has_the_same_figures() {
    let scratch = Scratch::new();
    recorded(&scratch, "profiles", "std,btree,null", &[]);
    let comparison = json(&scratch, &["--metric", "bytes_per_entry"]);
    assert_eq!(labels(&comparison, 0), ["btree", "std", "null"]);
    let figure = |row: usize| &comparison["workloads"][0]["runs"][row]["metrics"]["bytes_per_entry"];
    assert_eq!((&figure(0)["best"], &figure(2)["best"]), (&Value::Bool(true), &Value::Bool(false)));
    let value = figure(1)["value"].as_f64().expect("it is a number");
    let csv = compare(&scratch, &["--metric", "bytes_per_entry", "--format", "csv"]).ended_with(0).stdout;
    let line = csv.lines().find(|line| line.starts_with("churn,std,")).expect("std has a line");
    let field = line.split(',').nth(5).and_then(|field| field.parse::<f64>().ok());
    assert_eq!(field, Some(value));
    let markdown = compare(&scratch, &["--format", "markdown"]).ended_with(0).stdout;
    assert!(markdown.contains("| map |") && markdown.contains("**"), "{markdown}");
    let by = compare(&scratch, &["--by", "workload"]).ended_with(0).stdout;
    assert!(by.starts_with("btree\n") && by.contains("\nworkload"), "{by}");
}

#[test]
fn runs_of_different_work_are_refused_unless_told_otherwise() {
    let scratch = Scratch::new();
    recorded(&scratch, "a", "std", &[]);
    recorded(&scratch, "b", "std", &["--seed", "2", "--set", "phase.serve.ops=4000"]);
    let said = compare(&scratch, &["a", "b"]).ended_with(2);
    assert_eq!(said.stdout, "");
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", said.stderr);
    assert!(
        lines[0].contains("seed 1 and seed 2") && lines[0].contains("--allow-mismatch seed"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("3000 and 4000") && lines[1].contains("--allow-mismatch size"), "{}", lines[1]);
    compare(&scratch, &["a", "b", "--allow-mismatch", "seed"]).ended_with(2);
    compare(&scratch, &["a", "b", "--allow-mismatch", "seed,size"]).ended_with(0);
}

#[test]
fn a_run_that_failed_is_named_and_left_out() {
    let scratch = Scratch::new();
    recorded(&scratch, "profiles", "btree", &[]);
    let arguments = ["profiles", "churn", "--map", "btree,std", "--worker", "/bin/false", "--out", "other"];
    let arguments = [&arguments[..], &["--quiet"]].concat();
    let said = compare(&scratch, &[&arguments[..], &SMALL].concat()).ended_with(3);
    assert!(said.stderr.contains("churn/std"), "{}", said.stderr);
    assert!(said.stdout.contains("btree"), "what there is, is shown:\n{}", said.stdout);
    let said = compare(&scratch, &["profiles", "other"]).ended_with(0);
    assert!(said.stderr.contains("other/churn/std.failed is left out"), "{}", said.stderr);
    assert!(!said.stdout.contains("std"), "{}", said.stdout);
}

#[test]
fn each_mistake_is_told_in_a_line() {
    let scratch = Scratch::new();
    recorded(&scratch, "runs", "std", &[]);
    let told = |arguments: &[&str], parts: &[&str]| {
        let said = compare(&scratch, arguments).ended_with(2);
        assert_eq!((said.stdout.as_str(), said.stderr.lines().count()), ("", 1), "{}", said.stderr);
        for part in parts {
            assert!(said.stderr.contains(part), "no {part} in {}", said.stderr);
        }
    };
    told(&["chrun"], &["neither a folder with runs nor a workload", "\"churn\""]);
    told(&["rnus"], &["the folder \"runs\""]);
    told(&["churn"], &["--map"]);
    told(&["runs", "--map", "btree"], &["nothing is left"]);
    told(&["runs", "--metric", "ns_per_opp"], &["did you mean \"ns_per_op\""]);
    told(&["runs", "--metric", "latency.get.p99"], &["--latency"]);
    told(&["runs", "--baseline", "sdt"], &["\"std\"?"]);
    told(&["runs", "--entries", "5"], &["--entries"]);
    told(&["runs/churn/std/run.json", "--svg", "none/a.svg"], &["none"]);
    told(&["churn", "--map", "all", "--set", "entries=x"], &["entries"]);
    told(&["churn", "no-such", "--map", "all"], &["no-such"]);
    assert!(!scratch.path("profiles").exists(), "nothing was run before the mistake was seen");
}

#[test]
fn a_workload_of_ones_own_is_compared_too() {
    let scratch = Scratch::new();
    let said = own::run(&scratch, "own_workload", &["compare", "sessions"]).ended_with(0);
    assert!(said.stderr.contains("sessions/own"), "{}", said.stderr);
    assert!(said.stdout.contains("bytes_per_"), "{}", said.stdout);
    let again = own::run(&scratch, "own_workload", &["compare", "sessions"]).ended_with(0);
    assert_eq!(again.stderr, "");
}

#[test]
fn a_second_program_is_the_other_side() {
    let scratch = Scratch::new();
    let turns = ["churn", "--map", "std", "--repeat", "2", "--base-program", MAPPROF, "--base-out", "old"];
    let turns = [&turns[..], &SMALL, &["--baseline", "old", "--metric", "live_bytes,ns_per_op"]].concat();
    let comparison = json(&scratch, &turns);
    assert_eq!(labels(&comparison, 0), ["std (profiles)", "std (old)"]);
    let ours = &comparison["workloads"][0]["runs"][0];
    assert_eq!((&ours["repeats"], &ours["metrics"]["live_bytes"]["ratio"]), (&2.into(), &1.0.into()));
    let time = &ours["metrics"]["ns_per_op"];
    assert!(
        time["low"].as_f64() <= time["value"].as_f64() && time["value"].as_f64() <= time["high"].as_f64()
    );
}
