//! Numbers as people type them, in flags, in `--set` and in workload files.

use serde_json::Value;

use crate::scratch::{Said, Scratch};
use crate::workloads;

/// The workload that `describe quick` shows with these flags.
#[track_caller]
fn described(scratch: &Scratch, flags: &[&str]) -> Value {
    let said = scratch
        .mapprof(&[&["describe", "quick", "--workloads", "own", "--json"], flags].concat())
        .ended_with(0);
    serde_json::from_str(&said.stdout).expect("it is JSON")
}

/// Asserts that the flags are refused, in one line that has every one of `parts` in it.
#[track_caller]
fn refused(arguments: &[&str], parts: &[&str]) -> Said {
    let said = workloads::scratch().mapprof(arguments).ended_with(2);
    let line = said.stderr.lines().next().unwrap_or_default();
    for part in parts {
        assert!(line.contains(part), "no {part:?} in: {}", said.stderr);
    }
    said
}

#[test]
fn counts_and_bytes_have_units() {
    let scratch = workloads::scratch();
    for (text, due) in [
        ("100k", 100_000),
        ("1e5", 100_000),
        ("10_000", 10_000),
        ("1.5k", 1500),
        ("64K", 64_000),
        ("1M", 1_000_000),
    ] {
        assert_eq!(described(&scratch, &["--entries", text])["entries"], due, "{text}");
        assert_eq!(described(&scratch, &["--set", &format!("entries={text}")])["entries"], due, "{text}");
        assert_eq!(described(&scratch, &["--ops", text])["phases"][1]["ops"], due, "{text}");
    }
    assert_eq!(described(&scratch, &["--set", "value.size=4K"])["value"]["size"]["fixed"], 4096);
    assert_eq!(described(&scratch, &["--set", "value.size=1.5KiB"])["value"]["size"]["fixed"], 1536);
    assert_eq!(described(&scratch, &["--set", "value.size=4kB"])["value"]["size"]["fixed"], 4000);
    let text = std::fs::read_to_string(scratch.path("own/quick.toml")).expect("it is there");
    let text = text.replace("entries = 1_000", "entries = \"100k\"").replace("size = 40", "size = \"1K\"");
    scratch.write("own/quick.toml", text);
    let workload = described(&scratch, &[]);
    assert_eq!((&workload["entries"], &workload["value"]["size"]["fixed"]), (&100_000.into(), &1024.into()));
}

#[test]
fn a_run_takes_them_everywhere() {
    let scratch = workloads::scratch();
    let flags =
        ["--entries", "0.5k", "--ops", "2e2", "--seed", "1_000", "--repeat", "0.002k", "--timeout", "1k"];
    let heap = ["--heap", "--sample-bytes", "0.25K", "--hertz", "1k"];
    let run = ["run", "quick", "--workloads", "own", "--quiet"];
    scratch.mapprof(&[&run[..], &flags, &heap].concat()).ended_with(0);
    let record = scratch.record("quick/std");
    assert_eq!((&record["seed"], &record["repeats"]), (&1000.into(), &2.into()));
    assert_eq!(record["definition"]["entries"], 500);
    let top = ["top", "profiles/quick/std", "--rows", "0.001k", "--max-frames", "16k", "--json"];
    let rows: Value = serde_json::from_str(&scratch.mapprof(&top).ended_with(0).stdout).expect("it is JSON");
    assert_eq!(rows["rows"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_number_that_is_none_is_told_what_would_be_right() {
    let run = ["run", "quick", "--workloads", "own"];
    for (flag, text, says) in [
        ("--entries", "1.5", "must be a whole number (1.5k is one, 1.5 is not)"),
        ("--entries", "10,000", "must be a whole number, alone or with one of k, K, M, G"),
        ("--ops", "many", "must be a whole number, such as 100000, 100_000, 100k or 1e5"),
        ("--seed", "1e20", "must be from 0 to 18_446_744_073_709_551_615"),
        ("--seed", "-1", "must be from 0 to"),
        ("--repeat", "1k5", "alone or with one of"),
        ("--repeat", "2k", "must be from 1 to 1_000"),
        ("--timeout", "-1", "must be from 1 to 31_536_000"),
        ("--hertz", "1M", "must be from 1 to 10_000"),
    ] {
        refused(&[&run[..], &[flag, text]].concat(), &[flag, text, says]);
    }
    refused(&["top", "heap.pb.gz", "--rows", "-3"], &["--rows", "must be from 0"]);
    refused(
        &["top", "heap.pb.gz", "--max-frames", "0"],
        &["--max-frames", "must be from 1 to 1_073_741_824"],
    );
    for (set, says) in [
        ("entries=1.5", "--set entries=1.5: entries must be a whole number"),
        ("entries=-1k", "--set entries=-1k: entries must be from 1 to 4_000_000_000, got \"-1k\""),
        ("entries=5G", "--set entries=5G: entries must be from 1 to 4_000_000_000, got \"5G\""),
        ("entries=5KiB", "entries must be a whole number, alone or with one of k, K, M, G, got \"5KiB\""),
        ("value.size=2G", "value.size must be from 0 to 1_073_741_824, got \"2G\""),
    ] {
        let said = refused(&[&run[..], &["--set", set]].concat(), &[says]);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    }
}
