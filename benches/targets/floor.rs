//! The harness's own cost: the map that does nothing.

use mapprof::run::protocol::Pass;

use super::passes::{NUMBERS, PAIRS, median, pass, spread, wall_ns, workload};
use super::row;

pub fn section() {
    let workload = workload("skewed-keys", &NUMBERS);
    let (mut per_op, mut rss) = (Vec::new(), 0);
    for seed in 0..PAIRS as u64 {
        let record = pass(&workload, "null", seed, Pass::Time).record;
        let ops: u64 = record.phases.iter().map(|phase| phase.ops).sum();
        per_op.push(wall_ns(&record) / ops as f64);
        rss = rss.max(record.total.max_rss_bytes);
    }
    let per_op = median(per_op);
    println!("null, u64 -> u64, 5.5 M operations, {PAIRS} runs");
    row("ns per operation", spread(per_op), "at most 2", per_op.0 <= 2.0);
    row("max RSS of the child", format!("{:.1} MiB", rss as f64 / 1048576.0), "under 32 MiB", rss < 32 << 20);
    for name in ["skewed-keys", "churn", "large-values"] {
        let record = pass(&super::passes::workload(name, &[]), "null", 1, Pass::Memory).record;
        let rss = record.total.max_rss_bytes;
        let live: u64 = record.phases.iter().map(|phase| phase.counted().live_bytes).sum();
        row(
            &format!("max RSS of the child, {name}"),
            format!("{:.1} MiB", rss as f64 / 1048576.0),
            "under 32 MiB",
            rss < 32 << 20,
        );
        row(&format!("live bytes that are not the map's, {name}"), format!("{live} B"), "none", live == 0);
    }
}
