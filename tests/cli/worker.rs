//! Children that are not mapprof: the parent trusts what the protocol says of them and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::processes::{Running, children, eventually, lives, signal};
use crate::scratch::{MAPPROF, Said, Scratch, read_json};
use crate::workloads;

/// Writes a script that can be started, and gives its path.
pub fn executable(scratch: &Scratch, name: &str, script: &str) -> String {
    let path = scratch.write(name, script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
    path.display().to_string()
}

/// Runs `quick` with a worker that is this script.
fn run(scratch: &Scratch, script: &str, arguments: &[&str]) -> Said {
    scratch.plants_records();
    let worker = executable(scratch, "worker", script);
    let command = ["run", "quick", "--workloads", "own", "--worker", worker.as_str()];
    scratch.mapprof(&[&command[..], arguments].concat())
}

/// Asserts that a worker that is this shell script fails as `kind`, with every one of `parts` told and recorded.
#[track_caller]
fn fails(script: &str, kind: &str, parts: &[&str]) -> Value {
    let scratch = workloads::scratch();
    let said = run(&scratch, &format!("#!/bin/sh\n{script}\n"), &[]).ended_with(3);
    assert!(said.stderr.contains(&format!("quick/std: time pass: {kind}: ")), "{}", said.stderr);
    for part in parts {
        assert!(said.stderr.contains(part), "no {part:?} in: {}", said.stderr);
    }
    assert!(!scratch.path("profiles/quick/std").exists());
    let error = read_json(&scratch.path("profiles/quick/std.failed/error.json"));
    assert_eq!(error[0]["kind"], kind);
    error[0].clone()
}

/// A child in Python that speaks the protocol. It has a dictionary for its map and makes its figures up.
const PYTHON: &str = r#"#!/usr/bin/env python3
import json, sys

request = json.loads(sys.stdin.readline())
assert request["protocol"] == 3
workload = request["subject"]["workload"]
entries = workload["entries"]

def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)

say("hello", protocol=3, program="dict.py", version="3")
for phase in workload["phases"]:
    say("progress", phase=phase["name"], done=0, total=phase["ops"])
    say("phase", name=phase["name"], ops=phase["ops"], calls=phase["ops"], wall_ns=7 * phase["ops"],
        cpu_ns=6 * phase["ops"], span_ns=7 * phase["ops"], entries=entries, payload_bytes=52 * entries,
        counts=None if request["pass"] == "time" else {
            "allocs": entries, "frees": 0, "alloc_bytes": 100 * entries, "freed_bytes": 0,
            "live_bytes": 100 * entries, "peak_live_bytes": 123 * entries, "resident_bytes": 4096})
if request["pass"] not in ("time", "memory"):
    recording = request["pass"]["heap"]
    say("mappings", mappings=[{"start": 4096, "end": 8192, "offset": 0, "path": "/usr/bin/dict"}])
    say("heap", recording=recording, unwinder="dict.py", stacks=[[4100, 4200]],
        rows=[{"stack": 0, "phase": 0, "thread": 0, "size": 100, "usable": 112, "allocated": 5, "in_use": 4,
               "at_peak": 5}])
say("done", checksum="00000000000000aa", hits=3, peak_live_bytes=123 * entries, peak_phase="fill",
    max_rss_bytes=9_000_000)
"#;

#[test]
fn a_child_in_another_language_is_as_good_as_our_own() {
    let scratch = workloads::scratch();
    let said = run(&scratch, PYTHON, &["--heap", "--sample-bytes", "4K"]);
    if said.stderr.contains("python3") && std::env::var("CI").as_deref() != Ok("true") {
        let line = "SKIPPED: python3 is not here, so no child in another language was tried\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        return;
    }
    let said = said.ended_with(0);
    assert!(said.stdout.contains("quick on std"), "{}", said.stdout);
    let record = scratch.record("quick/std");
    let metric = |name: &str| record["metrics"][name]["value"].as_f64();
    assert_eq!(metric("ns_per_op"), Some(7.0));
    assert_eq!(metric("cpu_ns_per_op"), Some(6.0));
    assert_eq!(metric("bytes_per_entry"), Some(100.0));
    assert_eq!(metric("live_bytes"), Some(100_000.0));
    assert_eq!(metric("peak_live_bytes"), Some(123_000.0));
    assert_eq!(metric("resident_bytes"), Some(4096.0));
    assert_eq!(record["passes"]["memory"]["total"]["hits"], 3);
    assert_eq!(record["passes"]["heap"]["total"]["checksum"], "00000000000000aa");
    assert_eq!(record["heap"]["samples"], 5);
    assert_eq!(record["heap"]["recording"]["sampled"]["sample_bytes"], 4096);
    assert!(scratch.path("profiles/quick/std/heap.pb.gz").exists());
    let top = scratch.mapprof(&["top", "profiles/quick/std"]).ended_with(0);
    assert!(!top.stdout.is_empty());
}

