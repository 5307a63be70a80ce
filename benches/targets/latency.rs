//! What timing each operation costs, and whether the times are right.

use std::hint::black_box;
use std::time::Instant;

use mapprof::capture::clock::ClockSource;
use mapprof::record::PassRecord;
use mapprof::worker::protocol::Pass;

use super::passes::{FEWER, NUMBERS, median, pass, ratios, spread, workload};
use super::{figure, row};

/// Words of a memory outside of the caches (256 MiB), and how many of them are loaded.
const WORDS: usize = 32 << 20;
const LOADS: u64 = 10_000_000;

/// Phases in which the map does not grow: the second and the third of skewed-keys. Growth is a matter of few operations,
/// and a pass that meets fresh pages elsewhere has another mean.
const PHASES: [usize; 2] = [1, 2];

pub fn section() {
    println!("skewed-keys on hashbrown, {FEWER} pairs; mean of the timed operations / mean of the time pass");
    let mut overheads = Vec::new();
    // Of few nanoseconds each: enough of them that a moment lost to another process is a small part.
    let small = [&NUMBERS[..], &["entries=1000", "phase.serve.ops=40_000_000"]].concat();
    for (what, set) in
        [("String -> Vec", &[][..]), ("u64 -> u64", &NUMBERS[..]), ("u64 -> u64, 1,000 entries", &small[..])]
    {
        let workload = workload("skewed-keys", set);
        let timed = |seed| {
            let record = pass(&workload, "hashbrown", seed, Pass::Latency).record;
            overheads.push(record.latency.as_ref().unwrap().overhead_ns);
            PHASES.map(|phase| timed_mean(&record, phase))
        };
        let measured = |seed| {
            let record = pass(&workload, "hashbrown", seed, Pass::Time).record;
            PHASES.map(|phase| record.phases[phase].wall_ns as f64 / record.phases[phase].calls as f64)
        };
        for (phase, ratios) in PHASES.into_iter().zip(ratios(FEWER, timed, measured)) {
            if workload.phases[phase].ops < 100_000 {
                continue; // Too short for a mean.
            }
            let ratio = median(ratios);
            let name = &workload.phases[phase].name;
            let kept = (ratio.0 - 1.0).abs() <= 0.10;
            row(&format!("mean beside the time pass, {what}, {name}"), spread(ratio), "0.9 to 1.1", kept);
        }
    }
    let overhead = median(overheads);
    row("clock overhead per operation, ns", spread(overhead), "at most 15", overhead.0 <= 15.0);
    waits();
}

/// What readings of the clock do to loads that do not depend on each other: those that would wait for memory at the same
/// time wait one after the other.
fn waits() {
    let words: Vec<u64> = (0..WORDS as u64).collect();
    let clock = ClockSource::best();
    let (mut alone, mut timed) = (Vec::new(), Vec::new());
    for seed in 0..FEWER as u64 {
        alone.push(load_ns(&words, seed, || 0));
        timed.push(load_ns(&words, seed, || clock.read()));
    }
    figure("ns per independent load from 256 MiB", spread(median(alone)));
    figure("the same with a reading of the clock after each", spread(median(timed)));
}

/// Nanoseconds per load at places that a generator of random numbers gives, with `between` after each.
fn load_ns(words: &[u64], seed: u64, between: impl Fn() -> u64) -> f64 {
    let (mut state, mut sum) = (seed, 0u64);
    let begun = Instant::now();
    for _ in 0..LOADS {
        // Knuth's MMIX generator; its upper bits are the better ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sum = sum.wrapping_add(words[(state >> 33) as usize % WORDS]).wrapping_add(between());
    }
    black_box(sum);
    begun.elapsed().as_nanos() as f64 / LOADS as f64
}

/// The mean over all kinds of operations of a phase, each by its count.
fn timed_mean(record: &PassRecord, phase: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for kind in record.latency.iter().flat_map(|latency| &latency.kinds) {
        if usize::from(kind.phase) == phase {
            sum += kind.mean_ns * kind.count as f64;
            count += kind.count as f64;
        }
    }
    sum / count
}
