//! `check`: what passes, what fails and how it is told. Times are written into records by hand, so that no test depends
//! on how long anything takes.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::scratch::{MAPPROF, Said, Scratch, read_json};
use crate::workloads;

/// Figures that are the same in every run.
const EXACT: &str = "bytes_per_entry,live_bytes,peak_live_bytes,alloc*_per_op,overhead_ratio,growth_events";

/// `mapprof check`, without what a build server may say of itself.
fn command(scratch: &Scratch, arguments: &[&str]) -> Command {
    let mut command = scratch.command(MAPPROF);
    command.arg("check").args(arguments).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    command
}

fn check(scratch: &Scratch, arguments: &[&str]) -> Said {
    Said::of(&mut command(scratch, arguments))
}

/// A folder with two runs of `quick` in each of `base` and `new`.
fn recorded() -> Scratch {
    let scratch = workloads::scratch();
    for out in ["base", "new"] {
        let run = ["run", "quick", "--workloads", "own", "--map", "std,btree", "--quiet", "--out", out];
        scratch.mapprof(&run).ended_with(0);
    }
    scratch
}

/// Changes the record of a run.
fn edit(scratch: &Scratch, run: &str, change: impl FnOnce(&mut Value)) {
    scratch.plants_records();
    let path = scratch.path(run).join("run.json");
    let mut record = read_json(&path);
    change(&mut record);
    fs::write(&path, serde_json::to_vec(&record).unwrap()).unwrap();
}

/// Times of several measurements, taken in the session `s`.
fn time(scratch: &Scratch, run: &str, ns: &[f64]) {
    edit(scratch, run, |record| {
        record["session"] = json!("s");
        record["repeats"] = json!(ns.len());
        record["metrics"]["ns_per_op"]["runs"] = json!(ns);
        record["metrics"]["ns_per_op"]["value"] = json!(mapprof::record::middle(ns));
    });
}

/// The report of a check as JSON, whatever it ends with.
fn report(scratch: &Scratch, arguments: &[&str], code: i32) -> Value {
    let said = check(scratch, &[arguments, &["--format", "json"]].concat()).ended_with(code);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
}