/// The record credits the child that did the work, not the map of the same name in this binary.
#[test]
fn a_rerun_with_another_child_names_it() {
    let scratch = workloads::scratch();
    let said = run(&scratch, PYTHON, &["--quiet"]);
    if said.stderr.contains("python3") && std::env::var("CI").as_deref() != Ok("true") {
        return; // The test above says so.
    }
    said.ended_with(0);
    let rerun = scratch.record("quick/std")["rerun"].to_string();
    assert!(rerun.contains("--worker "), "{rerun}");
}

#[test]
fn a_child_that_prints_garbage_breaks_the_protocol() {
    fails("read -r request; echo 'Hello, world'", "broken-protocol", &["Hello, world"]);
    fails("read -r request; echo '{}'", "broken-protocol", &["event"]);
    fails("read -r request; echo '{\"event\":\"nonsense\"}'", "broken-protocol", &["nonsense"]);
    fails("read -r request; head -c 100000 /dev/zero; echo", "broken-protocol", &[]);
    fails("read -r request; printf '\\377\\376\\n'", "broken-protocol", &[]);
}

#[test]
fn a_child_that_does_not_greet_breaks_the_protocol() {
    let progress = r#"read -r request; echo '{"event":"progress","phase":"fill","done":1,"total":2}'"#;
    fails(progress, "broken-protocol", &["not a hello"]);
}

#[test]
fn a_child_that_says_no_more_than_hello_and_done_has_no_result() {
    let done = r#"read -r request
        echo '{"event":"hello","protocol":3,"program":"hasty","version":"1"}'
        echo '{"event":"done","checksum":"0","hits":0,"peak_live_bytes":0,"peak_phase":"","max_rss_bytes":0}'"#;
    fails(done, "broken-protocol", &["phase"]);
}

/// A user who asked for a heap profile and got none must hear of it.
#[test]
fn a_heap_pass_without_samples_is_a_failure() {
    let scratch = workloads::scratch();
    // The real child, with the line of its heap samples taken away.
    let script = format!("#!/bin/sh\n'{MAPPROF}' worker | grep -v '\"event\":\"heap\"'\n");
    let said = run(&scratch, &script, &["--heap"]).ended_with(3);
    assert!(said.stderr.contains("quick/std: heap pass: "), "{}", said.stderr);
    assert!(!scratch.path("profiles/quick/std").exists());
}

/// The real child's lines, followed by something else than its end.
fn done_and_then(what: &str) -> String {
    format!("#!/bin/sh\n'{MAPPROF}' worker\n{what}\n")
}

#[test]
fn a_child_that_is_done_and_does_not_end_is_not_waited_for() {
    let scratch = workloads::scratch();
    let worker = executable(&scratch, "worker", &done_and_then("exec sleep 1000"));
    let arguments = ["run", "quick", "--workloads", "own", "--timeout", "2", "--worker", worker.as_str()];
    let mut run = Running::start(scratch.command(MAPPROF).args(arguments));
    let child = run.only_child();
    // Whether that is a result or a time-out is the parent's choice; going on is not.
    let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.finish()));
    if lives(child) {
        signal(child, libc::SIGKILL);
    }
    let said = said.expect("it ends");
    assert!(matches!(said.code, Some(0 | 3)), "{said:?}");
}

#[test]
fn a_child_that_ends_badly_after_its_last_line_has_done_its_work() {
    let scratch = workloads::scratch();
    run(&scratch, &done_and_then("exit 9"), &["--quiet"]).ended_with(0);
}

/// It was the parent that killed it, not "someone", and memory was not short.
#[test]
fn a_child_that_stops_talking_and_goes_on_breaks_the_protocol() {
    fails("read -r request; exec sleep 1000 >&-", "broken-protocol", &[]);
}

#[test]
fn a_child_of_another_protocol_is_refused() {
    let hello = r#"read -r request; echo '{"event":"hello","protocol":99,"program":"elder","version":"9"}'; exec sleep 100"#;
    fails(hello, "broken-protocol", &["elder speaks protocol 99", "protocol 3"]);
}

