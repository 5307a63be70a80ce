//! The CPU pass: who takes the samples, what happens where the system forbids it, and what the record says.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use serde_json::Value;

use crate::scratch::{MAPPROF, Said, Scratch};

/// A run with a CPU profile, long enough for samples.
const RUN: [&str; 9] =
    ["run", "churn", "--entries", "5000", "--ops", "1000000", "--skip", "time,memory", "--cpu"];

/// A run with a CPU profile where a filter fails these system calls with `error`, as a container's does: what it says, and
/// what its record says of CPU samples.
#[track_caller]
fn run_without(calls: &[i64], error: i32) -> (Said, Value) {
    let rules = calls.iter().map(|call| (*call, vec![])).collect();
    let (allow, refuse) = (SeccompAction::Allow, SeccompAction::Errno(error as u32));
    let arch = std::env::consts::ARCH.try_into().expect("the processor is known");
    let filter = SeccompFilter::new(rules, allow, refuse, arch).expect("the rules are right");
    let program = BpfProgram::try_from(filter).expect("it compiles");
    let scratch = Scratch::new();
    let mut command = scratch.command(MAPPROF);
    command.args(RUN).arg("--verbose");
    let install = move || seccompiler::apply_filter(&program).map_err(io::Error::other);
    // SAFETY: between fork and exec it makes two system calls, and allocates only if one fails.
    unsafe { command.pre_exec(install) };
    let said = Said::of(&mut command).ended_with(0);
    let cpu = cpu(&scratch, "churn/std");
    (said, cpu)
}

/// Lets `command` lock no memory beyond what the kernel gives every user for perf events.
fn without_locked_memory(command: &mut Command) {
    const IPC_LOCK: libc::c_ulong = 14;
    let limit = || {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure lives through the call. A user who is not root has no such capability to drop.
        unsafe {
            libc::prctl(libc::PR_CAPBSET_DROP, IPC_LOCK, 0, 0, 0);
            if libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const none) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec it makes two system calls and allocates nothing.
    unsafe { command.pre_exec(limit) };
}

/// What the record of `case` says of CPU samples, if its profile is whole.
#[track_caller]
fn cpu(scratch: &Scratch, case: &str) -> Value {
    let cpu = scratch.record(case)["cpu"].clone();
    let number = |name: &str| cpu[name].as_f64().unwrap_or_else(|| panic!("no {name} in {cpu}"));
    assert!(number("delivered") > 0.0 && number("cpu_ns") > 0.0, "{cpu}");
    let ratio = number("delivered") * 1e9 / number("hertz") / number("cpu_ns");
    assert!((number("ratio") - ratio).abs() < 1e-6, "{cpu}");
    assert!(
        (number("delivered_hertz") - number("hertz") * number("ratio")).abs() < 1e-6 * number("hertz"),
        "{cpu}"
    );
    let threads = cpu["threads"].as_array().expect("there are threads");
    let sum = |name: &str| threads.iter().filter_map(|thread| thread[name].as_u64()).sum::<u64>();
    assert_eq!(sum("cpu_ns"), number("cpu_ns") as u64, "{cpu}");
    assert!(sum("delivered") >= number("delivered") as u64, "{cpu}");
    // The profile's total is what the system counted, but for threads that had no sample.
    let said = scratch.mapprof(&["top", &format!("profiles/{case}/cpu.pb.gz"), "--harness-frames", "--json"]);
    let top: Value = serde_json::from_str(&said.ended_with(0).stdout).expect("it is JSON");
    assert_eq!(top["total"].as_f64(), Some(number("cpu_ns") - number("unsampled_ns")), "{cpu}");
    for row in top["rows"].as_array().expect("there are rows") {
        let [low, value, high] = ["low", "value", "high"].map(|name| row[name].as_f64().expect("a number"));
        assert!(0.0 <= low && low <= value && value <= high && high <= number("cpu_ns"), "{row}");
    }
    cpu
}

/// The sentences on how samples were taken.
fn notes(cpu: &Value) -> Vec<String> {
    let notes = cpu["notes"].as_array().expect("there are notes");
    notes.iter().filter_map(|note| note.as_str().map(str::to_owned)).collect()
}

/// Whether this system lets a process have perf events.
fn perf_is_allowed(scratch: &Scratch) -> bool {
    scratch.mapprof(&RUN).ended_with(0);
    cpu(scratch, "churn/std")["backend"] == "perf"
}

#[test]
fn the_backend_that_is_asked_for_takes_the_samples() {
    let scratch = Scratch::new();
    for backend in ["perf", "timer", "pprof-rs"] {
        let how = format!("--cpu={backend}");
        let said = scratch.mapprof(&[&RUN[..8], &[&how, "--verbose"]].concat()).ended_with(0);
        let cpu = cpu(&scratch, "churn/std");
        // Where perf events are forbidden the run says so.
        assert!(cpu["backend"] == backend || (backend == "perf" && cpu["notes"].is_array()), "{cpu}");
        let line = format!("CPU samples by {}: ", cpu["backend"].as_str().expect("it has a name"));
        assert!(said.stdout.contains(&line), "{}", said.stdout);
        let rerun = scratch.record("churn/std")["rerun"].clone();
        assert!(rerun.as_str().is_some_and(|rerun| rerun.contains(&how)), "{rerun}");
        // Nothing but operations is in it.
        let folded =
            std::fs::read_to_string(scratch.path("profiles/churn/std/cpu.folded")).expect("it is there");
        assert!(!folded.contains("mapprof::workload::stream"), "{folded}");
    }
}

#[test]
fn where_perf_events_are_refused_a_timer_takes_the_samples() {
    let (said, cpu) = run_without(&[libc::SYS_perf_event_open], libc::EPERM);
    assert_eq!(cpu["backend"], "timer");
    let notes = notes(&cpu);
    assert_eq!(notes.len(), 1, "{cpu}");
    let note = &notes[0];
    assert!(note.starts_with("perf events cannot be opened (Operation not permitted"), "{note}");
    assert!(note.contains("kernel.perf_event_paranoid is "), "{note}");
    assert!(note.ends_with("; timers took the CPU samples"), "{note}");
    let words: Vec<&str> = said.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains(note), "{}", said.stdout);
}

