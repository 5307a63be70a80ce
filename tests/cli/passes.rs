//! The passes of a case: which run, what each reports, and what is refused.

use std::fs::File;

use serde_json::{Value, json};

use crate::scratch::{MAPPROF, Said, Scratch};
use crate::workloads;

const RUN: [&str; 5] = ["run", "quick", "--workloads", "own", "--quiet"];

fn passes(scratch: &Scratch) -> Vec<String> {
    let record = scratch.record("quick/std");
    record["passes"].as_object().expect("there are passes").keys().cloned().collect()
}

/// Where the kernel says when it gives huge pages.
const HUGE_PAGES: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// Whether it gives none, so that the pass is refused.
pub fn no_huge_pages() -> bool {
    std::fs::read_to_string(HUGE_PAGES).map_or(true, |said| said.contains("[never]"))
}

#[test]
fn an_optional_pass_is_run_when_it_is_named() {
    let scratch = workloads::scratch();
    let also = [&RUN[..], &["--also", "huge-pages,latency"]].concat();
    if no_huge_pages() {
        let said = scratch.mapprof(&also).ended_with(2);
        assert!(
            said.stderr.contains("--also huge-pages: ") && said.stderr.contains(HUGE_PAGES),
            "{}",
            said.stderr
        );
        return;
    }
    scratch.mapprof(&also).ended_with(0);
    assert_eq!(passes(&scratch), ["huge-pages", "latency", "memory", "time"]);
    let record = scratch.record("quick/std");
    assert!(record["metrics"]["huge_pages_ns_per_op"]["value"].as_f64().is_some_and(|ns| ns > 0.0));
    let rerun = record["rerun"].as_str().expect("there is a command");
    assert!(rerun.contains("--latency") && rerun.contains("--also huge-pages"), "{rerun}");
    let said = scratch.mapprof(&["run", "quick", "--also", "hugepages"]).ended_with(2);
    assert!(said.stderr.contains("huge-pages"), "{}", said.stderr);
}

#[test]
fn skipped_passes_are_left_out_with_their_figures() {
    let scratch = workloads::scratch();
    let has = |metric: &str| scratch.record("quick/std")["metrics"][metric].is_object();
    scratch.mapprof(&RUN).ended_with(0);
    assert_eq!(passes(&scratch), ["memory", "time"]);
    assert!(has("ns_per_op") && has("live_bytes"));
    scratch.mapprof(&[&RUN[..], &["--skip", "memory"]].concat()).ended_with(0);
    assert_eq!(passes(&scratch), ["time"]);
    assert!(has("ns_per_op") && !has("live_bytes") && !has("resident_bytes"));
    assert!(
        scratch.record("quick/std")["rerun"].as_str().is_some_and(|rerun| rerun.contains("--skip memory"))
    );
    scratch.mapprof(&[&RUN[..], &["--skip", "time"]].concat()).ended_with(0);
    assert_eq!(passes(&scratch), ["memory"]);
    assert!(!has("ns_per_op") && has("live_bytes"));
    // Without the memory pass there is no count to choose a period from.
    let heap_alone = ["--skip", "time,memory", "--heap", "--sample-bytes", "4096"];
    scratch.mapprof(&[&RUN[..], &heap_alone].concat()).ended_with(0);
    assert_eq!(passes(&scratch), ["heap"]);
}

#[test]
fn a_run_without_bytes_says_what_it_has() {
    let scratch = workloads::scratch();
    let said = scratch.mapprof(&["run", "quick", "--workloads", "own", "--skip", "memory"]).ended_with(0);
    let fill = said.stdout.lines().find(|line| line.starts_with("fill")).expect("a line for the phase");
    assert_eq!(fill.matches(" - ").count() + usize::from(fill.ends_with(" -")), 4, "{fill}");
}

