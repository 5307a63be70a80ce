//! `mapprof report` and `run --report`: what the page has, and what is refused. `tests/interop/report.rs` opens it in a browser.

use std::fs;

use serde_json::json;

use crate::claims;
use crate::scratch::{Scratch, read_json};

/// A run of a small size in `profiles/churn/std`.
fn small_run() -> Scratch {
    let scratch = Scratch::new();
    scratch
        .mapprof(&["run", "churn", "--map", "std", "--entries", "500", "--ops", "500", "--quiet"])
        .ended_with(0);
    scratch
}

/// What a report of `arguments` has, written to `file`.
#[track_caller]
fn report(scratch: &Scratch, arguments: &[&str], file: &str) -> String {
    scratch.mapprof(&[&["report"], arguments, &["-o", file]].concat()).ended_with(0);
    fs::read_to_string(scratch.path(file)).expect("the report is there")
}

/// A run of three maps with all passes, and its report.
fn reported() -> (Scratch, String) {
    let scratch = Scratch::new();
    let arguments = [
        "run",
        "churn",
        "--map",
        "std,hashbrown,btree",
        "--entries",
        "2000",
        "--ops",
        "1000000",
        "--heap=exact",
        "--cpu",
        "--latency",
        "--report",
        "report.html",
        "--quiet",
    ];
    scratch.mapprof(&arguments).ended_with(0);
    let html = fs::read_to_string(scratch.path("report.html")).expect("the report is there");
    (scratch, html)
}

#[test]
fn one_file_has_all_of_three_maps() {
    let (scratch, html) = reported();
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    assert!(html.len() < 1 << 20, "{} bytes", html.len());
    for part in [
        "Content-Security-Policy",
        "default-src 'none'",
        "churn/btree",
        "the least memory",
        "the fastest",
        "Where every byte is",
        "Memory over the run",
        "Who owns the memory",
        "Where the CPU time goes",
        "How long single operations took",
        "How it was measured",
        "Reproduce with",
        "Every allocation was recorded",
    ] {
        assert!(html.contains(part), "no {part:?}");
    }
    for part in ["src=", "http-equiv=\"refresh\"", "@import", "url(", " style=", " onclick="] {
        assert!(!html.contains(part), "{part:?} is in it");
    }
    // A report of what is on disk is the same page.
    scratch.mapprof(&["report", "profiles/churn", "-o", "again.html"]).ended_with(0);
    let again = fs::read_to_string(scratch.path("again.html")).expect("it is there");
    assert_eq!(again.matches("<section").count(), html.matches("<section").count());
    let said = scratch.mapprof(&["report", "profiles", "--map", "std", "-o", "-"]).ended_with(0);
    assert!(said.stdout.starts_with("<!DOCTYPE html>") && !said.stdout.contains("churn/btree"));
}

#[test]
fn what_cannot_be_reported_is_refused() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&["report", "nowhere"]).ended_with(2);
    assert!(said.stderr.contains("nowhere: no such folder"), "{said:?}");
    let said = scratch.mapprof(&["report"]).ended_with(2);
    assert!(said.stderr.contains("<RUNS>"), "{said:?}");
    scratch
        .mapprof(&["run", "churn", "--map", "std", "--entries", "500", "--ops", "500", "--quiet"])
        .ended_with(0);
    let said = scratch.mapprof(&["report", "profiles", "-o", "no/where.html"]).ended_with(2);
    assert!(said.stderr.contains("there is no folder no to write it in"), "{said:?}");
    let said = scratch.mapprof(&["report", "profiles", "--map", "btree"]).ended_with(2);
    assert!(said.stderr.contains("no run is left"), "{said:?}");
    assert!(!scratch.path("report.html").exists());
}

