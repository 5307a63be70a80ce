//! Files and folders that are not as they should be: one clear line, the right exit code, and nothing that stood there
//! before is lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use crate::scratch::{MAPPROF, Said, Scratch};
use crate::workloads;

/// Every file below `folder` with its bytes; folders with none.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).expect("it is below").display().to_string();
            if path.is_dir() {
                found.insert(name, Vec::new());
                folders.push(path);
            } else {
                found.insert(name, fs::read(&path).expect("it can be read"));
            }
        }
    }
    found
}

/// A scratch folder with a good run of `quick` on `std`, heap profile included.
fn with_good_run() -> Scratch {
    let scratch = workloads::scratch();
    scratch.mapprof(&["run", "quick", "--workloads", "own", "--heap", "--quiet"]).ended_with(0);
    scratch
}

/// Asserts that `mapprof top` refuses `path` in one line that names `file` and says `what`.
#[track_caller]
fn top_refuses(scratch: &Scratch, path: &str, file: &str, what: &str) {
    for more in [&[][..], &["--json"], &["--by", "role"]] {
        let said = scratch.mapprof(&[&["top", path], more].concat()).ended_with(2);
        assert_eq!(said.stdout, "");
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        assert!(said.stderr.starts_with(&format!("mapprof: {file}: ")), "{}", said.stderr);
        assert!(said.stderr.contains(what), "no {what:?} in: {}", said.stderr);
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).expect("a vector takes all");
    gzip.finish().expect("a vector takes all")
}

/// A profile of pprof's form that says nothing but its one sample type, `samples/count`.
fn without_samples() -> Vec<u8> {
    let mut message = vec![0x0a, 4, 0x08, 1, 0x10, 2]; // sample_type { type: 1, unit: 2 }
    for string in ["", "samples", "count"] {
        message.extend([0x32, string.len() as u8]); // string_table
        message.extend(string.as_bytes());
    }
    message
}

#[test]
fn a_profile_that_is_cut_off_is_refused() {
    let scratch = with_good_run();
    let whole = fs::read(scratch.path("profiles/quick/std/heap.pb.gz")).expect("the run has a heap profile");
    for length in [1, 2, 9, 10, 11, whole.len() / 2, whole.len() - 9, whole.len() - 8, whole.len() - 1] {
        scratch.write("cut.pb.gz", &whole[..length]);
        top_refuses(&scratch, "cut.pb.gz", "cut.pb.gz", "");
    }
    scratch.write("cut.pb.gz", &whole[..whole.len() / 2]);
    top_refuses(&scratch, "cut.pb.gz", "cut.pb.gz", "cut off");
}

#[test]
fn a_profile_whose_bytes_were_changed_never_panics() {
    let scratch = with_good_run();
    let whole = fs::read(scratch.path("profiles/quick/std/heap.pb.gz")).expect("the run has a heap profile");
    let mut message = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&whole[..]), &mut message)
        .expect("it unpacks");
    for step in 1..40 {
        let mut broken = message.clone();
        let at = broken.len() * step / 40;
        broken[at] ^= 0xff;
        scratch.write("broken.pb.gz", gzipped(&broken));
        let said = scratch.mapprof(&["top", "broken.pb.gz"]);
        assert!(matches!(said.code, Some(0 | 2)), "byte {at}: {said:?}");
        assert!(!said.stderr.contains("panicked"), "byte {at}: {}", said.stderr);
    }
}

#[test]
fn what_is_no_profile_is_refused() {
    let scratch = Scratch::new();
    scratch.write("empty.pb.gz", "");
    top_refuses(&scratch, "empty.pb.gz", "empty.pb.gz", "empty");
    scratch.write("text.pb.gz", "This is no profile at all.\n");
    top_refuses(&scratch, "text.pb.gz", "text.pb.gz", "neither pprof, nor a heap dump");
    scratch.write("text.txt.gz", gzipped(b"This is no profile at all.\n"));
    top_refuses(&scratch, "text.txt.gz", "text.txt.gz", "neither pprof, nor a heap dump");
    scratch.write("nothing.gz", gzipped(b""));
    top_refuses(&scratch, "nothing.gz", "nothing.gz", "");
    scratch.write(
        "noise.gz",
        gzipped(&(0..4096u32).flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_le_bytes()).collect::<Vec<_>>()),
    );
    top_refuses(&scratch, "noise.gz", "noise.gz", "not a pprof profile");
    top_refuses(&scratch, "absent.pb.gz", "absent.pb.gz", "cannot be read");
}

