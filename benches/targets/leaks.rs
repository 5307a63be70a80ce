//! False alarms of leaks: `run --verify` over every map and workload, on 1 to 64 threads, with many seeds. All of them drop
//! what they allocated, and hold to the laws that `--verify` has for every map.

use std::path::PathBuf;
use std::process::Command;

use super::row;

/// Workloads, and what keeps them short.
const WORKLOADS: [(&str, &[&str]); 3] =
    [("skewed-keys", &["--ops", "20000"]), ("churn", &["--ops", "20000"]), ("large-values", &[])];
const THREADS: [u16; 4] = [1, 2, 8, 64];
const SEEDS: u64 = 20;
const ENTRIES: [u64; 2] = [1, 2000];

pub fn section() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("leaks");
    for threads in THREADS {
        let (mut runs, mut alarms) = (0, 0);
        for seed in 1..=SEEDS {
            for ((workload, few), entries) in WORKLOADS.into_iter().flat_map(|w| ENTRIES.map(|e| (w, e))) {
                let (threads, seed, entries) = (threads.to_string(), seed.to_string(), entries.to_string());
                let _ = std::fs::remove_dir_all(&out);
                let ended = Command::new(env!("CARGO_BIN_EXE_mapprof"))
                    .args(["run", workload, "--map", "all", "--skip", "time", "--verify", "--quiet"])
                    .args(["--threads", &threads, "--seed", &seed, "--entries", &entries, "--out"])
                    .arg(&out)
                    .args(few)
                    .output()
                    .expect("mapprof can be started");
                runs += 1;
                if !ended.status.success() {
                    alarms += 1;
                    print!("{workload} --threads {threads} --seed {seed} --entries {entries}: ");
                    println!("{}", String::from_utf8_lossy(&ended.stderr).trim_end());
                }
            }
        }
        row(
            &format!("runs of every map that fail --verify, {threads} threads, {SEEDS} seeds"),
            format!("{alarms} of {runs}"),
            "none",
            alarms == 0,
        );
    }
    let _ = std::fs::remove_dir_all(&out);
}
