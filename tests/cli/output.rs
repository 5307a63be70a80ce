//! What a run prints, and what its record says of itself.

use serde_json::Value;

use crate::scratch::{MAPPROF, Said, Scratch};
use crate::workloads;

/// A run with both profiles, long enough for the CPU pass to see samples.
const WITH_PROFILES: [&str; 8] = ["run", "churn", "--entries", "5000", "--ops", "1000000", "--heap", "--cpu"];

#[test]
fn quiet_is_quiet() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&[&WITH_PROFILES[..], &["--quiet"]].concat()).ended_with(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    assert!(scratch.path("profiles/churn/std/run.json").exists());
}

#[test]
fn quiet_still_tells_errors() {
    let said = Scratch::new().mapprof(&["run", "chrun", "-q"]).ended_with(2);
    assert_eq!(said.stderr.lines().count(), 1);
    let scratch = workloads::scratch();
    let said = scratch.mapprof(&["run", "slow", "--workloads", "own", "-q", "--timeout", "1"]).ended_with(3);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains("timed-out"), "{}", said.stderr);
}

#[test]
fn without_a_terminal_there_is_a_line_for_each_pass() {
    let said = Scratch::new().mapprof(&WITH_PROFILES).ended_with(0);
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(
        lines,
        ["churn/std: time pass", "churn/std: memory pass", "churn/std: heap pass", "churn/std: cpu pass"]
    );
    assert!(!said.stderr.contains('\u{1b}') && !said.stdout.contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn the_summary_says_what_was_run_and_what_it_cost() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&WITH_PROFILES).ended_with(0);
    let text = &said.stdout;
    assert!(text.starts_with("churn on std (std "), "{text}");
    assert!(text.lines().next().is_some_and(|line| line.ends_with("5,000 entries, seed 1")), "{text}");
    for column in ["phase", "operations", "time/op", "bytes/op", "entries", "live", "peak", "resident"] {
        assert!(text.contains(column), "no {column} in:\n{text}");
    }
    for part in [
        "fill ",
        "serve ",
        " B per entry",
        "The peak was ",
        "Growth took ",
        " stayed after ",
        "Nothing leaked.",
        "After ",
        "Worst growth: ",
        "\nHeap, ",
        "\nCPU, ",
        " samples",
    ] {
        assert!(
            text.split_whitespace().collect::<Vec<_>>().join(" ").contains(part.trim()),
            "no {part:?} in:\n{text}"
        );
    }
    assert_eq!(text.lines().next_back(), Some(""), "a blank line ends it");
    let last = text.trim_end().lines().next_back();
    assert_eq!(last, Some(format!("More: {MAPPROF} show profiles/churn/std").as_str()));
    assert_eq!(text.matches("profiles/").count(), 1, "one path: {text}");
    assert!(text.lines().count() <= 40, "{} lines:\n{text}", text.lines().count());
    for line in text.lines().filter(|line| !line.starts_with("More: ")) {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn the_full_report_has_the_tables_and_what_samples_are_worth() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&[&WITH_PROFILES[..], &["--verbose"]].concat()).ended_with(0);
    let text = &said.stdout;
    for part in
        ["fill ", "serve ", "bytes per entry ", "Hottest sites", "Sampled ", "CPU samples by ", " lost"]
    {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    for line in text.lines().take_while(|line| !line.starts_with("Files, and")) {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    scratch.mapprof(&["run", "churn", "--verbose", "--quiet"]).ended_with(2);
}

#[test]
fn show_prints_what_the_verbose_run_did() {
    let scratch = workloads::scratch();
    let run = |arguments: &[&str]| {
        let command = ["run", "quick", "--workloads", "own", "--map", "btree,std", "--latency", "--verbose"];
        scratch.mapprof(&[&command[..], arguments].concat()).ended_with(0).stdout
    };
    for heap in ["--heap", "--heap=exact", "--heap=dump"] {
        let period = if heap == "--heap=exact" { &[][..] } else { &["--sample-bytes", "512"] };
        let told = run(&[&[heap], period].concat());
        assert_eq!(scratch.mapprof(&["show", "profiles"]).ended_with(0).stdout, told, "{heap}");
    }
    let told = run(&[]);
    let both = scratch.mapprof(&["show", "profiles/quick/btree", "profiles/quick/std"]).ended_with(0);
    assert_eq!(both.stdout, told);
    let said = scratch.mapprof(&[&WITH_PROFILES[..], &["--verbose"]].concat()).ended_with(0);
    assert_eq!(scratch.mapprof(&["show", "profiles/churn/std"]).ended_with(0).stdout, said.stdout);
}

#[test]
fn show_refuses_what_is_no_run() {
    let scratch = Scratch::new();
    for arguments in [&["show"][..], &["show", "nowhere"], &["show", "."]] {
        let said = scratch.mapprof(arguments).ended_with(2);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn many_maps_end_in_one_table() {
    let scratch = workloads::scratch();
    let maps = ["std", "btree", "papaya", "null"];
    let command = ["run", "quick", "--workloads", "own", "--heap", "--sample-bytes", "512", "--latency"];
    let said = scratch.mapprof(&[&command[..], &["--map", &maps.join(",")]].concat()).ended_with(0);
    assert_eq!(said.stderr, "", "a case says itself that it has ended");
    let lines: Vec<&str> = said.stdout.lines().collect();
    for (line, map) in lines.iter().zip(maps) {
        assert!(line.starts_with(&format!("quick/{map}: ")), "{line}");
        assert!(line.contains("/op, "), "{line}");
    }
    assert_eq!(lines[maps.len()], "");
    // The sentence about the Pareto front may begin a line with a name too, as its times have it.
    let table = lines.iter().take_while(|line| !line.starts_with("Pareto"));
    for map in maps {
        let rows = table.clone().filter(|line| line.split_whitespace().next() == Some(map)).count();
        assert_eq!(rows, 1, "{map} in:\n{}", said.stdout);
    }
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["ns_per_op", "peak_live_", "latency.", "Nothing leaked.", "show profiles/quick"] {
        assert!(words.contains(part), "no {part:?} in:\n{}", said.stdout);
    }
    assert!(lines.len() <= 40, "{} lines:\n{}", lines.len(), said.stdout);
}

#[test]
fn a_case_that_fails_is_in_no_table_and_still_told() {
    let scratch = workloads::scratch();
    let command = ["run", "slow", "quick", "--workloads", "own", "--map", "std,btree", "--timeout", "1"];
    let said = scratch.mapprof(&command).ended_with(3);
    for map in ["std", "btree"] {
        let failed = format!("slow/{map}: FAILED in the ");
        assert!(said.stdout.lines().any(|line| line.starts_with(&failed)), "{}", said.stdout);
    }
    assert!(said.stdout.contains("\nquick, ") && !said.stdout.contains("\nslow, "), "{}", said.stdout);
    assert!(
        said.stderr.contains("timed-out") && said.stderr.contains("2 of 4 cases failed"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_last_lines_are_the_files_and_what_opens_each() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&[&WITH_PROFILES[..], &["--verbose"]].concat()).ended_with(0);
    let (_, files) = said.stdout.split_once("Files, and what opens them:\n").expect("the files are listed");
    let lines: Vec<&str> = files.lines().filter(|line| !line.is_empty()).collect();
    let record = scratch.record("churn/std");
    let recorded = record["files"].as_array().expect("the record lists them");
    assert_eq!(lines.len(), recorded.len() + 1, "{files}");
    for (line, file) in lines.iter().zip(recorded) {
        let file = file.as_str().expect("a file has a name");
        let path = format!("profiles/churn/std/{file}");
        assert!(line.ends_with(&path), "{line} is not about {path}");
        assert!(scratch.path(&path).is_file(), "{path}");
        let opener = line.trim().strip_suffix(&path).expect("it was there").trim();
        assert!(!opener.is_empty(), "nothing opens {path}");
    }
    assert_eq!(
        lines.last().map(|line| line.trim()),
        Some(format!("{MAPPROF} top profiles/churn/std").as_str())
    );
    scratch.mapprof(&["top", "profiles/churn/std"]).ended_with(0);
    // And nothing lies there that the record does not know of.
    let found = std::fs::read_dir(scratch.path("profiles/churn/std")).expect("it is there").count();
    assert_eq!(found, recorded.len());
}

#[test]
fn a_summary_whose_reader_goes_away_does_not_stop_the_run() {
    let scratch = workloads::scratch();
    let script = "\"$0\" run quick --workloads own --map std,hashbrown,btree | true";
    Said::of(scratch.command("sh").args(["-c", script, MAPPROF])).ended_with(0);
    for map in ["std", "hashbrown", "btree"] {
        scratch.record(&format!("quick/{map}"));
    }
}

/// What has to be the same when a case is run again.
fn exact(record: &Value) -> Vec<(String, Value)> {
    let passes = record["passes"].as_object().expect("there are passes");
    let checksums =
        passes.iter().map(|(pass, it)| (format!("{pass} checksum"), it["total"]["checksum"].clone()));
    let metrics = record["metrics"].as_object().expect("there are metrics");
    let metrics = metrics.iter().filter(|(_, metric)| metric["noise"] == "exact");
    checksums.chain(metrics.map(|(name, metric)| (name.clone(), metric["value"].clone()))).collect()
}

/// Runs `arguments`, then the command that the record names, and compares what is exact.
#[track_caller]
fn runs_again(scratch: &Scratch, arguments: &[&str], case: &str) {
    scratch.mapprof(&[arguments, &["--quiet"]].concat()).ended_with(0);
    let first = scratch.record(case);
    std::fs::remove_dir_all(scratch.path("profiles")).expect("it was there");
    let rerun = first["rerun"].as_str().expect("there is a command").to_owned();
    assert!(rerun.starts_with(&format!("{MAPPROF} run ")), "it names the binary as it was called: {rerun}");
    let script = format!("exec {rerun}");
    Said::of(scratch.command("sh").args(["-c", &script])).ended_with(0);
    let second = scratch.record(case);
    assert!(!exact(&first).is_empty());
    assert_eq!(exact(&first), exact(&second), "{rerun}");
    assert_eq!(first["definition"], second["definition"], "{rerun}");
    assert_eq!(first["files"], second["files"], "{rerun}");
    assert_eq!(first["rerun"], second["rerun"]);
}

#[test]
fn the_rerun_command_runs_the_same_case_again() {
    let set = "about=\"It's got a 'quote' and $HOME\"";
    let scratch = Scratch::new();
    let arguments = [
        "run",
        "skewed-keys",
        "--map",
        "btree,std",
        "--entries",
        "3000",
        "--ops",
        "9000",
        "--seed",
        "77",
        "--set",
        "key.length=30",
        "--set",
        set,
        "--heap",
        "--sample-bytes",
        "4K",
    ];
    runs_again(&scratch, &arguments, "skewed-keys/btree");
    let scratch = workloads::scratch();
    runs_again(
        &scratch,
        &["run", "quick", "--workloads", "own", "--map", "mutex-std", "--threads", "2"],
        "quick/mutex-std,threads=2",
    );
    runs_again(&scratch, &["run", "quick", "--workloads", "own"], "quick/std");
}

#[test]
fn all_passes_did_the_same_work_and_say_so() {
    let scratch = Scratch::new();
    scratch.mapprof(&[&WITH_PROFILES[..], &["--quiet"]].concat()).ended_with(0);
    let record = scratch.record("churn/std");
    let passes = record["passes"].as_object().expect("there are passes");
    assert_eq!(passes.keys().collect::<Vec<_>>(), ["cpu", "heap", "memory", "time"]);
    for (name, pass) in passes {
        assert_eq!(pass["total"]["checksum"], passes["memory"]["total"]["checksum"], "{name}");
        assert_eq!(pass["total"]["hits"], passes["memory"]["total"]["hits"], "{name}");
    }
}

/// A profiler that allocates inside the operations would land in the counts: then it also takes time there, and a
/// signal handler that allocates can stop for ever inside the allocator.
#[test]
fn no_profiler_allocates_inside_the_operations() {
    let scratch = Scratch::new();
    scratch.mapprof(&[&WITH_PROFILES[..], &["--quiet"]].concat()).ended_with(0);
    let record = scratch.record("churn/std");
    let counts = |pass: &str| -> Vec<Value> {
        let phases = record["passes"][pass]["phases"].as_array().expect("there are phases");
        let figures = ["allocs", "frees", "alloc_bytes", "freed_bytes", "live_bytes", "peak_live_bytes"];
        phases.iter().flat_map(|phase| figures.map(|figure| phase["counts"][figure].clone())).collect()
    };
    assert_eq!(counts("heap"), counts("memory"));
    assert!(counts("memory").iter().all(Value::is_u64));
    // The passes that take times count nothing, and do not claim to.
    assert!(counts("time").iter().chain(&counts("cpu")).all(Value::is_null));
}