#[test]
fn a_profile_without_samples_is_refused() {
    let scratch = Scratch::new();
    scratch.write("idle.pb.gz", gzipped(&without_samples()));
    top_refuses(&scratch, "idle.pb.gz", "idle.pb.gz", "sample");
    scratch.write("idle.pb", without_samples());
    top_refuses(&scratch, "idle.pb", "idle.pb", "sample");
}

#[test]
fn a_folder_without_a_profile_says_what_to_do() {
    let scratch = workloads::scratch();
    top_refuses(&scratch, "own", "own", "no heap.pb.gz or cpu.pb.gz");
    scratch.mapprof(&["run", "quick", "--workloads", "own", "--quiet"]).ended_with(0);
    top_refuses(&scratch, "profiles/quick/std", "profiles/quick/std", "--heap or --cpu");
}

#[test]
fn an_unknown_sample_type_suggests_the_nearest() {
    let scratch = with_good_run();
    let said = scratch.mapprof(&["top", "profiles/quick/std", "--type", "inuse_spcae"]).ended_with(2);
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    assert!(said.stderr.contains("\"inuse_space\""), "{}", said.stderr);
}

/// A folder in which nobody may write, root included.
#[test]
fn a_run_that_cannot_be_written_is_refused_before_it_begins() {
    let scratch = workloads::scratch();
    scratch.write("file", "not a folder");
    for out in ["file", "file/below", "/proc", "/proc/below", "/sys/below"] {
        let said = scratch.mapprof(&["run", "quick", "--workloads", "own", "--out", out]).ended_with(3);
        assert_eq!(said.stdout, "");
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        assert!(said.stderr.starts_with(&format!("mapprof: {out}: ")), "{}", said.stderr);
        assert!(said.stderr.contains("--out"), "{}", said.stderr);
    }
    assert_eq!(fs::read_to_string(scratch.path("file")).expect("it is there"), "not a folder");
}

#[test]
fn a_file_in_the_workloads_place_fails_each_case_and_stays() {
    let scratch = workloads::scratch();
    scratch.write("profiles/quick", "not a folder");
    let said = scratch.mapprof(&["run", "quick", "--workloads", "own", "--map", "std,btree"]).ended_with(3);
    assert!(said.stderr.contains("profiles/quick: is a file where runs need a folder"), "{}", said.stderr);
    assert!(said.stderr.contains("2 of 2 cases failed: quick/btree, quick/std"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(scratch.path("profiles/quick")).expect("it is there"), "not a folder");
}

#[test]
fn a_folder_that_is_no_run_is_not_replaced() {
    let scratch = workloads::scratch();
    scratch.write("profiles/quick/std/thesis.txt", "years of work");
    let said = scratch.mapprof(&["run", "quick", "--workloads", "own"]).ended_with(3);
    assert!(said.stderr.contains("profiles/quick/std: is there already and is not a run"), "{}", said.stderr);
    let kept = tree(&scratch.path("profiles/quick"));
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["std", "std/thesis.txt"]);
    assert_eq!(kept["std/thesis.txt"], b"years of work");
}

#[test]
fn a_file_that_the_user_put_into_a_run_outlives_the_next_one() {
    let scratch = with_good_run();
    scratch.write("profiles/quick/std/notes.txt", "mine");
    scratch.mapprof(&["run", "quick", "--workloads", "own", "--quiet"]).ended_with(0);
    assert_eq!(
        fs::read_to_string(scratch.path("profiles/quick/std/notes.txt")).expect("it is there"),
        "mine"
    );
    assert!(!scratch.path("profiles/quick/std/heap.pb.gz").exists(), "the new run has no heap profile");
}

