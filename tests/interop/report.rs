//! The report in a real browser: `tests/tools/report.mjs` does what a reader does, and prints what came of it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::outside::{browser_present, shown};

/// What the driver prints.
#[derive(Debug, Deserialize)]
struct Shown {
    loaded: bool,
    shift: f64,
    headings: Vec<String>,
    charts: usize,
    flames: usize,
    frames: usize,
    range: Vec<String>,
    range_sites: Vec<String>,
    range_types: Vec<String>,
    sites_after: usize,
    matched: String,
    hits: usize,
    told: String,
    zoomed: bool,
    sandwich: usize,
    difference: String,
    focused: String,
    sorted: String,
    themes: Vec<Theme>,
    without_script: WithoutScript,
    errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Theme {
    theme: String,
    paper: String,
    overflows: bool,
}

#[derive(Debug, Deserialize)]
struct WithoutScript {
    tables: usize,
    pictures: usize,
    flames: usize,
}

#[test]
fn the_report_reads_and_moves() {
    if !browser_present() {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join("report.html");
    let run = Command::new(env!("CARGO_BIN_EXE_mapprof"))
        .args(["run", "skewed-keys", "--map", "std,btree", "--entries", "20000", "--ops", "200000"])
        .args(["--heap", "--cpu", "--latency", "--quiet", "--report"])
        .arg(&file)
        .arg("--out")
        .arg(folder.join("profiles"))
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let shown: Shown = shown("report.mjs", &file, &[]);
    let _ = std::fs::remove_dir_all(&folder);
    // No error and no warning of the page, and nothing that it wanted from elsewhere.
    assert!(shown.loaded, "{:?}", shown.errors);
    assert!(shown.shift < 0.01, "the page moved while it was drawn: {}", shown.shift);
    assert_eq!(
        shown.headings,
        ["skewed-keys, 20,000 entries, seed 1", "skewed-keys/std", "skewed-keys/btree"]
    );
    // Of both runs: timeline and latencies; heap and CPU.
    assert_eq!((shown.charts, shown.flames), (4, 4));
    assert!(shown.frames > 20, "{}", shown.frames);
    // The jump to the peak selects a range, and the sites and the flame graph are those of the range.
    assert!(shown.range.iter().all(|call| call.parse::<u64>().is_ok()), "{:?}", shown.range);
    assert!(shown.range_sites.iter().any(|site| site.contains("make_value")), "{:?}", shown.range_sites);
    assert!(shown.range_types.iter().any(|kind| kind == "live at the end of the range"));
    assert_eq!(shown.sites_after, 0, "the whole run has its own sites again");
    assert!(shown.hits > 0 && shown.matched.contains("% matched"), "{} {}", shown.hits, shown.matched);
    assert!(shown.told.contains(" bytes, ") && shown.zoomed, "{}", shown.told);
    assert_eq!(shown.sandwich, 2, "callers and callees");
    assert!(shown.difference.contains("gone") && shown.difference.contains("new"), "{}", shown.difference);
    assert_eq!((shown.focused.as_str(), shown.sorted.as_str()), ("g", "descending"));
    let papers = |theme: &str| -> Vec<&str> {
        shown.themes.iter().filter(|found| found.theme == theme).map(|found| found.paper.as_str()).collect()
    };
    assert_ne!(papers("light").first(), papers("dark").first());
    assert!(shown.themes.iter().all(|theme| !theme.overflows), "{:?}", shown.themes);
    let WithoutScript { tables, pictures, flames } = shown.without_script;
    assert!(tables > 10 && pictures == 2 && flames == 4, "{tables} {pictures} {flames}");
}

/// Names of a planted record that would be scripts and elements if they were not escaped.
#[test]
fn names_that_are_markup_stay_text() {
    const HOSTILE: &str = "</script><script>document.body.remove()</script><img src=x onerror=alert(1)>";
    if !browser_present() {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let mapprof = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
        let said = command.args(words).current_dir(&folder).stdin(Stdio::null()).output();
        let said = said.expect("the binary under test starts");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    };
    mapprof(&[
        "run",
        "churn",
        "--map",
        "std",
        "--entries",
        "2000",
        "--ops",
        "20000",
        "--heap=exact",
        "--quiet",
    ]);
    let file = folder.join("profiles/churn/std/run.json");
    let mut record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).expect("it is there")).expect("it is JSON");
    for place in [
        "/case/workload",
        "/case/variant",
        "/definition/name",
        "/map/package",
        "/machine/cpu",
        "/rerun",
        "/passes/memory/phases/0/name",
        "/waterfalls/0/at",
    ] {
        match record.pointer_mut(place) {
            Some(found) => *found = HOSTILE.into(),
            // A variant is there only if there is one.
            None => record["case"]["variant"] = HOSTILE.into(),
        }
    }
    std::fs::write(&file, record.to_string()).expect("it can be written");
    mapprof(&["report", "profiles", "-o", "report.html"]);
    let seen: serde_json::Value = shown("report.mjs", &folder.join("report.html"), &[]);
    let _ = std::fs::remove_dir_all(&folder);
    assert_eq!(seen["loaded"], true, "{}", seen["errors"]);
    let headings = seen["headings"].as_array().expect("the page is there");
    assert!(
        headings.iter().all(|heading| heading.as_str().is_some_and(|text| text.contains(HOSTILE))),
        "{headings:?}"
    );
}
