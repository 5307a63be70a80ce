//! Runs with known figures, for tests of everything that shows a comparison.

use std::path::PathBuf;

use super::{Baseline, Filter, RankedRun, Ranking};
use crate::record::{CaseId, CaseRecord, fixtures};

/// A run, its folder and its side.
pub(crate) type Planted = (CaseRecord, PathBuf, &'static str);

fn run(side: &'static str, workload: &str, map: &str, time: &[f64], space: f64) -> Planted {
    let mut record = fixtures::case();
    record.case = CaseId::new(workload, map);
    (record.map.package, record.map.version) = (map.into(), "1.2.3".into());
    record.repeats = time.len() as u32;
    let mut sorted = time.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    for (name, value) in [
        ("ns_per_op", median),
        ("ops_per_sec", 1e9 / median),
        ("bytes_per_entry", space),
        ("peak_ratio", if map == "btree" { 1.0 } else { 1.5 }),
        ("live_bytes", space * 1e6),
        ("resident_bytes", space * 1.1e6),
        ("allocs_per_op", if map == "btree" { 0.1875 } else { 0.000_018 }),
    ] {
        record.metrics.get_mut(name).unwrap().value = value;
    }
    if time.len() > 1 {
        record.metrics.get_mut("ns_per_op").unwrap().runs = time.to_vec();
    }
    (record, PathBuf::from(side).join(workload).join(map), side)
}

/// Two workloads on three maps and the floor, and one that a map lacks; measured once, with latencies in one of them.
pub(crate) fn three_maps() -> Vec<Planted> {
    let mut runs = vec![
        run("profiles", "churn", "std", &[81.25], 35.6516),
        run("profiles", "churn", "hashbrown", &[62.5], 35.6516),
        run("profiles", "churn", "btree", &[312.0], 27.25),
        run("profiles", "churn", "null", &[9.5], 0.0),
        run("profiles", "skewed-keys", "std", &[64.0], 142.5),
        run("profiles", "skewed-keys", "hashbrown", &[48.0], 142.5),
        run("profiles", "skewed-keys", "btree", &[1536.0], 120.0),
        run("profiles", "large-values", "std", &[400.0], 4200.0),
        run("profiles", "large-values", "hashbrown", &[380.0], 4100.0),
    ];
    for (record, _, _) in &mut runs {
        if record.case.workload != "churn" {
            record.metrics.retain(|name, _| !name.starts_with("latency."));
        }
    }
    runs
}

/// One workload on four maps, on two sides, measured nine times, with a name that Markdown must not read.
pub(crate) fn two_sides() -> Vec<Planted> {
    let times = |middle: f64| [0.97, 1.0, 1.01, 0.99, 1.3, 1.02, 1.0, 0.98, 1.04].map(|share| share * middle);
    let mut runs = Vec::new();
    for (side, slower) in [("main", 1.0), ("branch", 1.1)] {
        runs.push(run(side, "churn", "std", &times(81.25 * slower), 35.6516));
        runs.push(run(side, "churn", "rwlock-std", &times(98.0 * slower), 35.6516));
        runs.push(run(side, "churn", "btree", &times(312.0 * slower), 27.25));
    }
    runs.push(run("branch", "churn", "my|map", &times(100.0), 30.0));
    for (record, _, _) in &mut runs {
        record.metrics.retain(|name, _| !name.starts_with("latency."));
    }
    runs
}

/// How they stand.
pub(crate) fn ranking<'a>(runs: &'a [Planted], filter: &Filter, baseline: Baseline) -> Ranking<'a> {
    let ranked_runs: Vec<RankedRun<'a>> = runs
        .iter()
        .map(|(record, path, side)| RankedRun {
            record,
            path,
            side: (*side).to_owned(),
            floor: record.case.map == "null",
        })
        .collect();
    Ranking::new(&ranked_runs, filter, baseline)
}