/// The verdict of a figure.
#[track_caller]
fn verdict(report: &Value, map: &str, metric: &str) -> String {
    let judgements = report["judgements"].as_array().expect("there are judgements");
    let judgement = judgements
        .iter()
        .find(|judgement| judgement["case"]["map"] == map && judgement["metric"] == metric)
        .unwrap_or_else(|| panic!("no {metric} on {map} in {report:#}"));
    judgement["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn an_unchanged_case_passes_and_one_that_grew_fails() {
    let scratch = recorded();
    let arguments = ["new", "--baseline", "base", "--metric", EXACT];
    let said = check(&scratch, &arguments).ended_with(0);
    assert!(said.stdout.starts_with("Check passed; "), "{}", said.stdout);

    edit(&scratch, "new/quick/std", |record| {
        let value = &mut record["metrics"]["bytes_per_entry"]["value"];
        *value = json!(value.as_f64().unwrap() * 1.03);
    });
    let quiet = check(&scratch, &[&arguments[..], &["--quiet"]].concat()).ended_with(1);
    assert_eq!(quiet.stdout, "");
    assert!(quiet.stderr.starts_with("mapprof: Check failed; "), "{}", quiet.stderr);
    assert_eq!(quiet.stderr.lines().count(), 1, "{}", quiet.stderr);
    let files = ["--junit", "out.xml", "--json", "out.json"];
    let said = check(&scratch, &[&arguments[..], &files].concat()).ended_with(1);
    assert!(said.stdout.contains("Worse than the baseline\n"), "{}", said.stdout);
    assert!(said.stdout.contains("worse: 3.00 % more"), "{}", said.stdout);
    assert_eq!(verdict(&read_json(&scratch.path("out.json")), "std", "bytes_per_entry"), "worse");
    let xml = fs::read_to_string(scratch.path("out.xml")).unwrap();
    assert!(xml.contains("<testsuite name=\"quick/std\"") && xml.contains("<failure"), "{xml}");
    assert_eq!(check(&scratch, &[&arguments[..], &["--format", "junit"]].concat()).stdout, xml);

    check(&scratch, &[&arguments[..], &["--tolerance", "bytes_per_entry=4%"]].concat()).ended_with(0);
    check(&scratch, &[&arguments[..], &["--tolerance", "50%"]].concat()).ended_with(1);
    check(&scratch, &[&arguments[..], &["--map", "btree"]].concat()).ended_with(0);
}

/// Six figures of the same bytes are one finding, and one flag accepts them.
#[test]
fn a_change_is_told_once_with_its_first_site_and_the_flag_that_accepts_it() {
    let scratch = workloads::scratch();
    for (out, size) in [("base", "value.size=32"), ("new", "value.size=48")] {
        let run = ["run", "quick", "--workloads", "own", "--map", "std,btree", "--heap=exact", "--quiet"];
        let run = [&run[..], &["--skip", "time", "--set", size, "--out", out]].concat();
        scratch.mapprof(&run).ended_with(0);
    }
    let grown = "bytes_per_entry,live_bytes,peak_live_bytes,alloc_bytes_per_op";
    let arguments = ["new", "--baseline", "base", "--allow-mismatch", "size", "--metric", grown];
    let said = check(&scratch, &arguments).ended_with(1);
    assert_eq!(said.stdout.matches("worse: ").count(), 2, "one figure of each map: {}", said.stdout);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words.matches("most likely for the same cause: ").count(), 1, "{}", said.stdout);
    assert_eq!(words.matches("first site of diff: ").count(), 1, "{}", said.stdout);
    assert!(words.contains("make_value"), "{}", said.stdout);
    let flag = words.split("to accept it: --tolerance ").nth(1).and_then(|rest| rest.split(' ').next());
    let flag = flag.unwrap_or_else(|| panic!("no flag in {}", said.stdout));
    check(&scratch, &[&arguments[..], &["--tolerance", flag]].concat()).ended_with(0);
    let found = report(&scratch, &arguments, 1);
    let cases = found["causes"][0]["cases"].as_array().expect("there are cases");
    assert_eq!(cases.len(), 2, "{:#}", found["causes"]);
    assert_eq!(cases[0]["metric"], "bytes_per_entry");
}

#[test]
fn times_are_told_only_as_far_as_they_tell() {
    let scratch = recorded();
    let arguments = ["new", "--baseline", "base", "--map", "std", "--metric", "ns_per_op"];
    let base = [50.0, 50.6, 49.8, 50.2, 50.1, 50.3, 49.9, 50.4];
    time(&scratch, "base/quick/std", &base);
    for (factor, code, due) in [(1.01, 0, "fine"), (1.1, 1, "worse"), (0.8, 0, "better")] {
        time(&scratch, "new/quick/std", &base.map(|ns| ns * factor));
        assert_eq!(verdict(&report(&scratch, &arguments, code), "std", "ns_per_op"), due);
    }
    time(&scratch, "new/quick/std", &base.map(|ns| ns * 1.1)[..4]);
    let said = check(&scratch, &arguments).ended_with(0);
    assert!(said.stdout.contains("not decided, needs 1 more run (--repeat 5)"), "{}", said.stdout);
    check(&scratch, &[&arguments[..], &["--strict"]].concat()).ended_with(1);

    time(&scratch, "new/quick/std", &base);
    edit(&scratch, "new/quick/std", |record| record["session"] = json!("t"));
    let said = check(&scratch, &arguments).ended_with(0);
    assert!(said.stdout.contains("not decided across sessions"), "{}", said.stdout);
    let steady = check(&scratch, &[&arguments[..], &["--drift", "0%"]].concat()).ended_with(0);
    assert!(steady.stdout.starts_with("Check passed; 1 metric of 1 case: 1 fine."), "{}", steady.stdout);
}

