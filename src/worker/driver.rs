//! A workload on one map: makes the map, hands its handles to the worker threads, and takes it down at the end.

use std::marker::PhantomData;
use std::ops::Range;

use super::replay::{operations_checked, operations_folded};
use super::session::Session;
use super::worker_pool::{Operator, run_workload};
use crate::capture::arena;
use crate::capture::ledger::{self, Enlisted};
use crate::error::{Error, Result};
use crate::maps::{Collection, Handle, MapFamily, ProcessWide};
use crate::record::{KeptByPackage, SettleStep, Shape};
use crate::workload::answer::Fold;
use crate::workload::spec::{KeyKind, Size, ValueKind, Workload};
use crate::workload::{Batch, Key, OperationSource, Stream, Value};

struct Lane<H, K, V> {
    handle: H,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Value, H: Handle<K, V> + Send> Operator for Lane<H, K, V> {
    fn replay(&mut self, batch: &Batch, range: Range<usize>, fold: Fold, enlisted: Enlisted) -> Fold {
        operations_folded::<K, V, H>(&mut self.handle, batch, range, fold, enlisted)
    }

    fn check(&mut self, batch: &Batch, range: Range<usize>, first: u64, enlisted: Enlisted) -> bool {
        operations_checked::<K, V, H>(&mut self.handle, batch, range, first, enlisted)
    }

    // A map may free garbage whenever it is called, and that counts.
    fn entries(&mut self, enlisted: Enlisted) -> u64 {
        let _armed = ledger::arm_between(enlisted);
        self.handle.len() as u64
    }

    fn shape(&mut self, enlisted: Enlisted) -> Shape {
        let _armed = ledger::arm_between(enlisted);
        self.handle.shape()
    }

    fn quiesce(&mut self, enlisted: Enlisted) {
        let _armed = ledger::arm_between(enlisted);
        self.handle.quiesce();
    }
}

/// Makes the map: what it allocates before the first operation is its own too.
#[inline(never)]
fn operations_begin<K: Key, V: Value, C: Collection<K, V>>(capacity: Option<usize>, enlisted: Enlisted) -> C {
    let _armed = ledger::arm(enlisted);
    ledger::at(0);
    let map = C::new(capacity);
    ledger::map_is_made(enlisted);
    map
}

fn drive<F: MapFamily, K: Key, V: Value>(workload: &Workload, session: &mut Session) -> Result<()> {
    let capacity = workload.capacity.map(|entries| entries as usize);
    let mut map: F::Map<K, V> = operations_begin(capacity, session.enlisted());
    let lanes: Vec<Box<dyn Operator + '_>> = map
        .handles(session.threads() as usize)
        .into_iter()
        .map(|handle| Box::new(Lane { handle, types: PhantomData }) as Box<dyn Operator + '_>)
        .collect();
    session.set_entry_layout(size_of::<(K, V)>() as u64, workload.inline_bytes());
    let (seed, threads) = (session.seed(), lanes.len());
    let open =
        |thread| -> Box<dyn OperationSource> { Box::new(Stream::<K>::new(workload, seed, thread, threads)) };
    run_workload(workload, &open, F::INFO.answers, lanes, session)?;
    if session.settles() {
        settle::<K, V, F::Map<K, V>>(map, F::INFO.process_wide, session);
    }
    Ok(())
}

/// The most rounds in which deferred reclamation is driven on.
const ROUNDS: usize = 200;

/// Rounds without progress after which it is done.
const STILL: usize = 16;

/// Takes the map down step by step and reads what is left after each.
fn settle<K: Key, V: Value, C: Collection<K, V>>(
    mut map: C,
    process_wide: Option<ProcessWide>,
    session: &mut Session,
) {
    let enlisted = session.enlisted();
    session.settled(SettleStep::End, None);
    let shape = drive_reclamation(&mut map, enlisted);
    session.settled(SettleStep::Quiesced, shape);
    let mut shrinks = false;
    if let Some(mut handle) = map.handles(1).into_iter().next() {
        let _armed = ledger::arm_between(enlisted);
        shrinks = handle.shrink();
    }
    let shape = drive_reclamation(&mut map, enlisted);
    session.settled(SettleStep::Shrunk, shape);
    // What is free by now goes back within the allocator's decay time in any case.
    return_free_pages();
    session.settled(SettleStep::ShrunkPurged, shape);
    {
        let _armed = ledger::arm_between(enlisted);
        drop(map);
    }
    if session.live() > 0 {
        drive_through_another::<K, V, C>(enlisted);
    }
    session.map_is_gone();
    session.settled(SettleStep::Dropped, None);
    return_free_pages();
    session.settled(SettleStep::Purged, None);
    let process_wide = process_wide.map(|kept| KeptByPackage {
        package: kept.package.to_owned(),
        most_bytes: (kept.most)(u64::from(session.threads())),
    });
    let fresh = fresh_bytes::<K, V, C>(session);
    session.may_keep(shrinks.then_some(fresh + C::SPARE_BYTES), process_wide);
}

/// Drives on what a map left to its reclamation when it was dropped, through an empty one. Its own blocks are made without
/// being counted, and so their frees are not either: what another map leaks is not this one's. Where such frees are not
/// known, all of it counts.
fn drive_through_another<K: Key, V: Value, C: Collection<K, V>>(enlisted: Enlisted) {
    let mut empty: C = {
        let _armed = (!ledger::knows_its_blocks()).then(|| ledger::arm_between(enlisted));
        C::new(None)
    };
    drive_reclamation(&mut empty, enlisted);
    let _armed = ledger::arm_between(enlisted);
    drop(empty);
}

/// Live bytes of a fresh map.
fn fresh_bytes<K: Key, V: Value, C: Collection<K, V>>(session: &Session) -> u64 {
    let before = session.live();
    let _armed = ledger::arm_between(session.enlisted());
    let fresh: C = C::new(None);
    let bytes = session.live() - before;
    drop(fresh);
    bytes.max(0) as u64
}

/// Flushes this thread's cache and has all arenas return their free pages.
fn return_free_pages() {
    arena::flush_cache();
    arena::purge();
}

/// Drives deferred reclamation on until it no longer helps. Returns what the map then says of itself.
fn drive_reclamation<K: Key, V: Value, C: Collection<K, V>>(
    map: &mut C,
    enlisted: Enlisted,
) -> Option<Shape> {
    let mut handle = map.handles(1).into_iter().next()?;
    let mut still = 0;
    let mut least = ledger::live(enlisted).bytes;
    for _ in 0..ROUNDS {
        {
            let _armed = ledger::arm_between(enlisted);
            handle.quiesce();
        }
        let live = ledger::live(enlisted).bytes;
        still = if live < least { 0 } else { still + 1 };
        least = least.min(live);
        if still >= STILL {
            break;
        }
    }
    let _armed = ledger::arm_between(enlisted);
    Some(handle.shape())
}

fn with_key<F: MapFamily, K: Key>(workload: &Workload, session: &mut Session) -> Result<()> {
    let size = match workload.value.size {
        Size::Fixed(size) => size,
        Size::Uniform { max, .. } | Size::Pareto { max, .. } => max,
    };
    match (workload.value.kind, size) {
        (ValueKind::Unit, _) => drive::<F, K, ()>(workload, session),
        (ValueKind::U64, _) => drive::<F, K, u64>(workload, session),
        (ValueKind::Boxed, _) => drive::<F, K, Box<[u8]>>(workload, session),
        (ValueKind::Vec, _) => drive::<F, K, Vec<u8>>(workload, session),
        (ValueKind::Array, 16) => drive::<F, K, [u8; 16]>(workload, session),
        (ValueKind::Array, 32) => drive::<F, K, [u8; 32]>(workload, session),
        (ValueKind::Array, 64) => drive::<F, K, [u8; 64]>(workload, session),
        (ValueKind::Array, 128) => drive::<F, K, [u8; 128]>(workload, session),
        (ValueKind::Array, 256) => drive::<F, K, [u8; 256]>(workload, session),
        (ValueKind::Array, other) => {
            Err(Error::input(format!("inline arrays have 16, 32, 64, 128 or 256 bytes, not {other}")))
        }
    }
}

/// Runs a workload on a map of family `F`.
pub(super) fn run<F: MapFamily>(workload: &Workload, session: &mut Session) -> Result<()> {
    match workload.key.kind {
        KeyKind::U64 => with_key::<F, u64>(workload, session),
        KeyKind::String => with_key::<F, String>(workload, session),
        KeyKind::Bytes => with_key::<F, Vec<u8>>(workload, session),
    }
}
