//! The report: how large it is, how long it takes to write, and how soon it can be used in a browser, of three maps with all
//! passes, of fifty runs, of a program with three hundred allocation sites, and of a map with a hundred million entries.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use mapprof::App;
use mapprof::worker::program::Bench;

use super::{figure, row};

/// Times that a report is written; the median counts.
const TIMES: usize = 5;

/// The sites of the program, which are functions of their own.
const SITES: usize = 300;

/// A map of numbers that is filled and read.
const NUMBERS: &str = r#"
name = "numbers"
about = "A hundred million numbers."
entries = 100_000_000
[key]
type = "u64"
[value]
type = "u64"
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "read"
ops_per_entry = 0.1
mix = { get = 100 }
"#;

/// Adds the program to those of this worker.
pub fn program(app: App) -> App {
    app.program("many-sites", "Allocates in three hundred functions", many_sites)
}

#[inline(never)]
fn site<const N: usize>(kept: &mut Vec<Vec<u8>>) {
    kept.push(black_box(vec![N as u8; 64 + N]));
}

type Site = fn(&mut Vec<Vec<u8>>);

macro_rules! tens {
    ($($ten:literal)*) => { [$([
        site::<{ $ten * 10 }> as Site, site::<{ $ten * 10 + 1 }>, site::<{ $ten * 10 + 2 }>, site::<{ $ten * 10 + 3 }>,
        site::<{ $ten * 10 + 4 }>, site::<{ $ten * 10 + 5 }>, site::<{ $ten * 10 + 6 }>, site::<{ $ten * 10 + 7 }>,
        site::<{ $ten * 10 + 8 }>, site::<{ $ten * 10 + 9 }>,
    ]),*] };
}

/// Calls each of the functions in turn.
fn many_sites(bench: &mut Bench) {
    let sites: Vec<Site> =
        tens!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29).concat();
    assert_eq!(sites.len(), SITES);
    let mut kept = Vec::new();
    bench.phase("allocate", 30_000, |n| {
        sites[n as usize % SITES](&mut kept);
        kept.len() as u64
    });
}

pub fn section() {
    let scratch = tempfile::tempdir().expect("there is a folder for the runs");
    let root = scratch.path();
    let all = ["--heap", "--cpu", "--latency"];
    let worker = std::env::current_exe().expect("this program has a path");
    let worker = worker.to_str().expect("it is text");
    let three = ["skewed-keys", "--map", "std,hashbrown,btree"];
    run(root, "three", &[&three[..], &["--entries", "1M"], &all].concat());
    written(root, "three", "three maps, all passes, a million entries", 1 << 20, Some(500));
    let maps = "std,hashbrown,btree,indexmap,mutex-std,rwlock-std,dashmap,papaya,scc,skiplist";
    for workload in ["churn", "skewed-keys", "twitter-c12", "ycsb-a", "ycsb-b"] {
        run(root, "fifty", &[&[workload, "--map", maps, "--entries", "20k"][..], &all].concat());
    }
    written(root, "fifty", "all passes", 10 << 20, None);
    run(root, "sites", &["many-sites", "--worker", worker, "--heap=exact", "--cpu"]);
    written(root, "sites", "300 allocation sites", 1 << 20, Some(500));
    let own = root.join("own");
    std::fs::create_dir(&own).expect("a folder can be made");
    std::fs::write(own.join("numbers.toml"), NUMBERS).expect("a file can be written");
    let own = own.to_str().expect("it is text");
    run(root, "large", &[&["numbers", "--workloads", own, "--map", "hashbrown"][..], &all].concat());
    written(root, "large", "100 M entries, all passes", 1 << 20, Some(500));
}

fn mapprof() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mapprof"))
}

fn run(root: &Path, folder: &str, words: &[&str]) {
    let output = mapprof()
        .arg("run")
        .args(words)
        .arg("--quiet")
        .arg("--out")
        .arg(root.join(folder))
        .output()
        .expect("mapprof can be started");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Writes the report of the runs in `folder`, and says what it costs. `most_ms` is the time until it must be interactive.
fn written(root: &Path, folder: &str, what: &str, most_bytes: u64, most_ms: Option<u64>) {
    let file = root.join(folder).with_extension("html");
    let mut runs = String::new();
    let mut seconds: Vec<f64> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            let output = mapprof().arg("report").arg(root.join(folder)).arg("-o").arg(&file).output();
            let output = output.expect("mapprof can be started");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            runs = String::from_utf8_lossy(&output.stderr).into_owned();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let bytes = std::fs::metadata(&file).expect("it was written").len();
    let runs =
        runs.split(" is in ").next().unwrap_or_default().trim_start_matches("the report of ").to_owned();
    let what = format!("{runs}, {what}");
    row(
        &format!("report of {what}: kB"),
        format!("{}", bytes / 1000),
        &format!("under {} MiB", most_bytes >> 20),
        bytes < most_bytes,
    );
    let median = seconds[TIMES / 2];
    row("  written in, whole process", format!("{median:.3} s"), "under 0.5 s", median < 0.5);
    let what = "  interactive after the start of navigation";
    match (interactive(&file), most_ms) {
        (Some(ms), Some(most)) => row(what, format!("{ms} ms"), &format!("under {most} ms"), ms < most),
        (Some(ms), None) => figure(what, format!("{ms} ms")),
        (None, _) => figure(what, "no browser".to_owned()),
    }
}

/// Milliseconds after which a page can be used in Chromium; none if it or its driver is not installed.
fn interactive(file: &Path) -> Option<u64> {
    let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/report.mjs");
    let output = Command::new("node").arg(script).arg(file).arg("--tools").arg(tools).output().ok()?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    said["ready_ms"].as_u64()
}
