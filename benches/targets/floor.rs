//! The harness's own cost: the map that does nothing.

use mapprof::worker::protocol::Pass;

use super::passes::{NUMBERS, PAIRS, median, pass, spread, wall_ns, workload};
use super::row;

/// What the operations of the time pass may take (docs/METHODOLOGY.md), and code, stacks and the model of the live entries.
const BUDGET: u64 = (256 << 20) + (32 << 20);

pub fn section() {
    let workload = workload("skewed-keys", &NUMBERS);
    let mut per_op = Vec::new();
    for seed in 0..PAIRS as u64 {
        let record = pass(&workload, "null", seed, Pass::Time).record;
        let ops: u64 = record.phases.iter().map(|phase| phase.ops).sum();
        per_op.push(wall_ns(&record) / ops as f64);
    }
    let per_op = median(per_op);
    println!("null, u64 -> u64, 5.5 M operations, {PAIRS} runs");
    row("ns per operation", spread(per_op), "at most 2", per_op.0 <= 2.0);
    // More operations than the budget has room for, so that several stretches are generated.
    for (what, set) in [("u64 -> u64", &NUMBERS[..]), ("String -> Vec", &[][..])] {
        let many = super::passes::workload("skewed-keys", &[set, &["phase.serve.ops=40_000_000"]].concat());
        let rss = pass(&many, "null", 1, Pass::Time).record.total.max_rss_bytes;
        row(
            &format!("max RSS of the time pass's child, {what}, 40 M operations"),
            format!("{:.1} MiB", rss as f64 / 1048576.0),
            "under 288 MiB",
            rss < BUDGET,
        );
    }
    for name in ["skewed-keys", "churn", "large-values"] {
        let record = pass(&super::passes::workload(name, &[]), "null", 1, Pass::Memory).record;
        let rss = record.total.max_rss_bytes;
        let live: u64 = record.phases.iter().map(|phase| phase.counted().live_bytes).sum();
        row(
            &format!("max RSS of the memory pass's child, {name}"),
            format!("{:.1} MiB", rss as f64 / 1048576.0),
            "under 32 MiB",
            rss < 32 << 20,
        );
        row(&format!("live bytes that are not the map's, {name}"), format!("{live} B"), "none", live == 0);
    }
}
