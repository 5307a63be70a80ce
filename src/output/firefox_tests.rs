//! Files of the Firefox Profiler's format, made of planted profiles.

use super::*;
use crate::profile::fixtures::{self, Plan};
use serde_json::{Value, json};

fn written(profile: &Profile) -> Value {
    let mut out = Vec::new();
    let view = DisplayOptions { show_harness: true, ..DisplayOptions::default() };
    write(profile, &view, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn stacks_with_the_same_outer_frames_share_them() {
    let mut plan = Plan::new(&[("space", "bytes"), ("unused", "count")], "space");
    plan.sample(&[&["a@a.rs:1"], &["main@m.rs:1"]], &[], &[1, 0]);
    plan.sample(&[&["b@a.rs:2"], &["main@m.rs:1"]], &[], &[2, 0]);
    plan.sample(&[&["main@m.rs:1"]], &[], &[4, 0]);
    plan.sample(&[&["c@a.rs:3"], &["a@a.rs:1"], &["main@m.rs:1"]], &[], &[8, 0]);
    plan.sample(&[&["main@m.rs:7"]], &[], &[16, 0]);
    let file = written(&plan.profile);
    let shared = &file["shared"];
    assert_eq!(shared["stringArray"], json!(["main", "a", "b", "c", "m.rs", "a.rs"]));
    assert_eq!(
        shared["stackTable"],
        json!({"frame": [0, 1, 3, 2, 4], "prefix": [null, 0, 1, 0, null], "length": 5})
    );
    assert_eq!(shared["frameTable"]["func"], json!([0, 1, 2, 3, 0]), "two lines of main are one function");
    assert_eq!(shared["frameTable"]["line"], json!([1, 1, 2, 3, 7]));
    assert_eq!(shared["funcTable"]["source"], json!([0, 1, 1, 1]));
    assert_eq!(file["threads"].as_array().unwrap().len(), 1, "what is zero everywhere has no thread");
    let samples = &file["threads"][0]["samples"];
    assert_eq!(samples["stack"], json!([1, 3, 0, 2, 4]));
    assert_eq!((&samples["weight"], &samples["weightType"]), (&json!([1, 2, 4, 8, 16]), &json!("bytes")));
}

#[test]
fn times_are_in_milliseconds_and_the_default_type_is_selected() {
    let file = written(&fixtures::cpu());
    let threads: Vec<(&str, &str)> = file["threads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["name"].as_str().unwrap(), t["samples"]["weightType"].as_str().unwrap()))
        .collect();
    assert_eq!(threads, [("samples", "samples"), ("cpu", "tracing-ms")]);
    assert_eq!(file["threads"][1]["samples"]["weight"][0], json!(61.0));
    assert_eq!(file["meta"]["initialSelectedThreads"], json!([1]));
}

#[test]
fn a_profile_without_samples_is_a_file_too() {
    let file = written(&Plan::new(&[("space", "bytes")], "space").profile);
    assert_eq!(file["threads"][0]["samples"]["length"], 0);
    assert_eq!(file["shared"]["stackTable"]["length"], 0);
}
