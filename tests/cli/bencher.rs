//! `--bencher`: the metrics of runs in the Bencher Metric Format.

use serde_json::{Value, json};

use crate::scratch::{Scratch, read_json};
use crate::workloads;

const RUN: [&str; 6] = ["run", "quick", "--workloads", "own", "--map", "std,btree"];

/// The names in an object.
fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("it is an object").keys().map(String::as_str).collect()
}

fn record(scratch: &Scratch, run: &str) -> Value {
    read_json(&scratch.path(run).join("run.json"))
}

#[test]
fn a_run_writes_each_metric_of_each_case_with_its_interval() {
    let scratch = workloads::scratch();
    let run = [&RUN[..], &["--repeat", "3", "--quiet", "--bencher", "bmf.json"]].concat();
    scratch.mapprof(&run).ended_with(0);
    let written = read_json(&scratch.path("bmf.json"));
    assert_eq!(names(&written), ["quick/btree", "quick/std"]);
    let metrics = record(&scratch, "profiles/quick/std")["metrics"].clone();
    let measures = &written["quick/std"];
    assert_eq!(names(measures), names(&metrics));
    for (name, metric) in metrics.as_object().unwrap() {
        let measure = &measures[name];
        assert_eq!(measure["value"], metric["value"], "{name}");
        let runs: Vec<f64> =
            metric["runs"].as_array().into_iter().flatten().map(|run| run.as_f64().unwrap()).collect();
        let bounds = [&measure["lower_value"], &measure["upper_value"]].map(Value::as_f64);
        match runs.is_empty() {
            true => assert_eq!(names(measure), ["value"], "{name}"),
            // Of three measurements the lowest and the highest.
            false => {
                let (low, high) = runs.iter().fold((f64::MAX, f64::MIN), |(l, h), r| (l.min(*r), h.max(*r)));
                assert_eq!(bounds, [Some(low), Some(high)], "{name}");
            }
        }
    }
    assert_eq!(names(&measures["live_bytes"]), ["value"]);
    assert!(measures["ns_per_op"]["lower_value"].is_number(), "{measures}");
}

#[test]
fn a_check_writes_the_metrics_that_it_checks_whatever_it_finds() {
    let scratch = workloads::scratch();
    scratch.plants_records();
    for out in ["base", "new"] {
        scratch.mapprof(&[&RUN[..], &["--skip", "time", "--quiet", "--out", out]].concat()).ended_with(0);
    }
    let mut changed = record(&scratch, "new/quick/std");
    changed["metrics"]["live_bytes"]["value"] = json!(1_000_000);
    scratch.write("new/quick/std/run.json", changed.to_string());
    let check = ["check", "new", "--baseline", "base", "--metric", "live_bytes", "--bencher", "bmf.json"];
    scratch.mapprof(&check).ended_with(1);
    let written = read_json(&scratch.path("bmf.json"));
    assert_eq!(written["quick/std"], json!({"live_bytes": {"value": 1_000_000.0}}));
    assert_eq!(names(&written["quick/btree"]), ["live_bytes"]);
    let said = scratch.mapprof(&[&check[..7], &["no/bmf.json"]].concat()).ended_with(2);
    assert!(said.stderr.contains("no folder no"), "{}", said.stderr);
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_runs() {
    let scratch = workloads::scratch();
    let said = scratch.mapprof(&[&RUN[..], &["--bencher", "no/bmf.json"]].concat()).ended_with(2);
    assert!(said.stderr.contains("no folder no"), "{}", said.stderr);
    let sweep = ["--sweep", "entries=1k,2k", "--bencher", "bmf.json"];
    let said = scratch.mapprof(&[&RUN[..], &sweep].concat()).ended_with(2);
    assert!(said.stderr.contains("--bencher"), "{}", said.stderr);
    assert!(!scratch.path("profiles").exists());
}
