//! Runs that are stopped, and children that are: what was done is kept, what is missing is named, and nothing goes on
//! in the background.

use std::fs;
use std::path::Path;

use crate::processes::{Running, children, eventually, lives, processor_ticks, signal};
use crate::scratch::{MAPPROF, Scratch, read_json};
use crate::workloads;

fn start(scratch: &Scratch, arguments: &[&str]) -> Running {
    Running::start(scratch.command(MAPPROF).arg("run").args(arguments).args(["--workloads", "own"]))
}

/// The names in a folder.
#[track_caller]
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn ctrl_c_keeps_the_finished_cases_and_names_the_others() {
    let scratch = workloads::scratch();
    let mut run = start(&scratch, &["quick", "slow", "--map", "std,hashbrown,btree"]);
    // The records of `quick` land before `slow` begins, and that one never ends.
    let last = scratch.path("profiles/quick/btree/run.json");
    eventually("the first cases are done", || last.exists().then_some(()));
    let child = run.only_child();
    signal(run.id(), libc::SIGINT);
    let said = run.finish().ended_with(130);
    let line = said.stderr.lines().last().unwrap_or_default();
    assert!(line.starts_with("mapprof: interrupted: 3 of 6 cases are done"), "{line}");
    assert!(line.ends_with("missing: slow/std, slow/hashbrown, slow/btree"), "{line}");
    assert!(!lives(child), "the child goes on");
    assert_eq!(names(&scratch.path("profiles")), ["quick"]);
    assert_eq!(names(&scratch.path("profiles/quick")), ["btree", "hashbrown", "std"]);
    for map in ["std", "hashbrown", "btree"] {
        let record = scratch.record(&format!("quick/{map}"));
        assert!(record["passes"]["memory"]["total"]["checksum"].is_string());
    }
}

#[test]
fn a_polite_end_is_an_interruption_too() {
    let scratch = workloads::scratch();
    let mut run = start(&scratch, &["slow"]);
    let child = run.only_child();
    signal(run.id(), libc::SIGTERM);
    let said = run.finish().ended_with(130);
    assert!(said.stderr.contains("0 of 1 cases are done; missing: slow/std"), "{}", said.stderr);
    assert!(!lives(child), "the child goes on");
}

#[test]
fn ctrl_c_leaves_the_last_good_run() {
    let scratch = workloads::scratch();
    scratch.mapprof(&["run", "slow", "--ops", "100", "--workloads", "own", "--quiet"]).ended_with(0);
    let before = fs::read(scratch.path("profiles/slow/std/run.json")).expect("it is there");
    let mut run = start(&scratch, &["slow"]);
    run.only_child();
    signal(run.id(), libc::SIGINT);
    run.finish().ended_with(130);
    assert_eq!(fs::read(scratch.path("profiles/slow/std/run.json")).expect("it is there"), before);
    assert_eq!(names(&scratch.path("profiles/slow")), ["std"]);
}

#[test]
fn a_killed_child_is_an_error_row_and_the_other_cases_go_on() {
    let scratch = workloads::scratch();
    let mut run = start(&scratch, &["slow", "quick"]);
    signal(run.only_child(), libc::SIGKILL);
    let said = run.finish().ended_with(3);
    assert!(said.stderr.contains("slow/std: time pass: killed: "), "{}", said.stderr);
    assert!(said.stderr.contains("1 of 2 cases failed: slow/std"), "{}", said.stderr);
    let error = read_json(&scratch.path("profiles/slow/std.failed/error.json"));
    assert_eq!(error[0]["kind"], "killed");
    assert_eq!(error[0]["pass"], "time");
    assert_eq!(error[0]["case"]["workload"], "slow");
    assert_eq!(error[0]["case"]["map"], "std");
    assert_eq!(names(&scratch.path("profiles/slow")), ["std.failed"]);
    assert!(scratch.record("quick/std")["metrics"]["live_bytes"].is_object(), "the other case is done");
}

/// Resident bytes of a process; 0 once it has ended.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|kib| kib.split_whitespace().next()?.parse().ok()).map_or(0, |kib: u64| kib * 1024)
}

/// What a system does that has run out of memory: the child is gone in the middle of a table's growth.
#[test]
fn a_child_that_is_killed_while_its_map_grows_leaves_the_last_good_run() {
    let scratch = crate::records::scratch();
    let good = ["filled", "--entries", "1000", "--workloads", "own", "--quiet"];
    scratch.mapprof(&[&["run"], &good[..]].concat()).ended_with(0);
    let before = fs::read(scratch.path("profiles/filled/std/run.json")).expect("it is there");
    // More than fits into any memory that this could run on before it is killed.
    let mut run = start(&scratch, &["filled", "--entries", "2000000000", "--heap"]);
    let child = run.only_child();
    eventually("the map has grown", || (resident(child) > 300 << 20).then_some(()));
    signal(child, libc::SIGKILL);
    let said = run.finish().ended_with(3);
    assert!(said.stderr.contains("filled/std: time pass: killed: "), "{}", said.stderr);
    assert!(said.stderr.contains("signal 9") && said.stderr.contains("memory"), "{}", said.stderr);
    assert!(said.stderr.contains("last heard of in phase fill"), "{}", said.stderr);
    assert!(!said.stderr.contains("heap pass"), "the case went on without its figures: {}", said.stderr);
    assert_eq!(read_json(&scratch.path("profiles/filled/std.failed/error.json"))[0]["kind"], "killed");
    assert_eq!(fs::read(scratch.path("profiles/filled/std/run.json")).expect("it is there"), before);
    assert_eq!(names(&scratch.path("profiles/filled")), ["std", "std.failed"]);
    // The next good run takes the place of both.
    scratch.mapprof(&[&["run"], &good[..], &["--seed", "2"]].concat()).ended_with(0);
    assert_eq!(names(&scratch.path("profiles/filled")), ["std"]);
    assert_ne!(fs::read(scratch.path("profiles/filled/std/run.json")).expect("it is there"), before);
}