#[test]
fn what_needs_a_skipped_pass_is_refused() {
    let scratch = workloads::scratch();
    for (arguments, part) in [
        (&["--skip", "memory", "--verify"][..], "--verify needs the memory pass"),
        (&["--skip", "time,memory"], "no pass is left"),
        (&["--skip", "heap"], "possible values: time, memory"),
    ] {
        let said = scratch.mapprof(&[&RUN[..], arguments].concat()).ended_with(2);
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}

/// What a child answers to a request for `pass` with `variable` set: its last line.
#[track_caller]
fn answer(variable: Option<(&str, &str)>, pass: Value) -> Value {
    let scratch = Scratch::new();
    let workload = json!({
        "name": "tiny", "about": "", "entries": 100,
        "key": {"type": "string", "length": 12, "order": "random"},
        "value": {"type": "vec", "size": {"fixed": 40}},
        "capacity": null, "access": "uniform",
        "phases": [{"name": "fill", "ops": 100, "work": {"mix": [["insert", 100.0]]}, "access": "uniform"}],
        "expect": {"length": null, "hits": null},
    });
    let request = json!({
        "protocol": 3, "pass": pass, "subject": {"workload": workload}, "map": "std", "seed": 1, "threads": 1,
    });
    let file = scratch.write("request", format!("{request}\n"));
    let mut command = scratch.command(MAPPROF);
    command.arg("worker").stdin(File::open(file).expect("it is there")).envs(variable);
    let said = Said::of(&mut command);
    let last = said.stdout.lines().last().unwrap_or_else(|| panic!("it said nothing: {}", said.stderr));
    serde_json::from_str(last).expect("it is a line of JSON")
}

/// With the recorder on, every block has a header in front. A pass that did not know would free blocks as if they had
/// none.
#[test]
fn a_child_that_records_refuses_the_passes_that_do_not() {
    let records = Some(("_MAPPROF_RECORD", "1"));
    for pass in [json!("time"), json!("memory"), json!("latency"), json!({"cpu": {"hertz": 100}})] {
        let answer = answer(records, pass.clone());
        assert_eq!((&answer["event"], &answer["kind"]), (&json!("failed"), &json!("refused")), "{pass}");
        let message = answer["message"].as_str().expect("there is a message");
        assert!(message.contains("_MAPPROF_RECORD") && message.contains("unset it"), "{message}");
    }
    assert_eq!(answer(records, json!({"heap": "exact"}))["event"], "done");
    let unset = answer(None, json!({"heap": "exact"}));
    assert!(unset["message"].as_str().is_some_and(|m| m.contains("_MAPPROF_RECORD=1")), "{unset}");
    let sampled = answer(None, json!({"heap": {"sampled": {"sample_bytes": 4096}}}));
    assert!(sampled["message"].as_str().is_some_and(|m| m.contains("lg_prof_sample:12")), "{sampled}");
}

#[test]
fn a_child_that_was_not_started_for_dumps_says_what_it_needs() {
    let dump = || json!({"heap": {"dump": {"sample_bytes": 4096}}});
    let all = "prof:true,prof_active:false,lg_prof_sample:12";
    for (options, why) in [
        (None, "without prof:true"),
        (Some("prof:true,prof_active:false,lg_prof_sample:19"), "every 2^19 bytes"),
        (Some("prof:true,prof_active:false,lg_prof_sample:12,prof_accum:true"), "prof_accum:true"),
    ] {
        let answer = answer(options.map(|options| ("_RJEM_MALLOC_CONF", options)), dump());
        assert_eq!((&answer["event"], &answer["kind"]), (&json!("failed"), &json!("refused")), "{answer}");
        let message = answer["message"].as_str().expect("there is a message");
        assert!(
            message.contains(why) && message.contains(&format!("_RJEM_MALLOC_CONF={all} when")),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    assert_eq!(answer(Some(("_RJEM_MALLOC_CONF", all)), dump())["event"], "done");
}

#[test]
fn a_record_of_the_old_format_is_refused_in_one_line() {
    let scratch = workloads::scratch();
    scratch.mapprof(&RUN).ended_with(0);
    let mut record = scratch.record("quick/std");
    record["format"] = json!(3);
    scratch.write("old/quick/std/run.json", record.to_string());
    for command in
        [&["compare", "old"][..], &["diff", "old", "profiles"], &["check", "profiles", "--baseline", "old"]]
    {
        let said = scratch.mapprof(command).ended_with(2);
        let lines: Vec<&str> = said.stderr.lines().filter(|line| line.contains("format")).collect();
        assert_eq!(lines.len(), 1, "{}", said.stderr);
        assert!(lines[0].contains("format 3, and this mapprof reads format 4"), "{}", lines[0]);
    }
}

#[test]
fn the_base_program_of_the_old_protocol_is_refused_in_one_line() {
    let scratch = workloads::scratch();
    // What version 0.1.0 of the worker answers to a request that is not of its protocol.
    let script = "#!/bin/sh\nread -r request\nprintf '%s\\n' '{\"event\":\"failed\",\"kind\":\"refused\",\
                  \"message\":\"this child speaks protocol 1, the request is of protocol 2\"}'\nexit 2\n";
    let old = scratch.write("old", script);
    let mut permissions = std::fs::metadata(&old).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&old, permissions).expect("it can be made executable");
    let said = scratch.mapprof(&[&RUN[..], &["--base-program", "./old"]].concat()).ended_with(3);
    let told = "quick/std: time pass: refused: this child speaks protocol 1, the request is of protocol 2";
    assert!(said.stderr.contains(told), "{}", said.stderr);
    assert!(scratch.path("profiles/quick/std/run.json").exists(), "our own run is kept");
}
