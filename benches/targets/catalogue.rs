//! The whole catalogue: how long one command for all of it takes, how much memory its largest process has, and how much of resident memory
//! no step of the waterfall explains, for every map on every workload.

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
    let most = most_resident();
    row(
        "the most memory that a process of it had",
        format!("{:.2} GiB", most as f64 / (1u64 << 30) as f64),
        "at most 2 GiB",
        most <= RESIDENT,
    );
    unexplained("on the default maps", &defaults);
    let every = scratch.path().join("every");
    // Figures of memory alone; a case that fails is told, and the others go on.
    let output = run(&["all", "--map", "all", "--skip", "time"], &every);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{failed}");
    unexplained("on every map", &every);
}

fn run(words: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
    command.arg("run").args(words).arg("--out").arg(out);
    command.output().expect("mapprof can be started")
}

/// The most bytes that a process had in memory, of those that this one has waited for and that these have.
fn most_resident() -> u64 {
    // SAFETY: `usage` is writable and as large as the call wants, and zeros are a value of it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage), 0);
        usage
    };
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024
}

/// Says how much of resident memory is unexplained at the ends of phases of all runs below `folder`.
fn unexplained(of: &str, folder: &Path) {
    let mut shares: Vec<(f64, String)> = Vec::new();
    for path in records(folder) {
        let text = std::fs::read(&path).expect("a record can be read");
        let record: CaseRecord = serde_json::from_slice(&text).expect("a record is JSON");
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