#[test]
fn claims_are_in_the_report_with_their_verdicts() {
    let scratch = Scratch::new();
    scratch.write("own/rooms.toml", claims::WORKLOAD);
    let run = ["run", "rooms", "--workloads", "own", "--map", "std", "--quiet"];
    scratch.mapprof(&[&run[..], &["--report", "run.html"]].concat()).ended_with(0);
    let parts = [
        "Published claims",
        "3 claims: 1 upheld, 1 not decided, 1 does not apply.",
        "901. Room leaves one allocation, that of the table.",
        "1 allocation (S1)",
        "allocs_per_op: presized 0.00200",
        "peak_ratio: grown 1.500, presized 1; 1.500 times",
        "does not apply: it needs a garbage collector",
        "not decided: a time needs 5 measurements",
        "The table is made before the first insertion.",
        "Not tested: claim 902; a case that is compared has no run here that was made in the same way.",
    ];
    let of_run = fs::read_to_string(scratch.path("run.html")).expect("the report is there");
    let of_disk = report(&scratch, &["profiles", "--workloads", "own"], "report.html");
    for html in [&of_run, &of_disk] {
        parts.iter().for_each(|part| assert!(html.contains(part), "no {part:?}"));
    }
    // Whoever does not have the workload's file does not have its claims.
    assert!(!report(&scratch, &["profiles"], "without.html").contains("Published claims"));
    // Claims are about the sizes of the file.
    scratch.mapprof(&[&run[..], &["--entries", "400"]].concat()).ended_with(0);
    let other = report(&scratch, &["profiles", "--workloads", "own"], "other.html");
    assert!(
        other.contains("Not tested: claims 901, 902, 903, 904; some runs here have other sizes"),
        "{other}"
    );
    assert!(!other.contains("upheld"));
}

#[test]
fn sweeps_are_in_the_report_beside_runs() {
    let scratch = small_run();
    let sweep = ["run", "churn", "--map", "std,btree", "--sweep", "entries=1k,2k", "--ops", "1k", "--quiet"];
    scratch.mapprof(&sweep).ended_with(0);
    let said = scratch.mapprof(&["report", "profiles/churn", "-o", "all.html"]).ended_with(0);
    assert!(said.stderr.contains("the report of 1 run and 2 sweeps is in all.html"), "{said:?}");
    let html = fs::read_to_string(scratch.path("all.html")).expect("the report is there");
    for part in [
        "<h2>churn by entries</h2>",
        "churn/std by entries",
        "churn/btree by entries",
        "#sweep-0",
        "churn/std</h2>",
    ] {
        assert!(html.contains(part), "no {part:?}");
    }
    // Its folder alone, that of all sweeps of the case, and the record.
    for place in [
        "profiles/churn/std.sweep/entries",
        "profiles/churn/std.sweep",
        "profiles/churn/std.sweep/entries/sweep.json",
    ] {
        let text = report(&scratch, &[place], "sweep.md");
        assert!(
            text.starts_with("# mapprof: churn\n\n## churn/std by entries\n\n| entries | bytes per entry |"),
            "{text}"
        );
        assert!(text.contains("\n| 1000 | ") && text.contains("\n| 2000 | "), "{text}");
    }
    let left = report(&scratch, &["profiles", "--map", "btree"], "left.md");
    assert!(left.contains("## churn/btree by entries") && !left.contains("churn/std"), "{left}");
}

