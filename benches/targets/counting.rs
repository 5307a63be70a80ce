//! What counting costs, and what recording every allocation costs on top: wall time inside operations.

use mapprof::run::protocol::Pass;
use mapprof::workload::Workload;

use super::churn::{KEY_BYTES, VALUE_BYTES};
use super::passes::{PAIRS, median, pass_with, ratios, spread, wall_ns, workload};
use super::row;

const EXACT: Pass = Pass::Heap { sample_bytes: 0 };

/// Entries and operations of the insertions and removals.
const ENTRIES: u64 = 100_000;
const OPERATIONS: u64 = 2_000_000;

pub fn section() {
    let skewed = workload("skewed-keys", &[]);
    let churn = churn();
    println!("wall time inside operations, {PAIRS} pairs each");
    let counted = "measure pass / bare pass";
    let exact = "exact heap pass / measure pass";
    compare(
        &format!("{counted}, skewed-keys on hashbrown"),
        &skewed,
        "hashbrown",
        1,
        [Pass::Measure, Pass::Bare],
        1.01,
    );
    compare(
        &format!("{counted}, churn of strings on hashbrown"),
        &churn,
        "hashbrown",
        1,
        [Pass::Measure, Pass::Bare],
        1.01,
    );
    compare(
        &format!("{exact}, skewed-keys on hashbrown"),
        &skewed,
        "hashbrown",
        1,
        [EXACT, Pass::Measure],
        1.35,
    );
    compare(
        &format!("{exact}, churn of strings on hashbrown"),
        &churn,
        "hashbrown",
        1,
        [EXACT, Pass::Measure],
        1.35,
    );
    compare(&format!("{exact}, skewed-keys, dashmap x2"), &skewed, "dashmap", 2, [EXACT, Pass::Measure], 1.5);
    compare(
        &format!("{exact}, churn of strings, dashmap x2"),
        &churn,
        "dashmap",
        2,
        [EXACT, Pass::Measure],
        1.5,
    );
}

/// Insertions and removals of String -> Vec at a constant size: hardly anything but allocating and freeing.
fn churn() -> Workload {
    let (least, most) = VALUE_BYTES;
    workload(
        "churn",
        &[
            &format!("entries={ENTRIES}"),
            "key.type=string",
            &format!("key.length={KEY_BYTES}"),
            &format!("value.size={{ distribution = \"uniform\", min = {least}, max = {most} }}"),
            &format!("phase.serve.ops={OPERATIONS}"),
        ],
    )
}

fn compare(what: &str, workload: &Workload, map: &str, threads: u16, [upper, lower]: [Pass; 2], limit: f64) {
    let time = |kind| move |seed| [wall_ns(&pass_with(workload, map, seed, threads, kind).record)];
    let [ratio] = ratios(PAIRS, time(upper), time(lower)).map(median);
    row(what, spread(ratio), &format!("at most {limit}"), ratio.0 <= limit);
}
