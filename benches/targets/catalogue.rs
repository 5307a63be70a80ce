//! The whole catalogue: how long one command for all of it takes, how much memory its largest process has, and how much of resident memory
//! no step of the waterfall explains, on the default maps and on every map.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use mapprof::record::{CaseRecord, Moment};

use super::{figure, row};

/// The most minutes for every workload on its default maps.
const MINUTES: f64 = 15.0;

/// The most bytes that a process may have in memory.
const RESIDENT: u64 = 2 << 30;

/// The most of resident memory that may be unexplained at the end of a phase.
const UNEXPLAINED: f64 = 0.01;

pub fn section() {
    let scratch = tempfile::tempdir().expect("there is a folder for the runs");
    let defaults = scratch.path().join("defaults");
    let begun = Instant::now();
    let output = run(&["all"], &defaults);
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    row(
        "mapprof run all: every workload on its default maps",
        format!("{minutes:.1} min"),
        &format!("at most {MINUTES} min"),
        minutes <= MINUTES,
    );
    let most = most_resident(&defaults);
    row(
        "the most memory that a process of it had",
        format!("{:.2} GiB", most as f64 / (1u64 << 30) as f64),
        "at most 2 GiB",
        most <= RESIDENT,
    );
    unexplained("on the default maps", &defaults);
}

/// Every workload on every map that can run it, in memory passes alone, at sizes that take the slowest maps no hours.
pub fn every_map() {
    let scratch = tempfile::tempdir().expect("there is a folder for the runs");
    let output = run(&["all", "--map", "all", "--skip", "time", "--entries", "20k"], scratch.path());
    let failed =
        String::from_utf8_lossy(&output.stderr).lines().filter(|line| line.contains("pass:")).count();
    figure("cases that failed or took too long", failed.to_string());
    unexplained("on every map, 20 k entries", scratch.path());
}

fn run(words: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
    command.arg("run").args(words).arg("--out").arg(out);
    command.output().expect("mapprof can be started")
}

/// The most bytes that the process of a pass had in memory, of all runs below `folder`.
fn most_resident(folder: &Path) -> u64 {
    let most = |path: PathBuf| {
        let record = read(&path);
        record.passes.values().map(|pass| pass.total.max_rss_bytes).max().unwrap_or(0)
    };
    records(folder).into_iter().map(most).max().unwrap_or(0)
}

fn read(path: &Path) -> CaseRecord {
    let text = std::fs::read(path).expect("a record can be read");
    serde_json::from_slice(&text).expect("a record is JSON")
}

/// Says how much of resident memory is unexplained at the ends of phases of all runs below `folder`.
fn unexplained(of: &str, folder: &Path) {
    let mut shares: Vec<(f64, String)> = Vec::new();
    for path in records(folder) {
        let record = read(&path);
        let ends =
            record.waterfalls.iter().filter(|fall| fall.moment == Moment::PhaseEnd && fall.to_resident);
        shares.extend(ends.map(|fall| (fall.unexplained_share(), format!("{} of {}", fall.at, record.case))));
    }
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (worst, at) = shares.first().expect("something ran");
    row(
        &format!("unexplained of resident {of}, {} ends of phases", shares.len()),
        format!("{:.2} %", 100.0 * worst),
        "at most 1 %",
        *worst <= UNEXPLAINED,
    );
    figure(&format!("  {at}"), String::new());
    for (share, at) in shares.iter().skip(1).take(4) {
        figure(&format!("  {at}"), format!("{:.2} %", 100.0 * share));
    }
}

/// The records below a folder.
fn records(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of runs can be read") {
        let path = entry.expect("it has entries").path();
        if path.is_dir() {
            found.extend(records(&path));
        } else if path.ends_with("run.json") {
            found.push(path);
        }
    }
    found
}