/// A limit on the size of files fails a write halfway, as a full disk does, and needs no rights.
#[test]
fn a_write_that_fails_halfway_leaves_the_last_good_run() {
    let scratch = with_good_run();
    let before = tree(&scratch.path("profiles"));
    // Blocks of 512 bytes: the probe fits, the flamegraphs do not.
    let limited = "ulimit -f 8; exec \"$0\" \"$@\"";
    let said = Said::of(scratch.command("sh").args(["-c", limited, MAPPROF]).args([
        "run",
        "quick",
        "--workloads",
        "own",
        "--heap",
        "--seed",
        "2",
    ]))
    .ended_with(3);
    assert!(said.stderr.contains("quick/std: write pass: write: "), "{}", said.stderr);
    assert!(said.stderr.contains("profiles/quick/std/"), "it does not name the file: {}", said.stderr);
    assert!(said.stderr.contains("cannot be written: File too large"), "{}", said.stderr);
    assert!(said.stderr.contains("1 of 1 cases failed"), "{}", said.stderr);
    assert_eq!(
        tree(&scratch.path("profiles")),
        before,
        "the last good run was touched, or half a run lies there"
    );
}

#[test]
fn a_limit_that_lets_no_file_be_written_is_refused_before_the_run() {
    let scratch = workloads::scratch();
    let limited = "ulimit -f 0; exec \"$0\" \"$@\"";
    let run = ["run", "quick", "--workloads", "own"];
    let said = Said::of(scratch.command("sh").args(["-c", limited, MAPPROF]).args(run)).ended_with(3);
    let line = "mapprof: profiles: cannot be written to: File too large (os error 27); choose another folder with --out\n";
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", line));
    assert_eq!(tree(&scratch.path("profiles")).len(), 0, "its probe was left behind");
}

fn under_a_limit_of_space(scratch: &Scratch, mib: u64, arguments: &[&str]) -> Said {
    let limited = format!("ulimit -v {}; exec \"$0\" \"$@\"", mib << 10);
    Said::of(scratch.command("sh").args(["-c", &limited, MAPPROF]).args(arguments))
}

#[test]
fn too_little_memory_is_one_line() {
    let scratch = workloads::scratch();
    let one_line = |said: &Said| {
        assert!(said.stderr.starts_with("mapprof: out of memory: "), "{}", said.stderr);
        assert!(
            said.stderr.ends_with(" (ulimit -v)\n") && said.stderr.lines().count() == 1,
            "{}",
            said.stderr
        );
    };
    // Below some limit the system cannot load the program. Above it there is no other end than these two.
    let all = (4..=256).step_by(4).map(|mib| (mib, under_a_limit_of_space(&scratch, mib, &["list"])));
    let started: Vec<_> = all.skip_while(|(_, said)| !matches!(said.code, Some(0 | 3))).collect();
    for (mib, said) in &started {
        match said.code {
            Some(0) => assert_eq!(said.stderr, "", "{mib} MiB"),
            Some(3) => one_line(said),
            _ => panic!("{mib} MiB: {said:?}"),
        }
    }
    let enough = started.iter().find(|(_, said)| said.code == Some(0)).expect("256 MiB are enough").0;
    assert!(started.iter().any(|(_, said)| said.code == Some(3)), "{started:?}");
    // A file that does not fit.
    let frame = "f".repeat(60);
    scratch.write("much.folded", (0..800_000).map(|n| format!("{n};{frame} 1\n")).collect::<String>());
    let convert = ["convert", "much.folded", "much.pb.gz"];
    one_line(&under_a_limit_of_space(&scratch, enough + 100, &convert).ended_with(3));
}

/// Options of jemalloc's that end a process, or have it print and write files.
#[test]
fn the_users_options_of_jemalloc_reach_no_run() {
    let scratch = workloads::scratch();
    let run = ["run", "quick", "--workloads", "own", "--quiet", "--heap"];
    for options in ["abort_conf:true,no_such_option:1", "stats_print:true", "prof:true,prof_final:true"] {
        let mut command = scratch.command(MAPPROF);
        let said = Said::of(command.args(run).env("_RJEM_MALLOC_CONF", options)).ended_with(0);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""), "{options}");
    }
    let mut left: Vec<_> =
        fs::read_dir(scratch.path(".")).expect("it is there").flatten().map(|e| e.file_name()).collect();
    left.sort();
    assert_eq!(left, ["own", "profiles"]);
}

