//! What the full report says of a CPU profile: the hottest sites, and how many samples came.

use super::hot_sites::hottest;
use crate::capture::cpu::stack_copy::MOST_STACK_BYTES;
use crate::output::number_format;
use crate::profile::Profile;
use crate::profile::top::{By, TopOptions, top};
use crate::record::CpuReconciliation;
use crate::report::Block;

/// The sites that took the most CPU time.
pub fn sites(cpu: &Profile) -> Block {
    hottest(cpu, "cpu", "of CPU time")
}

/// How many CPU samples came, and what they stand for.
pub fn samples(cpu: &CpuReconciliation, profile: &Profile) -> Vec<String> {
    let sampled = cpu.cpu_ns.saturating_sub(cpu.unsampled_ns);
    let hidden = sampled.saturating_sub(visible_ns(profile).max(0) as u64);
    let time = |ns: u64| number_format::nanoseconds(i64::try_from(ns).unwrap_or(i64::MAX));
    let mut sentences = vec![format!(
        "CPU samples by {}: {} of {} ({:.1} % of {} Hz), {} lost. They stand for {} of CPU time inside operations; {} of it \
         is the operation loop's own and hidden here.",
        if cpu.backend.is_empty() { "the worker" } else { &cpu.backend },
        number_format::count(cpu.delivered as i64),
        number_format::count(cpu.asked as i64),
        cpu.ratio * 100.0,
        number_format::count(cpu.hertz as i64),
        number_format::count(cpu.lost as i64),
        time(sampled),
        time(hidden),
    )];
    if cpu.truncated > 0 {
        sentences.push(format!(
            "{} of the samples have stacks of more than {} KiB, cut off at the outer end.",
            number_format::count(cpu.truncated as i64),
            MOST_STACK_BYTES >> 10,
        ));
    }
    sentences.extend(cpu.notes.iter().map(|note| format!("{note}.")));
    sentences
}

/// CPU time that is not the harness's own.
fn visible_ns(profile: &Profile) -> i64 {
    let options = TopOptions { by: By::Role, sample_type: Some("cpu".to_owned()), ..TopOptions::default() };
    top(profile, &options).map_or(0, |rows| rows.total)
}
