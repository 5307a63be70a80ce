//! Who owns the memory of a program of the user's own, and what a build that says little of itself is told.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::own;
use crate::scratch::{MAPPROF, Said, Scratch};

/// Bytes of the keys and of the values of 2,000 entries.
const KEYS: i64 = 2_000 * 24;
const VALUES: i64 = 2_000 * 80;

fn waterfall<'r>(record: &'r Value, at: &str) -> &'r Value {
    let all = record["waterfalls"].as_array().expect("there are waterfalls");
    all.iter().find(|waterfall| waterfall["at"] == at).unwrap_or_else(|| panic!("no {at} in {all:?}"))
}

/// Bytes of a step, if there is one.
fn step(waterfall: &Value, name: &str) -> Option<i64> {
    let steps = waterfall["steps"].as_array().expect("there are steps");
    steps.iter().find(|step| step["name"] == name).and_then(|step| step["bytes"].as_i64())
}

/// Live bytes by role at the end of the run, and what is hidden.
fn roles(said: &Said) -> (Vec<(String, i64)>, i64) {
    let table: Value = serde_json::from_str(&said.stdout).expect("it is JSON");
    let rows = table["rows"].as_array().expect("there are rows");
    let row = |row: &Value| {
        (row["name"].as_str().unwrap_or_default().to_owned(), row["value"].as_i64().unwrap_or_default())
    };
    let mut roles: Vec<(String, i64)> = rows.iter().map(row).collect();
    roles.sort();
    (roles, table["hidden"].as_i64().expect("it says what is hidden"))
}

const BY_ROLE: [&str; 7] = ["top", "profiles/owners/own", "--by", "role", "--type", "inuse_space", "--json"];

#[test]
fn structure_is_told_apart_by_role_and_site() {
    let scratch = Scratch::new();
    let said = own::run(&scratch, "odd", &["run", "owners", "--heap=exact", "-v"]).ended_with(0);
    let (roles, hidden) = roles(&own::run(&scratch, "odd", &BY_ROLE).ended_with(0));
    let table = roles[1].1;
    assert_eq!(roles, [("key".to_owned(), KEYS), ("table".to_owned(), table), ("value".to_owned(), VALUES)]);
    assert_eq!(hidden, 0);

    let record = scratch.record("owners/own");
    // Nothing was said of the last phase and of the peak: all of it is the program's own.
    let end = waterfall(&record, "touched");
    assert_eq!(step(end, "payload"), None, "it is not known");
    assert_eq!(
        ["own-keys", "own-values", "structure"].map(|name| step(end, name)),
        [Some(KEYS), Some(VALUES), Some(table)]
    );
    let sites = end["sites"].as_array().expect("there are sites");
    assert!(sites.iter().any(|site| site["role"] == "value" && site["bytes"] == VALUES / 2), "{sites:?}");
    let peak = waterfall(&record, "peak");
    assert_eq!(step(peak, "payload"), None);
    assert!(step(peak, "own-keys") > Some(0) && step(peak, "structure") > Some(0), "{peak}");
    for waterfall in record["waterfalls"].as_array().expect("there are waterfalls") {
        let sum: i64 =
            waterfall["steps"].as_array().unwrap().iter().filter_map(|step| step["bytes"].as_i64()).sum();
        assert_eq!(Some(sum), waterfall["total"].as_i64(), "{waterfall}");
    }
    // What was said is payload, and in structure no longer.
    assert_eq!(step(waterfall(&record, "marked"), "payload"), Some(KEYS + VALUES));
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("payload not known"), "{}", said.stdout);
    assert!(words.contains("Live at the peak by site: "), "{}", said.stdout);
}

/// An example's binary, treated by `strip` with these options.
fn stripped(scratch: &Scratch, example: &str, options: &[&str]) -> PathBuf {
    let whole = Path::new(MAPPROF).with_file_name("examples").join(example);
    let copy = scratch.path("stripped");
    let done = Command::new("strip").args(options).arg("-o").arg(&copy).arg(&whole).status();
    assert!(done.expect("binutils are installed, as any linker needs them").success());
    copy
}

#[test]
fn a_build_without_line_tables_is_told_so_and_hides_nothing() {
    for options in [&["--strip-debug"][..], &[]] {
        let scratch = Scratch::new();
        let binary = stripped(&scratch, "odd", options);
        let run = |arguments: &[&str]| Said::of(scratch.command(&binary).args(arguments)).ended_with(0);
        let said = run(&["run", "owners", "--heap=exact"]);
        let (roles, hidden) = roles(&run(&BY_ROLE));
        let sum: i64 = roles.iter().map(|(_, bytes)| bytes).sum();
        let record = scratch.record("owners/own");
        let phases = record["passes"]["memory"]["phases"].as_array().expect("there are phases");
        let live = phases.last().expect("there is one")["counts"]["live_bytes"].as_i64();
        assert_eq!((Some(sum), hidden), (live, 0), "nothing that a closure allocates is hidden: {roles:?}");
        assert!(roles.iter().all(|(role, _)| role != "harness"), "{options:?}: {roles:?}");
        assert_eq!(record["heap"]["line_tables"], false, "{options:?}");
        let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("no line tables") && words.contains("debug = \"line-tables-only\""),
            "{words}"
        );
    }
    let scratch = Scratch::new();
    let said = own::run(&scratch, "odd", &["run", "owners", "--heap=exact"]).ended_with(0);
    assert!(!said.stdout.contains("line tables"), "{}", said.stdout);
    assert_eq!(scratch.record("owners/own")["heap"]["line_tables"], true);
}

/// Without lines the closure may be inlined into the loop, so that the loop's time is the closure's.
#[test]
fn time_of_a_loop_without_lines_is_the_closures() {
    let scratch = Scratch::new();
    let binary = stripped(&scratch, "own_workload", &["--strip-debug"]);
    let run = |arguments: &[&str]| Said::of(scratch.command(&binary).args(arguments)).ended_with(0);
    let said = run(&["run", "sessions", "--cpu", "--skip", "memory"]);
    assert!(said.stdout.contains("line-tables-only"), "{}", said.stdout);
    let by_role =
        ["top", "profiles/sessions/own", "--by", "role", "--type", "cpu", "--json", "--harness-frames"];
    let (roles, _) = roles(&run(&by_role));
    let harness: i64 = roles.iter().filter(|(role, _)| role == "harness").map(|(_, ns)| ns).sum();
    let value: i64 = roles.iter().filter(|(role, _)| role == "value").map(|(_, ns)| ns).sum();
    // Arming a thread is the harness's, and a stack that was cut off shows no loop.
    assert!(value > harness, "{roles:?}");
}
