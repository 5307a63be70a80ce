//! CPU profiles: the stacks of samples, and the CPU time of each thread shared out over its samples by their weights.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Builder, Context, Group, clamp};
use crate::capture::cpu::{CpuBackend, stack_copy};
use crate::capture::raw_samples::{RawCpu, RawCpuThread, RawMapping};
use crate::error::{Error, Result};
use crate::profile::Profile;
use crate::profile::attribute::has_operation_loop;
use crate::profile::symbolize::Symbolizer;
use crate::profile::unwind::StackWalker;

/// Sample types of a CPU profile.
pub const CPU_TYPES: [(&str, &str); 2] = [("samples", "count"), ("cpu", "nanoseconds")];

/// Samples that agree in stack, phase and thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    samples: u64,
    /// CPU time that they stand for before it is brought to what the system counted, nanoseconds.
    weight_ns: u64,
}

/// A CPU profile: samples, and the CPU time that the operating system counted for each thread shared out over them by
/// their weights, to the nanosecond.
///
/// # Errors
/// When there is no sample, or the samples cannot be read.
pub fn cpu_profile(
    raw: &RawCpu,
    mappings: &[RawMapping],
    context: &Context,
    symbolizer: &mut Symbolizer,
) -> Result<Profile> {
    let mut stacks = raw.stacks.clone();
    let mut groups = rows(raw);
    walked(raw, mappings, &mut stacks, &mut groups)?;
    let mut builder = Builder::new(mappings, context, symbolizer, &CPU_TYPES, "cpu");
    if raw.backend == CpuBackend::PprofRs.name() {
        // It samples the process, and not the operations alone.
        groups.retain(|(stack, ..), _| {
            stacks.get(*stack as usize).is_none_or(|addresses| builder.is_of_an_operation(addresses))
        });
    }
    if groups.is_empty() {
        return Err(Error::case(
            "the cpu pass took no sample, so there is no CPU profile: give the workload more operations with --ops, \
             so that it runs for a second or more",
        ));
    }
    builder.profile.period_type = builder.value_type("cpu", "nanoseconds");
    builder.profile.period = 1_000_000_000 / i64::try_from(raw.hertz.max(1)).unwrap_or(i64::MAX);
    builder.comment(&format!(
        "{} samples{}, {} asked for per second of CPU time; {} ns of CPU time shared out over them",
        groups.values().fold(0u64, |sum, counted| sum.saturating_add(counted.samples)),
        if raw.backend.is_empty() { String::new() } else { format!(" by {}", raw.backend) },
        raw.hertz,
        raw.cpu_ns
    ));
    raw.notes.iter().for_each(|note| builder.comment(note));
    for (group, samples, ns) in weighted(raw, groups) {
        builder.sample(&stacks, group, &[clamp(samples), clamp(ns)], &[])?;
    }
    Ok(builder.finish())
}

/// The samples that the child itself put together.
fn rows(raw: &RawCpu) -> BTreeMap<Group, Counted> {
    let mut groups: BTreeMap<Group, Counted> = BTreeMap::new();
    for row in raw.rows.iter().filter(|row| row.count > 0) {
        let counted = groups.entry((row.stack, row.phase, row.thread)).or_default();
        counted.samples = counted.samples.saturating_add(row.count);
        let weight_ns =
            if row.weight_ns > 0 { row.weight_ns } else { row.count.saturating_mul(period_ns(raw)) };
        counted.weight_ns = counted.weight_ns.saturating_add(weight_ns);
    }
    groups
}

fn period_ns(raw: &RawCpu) -> u64 {
    (1_000_000_000 / raw.hertz.max(1)).max(1)
}

