//! What the sampling heap profiler costs inside operations: heap pass over memory pass.

use mapprof::run::plan::choose_sample_bytes;
use mapprof::worker::protocol::Pass;

use super::passes::{FEWER, cpu_ns, median, pass, ratios, sampled_every, spread, wall_ns, workload};
use super::row;

pub fn section() {
    let workload = workload("skewed-keys", &[]);
    let first = pass(&workload, "hashbrown", 1, Pass::Memory);
    let sample_bytes = choose_sample_bytes(&first.record.total.allocs_by_size);
    let mut samples = 0;
    let measure = |seed| {
        let record = pass(&workload, "hashbrown", seed, Pass::Memory).record;
        [cpu_ns(&record), wall_ns(&record)]
    };
    let sampled = |seed| {
        let output = pass(&workload, "hashbrown", seed, sampled_every(sample_bytes));
        samples = output.heap.map_or(0, |heap| heap.rows.iter().map(|row| row.allocated).sum::<u64>());
        [cpu_ns(&output.record), wall_ns(&output.record)]
    };
    let [heap, heap_wall] = ratios(FEWER, sampled, measure).map(median);
    println!("skewed-keys on hashbrown, {FEWER} pairs, {samples} heap samples, one every {sample_bytes} B");
    row("heap pass / memory pass, CPU time", spread(heap), "at most 1.06", heap.0 <= 1.06);
    row("heap pass / memory pass, wall time", spread(heap_wall), "at most 1.06", heap_wall.0 <= 1.06);
}
