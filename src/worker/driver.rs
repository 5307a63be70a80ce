//! A workload on maps: makes them, hands their handles to the worker threads, has them take the steps of their life cycle, and
//! takes them down at the end. Compiled once for all maps (`map_set`).

use super::life_cycle::{Act, Upkeep};
use super::map_set::MapKind;
use super::maps_of_run::Look;
use super::session::Session;
use super::settling::settle;
use super::swap::swap;
use super::worker_pool::WorkerPool;
use crate::capture::ledger;
use crate::error::Result;
use crate::maps::{MapConfig, MapInfo};
use crate::workload::hashers::bad;
use crate::workload::payload::held_elsewhere;
use crate::workload::payload::value_types::record;
use crate::workload::spec::{Phase, Step, StepKind, Workload};

/// Runs a workload on maps of this kind.
pub(super) fn drive(
    workload: &Workload,
    info: &MapInfo,
    kind: &MapKind,
    session: &mut Session,
) -> Result<()> {
    if let Some(values) = workload.hasher.as_ref().and_then(|hasher| hasher.distinct) {
        bad::set_distinct(values);
    }
    record::set_parts(&workload.value.heap);
    held_elsewhere::set_share(workload.value.held_share);
    let (mut maps, enlisted) = ((kind.none_yet)(), session.enlisted());
    let count = workload.instances.max(1);
    let vector_bytes = if count > 1 { count * kind.map_bytes as u64 } else { 0 };
    // What it allocates before the first operation is the map's own too.
    ledger::at(0);
    let config = MapConfig {
        capacity: workload.capacity.map(|entries| entries as usize),
        shards: workload.shards.map(|shards| shards as usize),
    };
    maps.act(Act::Make { count: count as usize, config }, enlisted);
    ledger::map_is_made(enlisted);
    session.maps_are_made(count, kind.map_bytes as u64);
    session.set_entry_bytes(kind.entry_bytes as u64);
    let (seed, threads) = (session.seed(), session.threads() as usize);
    let open = |thread| (kind.open_stream)(workload, seed, thread, threads);
    let mut pool = WorkerPool::new(workload, &open, info.answers, vector_bytes, session);
    let mut next = 0;
    while let Some(phase) = workload.phases.get(next).filter(|_| !session.is_void()) {
        if let Some(step) = phase.work.step() {
            let timed = match step_act(step, config, count) {
                Some(act) => pool.step(next, &mut |enlisted| _ = maps.act(act, enlisted), session)?,
                None => {
                    let (swapped, timed) =
                        swap(maps, (info, kind), config, (next, step), &mut pool, session)?;
                    maps = swapped;
                    timed
                }
            };
            let mut look = Look::default();
            ledger::between(|| look = maps.act(Act::Each(Upkeep::Look), enlisted));
            pool.step_done(next, timed, look, session)?;
            next += 1;
        } else {
            // Handles borrow the maps, so they are made anew after each step. Until the next one they stay, and with them the
            // threads and what the maps keep for a thread.
            let calls = |phase: &&Phase| phase.work.step().is_none();
            let end = next + workload.phases[next..].iter().take_while(calls).count();
            pool.call(next..end, maps.operators(threads), session)?;
            next = end;
        }
    }
    pool.finish(session);
    if session.settles() {
        settle(maps.as_mut(), kind, count, vector_bytes, config, info, session);
    }
    Ok(())
}

/// What a step does to each of `count` maps that were made like this; none if other threads take part in it.
fn step_act(step: Step, made: MapConfig, count: u64) -> Option<Act> {
    let entries = step.entries.map(|entries| entries as usize);
    Some(match step.kind {
        StepKind::New => Act::Make { count: count as usize, config: MapConfig { capacity: entries, ..made } },
        StepKind::Drop => Act::Drop,
        StepKind::Reserve => Act::Each(Upkeep::Reserve(entries.unwrap_or(0))),
        StepKind::Shrink => Act::Each(Upkeep::Shrink),
        StepKind::Rebuild => Act::Rebuild(made),
        StepKind::Swap => return None,
    })
}