#[test]
fn budgets_hold_the_cases_they_name() {
    let scratch = recorded();
    let budget = |name: &str, text: &str| scratch.write(name, text).display().to_string();
    let kept = budget("kept.toml", "[[budget]]\nmap = \"std\"\nlimits = [\"live_bytes <= 1GB\"]\n");
    check(&scratch, &["new", "--budget", &kept]).ended_with(0);
    let missed = "[[budget]]\nworkload = \"qu*\"\nwhy = \"it must fit\"\nlimits = [\"live_bytes <= 1kB\"]\n";
    let missed = budget("missed.toml", missed);
    let said = check(&scratch, &["new", "--budget", "kept.toml", "--budget", "missed.toml"]).ended_with(1);
    assert!(said.stdout.contains("misses the budget; missed.toml:4; it must fit"), "{}", said.stdout);
    let latency = budget("latency.toml", "[[budget]]\nlimits = [\"latency.get.p99 <= 1s\"]\n");
    let said = check(&scratch, &["new", "--budget", &latency]).ended_with(1);
    assert!(said.stdout.contains("--latency measures it"), "{}", said.stdout);

    let idle = budget("idle.toml", "[[budget]]\nworkload = \"quik\"\nlimits = [\"live_bytes <= 1kB\"]\n");
    for of in ["new", "quick"] {
        let said = check(&scratch, &[of, "--workloads", "own", "--budget", &idle]).ended_with(2);
        assert!(said.stderr.contains("idle.toml:1: the budget for quik/* fits no run"), "{}", said.stderr);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    }
    assert!(!scratch.path("profiles").exists(), "nothing was run in vain");
    // What a filter leaves out is not held, and that is no slip.
    let only = budget("btree.toml", "[[budget]]\nmap = \"btree\"\nlimits = [\"live_bytes <= 1kB\"]\n");
    check(&scratch, &["new", "--budget", &only, "--budget", &kept, "--map", "std"]).ended_with(0);
    check(&scratch, &["new", "--budget", &missed, "--metric", "bytes_per_entry"]).ended_with(2);
}

#[test]
fn what_is_missing_fails_and_what_is_new_does_not() {
    let scratch = recorded();
    fs::remove_dir_all(scratch.path("new/quick/btree")).unwrap();
    let arguments = ["new", "--baseline", "base", "--metric", EXACT];
    let found = report(&scratch, &arguments, 1);
    assert_eq!(verdict(&found, "btree", ""), "missing");
    assert_eq!(verdict(&found, "std", "live_bytes"), "fine");
    check(&scratch, &[&arguments[..], &["--intersection"]].concat()).ended_with(0);
    let turned = ["base", "--baseline", "new", "--metric", EXACT];
    assert_eq!(verdict(&report(&scratch, &turned, 0), "btree", ""), "new");
}

#[test]
fn runs_of_another_kind_are_refused_unless_permitted() {
    let scratch = recorded();
    edit(&scratch, "new/quick/std", |record| {
        record["seed"] = json!(2);
        record["environment"] = json!({"A": "b"});
    });
    let arguments = ["new", "--baseline", "base", "--metric", EXACT];
    let said = check(&scratch, &arguments).ended_with(2);
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", said.stderr);
    assert!(
        lines[0].contains("quick/std: ") && lines[0].contains("--allow-mismatch seed"),
        "{}",
        said.stderr
    );
    assert!(lines[1].contains("--allow-mismatch size"), "{}", said.stderr);
    check(&scratch, &[&arguments[..], &["--allow-mismatch", "seed,size"]].concat()).ended_with(0);

    edit(&scratch, "base/quick/btree", |record| record["machine"]["cpu"] = json!("Another"));
    let times = ["new", "--baseline", "base", "--map", "btree", "--metric", "ns_per_op,live_bytes"];
    let found = report(&scratch, &times, 0);
    assert_eq!(verdict(&found, "btree", "ns_per_op"), "skipped");
    assert_eq!(verdict(&found, "btree", "live_bytes"), "fine");
    report(&scratch, &[&times[..], &["--strict"]].concat(), 1);
    let idle = ["new", "--baseline", "base", "--map", "btree", "--metric", "ns_per_op"];
    let said = check(&scratch, &idle).ended_with(2);
    let due = "nothing could be compared: quick/btree: skipped: the machines differ";
    assert!(said.stderr.contains(due) && said.stderr.lines().count() == 1, "{}", said.stderr);
}