/// Walks the stacks that the child only copied, and adds them.
fn walked(
    raw: &RawCpu,
    mappings: &[RawMapping],
    stacks: &mut Vec<Vec<u64>>,
    groups: &mut BTreeMap<Group, Counted>,
) -> Result<()> {
    if raw.copies.is_empty() {
        return Ok(());
    }
    let mut walker = StackWalker::new(mappings);
    let mut numbers: HashMap<Vec<u64>, u32> =
        stacks.iter().zip(0..).map(|(stack, number)| (stack.clone(), number)).collect();
    for chunk in &raw.copies {
        stack_copy::decode(chunk, &mut |copy| {
            let number = *numbers.entry(walker.walk(&copy)).or_insert_with_key(|addresses| {
                stacks.push(addresses.clone());
                (stacks.len() - 1) as u32
            });
            let counted = groups.entry((number, copy.phase, copy.thread)).or_default();
            counted.samples = counted.samples.saturating_add(1);
            counted.weight_ns = counted.weight_ns.saturating_add(copy.weight_ns);
        })
        .map_err(|what| Error::case(format!("the CPU samples cannot be read: a chunk of copies {what}")))?;
    }
    Ok(())
}

/// The groups with the CPU time of each. The samples of a thread add up to its CPU time, and those of each of its phases to
/// the phase's; the time of phases without a sample goes to the others. Where the child does not tell threads apart, all
/// samples add up to the time of all.
fn weighted(raw: &RawCpu, groups: BTreeMap<Group, Counted>) -> Vec<(Group, u64, u64)> {
    let thread_of = |(_, _, thread): &Group| (!raw.threads.is_empty()).then_some(*thread);
    let mut by_thread: BTreeMap<Option<u16>, Vec<(Group, Counted)>> = BTreeMap::new();
    for (group, counted) in groups {
        by_thread.entry(thread_of(&group)).or_default().push((group, counted));
    }
    let mut shared: Vec<(Group, u64, u64)> = Vec::new();
    for (thread, groups) in by_thread {
        let told: Vec<&RawCpuThread> =
            raw.threads.iter().filter(|told| Some(told.thread) == thread).collect();
        let total = match thread {
            None => raw.cpu_ns,
            Some(_) => told.iter().fold(0u64, |sum, told| sum.saturating_add(told.cpu_ns)),
        };
        let mut times = vec![0u64; groups.len()];
        // What is counted for a phase is its samples'.
        let mut left = total;
        let phases: BTreeSet<u16> = groups.iter().map(|((_, phase, _), _)| *phase).collect();
        for phase in phases {
            let of_phase = |told: &&RawCpuThread| told.phases_ns.get(usize::from(phase)).copied();
            let counted = told.iter().filter_map(of_phase).fold(0, u64::saturating_add).min(left);
            left -= counted;
            let weights = weights(&groups, |(_, own, _)| *own == phase);
            times.iter_mut().zip(share_out(counted, &weights)).for_each(|(time, share)| *time += share);
        }
        let rest = share_out(left, &weights(&groups, |_| true));
        let times = times.into_iter().zip(rest).map(|(time, rest)| time + rest);
        shared
            .extend(groups.into_iter().zip(times).map(|((group, counted), ns)| (group, counted.samples, ns)));
    }
    shared.sort_unstable();
    shared
}

/// The weights of the groups that `are_meant`, 0 for all others. Where none has one, as of a thread that only waited, samples
/// count alike.
fn weights(groups: &[(Group, Counted)], are_meant: impl Fn(&Group) -> bool) -> Vec<u64> {
    let meant = || groups.iter().map(|(group, counted)| (are_meant(group), counted));
    let weightless = meant().all(|(is_meant, counted)| !is_meant || counted.weight_ns == 0);
    let weight = |(is_meant, counted): (bool, &Counted)| match (is_meant, weightless) {
        (false, _) => 0,
        (true, false) => counted.weight_ns,
        (true, true) => counted.samples,
    };
    meant().map(weight).collect()
}

impl Builder<'_> {
    /// Whether a stack leads through the operation loop.
    fn is_of_an_operation(&mut self, addresses: &[u64]) -> bool {
        let locations: Vec<u32> =
            addresses.iter().map(|address| self.addresses.locate(&mut self.profile, *address)).collect();
        has_operation_loop(&self.classes.stack(&self.profile, &locations).1)
    }
}