#[test]
fn a_file_that_ends_in_md_gets_markdown() {
    let (scratch, _) = reported();
    let text = report(&scratch, &["profiles"], "report.md");
    assert!(text.starts_with("# mapprof: churn\n\n## churn, 2,000 entries, seed 1\n\n"), "{text}");
    for part in [
        "the least memory",
        "| map | ns per op |",
        "\n## churn/btree\n",
        "| phase | operations | time/op |",
        "From payload to resident memory:",
        "| site | role | peak space | off by | share | source |",
        "| latency | count | mean |",
        "**How it was measured**",
        "- Reproduce with: `",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    for part in ["<svg", "<td", "<section", "\n\n\n"] {
        assert!(!text.contains(part), "{part:?} is in {text}");
    }
    // What separates the maps is said in the same words, of the runs in the same order.
    let html = report(&scratch, &["profiles"], "again.html");
    let sentence = text.lines().nth(4).unwrap_or_default().replace("\\_", "_");
    assert!(html.contains(sentence.trim()), "{sentence}");
}

#[test]
fn another_ending_is_refused_before_anything_is_done() {
    let scratch = Scratch::new();
    let why = "report.txt: a report is HTML or Markdown; let the file's name end in .html or .md";
    let run = ["run", "churn", "--map", "std", "--entries", "500", "--ops", "500", "--quiet"];
    let said = scratch.mapprof(&[&run[..], &["--report", "report.txt"]].concat()).ended_with(2);
    assert!(said.stderr.contains(why), "{said:?}");
    assert!(!scratch.path("profiles").exists());
    let said = scratch.mapprof(&["report", "nowhere", "-o", "report.txt"]).ended_with(2);
    assert!(said.stderr.contains(why) && said.stderr.lines().count() == 1, "{said:?}");
}

#[test]
fn failures_are_in_the_report_as_such() {
    let scratch = small_run();
    scratch.plants_records();
    let failure = |map: &str| {
        json!([{ "case": { "workload": "churn", "map": map, "threads": 1 }, "pass": "memory", "kind": "crashed",
                 "message": "signal 11", "last_words": [] }])
    };
    // A failure without a record, and one beside a record.
    scratch.write("profiles/churn/btree.failed/error.json", failure("btree").to_string());
    let record = read_json(&scratch.path("profiles/churn/std/run.json"));
    scratch.write("profiles/churn/std.failed/run.json", record.to_string());
    scratch.write("profiles/churn/std.failed/error.json", failure("std").to_string());
    let said = scratch.mapprof(&["report", "profiles", "-o", "report.html"]).ended_with(0);
    assert!(said.stderr.contains("the report of 3 runs is in report.html"), "{said:?}");
    let html = fs::read_to_string(scratch.path("report.html")).expect("the report is there");
    assert!(html.contains("<h2>churn/btree: failed</h2>"), "{html}");
    assert_eq!(html.matches("FAILED in the memory pass: crashed: signal 11").count(), 2);
    assert_eq!(html.matches(": failed</h2>").count(), 2);
    let text = report(&scratch, &["profiles/churn/btree.failed"], "alone.md");
    assert!(
        text.contains("## churn/btree: failed\n\nFAILED in the memory pass: crashed: signal 11\n"),
        "{text}"
    );
}

#[test]
fn a_run_of_another_format_is_named_in_one_line() {
    let scratch = small_run();
    scratch.plants_records();
    let mut record = read_json(&scratch.path("profiles/churn/std/run.json"));
    record["format"] = json!(1);
    scratch.write("profiles/churn/std/run.json", record.to_string());
    let said = scratch.mapprof(&["report", "profiles", "-o", "report.html"]).ended_with(2);
    let why = "profiles/churn/std/run.json: format 1, and this mapprof reads format ";
    assert!(said.stderr.contains(why) && said.stderr.contains("run the case again"), "{said:?}");
    assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
    assert!(!scratch.path("report.html").exists());
}

/// The record tells its figures without them.
#[test]
fn a_damaged_profile_is_left_out_and_said_to_be() {
    let scratch = Scratch::new();
    let arguments =
        ["run", "churn", "--map", "std", "--entries", "500", "--ops", "500", "--heap=exact", "--quiet"];
    scratch.mapprof(&arguments).ended_with(0);
    scratch.plants_records();
    fs::write(scratch.path("profiles/churn/std/heap.pb.gz"), "no profile").unwrap();
    for file in ["report.html", "report.md"] {
        let said = scratch.mapprof(&["report", "profiles", "-o", file]).ended_with(0);
        assert!(said.stderr.contains("left out: ") && said.stderr.contains("heap.pb.gz"), "{}", said.stderr);
        let text = fs::read_to_string(scratch.path(file)).expect("the report is there");
        assert!(text.contains("Left out: ") && text.contains("per entry"), "{text}");
    }
}