#[test]
fn pprof_rs_without_a_folder_for_its_file_says_so() {
    let scratch = workloads::scratch();
    let mut command = scratch.command(MAPPROF);
    command
        .args(["run", "quick", "--workloads", "own", "--quiet", "--cpu=pprof-rs"])
        .env("TMPDIR", "/no/folder");
    let said = Said::of(&mut command).ended_with(3);
    let lines: Vec<&str> = said.stderr.lines().filter(|line| line.contains(" pass: ")).collect();
    assert!(lines.len() == 1 && lines[0].contains("quick/std: cpu pass: refused: "), "{}", said.stderr);
    assert!(
        lines[0].contains("/no/folder cannot be written to: No such file") && lines[0].contains("TMPDIR"),
        "{}",
        said.stderr
    );
}

/// Runs a script in which `disk` is a full file system, in a mount namespace that ends with it. `profiles/quick` is on it
/// too, as `disk/quick`. `None` where nobody may mount.
fn on_a_full_disk(scratch: &Scratch, script: &str) -> Option<Said> {
    let prelude = r#"
        mkdir disk && mount -t tmpfs -o size=1m tmpfs disk || exit 77
        cp -r profiles/quick disk/quick || exit 78
        dd if=/dev/zero of=disk/ballast bs=4096 2> /dev/null
    "#;
    let script = format!("{prelude}\n{script}");
    let said = Said::of(scratch.command("unshare").args(["-rm", "sh", "-c", &script, MAPPROF]));
    if said.code != Some(77) && !said.stderr.contains("unshare") {
        return Some(said);
    }
    let _ = writeln!(std::io::stderr(), "SKIPPED: no file system can be mounted here: {}", said.stderr);
    None
}

#[test]
fn a_disk_that_is_full_is_refused_before_the_run() {
    let scratch = with_good_run();
    let script = r#"
        "$0" run quick --workloads own --heap --seed 2 --out disk
        code=$?
        diff -r profiles/quick disk/quick 1>&2 || exit 79
        ls -A disk
        exit $code
    "#;
    let Some(said) = on_a_full_disk(&scratch, script) else { return };
    let said = said.ended_with(3);
    assert!(said.stderr.starts_with("mapprof: disk: cannot be written to: No space left"), "{}", said.stderr);
    assert_eq!(said.stdout.lines().collect::<Vec<_>>(), ["ballast", "quick"], "something was left behind");
}

#[test]
fn a_disk_that_fills_up_leaves_the_last_good_run() {
    let scratch = with_good_run();
    let script = r#"
        truncate -s -16384 disk/ballast
        "$0" run quick --workloads own --heap --seed 2 --out disk
        code=$?
        diff -r profiles/quick disk/quick 1>&2 || exit 79
        ls -A disk disk/quick
        exit $code
    "#;
    let Some(said) = on_a_full_disk(&scratch, script) else { return };
    let said = said.ended_with(3);
    assert!(said.stderr.contains("quick/std: write pass: write: disk/quick/std/"), "{}", said.stderr);
    assert!(said.stderr.contains("No space left on device"), "{}", said.stderr);
    let names: Vec<&str> = said.stdout.lines().skip_while(|line| *line != "disk:").collect();
    assert_eq!(names, ["disk:", "ballast", "quick", "", "disk/quick:", "std"], "something was left behind");
}

/// A worker that is the real one on a system without /proc, in a mount namespace that ends with it. `None` where nobody
/// may mount.
fn worker_without_proc(scratch: &Scratch) -> Option<String> {
    let probe = Said::of(scratch.command("unshare").args(["-rm", "sh", "-c", "mount -t tmpfs tmpfs /proc"]));
    if probe.code != Some(0) {
        let line = format!("/proc cannot be hidden here: {}", probe.stderr);
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{line}");
        let _ = writeln!(std::io::stderr(), "SKIPPED: {line}");
        return None;
    }
    let hidden = "mount -t tmpfs tmpfs /proc && exec \"$0\" worker";
    let script = format!("#!/bin/sh\nexec unshare -rm sh -c '{hidden}' '{MAPPROF}'\n");
    Some(crate::worker::executable(scratch, "without-proc", &script))
}