#[test]
fn the_last_words_of_a_child_that_goes_away_are_shown() {
    let error = fails(
        "read -r request; echo 'no wheel to turn' >&2; exit 7",
        "crashed",
        &["exit code 7", "no wheel to turn"],
    );
    assert_eq!(error["last_words"][0], "no wheel to turn");
    fails("read -r request", "crashed", &["exit code 0"]);
    fails("exit 1", "crashed", &["exit code 1"]);
    fails("kill -9 $$", "killed", &["signal 9"]);
    fails("kill -11 $$", "crashed", &["signal 11"]);
    let error = fails("read -r request; seq 1 1000 >&2; exit 1", "crashed", &["1000"]);
    let words = error["last_words"].as_array().map_or(0, Vec::len);
    assert!((1..=100).contains(&words), "{words} lines are no last words");
}

#[test]
fn a_child_that_says_what_is_wrong_is_believed() {
    let failed = |kind: &str| {
        format!(
            r#"read -r request
            echo '{{"event":"hello","protocol":3,"program":"honest","version":"1"}}'
            echo '{{"event":"failed","kind":"{kind}","message":"key 7 has the value of key 8"}}'"#
        )
    };
    fails(&failed("wrong-answer"), "wrong-answer", &["key 7 has the value of key 8"]);
    fails(&failed("refused"), "refused", &["key 7 has the value of key 8"]);
    fails(r#"echo '{"event":"failed","kind":"refused","message":"not today"}'"#, "refused", &["not today"]);
}

#[test]
fn a_child_whose_passes_differ_voids_the_case() {
    let scratch = workloads::scratch();
    // The real child, with one digit of its checksum taken away in the heap pass.
    let script = format!(
        "#!/bin/sh\nread -r request\ncase $request in\n\
         *'\"heap\"'*) printf '%s\\n' \"$request\" | '{MAPPROF}' worker | sed 's/\"checksum\":\"../\"checksum\":\"zz/' ;;\n\
         *) printf '%s\\n' \"$request\" | '{MAPPROF}' worker ;;\nesac\n"
    );
    let said = run(&scratch, &script, &["--heap"]).ended_with(3);
    assert!(said.stderr.contains("quick/std: heap pass: wrong-answer: checksum zz"), "{}", said.stderr);
    assert!(scratch.path("profiles/quick/std.failed/run.json").exists());
    assert!(!scratch.path("profiles/quick/std").exists());
}

#[test]
fn a_worker_that_cannot_be_started_is_named() {
    let scratch = workloads::scratch();
    scratch.write("plain.txt", "no program");
    for worker in ["./absent", "./plain.txt"] {
        let said = scratch.mapprof(&["run", "quick", "--workloads", "own", "--worker", worker]).ended_with(3);
        assert!(said.stderr.contains(worker), "{}", said.stderr);
        assert!(said.stderr.contains("cannot be started"), "{}", said.stderr);
    }
}

#[test]
fn a_request_of_another_protocol_is_refused_by_our_child() {
    let scratch = Scratch::new();
    for (request, part) in [
        (r#"{"protocol":1}"#, "protocol 3, the request is of protocol 1"),
        ("{}", "protocol"),
        ("nonsense", "not JSON"),
        (r#"{"protocol":3}"#, "not one of protocol 3"),
        ("", "not JSON"),
    ] {
        let file = scratch.write("request", format!("{request}\n"));
        let stdin = fs::File::open(file).expect("it is there");
        let said = Said::of(scratch.command(MAPPROF).arg("worker").stdin(stdin)).ended_with(2);
        let line: Value = serde_json::from_str(said.stdout.trim_end()).expect("it is one line of JSON");
        assert_eq!(line["event"], "failed");
        assert_eq!(line["kind"], "refused");
        assert!(line["message"].as_str().is_some_and(|message| message.contains(part)), "{line}");
    }
}

/// A worker is often a script around the real one (`java -jar …`): ending it must end that one too.
#[test]
fn what_a_worker_started_ends_with_it() {
    let scratch = workloads::scratch();
    // `exit` keeps the shell from becoming the sleep itself.
    let worker = executable(&scratch, "worker", "#!/bin/sh\nread -r request\nsleep 1000\nexit 0\n");
    let mut run = Running::start(scratch.command(MAPPROF).args([
        "run",
        "quick",
        "--workloads",
        "own",
        "--worker",
        worker.as_str(),
    ]));
    let shell = run.only_child();
    let sleep = eventually("the script has started something", || children(shell).first().copied());
    signal(run.id(), libc::SIGINT);
    run.finish().ended_with(130);
    let goes_on = lives(sleep);
    if goes_on {
        signal(sleep, libc::SIGKILL);
    }
    assert!(!goes_on, "what the worker started goes on");
}
