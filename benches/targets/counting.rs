//! What counting costs, and what recording every allocation costs on top: wall time inside operations.

use mapprof::worker::protocol::Pass;
use mapprof::workload::Workload;

use super::churn::{KEY_BYTES, VALUE_BYTES};
use super::passes::{EXACT, PAIRS, median, pass_with, ratios, spread, wall_ns, workload};
use super::row;

/// Entries and operations of the insertions and removals.
const ENTRIES: u64 = 100_000;
const OPERATIONS: u64 = 2_000_000;

/// Two passes that are compared, the upper one over the lower one, in so many pairs.
type Comparison = (&'static str, [Pass; 2], usize);

/// The limit of the first is narrow, so it takes the most pairs.
const COUNTED: Comparison = ("memory pass / time pass", [Pass::Memory, Pass::Time], PAIRS);
const RECORDED: Comparison = ("exact heap pass / memory pass", [EXACT, Pass::Memory], 7);

pub fn section() {
    let skewed = workload("skewed-keys", &[]);
    let churn = churn();
    println!("wall time inside operations");
    for (name, workload) in [("skewed-keys", &skewed), ("string churn", &churn)] {
        compare(COUNTED, name, workload, "hashbrown", 1, 1.25);
        compare(RECORDED, name, workload, "hashbrown", 1, 1.35);
        compare(RECORDED, name, workload, "dashmap", 2, 1.5);
    }
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

fn compare(comparison: Comparison, name: &str, workload: &Workload, map: &str, threads: u16, limit: f64) {
    let (what, [upper, lower], pairs) = comparison;
    let time = |kind| move |seed| [wall_ns(&pass_with(workload, map, seed, threads, kind).record)];
    let [ratio] = ratios(pairs, time(upper), time(lower)).map(median);
    let on = if threads == 1 { map.to_owned() } else { format!("{map}, {threads} threads") };
    row(&format!("{what}, {name}, {on}"), spread(ratio), &format!("at most {limit}"), ratio.0 <= limit);
}