#[test]
fn a_failed_run_is_told_after_all_else_was_checked() {
    let scratch = recorded();
    let (good, failed) = (scratch.path("new/quick/btree"), scratch.path("new/quick/btree.failed"));
    fs::rename(&good, &failed).unwrap();
    let failure = json!([{"case": {"workload": "quick", "map": "btree", "threads": 1}, "pass": "memory", "kind": "crashed",
        "message": "the child died of signal 11", "last_words": []}]);
    fs::write(failed.join("error.json"), failure.to_string()).unwrap();
    let arguments = ["new", "--baseline", "base", "--metric", EXACT];
    let found = report(&scratch, &arguments, 3);
    assert_eq!(found["failures"][0]["case"]["map"], "btree");
    assert_eq!(verdict(&found, "std", "live_bytes"), "fine");
    assert!(
        found["judgements"].as_array().unwrap().iter().all(|judgement| judgement["case"]["map"] == "std")
    );
    let said = check(&scratch, &arguments).ended_with(3);
    assert!(said.stdout.starts_with("FAILED quick/btree: memory pass: crashed: "), "{}", said.stdout);
}

#[test]
fn a_workload_is_run_first_and_both_programs_in_turns() {
    let scratch = workloads::scratch();
    let arguments =
        ["quick", "--workloads", "own", "--repeat", "2", "--base-program", MAPPROF, "--metric", EXACT];
    let found = report(&scratch, &arguments, 0);
    assert_eq!(verdict(&found, "std", "live_bytes"), "fine");
    let [new, base] = ["profiles", "profiles-base"]
        .map(|out| read_json(&scratch.path(Path::new(out).join("quick/std/run.json"))));
    assert_eq!(new["session"], base["session"]);
    assert_eq!(new["repeats"], 2);

    // Only what was run is held against a baseline that has more.
    scratch
        .mapprof(&["run", "quick", "--workloads", "own", "--map", "std,btree", "--quiet", "--out", "all"])
        .ended_with(0);
    let some = ["quick", "--workloads", "own", "--baseline", "all", "--map", "std", "--metric", EXACT];
    let found = report(&scratch, &some, 0);
    assert!(
        found["judgements"].as_array().unwrap().iter().all(|judgement| judgement["case"]["map"] == "std")
    );
}

#[test]
fn an_old_run_does_not_stand_in_for_one_that_failed() {
    let scratch = workloads::scratch();
    scratch.write("b.toml", "[[budget]]\nlimits = [\"live_bytes <= 1GB\"]\n");
    let arguments = ["quick", "--workloads", "own", "--budget", "b.toml"];
    assert_eq!(verdict(&report(&scratch, &arguments, 0), "std", "live_bytes"), "fine");
    let found = report(&scratch, &[&arguments[..], &["--worker", "/bin/false"]].concat(), 3);
    assert_eq!(found["judgements"], json!([]));
    assert_eq!(found["failures"][0]["case"]["map"], "std");
}

