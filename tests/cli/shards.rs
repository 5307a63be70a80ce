//! Runs in shards, and their joining.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::scratch::{Scratch, read_json};
use crate::workloads;

const MAPS: &str = "std,hashbrown,btree,indexmap,null";

/// Runs shard `number` of `of` into a folder of its own.
fn shard(scratch: &Scratch, number: u32, of: u32) -> String {
    let out = format!("shard-{number}");
    let part = format!("{number}/{of}");
    let command =
        ["run", "quick", "--workloads", "own", "--map", MAPS, "--quiet", "--shard", &part, "--out", &out];
    scratch.mapprof(&command).ended_with(0);
    out
}

fn maps_in(scratch: &Scratch, folder: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(scratch.path(folder).join("quick")) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn shards_have_every_case_once_and_join_to_the_whole() {
    let scratch = workloads::scratch();
    let folders: Vec<String> = (1..=2).map(|number| shard(&scratch, number, 2)).collect();
    let parts: Vec<BTreeSet<String>> = folders.iter().map(|folder| maps_in(&scratch, folder)).collect();
    let all: BTreeSet<String> = MAPS.split(',').map(str::to_owned).collect();
    assert!(parts[0].is_disjoint(&parts[1]), "{parts:?}");
    assert_eq!(parts[0].union(&parts[1]).cloned().collect::<BTreeSet<_>>(), all);
    assert!(parts.iter().all(|part| part.len() >= 2), "of about the same cost: {parts:?}");

    let said = scratch.mapprof(&["merge", "shard-1", "shard-2"]).ended_with(0);
    assert_eq!(said.stdout, "5 runs of 2 shards are in profiles\n");
    assert_eq!(maps_in(&scratch, "profiles"), all);
    let copy = fs::read(scratch.path("profiles/quick/std/run.json")).unwrap();
    let original =
        folders.iter().find_map(|folder| fs::read(scratch.path(folder).join("quick/std/run.json")).ok());
    assert_eq!(Some(copy), original);

    // A run that failed earlier is forgotten, as after a run.
    let failed = scratch.path("profiles/quick/std.failed");
    fs::create_dir(&failed).unwrap();
    fs::write(failed.join("error.json"), b"[]").unwrap();
    scratch.mapprof(&["merge", "shard-1", "shard-2"]).ended_with(0);
    assert!(!failed.exists());
}

#[test]
fn what_does_not_belong_together_is_not_joined() {
    let scratch = workloads::scratch();
    let refused = |folders: &[&str], parts: &[&str]| {
        let said = scratch.mapprof(&[&["merge", "--out", "whole"], folders].concat()).ended_with(2);
        for part in parts {
            assert!(said.stderr.contains(part), "no {part:?} in {}", said.stderr);
        }
        assert!(!scratch.path("whole").exists(), "nothing is written");
    };
    let (one, two) = (shard(&scratch, 1, 2), shard(&scratch, 2, 2));
    refused(&[&one], &["shard 2 of 2 is missing"]);
    refused(&[&one, &two, &one], &["shard 1 of 2 is there twice"]);
    refused(&[&one, "none"], &["none: no such folder"]);

    // A shard of another version of mapprof, and one of another run.
    let manifest = scratch.path("shard-2/shard-2-of-2.json");
    let whole = read_json(&manifest);
    let write = |value: &Value| fs::write(&manifest, serde_json::to_vec(value).unwrap()).unwrap();
    let mut other = whole.clone();
    other["mapprof"] = "99.0.0".into();
    write(&other);
    refused(&[&one, &two], &["not shards of one run", "99.0.0"]);
    let mut other = whole.clone();
    other["cases"][0]["rerun"] = "mapprof run quick --seed 2".into();
    write(&other);
    refused(&[&one, &two], &["not shards of one run", "--seed 2"]);
    let mut other = whole.clone();
    for case in other["cases"].as_array_mut().unwrap() {
        case["case"]["workload"] = "../..".into();
    }
    write(&other);
    refused(&[&two], &["shard 1 of 2 is missing"]);

    for (field, number) in [("of", u32::MAX), ("of", 0), ("shard", 3)] {
        let mut other = whole.clone();
        other[field] = number.into();
        write(&other);
        refused(&[&two], &["shard-2-of-2.json", "not a manifest of a shard"]);
    }

    // Plain folders of runs: the same case twice, and two versions.
    fs::remove_file(scratch.path("shard-1/shard-1-of-2.json")).unwrap();
    refused(&["shard-1", "shard-1/quick"], &["is there twice"]);
    fs::write(&manifest, b"not json").unwrap();
    refused(&["shard-2"], &["shard-2-of-2.json", "not a manifest"]);
    fs::remove_file(&manifest).unwrap();
    let map = maps_in(&scratch, "shard-2").into_iter().next().unwrap();
    let record = scratch.path("shard-2/quick").join(map).join("run.json");
    let mut changed = read_json(&record);
    changed["mapprof"] = "99.0.0".into();
    fs::write(&record, serde_json::to_vec(&changed).unwrap()).unwrap();
    refused(&["shard-1", "shard-2"], &["several versions of mapprof", "99.0.0"]);
}

#[test]
fn a_case_that_a_shard_did_not_finish_is_named_and_the_others_are_joined() {
    let scratch = workloads::scratch();
    let folders: Vec<String> = (1..=2).map(|number| shard(&scratch, number, 2)).collect();
    let lost = maps_in(&scratch, &folders[1]).into_iter().next().unwrap();
    fs::remove_dir_all(scratch.path("shard-2/quick").join(&lost)).unwrap();
    let said = scratch.mapprof(&["merge", "shard-1", "shard-2"]).ended_with(3);
    assert!(said.stderr.contains(&format!("quick/{lost} is missing: shard 2")), "{}", said.stderr);
    assert_eq!(maps_in(&scratch, "profiles").len(), 4);
}

#[test]
fn shards_may_share_a_folder_and_one_may_have_nothing_to_do() {
    let scratch = workloads::scratch();
    for part in ["1/3", "2/3", "3/3"] {
        let command =
            ["run", "quick", "--workloads", "own", "--map", "std,btree", "--shard", part, "--out", "shared"];
        scratch.mapprof(&command).ended_with(0);
    }
    let said = scratch.mapprof(&["merge", "shared"]).ended_with(0);
    assert_eq!(said.stdout, "2 runs of 3 shards are in profiles\n");
    scratch.mapprof(&["run", "quick", "--workloads", "own", "--shard", "3/2"]).ended_with(2);
}
