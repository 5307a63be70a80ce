//! `mapprof report` and `run --report`: what the page has, and what is refused. `tests/interop/report.rs` opens it in a browser.

use std::fs;

use crate::scratch::Scratch;

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
        "20000",
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
