//! Checks that no single field of a workload can make: what has to hold between them for its stream to be right.

use super::payload::code_bits;
use super::spec::{Op, Phase, Size, Work, Workload};
use crate::error::{Error, Result};

/// The most worker threads that a workload can be dealt out to.
pub const MAX_THREADS: usize = 1024;

/// Refuses a workload that can run out of keys on so many threads: more insertions than there are ids, or than its keys can
/// tell apart. The message is an [`Error::Input`] that starts with the workload's name.
pub fn keys(workload: &Workload, threads: usize) -> Result<()> {
    let Some(most) = insertions(workload) else {
        return Err(too_many(workload, "2^64 or more".into()));
    };
    let Some(ids) = ids(workload, threads as u64).filter(|ids| *ids <= u64::from(u32::MAX)) else {
        return Err(too_many(workload, most.to_string()));
    };
    let letters = workload.key.letters;
    let what = if letters { "letters" } else { "bytes" };
    let stride = workload.stride();
    let needed = ids.saturating_mul(stride);
    let room = |length| 1u64.checked_shl(code_bits(letters, length)).unwrap_or(u64::MAX);
    let length = workload.key.length.least();
    let room_here = room(length);
    if needed <= room_here {
        return Ok(());
    }
    let enough = (length..=11).find(|&length| needed <= room(length)).unwrap_or(11);
    let inserting = workload.phases.iter().filter(|phase| inserts(&phase.work) > 0);
    let phases: Vec<&str> = inserting.map(|phase| phase.name.as_str()).collect();
    let missing = if stride > 1 { ", and looks up as many that are missing" } else { "" };
    let (shortest, least) = match workload.key.length.fixed() {
        Some(_) => (format!("{length} {what}"), "key.length"),
        None => (format!("the {length} {what} of the shortest keys"), "the least key.length"),
    };
    Err(Error::input(format!(
        "workload \"{}\": a run can insert {ids} keys{missing}, and {shortest} tell only {room_here} keys apart: \
         set {least} to {enough} or more, or lower entries or the ops of {} until it inserts at most {}",
        workload.name,
        phases.join(", "),
        room_here / stride
    )))
}

/// The most ids that the workload can use on so many threads, which deal out each phase and number their own entries.
fn ids(workload: &Workload, threads: u64) -> Option<u64> {
    let threads = threads.max(1);
    let share = |phase: &Phase| phase.ops.div_ceil(threads).checked_mul(inserts(&phase.work));
    let most = workload.phases.iter().try_fold(0u64, |sum, phase| sum.checked_add(share(phase)?))?;
    most.checked_mul(threads)
}

/// Refuses a time to live beside phases that leave no operation for the removals, or that make them themselves.
pub fn time_to_live(workload: &Workload) -> Result<()> {
    if workload.time_to_live.is_none() {
        return Ok(());
    }
    let why = |phase: &Phase| match &phase.work {
        Work::Each(_) => Some(
            "lists its calls in each, so none can be the removal of an entry whose time is over: give it a mix",
        ),
        Work::Mix(odds) if odds.iter().any(|(op, percent)| *op == Op::Remove && *percent > 0.0) => {
            Some("has remove in its mix: leave it out, since entries are removed when their time is over")
        }
        Work::Mix(_) | Work::Step(_) => None,
    };
    match workload.phases.iter().find_map(|phase| Some((phase, why(phase)?))) {
        None => Ok(()),
        Some((phase, why)) => Err(Error::input(format!(
            "workload \"{}\" has a time_to_live, and its phase {} {why}",
            workload.name, phase.name
        ))),
    }
}

/// Refuses a number of threads that the workload has no deterministic answers for.
pub fn threads(workload: &Workload, threads: usize) -> Result<()> {
    if !(1..=MAX_THREADS).contains(&threads) {
        return Err(Error::input(format!("threads must be from 1 to {MAX_THREADS}, got {threads}")));
    }
    for op in Op::ALL {
        if threads > 1 && op.info().sees_others() && workload.calls(op) {
            return Err(Error::input(format!(
                "workload \"{}\" calls {}, whose answer depends on what other threads have just done: it runs on 1 \
                 thread, not on {threads}",
                workload.name,
                op.name()
            )));
        }
    }
    Ok(())
}

/// The most keys that the workload can ever insert.
pub fn insertions(workload: &Workload) -> Option<u64> {
    workload
        .phases
        .iter()
        .try_fold(0u64, |sum, phase| sum.checked_add(phase.ops.checked_mul(inserts(&phase.work))?))
}

/// The most keys that one operation can insert.
fn inserts(work: &Work) -> u64 {
    let adds = |op: &Op| op.info().inserts;
    match work {
        Work::Mix(odds) => u64::from(odds.iter().any(|(op, percent)| adds(op) && *percent > 0.0)),
        Work::Each(ops) => ops.iter().filter(|op| adds(op)).count() as u64,
        Work::Step(_) => 0,
    }
}

/// Bytes of keys and values that the workload's operations hand over to a map, at least: all keys and values that they insert,
/// and the values that they replace and that lie in blocks of their own.
pub fn handed_over(workload: &Workload) -> u64 {
    let value = match workload.value.size {
        // Most are little more than the smallest.
        Size::Pareto { min, .. } => min,
        size => size.mean() as u64,
    };
    let parts = workload.value.heap.mean_contents();
    let apart = workload.value.layout.block_bytes(value).saturating_add(parts);
    let entry = (workload.key.length.mean() as u64).saturating_add(value).saturating_add(parts);
    let of = |op: &Op| match op.info() {
        info if info.inserts => entry,
        info if info.hands_over => apart,
        _ => 0,
    };
    let per_op = |work: &Work| match work {
        Work::Mix(odds) => odds.iter().map(|(op, percent)| of(op) as f64 * percent / 100.0).sum::<f64>(),
        Work::Each(ops) => ops.iter().map(|op| of(op) as f64).sum(),
        Work::Step(_) => 0.0,
    };
    workload.phases.iter().map(|phase| phase.ops as f64 * per_op(&phase.work)).sum::<f64>() as u64
}

fn too_many(workload: &Workload, most: String) -> Error {
    Error::input(format!(
        "workload \"{}\" can insert {most} keys, more than there are 32-bit ids for: make its phases shorter",
        workload.name
    ))
}