#[test]
fn without_proc_the_counts_are_there_and_the_chains_end_with_them() {
    let scratch = workloads::scratch();
    let Some(worker) = worker_without_proc(&scratch) else { return };
    let command = ["run", "quick", "--workloads", "own"];
    scratch.mapprof(&[&command[..], &["--quiet"]].concat()).ended_with(0);
    let due = crate::records::record(&scratch, "quick/std");
    let said = scratch
        .mapprof(&[&command[..], &["--latency", "-v", "--worker", worker.as_str()]].concat())
        .ended_with(0);
    assert!(said.stdout.contains("Totals are usable bytes of the map."), "{}", said.stdout);
    assert!(said.stdout.contains("Resident memory could not be read."), "{}", said.stdout);
    let record = crate::records::record(&scratch, "quick/std");
    let live = |record: &mapprof::record::CaseRecord| {
        let phases = &crate::records::pass(record, "memory").phases;
        phases
            .iter()
            .map(|phase| (phase.counted().live_bytes, phase.counted().peak_live_bytes))
            .collect::<Vec<_>>()
    };
    assert_eq!(live(&record), live(&due), "counts need no /proc");
    let memory = crate::records::memory(&record);
    assert!(memory.baseline.is_none());
    assert_eq!(record.waterfalls.len(), due.waterfalls.len());
    for waterfall in &record.waterfalls {
        assert!(!waterfall.to_resident && waterfall.bytes("process").is_none(), "{waterfall:?}");
        assert!(waterfall.notes.iter().any(|note| note.contains("could not be read")), "{waterfall:?}");
        let sum: i64 = waterfall.steps.iter().map(|step| step.bytes).sum();
        assert_eq!((sum, waterfall.unexplained), (waterfall.total as i64, 0), "{waterfall:?}");
    }
    let usable: Vec<u64> = memory.phases.iter().map(|reading| reading.usable_bytes).collect();
    let totals: Vec<u64> = record.waterfalls.iter().take(2).map(|waterfall| waterfall.total).collect();
    assert_eq!(totals, usable);
    // The kernel's word on the cycle counter is in /proc too.
    let clock = &crate::records::pass(&record, "latency").latency.as_ref().expect("it was timed").clock;
    assert!(["monotonic", "cntvct"].contains(&clock.as_str()), "{clock}");
    for picture in ["waterfall.svg", "timeline.svg"] {
        let text = fs::read_to_string(scratch.path("profiles/quick/std").join(picture)).expect("it is there");
        assert!(!text.contains("NaN"), "{picture}");
    }
}

#[test]
fn without_proc_a_profile_is_refused_in_one_line() {
    let scratch = workloads::scratch();
    let Some(worker) = worker_without_proc(&scratch) else { return };
    for (flag, pass) in [("--heap", "heap"), ("--heap=exact", "heap"), ("--cpu", "cpu")] {
        let command = ["run", "quick", "--workloads", "own", "--quiet", flag, "--worker", worker.as_str()];
        let said = scratch.mapprof(&command).ended_with(3);
        let line = format!("mapprof: quick/std: {pass} pass: refused: /proc/self/maps cannot be read");
        let lines: Vec<&str> = said.stderr.lines().filter(|said| said.contains(" pass: ")).collect();
        assert!(lines.len() == 1 && lines[0].starts_with(&line), "{}", said.stderr);
        assert!(lines[0].contains("mapprof needs /proc"), "{}", said.stderr);
        // What the memory pass found is kept, apart from the good runs.
        let record = crate::scratch::read_json(&scratch.path("profiles/quick/std.failed/run.json"));
        assert!(record["passes"]["memory"].is_object(), "{flag}");
        assert!(!scratch.path("profiles/quick/std").exists(), "{flag}");
    }
}
