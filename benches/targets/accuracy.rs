//! What the samples are worth: a program whose shares are known, over 50 seeds.

use std::collections::BTreeMap;

use mapprof::profile::build::{Context, heap_profile};
use mapprof::profile::symbolize::Symbolizer;
use mapprof::run::event_reader::PassOutput;
use mapprof::run::plan::choose_sample_bytes;
use mapprof::worker::protocol::Pass;

use super::passes::{pass, sampled_every, workload};
use super::row;

pub fn section() {
    let workload = workload("skewed-keys", &["entries=200000", "phase.serve.ops=800000"]);
    let sample_bytes =
        choose_sample_bytes(&pass(&workload, "hashbrown", 1, Pass::Memory).record.total.allocs_by_size);
    let mut sums: BTreeMap<&str, (f64, u32)> = BTreeMap::new();
    let (mut worst_total, mut beyond, mut cells) = (0f64, 0, 0);
    let seeds = 50;
    for seed in 0..seeds {
        let output = pass(&workload, "hashbrown", seed, sampled_every(sample_bytes));
        let raw = output.heap.as_ref().unwrap();
        let context = Context {
            phases: workload.phases.iter().map(|p| p.name.clone()).collect(),
            ..Context::default()
        };
        let profile = heap_profile(raw, &output.mappings, &context, &mut Symbolizer::new()).unwrap();
        // The truth: a key of 24 bytes for each insertion, a value of 64 for each insertion and update, the rest is table.
        let exact: u64 = output.record.phases.iter().map(|phase| phase.counted().alloc_bytes).sum();
        let key_truth = 24.0 * workload.entries as f64;
        let made = output.record.phases.iter().map(|phase| phase.counted().allocs).sum::<u64>();
        let values_made = made as f64 - workload.entries as f64 - table_allocs(&output) as f64;
        let value_truth = 64.0 * values_made;
        let truths =
            [("key", key_truth), ("value", value_truth), ("table", exact as f64 - key_truth - value_truth)];
        let mut estimate: BTreeMap<&str, f64> = BTreeMap::new();
        let index = profile.sample_type("alloc_space").unwrap();
        for sample in &profile.samples {
            for (role, _) in truths {
                if profile.label(sample, "role") == Some(role) {
                    *estimate.entry(role).or_default() += sample.values[index] as f64;
                }
            }
        }
        let total: f64 = estimate.values().sum();
        worst_total = worst_total.max((total / exact as f64 - 1.0).abs() * 100.0);
        let mut variance: BTreeMap<&str, f64> = BTreeMap::new();
        for row in &raw.rows {
            let role = match row.size {
                24 => "key",
                64 => "value",
                _ => "table",
            };
            let p = 1.0 - (-(row.usable as f64) / sample_bytes as f64).exp();
            *variance.entry(role).or_default() +=
                row.allocated as f64 * (1.0 - p) * (row.size as f64 / p).powi(2);
        }
        let total_variance: f64 = variance.values().sum();
        for (role, truth) in truths {
            let (share, true_share) = (estimate[role] / total, truth / exact as f64);
            // Of a share x = a / (a + b): the variance of both parts, carried through the quotient.
            let own = variance[role];
            let others = total_variance - own;
            let error = ((1.0 - share).powi(2) * own + share.powi(2) * others).sqrt() / total;
            cells += 1;
            if (share - true_share).abs() > 3.0 * error {
                beyond += 1;
            }
            let sum = sums.entry(role).or_default();
            sum.0 += estimate[role] / truth;
            sum.1 += 1;
        }
    }
    println!("skewed-keys of 200,000 entries on hashbrown, {seeds} seeds, one sample every {sample_bytes} B");
    row(
        "sampled total, farthest from the exact one",
        format!("{worst_total:.2} %"),
        "within 2 %",
        worst_total <= 2.0,
    );
    // Of 150 normal cells 0.4 lie beyond three standard errors; two or more happen once in 16 benches.
    row("shares beyond three standard errors", format!("{beyond} of {cells}"), "at most 1", beyond <= 1);
    for (role, (sum, count)) in sums {
        let mean = (sum / f64::from(count) - 1.0) * 100.0;
        row(&format!("mean over seeds, {role}"), format!("{mean:+.3} %"), "within 0.5 %", mean.abs() <= 0.5);
    }
}

/// Table allocations of hashbrown while it grows to the workload's size: one for each doubling.
fn table_allocs(output: &PassOutput) -> u64 {
    let entries = output.record.phases[0].entries;
    let mut buckets = 4;
    let mut count = 1;
    while if buckets <= 8 { buckets - 1 } else { buckets / 8 * 7 } < entries {
        buckets *= 2;
        count += 1;
    }
    count
}