/// Shares `total` out in proportion to `weights`, by the largest remainder, so that the shares add up to it.
fn share_out(total: u64, weights: &[u64]) -> Vec<u64> {
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if all == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: u64| u128::from(total) * u128::from(weight);
    let mut shares: Vec<u64> = weights.iter().map(|weight| (exact(*weight) / all) as u64).collect();
    let left = total - shares.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(exact(weights[*i]) % all), *i));
    for index in order.into_iter().take(left as usize) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::raw_samples::RawCpuRow;

    fn row(thread: u16, count: u64, weight_ns: u64) -> RawCpuRow {
        RawCpuRow { stack: 0, phase: 0, thread, count, weight_ns }
    }

    fn profile(raw: &RawCpu) -> Result<Profile> {
        cpu_profile(raw, &[], &Context::default(), &mut Symbolizer::new())
    }

    fn raw(rows: Vec<RawCpuRow>) -> RawCpu {
        RawCpu { hertz: 999, cpu_ns: 1_000_000_007, stacks: vec![vec![77]], rows, ..RawCpu::default() }
    }

    #[test]
    fn cpu_time_is_shared_out_to_the_nanosecond() {
        let profile = profile(&raw(vec![row(0, 7, 0), row(1, 1, 0), row(2, 3, 0)])).unwrap();
        assert_eq!(profile.total("cpu"), Some(1_000_000_007));
        assert_eq!(profile.total("samples"), Some(11));
        assert_eq!(profile.period, 1_001_001);
    }

    #[test]
    fn each_thread_has_the_time_that_was_counted_for_it() {
        let thread = |thread, cpu_ns| RawCpuThread { thread, cpu_ns, ..RawCpuThread::default() };
        // The second thread lost most of its samples; those that came stand for the others.
        let raw = RawCpu {
            threads: vec![thread(0, 900), thread(1, 600), thread(2, 5)],
            ..raw(vec![row(0, 3, 300), RawCpuRow { phase: 1, ..row(0, 1, 600) }, row(1, 1, 50)])
        };
        let profile = profile(&raw).unwrap();
        let values: Vec<&[i64]> = profile.samples.iter().map(|sample| sample.values).collect();
        assert_eq!(values, [[3, 300], [1, 600], [1, 600]]);
    }

    #[test]
    fn each_phase_has_the_time_that_was_counted_for_it() {
        // The first phase lost its last samples, so the first sample of the second one stands for too much. The third one
        // has none.
        let told = RawCpuThread {
            thread: 0,
            cpu_ns: 1000,
            phases_ns: vec![600, 300, 100],
            ..RawCpuThread::default()
        };
        let in_phase = |phase, count, weight_ns| RawCpuRow { phase, ..row(0, count, weight_ns) };
        let raw = RawCpu { threads: vec![told], ..raw(vec![in_phase(0, 2, 200), in_phase(1, 1, 800)]) };
        let profile = profile(&raw).unwrap();
        let values: Vec<&[i64]> = profile.samples.iter().map(|sample| sample.values).collect();
        // The last hundred are shared out by the weights, 200 and 800.
        assert_eq!(values, [[2, 620], [1, 380]]);
    }

    #[test]
    fn hostile_figures_do_not_overflow() {
        let thread = |thread| RawCpuThread {
            thread,
            cpu_ns: u64::MAX,
            phases_ns: vec![u64::MAX; 3],
            delivered: u64::MAX,
            lost: Some(u64::MAX),
            truncated: u64::MAX,
            ..RawCpuThread::default()
        };
        let raw = RawCpu {
            threads: vec![thread(0), thread(0), thread(1)],
            cpu_ns: u64::MAX,
            ..raw(vec![row(0, u64::MAX, u64::MAX), row(0, 1, u64::MAX), row(1, u64::MAX, 0)])
        };
        let profile = profile(&raw).unwrap();
        assert!(profile.samples.iter().all(|sample| sample.values.iter().all(|value| *value >= 0)));
    }

    #[test]
    fn shares_go_to_the_largest_remainders() {
        assert_eq!(share_out(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(share_out(0, &[1, 2]), [0, 0]);
        assert_eq!(share_out(u64::MAX, &[1]), [u64::MAX]);
    }

    #[test]
    fn no_sample_and_a_broken_chunk_are_errors_that_say_so() {
        let none = profile(&raw(vec![])).unwrap_err().to_string();
        assert!(none.contains("cpu pass") && none.contains("--ops"), "{none}");
        let broken = RawCpu { copies: vec!["?".to_owned()], ..raw(vec![]) };
        assert!(profile(&broken).unwrap_err().to_string().contains("a chunk of copies is not base64"));
    }
}