#[test]
fn a_case_that_can_be_written_nowhere_is_in_the_report() {
    let scratch = workloads::scratch();
    scratch.write("b.toml", "[[budget]]\nlimits = [\"live_bytes <= 1GB\"]\n");
    fs::create_dir_all(scratch.path("profiles/quick/std")).unwrap();
    scratch.write("profiles/quick/std/notes.txt", "mine");
    let arguments = ["quick", "--workloads", "own", "--budget", "b.toml", "--junit", "out.xml"];
    let found = report(&scratch, &arguments, 3);
    assert_eq!(found["failures"][0]["kind"], "write");
    assert_eq!(found["failures"].as_array().unwrap().len(), 1);
    let xml = fs::read_to_string(scratch.path("out.xml")).unwrap();
    assert!(xml.contains("<error") && xml.contains("is not a run of mapprof"), "{xml}");
}

#[test]
fn github_is_told_by_annotations_and_a_summary_that_grows() {
    let scratch = recorded();
    scratch.write("b.toml", "[[budget]]\nlimits = [\"live_bytes <= 1kB\"]\n");
    for _ in 0..2 {
        let mut command = command(&scratch, &["new", "--budget", "b.toml", "--map", "std"]);
        let summary = scratch.path("summary.md");
        let said = Said::of(command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary));
        let said = said.ended_with(1);
        let line = "::error title=quick/std%3A live_bytes,file=b.toml,line=2::";
        assert!(said.stdout.starts_with(line), "{}", said.stdout);
    }
    let summary = fs::read_to_string(scratch.path("summary.md")).unwrap();
    assert_eq!(summary.matches("### mapprof check").count(), 2, "{summary}");
    assert!(summary.contains("| quick/std | live\\_bytes |"), "{summary}");
}

#[test]
fn each_mistake_is_one_line() {
    let scratch = recorded();
    scratch.write("b.toml", "[[budget]]\nlimits = [\"live_byte <= 1kB\"]\n");
    for (arguments, due) in [
        (&["new"][..], "nothing to check against: give --budget"),
        (&["nowhere", "--baseline", "base"], "nowhere: neither a folder with runs nor a workload"),
        (&["chrun", "--baseline", "base"], "did you mean \"churn\"?"),
        (&["new", "--baseline", "nowhere"], "nowhere: no such folder"),
        (&["new", "new", "--baseline", "base"], "is there twice as a run: "),
        (&["new", "--baseline", "base", "--tolerance", "x"], "--tolerance x: a percentage"),
        (&["new", "--baseline", "base", "--drift", "much"], "--drift much: a percentage"),
        (&["new", "--baseline", "base", "--map", "papaya"], "no run is left to check"),
        (&["new", "--baseline", "base", "--metric", "nothing"], "--metric nothing: unknown metric"),
        (&["new", "--baseline", "base", "--metric", "latency.get.p99"], "no metric is left to check"),
        (&["new", "--baseline", "new/"], "is new itself, which is to be checked"),
        (&["quick", "--workloads", "own", "--baseline", "base", "--out", "base"], "choose another folder"),
        (&["quick", "--workloads", "own", "--baseline", "base/quick/std", "--out", "base"], "take its place"),
        (&["quick", "--workloads", "own", "--baseline", "base", "--out", "base/more/new"], "take its place"),
        (&["quick", "--workloads", "own", "--baseline", "base", "--base-program", MAPPROF], "one of the two"),
        (
            &["quick", "--workloads", "own", "--baseline", "base", "--junit", "no/out.xml"],
            "there is no folder no",
        ),
        (&["quick", "--workloads", "own", "--baseline", "base", "--json", "new"], "new: is a folder"),
        (&["new", "--base-program", MAPPROF], "--base-program: runs in folders are not measured again"),
        (&["new", "--budget", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (
            &["new", "--budget", "b.toml"],
            "b.toml:2: unknown metric \"live_byte\": did you mean \"live_bytes\"",
        ),
    ] {
        let said = check(&scratch, arguments).ended_with(2);
        assert!(said.stderr.contains(due), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stderr.lines().count(), 1, "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
    assert!(!scratch.path("profiles").exists(), "nothing was run in vain");
}
