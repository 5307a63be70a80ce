//! What the sampling profilers cost inside operations: heap and CPU pass over measure pass.

use mapprof::run::case::choose_sample_bytes;
use mapprof::run::protocol::Pass;

use super::passes::{PAIRS, cpu_ns, median, pass, ratios, spread, wall_ns, workload};
use super::row;

pub fn section() {
    let workload = workload("skewed-keys", &[]);
    let first = pass(&workload, "hashbrown", 1, Pass::Measure);
    let sample_bytes = choose_sample_bytes(&first.record.total.allocs_by_size);
    let mut samples = 0;
    let measure = |seed| {
        let record = pass(&workload, "hashbrown", seed, Pass::Measure).record;
        [cpu_ns(&record), wall_ns(&record)]
    };
    let sampled = |seed| {
        let output = pass(&workload, "hashbrown", seed, Pass::Heap { sample_bytes });
        samples = output.heap.map_or(0, |heap| heap.rows.iter().map(|row| row.allocated).sum::<u64>());
        [cpu_ns(&output.record), wall_ns(&output.record)]
    };
    let [heap, heap_wall] = ratios(PAIRS, sampled, measure).map(median);
    let interrupted = |seed| [cpu_ns(&pass(&workload, "hashbrown", seed, Pass::Cpu { hertz: 199 }).record)];
    let [cpu] = ratios(PAIRS, interrupted, |seed| [measure(seed)[0]]).map(median);
    println!("skewed-keys on hashbrown, {PAIRS} pairs, {samples} heap samples, one every {sample_bytes} B");
    row("heap pass / measure pass, CPU time", spread(heap), "at most 1.06", heap.0 <= 1.06);
    row("heap pass / measure pass, wall time", spread(heap_wall), "at most 1.06", heap_wall.0 <= 1.06);
    row("CPU pass / measure pass, CPU time", spread(cpu), "at most 1.03", cpu.0 <= 1.03);
}
