//! `mapprof pick`: which map it names, what it says of the others, and what it refuses before anything runs.

use std::fs;

use serde_json::Value;

use crate::scratch::{Said, Scratch};
use crate::workloads;

const MAPS: &str = "std,hashbrown,btree,null";

/// `pick quick` on a few maps, with these flags.
fn pick(scratch: &Scratch, flags: &[&str]) -> Said {
    let base = ["pick", "quick", "--workloads", "own", "--entries", "1000", "--ops", "500", "--map", MAPS];
    scratch.mapprof(&[&base[..], flags].concat())
}

/// The same as JSON.
#[track_caller]
fn picked(scratch: &Scratch, flags: &[&str], code: i32) -> Value {
    let said = pick(scratch, &[&["--json"], flags].concat()).ended_with(code);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
}

#[test]
fn the_best_map_within_the_limits_is_picked_and_only_what_is_missing_runs() {
    let scratch = workloads::scratch();
    let said = pick(&scratch, &["--best", "bytes_per_entry"]).ended_with(0);
    assert!(said.stdout.starts_with("btree is the best of quick, with bytes_per_entry "), "{}", said.stdout);
    assert!(said.stderr.contains("running what is missing: quick/std, quick/hashbrown, quick/btree"));
    let bytes = |map: &str| -> f64 {
        let record = scratch.record(&format!("quick/{map}"));
        record["metrics"]["bytes_per_entry"]["value"].as_f64().expect("it is a number")
    };
    assert!(bytes("btree") < bytes("std"), "so the answer is right");
    assert!(!scratch.path("profiles/quick/null").exists(), "the floor does no work and cannot be picked");

    let before = fs::read(scratch.path("profiles/quick/std/run.json")).expect("it is there");
    // A table that grew was at its highest while both were there; a tree never is.
    let limits = ["--limit", "peak_ratio <= 1.01", "--limit", "bytes_per_entry <= 1KB"];
    let said = pick(&scratch, &[&limits[..], &["--best", "allocs_per_op"]].concat()).ended_with(0);
    assert!(said.stdout.starts_with("btree is the best of quick within the limits, with"), "{}", said.stdout);
    assert!(!said.stderr.contains("missing"), "{}", said.stderr);
    let one_line = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(one_line.contains("there is no runner-up"), "{one_line}");
    for map in ["std", "hashbrown"] {
        assert!(one_line.contains(&format!("{map} breaks peak_ratio <= 1.01 with 1.")), "{one_line}");
    }
    assert_eq!(fs::read(scratch.path("profiles/quick/std/run.json")).expect("it is there"), before);

    let answer = picked(&scratch, &limits, 0);
    assert_eq!(answer["picked"]["map"], "btree");
    assert_eq!(answer["best"], "ns_per_op");
    let runs = answer["runs"].as_array().expect("it is a list");
    assert_eq!((runs.len(), &runs[0]["rank"], &runs[1]["rank"]), (3, &1.into(), &Value::Null));
    assert_eq!(runs[1]["broken"][0]["metric"], "peak_ratio");
}

#[test]
fn where_no_map_keeps_the_limits_the_nearest_is_named_and_the_code_is_1() {
    let scratch = workloads::scratch();
    let answer = picked(&scratch, &["--limit", "bytes_per_entry <= 10"], 1);
    assert_eq!((&answer["picked"], &answer["nearest"]["map"]), (&Value::Null, &"btree".into()));
    let excess = answer["runs"][0]["broken"][0]["excess"].as_f64().expect("it is a number");
    let value = answer["runs"][0]["figures"]["bytes_per_entry"].as_f64().expect("it is a number");
    assert!((excess - (value / 10.0 - 1.0)).abs() < 1e-9, "{answer}");
    let said = pick(&scratch, &["--limit", "bytes_per_entry <= 10", "--quiet"]).ended_with(1);
    assert!(
        said.stdout.starts_with("No map of quick keeps all limits: nearest is btree, which breaks"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_limit_of_a_latency_has_it_taken() {
    let scratch = workloads::scratch();
    let limits = ["--limit", "latency.get.p99 <= 1s", "--limit", "latency.scan.p99 <= 1s"];
    let answer = picked(&scratch, &limits, 1);
    let broken = answer["runs"][0]["broken"].as_array().expect("it is a list");
    assert_eq!((broken.len(), &broken[0]["metric"]), (1, &"latency.scan.p99".into()), "{answer}");
    assert!(scratch.record("quick/std")["passes"]["latency"].is_object());
}

#[test]
fn what_cannot_be_answered_is_refused_before_anything_runs() {
    for (flags, says) in [
        (
            vec!["--limit", "bytes_per_entri <= 90"],
            "--limit: unknown metric \"bytes_per_entri\": did you mean",
        ),
        (vec!["--limit", "bytes_per_entry"], "such as \"bytes_per_entry <= 90\""),
        (vec!["--limit", "bytes_per_entry <= 90ms"], "\"ms\" does not fit"),
        (
            vec!["--best", "ns_per_opp"],
            "--best ns_per_opp: unknown metric \"ns_per_opp\": did you mean \"ns_per_op\"",
        ),
        (vec!["--best", "latency.*.p99"], "one metric is wanted, such as ns_per_op"),
        (vec!["--skip", "time"], "ns_per_op comes from the time pass; leave --skip time out"),
        (
            vec!["--skip", "memory", "--limit", "peak_ratio <= 2"],
            "--limit 'peak_ratio <= 2': peak_ratio comes from the memory pass; leave --skip memory out",
        ),
        (vec!["--map", "stdd"], "unknown map \"stdd\""),
        (vec!["--set", "key.lenght=4"], "did you mean \"length\""),
    ] {
        let scratch = workloads::scratch();
        let said = pick(&scratch, &flags).ended_with(2);
        assert!(said.stderr.contains(says), "{flags:?}: {}", said.stderr);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        assert!(!scratch.path("profiles").exists(), "{flags:?}: something ran");
    }
    let said = workloads::scratch().mapprof(&["pick", "quik", "--workloads", "own"]).ended_with(2);
    assert!(said.stderr.contains("unknown workload \"quik\": did you mean \"quick\"?"), "{}", said.stderr);
}

#[test]
fn a_map_that_lacks_an_operation_is_refused_by_name_and_told_otherwise() {
    let scratch = workloads::scratch();
    let scan = ["--set", "phase.look.mix={ get = 90, scan = 10 }", "--best", "bytes_per_entry"];
    let base = ["pick", "quick", "--workloads", "own", "--entries", "1000", "--ops", "100"];
    let named = ["--map", "std,btree"];
    let said = scratch.mapprof(&[&base[..], &named, &scan].concat()).ended_with(2);
    assert!(said.stderr.contains("map \"std\" cannot run quick: it has no scan"), "{}", said.stderr);
    assert!(!scratch.path("profiles").exists());
    let fitting = ["--map", "std*,b?ree"];
    let said = scratch.mapprof(&[&base[..], &fitting, &scan].concat()).ended_with(0);
    assert!(said.stdout.starts_with("btree is the best of quick"), "{}", said.stdout);
    assert!(said.stdout.contains("not run: quick/std: it has no scan"), "{}", said.stdout);
}

#[test]
fn a_run_with_other_settings_is_not_replaced() {
    let scratch = workloads::scratch();
    let run = ["run", "quick", "--workloads", "own", "--entries", "900", "--ops", "500", "--quiet"];
    scratch.mapprof(&run).ended_with(0);
    let said = pick(&scratch, &[]).ended_with(2);
    assert!(said.stderr.contains("900 and 1000 entries") && said.stderr.contains("--out"), "{}", said.stderr);
}