#[test]
fn a_child_that_crashes_is_told_by_its_signal() {
    let scratch = workloads::scratch();
    let mut run = start(&scratch, &["slow"]);
    signal(run.only_child(), libc::SIGABRT);
    let said = run.finish().ended_with(3);
    assert!(said.stderr.contains("crashed: the child died of signal 6"), "{}", said.stderr);
}

#[test]
fn a_child_dies_with_its_parent_even_if_it_never_prints() {
    let scratch = workloads::scratch();
    let worker = crate::worker::executable(&scratch, "mute", "#!/bin/sh\nexec sleep 1000\n");
    let mut run = start(&scratch, &["slow", "--worker", &worker]);
    let child = run.only_child();
    signal(run.id(), libc::SIGKILL);
    assert_eq!(run.finish().code, None, "it was killed");
    eventually("the child ends", || (!lives(child)).then_some(()));
}

/// A batch of visits to every entry takes hours, and its child prints nothing meanwhile.
#[test]
fn a_child_behind_a_wrapper_dies_with_the_run() {
    let scratch = workloads::scratch();
    let wrapper = format!("#!/bin/sh\n'{MAPPROF}' worker\nexit $?\n");
    let worker = crate::worker::executable(&scratch, "wrapper", &wrapper);
    let visits = ["--entries", "100000", "--set", "phase.look.mix={ iterate = 100 }"];
    let mut run = start(&scratch, &[&["slow", "--worker", &worker], &visits[..]].concat());
    let wrapper = run.only_child();
    let child = eventually("the wrapper has a child", || children(wrapper).first().copied());
    eventually("it is at work", || (processor_ticks(child) > 200).then_some(()));
    signal(run.id(), libc::SIGKILL);
    assert_eq!(run.finish().code, None, "it was killed");
    eventually("both end", || (!lives(child) && !lives(wrapper)).then_some(()));
}

#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so() {
    let scratch = workloads::scratch();
    let ignoring = "trap '' HUP INT TERM; exec \"$0\" run slow --workloads own";
    let mut run = Running::start(scratch.command("sh").args(["-c", ignoring, MAPPROF]));
    let child = run.only_child();
    for ignored in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
        let status = fs::read_to_string(format!("/proc/{}/status", run.id())).expect("it runs");
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("it is told");
        let mask = u64::from_str_radix(mask.trim(), 16).expect("it is a number");
        assert!(mask & 1 << (ignored - 1) != 0, "signal {ignored} is no longer ignored");
        signal(run.id(), ignored);
    }
    signal(child, libc::SIGKILL);
    let said = run.finish().ended_with(3);
    assert!(said.stderr.contains("slow/std: time pass: killed: "), "{}", said.stderr);
    assert!(!said.stderr.contains("interrupted"), "{}", said.stderr);
}

#[test]
fn a_terminal_that_hangs_up_ends_a_run_in_order() {
    let scratch = workloads::scratch();
    let mut run = start(&scratch, &["slow"]);
    let child = run.only_child();
    signal(run.id(), libc::SIGHUP);
    let said = run.finish().ended_with(130);
    assert!(said.stderr.contains("0 of 1 cases are done; missing: slow/std"), "{}", said.stderr);
    assert!(!lives(child), "the child goes on");
}

#[test]
fn a_file_that_took_the_place_of_the_folder_of_runs_is_told_as_one() {
    let scratch = workloads::scratch();
    let mut run = start(&scratch, &["slow"]);
    let child = run.only_child();
    fs::remove_dir(scratch.path("profiles")).expect("nothing is in it yet");
    scratch.write("profiles", "not a folder");
    signal(child, libc::SIGKILL);
    let said = run.finish().ended_with(3);
    let line = "slow/std: write pass: write: profiles: is a file where runs need a folder; move it away or choose another \
                folder with --out";
    assert!(said.stderr.contains(line), "{}", said.stderr);
    assert_eq!(fs::read_to_string(scratch.path("profiles")).expect("it is there"), "not a folder");
}

#[test]
fn a_case_that_takes_too_long_is_ended_and_the_next_good_run_forgets_it() {
    let scratch = workloads::scratch();
    scratch.mapprof(&["run", "slow", "--ops", "100", "--workloads", "own", "--quiet"]).ended_with(0);
    let before = fs::read(scratch.path("profiles/slow/std/run.json")).expect("it is there");
    let said =
        scratch.mapprof(&["run", "slow", "quick", "--workloads", "own", "--timeout", "1"]).ended_with(3);
    assert!(said.stderr.contains("slow/std: time pass: timed-out: "), "{}", said.stderr);
    assert!(said.stderr.contains("--timeout"), "{}", said.stderr);
    assert_eq!(read_json(&scratch.path("profiles/slow/std.failed/error.json"))[0]["kind"], "timed-out");
    assert_eq!(names(&scratch.path("profiles/slow")), ["std", "std.failed"]);
    assert_eq!(fs::read(scratch.path("profiles/slow/std/run.json")).expect("it is there"), before);
    assert!(scratch.path("profiles/quick/std/run.json").exists(), "the other case is done");

    scratch.mapprof(&["run", "slow", "--ops", "200", "--workloads", "own", "--quiet"]).ended_with(0);
    assert_eq!(names(&scratch.path("profiles/slow")), ["std"]);
    assert_ne!(fs::read(scratch.path("profiles/slow/std/run.json")).expect("it is there"), before);
}