/// What the kernel says to a user where `kernel.perf_event_paranoid` forbids all events.
#[test]
fn where_perf_events_are_denied_to_the_user_a_timer_takes_the_samples() {
    let (_, cpu) = run_without(&[libc::SYS_perf_event_open], libc::EACCES);
    assert_eq!(cpu["backend"], "timer");
    assert!(notes(&cpu)[0].starts_with("perf events cannot be opened (Permission denied"), "{cpu}");
}

#[test]
fn where_timers_are_refused_too_pprof_rs_takes_the_samples() {
    let (_, cpu) = run_without(&[libc::SYS_perf_event_open, libc::SYS_timer_create], libc::EPERM);
    assert_eq!(cpu["backend"], "pprof-rs");
    let notes = notes(&cpu);
    let both = |note: &String| note.contains("perf events") && note.contains("a thread cannot have a timer");
    assert!(notes.iter().any(both), "{notes:?}");
}

/// The kernel lets each user lock some memory for perf events, whatever the limit: enough for the first thread's ring.
#[test]
fn a_thread_whose_ring_finds_no_memory_has_a_timer() {
    let scratch = Scratch::new();
    if !perf_is_allowed(&scratch) {
        return;
    }
    let threads = ["run", "churn", "--map", "dashmap", "--entries", "20000", "--ops", "4000000", "--threads"];
    let mut command = scratch.command(MAPPROF);
    command.args(threads).args(["16", "--skip", "time,memory", "--cpu"]);
    without_locked_memory(&mut command);
    Said::of(&mut command).ended_with(0);
    let cpu = cpu(&scratch, "churn/dashmap,threads=16");
    let threads = cpu["threads"].as_array().expect("there are threads");
    assert_eq!(threads.len(), 16, "{cpu}");
    let by_timer = threads.iter().filter(|thread| thread["backend"] == "timer").count();
    let kib: u64 = std::fs::read_to_string("/proc/sys/kernel/perf_event_mlock_kb")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .expect("the kernel says");
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    // Sixteen rings of 256 KiB at least.
    if kib * cores < 16 * 256 {
        assert!(by_timer > 0, "{cpu}");
        assert!(notes(&cpu).iter().any(|note| note.contains("the limit on locked memory")), "{cpu}");
    }
}

#[test]
fn every_thread_has_its_own_time_and_samples() {
    let scratch = Scratch::new();
    let run = ["run", "churn", "--map", "dashmap", "--entries", "5000", "--ops", "2000000", "--threads", "2"];
    for how in ["--cpu", "--cpu=timer"] {
        scratch.mapprof(&[&run[..], &["--skip", "time,memory", how]].concat()).ended_with(0);
        let cpu = cpu(&scratch, "churn/dashmap,threads=2");
        let threads = cpu["threads"].as_array().expect("there are threads");
        assert_eq!(threads.len(), 2, "{cpu}");
        for thread in threads {
            assert!(thread["delivered"].as_u64() > Some(0) && thread["cpu_ns"].as_u64() > Some(0), "{cpu}");
            // A tick comes after half a period at the least, whether its sample finds room or not.
            let ticks =
                thread["delivered"].as_u64().zip(thread["lost"].as_u64()).map(|(got, lost)| got + lost);
            let most = thread["cpu_ns"].as_u64().map(|ns| 1 + 2 * ns / 1_000_000);
            assert!(ticks.is_some() && ticks <= most, "{cpu}");
            let phases = thread["phases_ns"].as_array().expect("there are phases");
            assert_eq!(phases.iter().filter_map(Value::as_u64).sum::<u64>(), thread["cpu_ns"], "{cpu}");
        }
    }
}

#[test]
fn an_unknown_backend_suggests_the_nearest() {
    let said = Scratch::new().mapprof(&["run", "churn", "--cpu=pref"]).ended_with(2);
    assert!(said.stderr.contains("perf") && said.stderr.contains("pprof-rs"), "{}", said.stderr);
}
