//! Checks that no single field of a workload can make: what has to hold between them for its stream to be right.

use super::payload::code_bits;
use super::spec::{KeyKind, Op, Work, Workload};
use crate::error::{Error, Result};

/// The most worker threads that a workload can be dealt out to.
pub const MAX_THREADS: usize = 1024;

/// Refuses a workload whose keys would run out: more insertions than there are ids, or than its keys can tell apart.
/// The message is an [`Error::Input`] that starts with the workload's name.
pub fn keys(workload: &Workload) -> Result<()> {
    let Some(most) = insertions(workload) else {
        return Err(too_many(workload, "2^64 or more".into()));
    };
    // Each phase deals its operations out, so ids can run ahead by one operation of each thread and phase.
    let ahead = workload.phases.iter().map(|phase| inserts(&phase.work)).sum::<u64>();
    let ids = most.saturating_add(ahead.saturating_mul(MAX_THREADS as u64));
    if ids > u64::from(u32::MAX) {
        return Err(too_many(workload, most.to_string()));
    }
    let (letters, what) = match workload.key.kind {
        KeyKind::U64 => return Ok(()),
        KeyKind::String => (true, "letters"),
        KeyKind::Bytes => (false, "bytes"),
    };
    let needed = ids.saturating_mul(workload.stride());
    let holds = |length| code_bits(letters, length) >= 64 || needed <= 1 << code_bits(letters, length);
    if holds(workload.key.length) {
        return Ok(());
    }
    let enough = (workload.key.length..=11).find(|&length| holds(length)).unwrap_or(11);
    Err(Error::input(format!(
        "workload \"{}\": keys of {} {what} are too short to tell {needed} keys apart: key.length must be at least {enough}",
        workload.name, workload.key.length
    )))
}

/// Refuses a number of threads that the workload has no deterministic answers for.
pub fn threads(workload: &Workload, threads: usize) -> Result<()> {
    if !(1..=MAX_THREADS).contains(&threads) {
        return Err(Error::input(format!("threads must be from 1 to {MAX_THREADS}, got {threads}")));
    }
    for op in [Op::Iterate, Op::Clear] {
        if threads > 1 && workload.calls(op) {
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
    let adds = |op: &Op| matches!(op, Op::Insert | Op::Upsert);
    match work {
        Work::Mix(odds) => u64::from(odds.iter().any(|(op, percent)| adds(op) && *percent > 0.0)),
        Work::Each(ops) => ops.iter().filter(|op| adds(op)).count() as u64,
    }
}

fn too_many(workload: &Workload, most: String) -> Error {
    Error::input(format!(
        "workload \"{}\" can insert {most} keys, more than there are 32-bit ids for: make its phases shorter",
        workload.name
    ))
}
