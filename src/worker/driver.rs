//! A workload on one map: makes the map, hands its handles to the worker threads, and takes it down at the end.

use std::ops::Range;

use super::replay::Loops;
use super::session::Session;
use super::worker_pool::{Operator, run_workload};
use crate::capture::arena;
use crate::capture::ledger::{self, Enlisted};
use crate::error::Result;
use crate::maps::{Collection, Handle, MapFamily, ProcessWide};
use crate::record::{KeptByPackage, SettleStep, Shape};
use crate::workload::answer::Fold;
use crate::workload::hashers::bad;
use crate::workload::payload::value_types::record;
use crate::workload::spec::Workload;
use crate::workload::{Batch, Key, OperationSource, Stream, Value};

/// One worker thread's handle, and the calls of its map that take it.
struct Lane<H> {
    handle: H,
    calls: Calls<H>,
}

/// The calls of a map, compiled with its family.
#[derive(Clone, Copy)]
pub(super) struct Calls<H> {
    replay: fn(&mut H, &Batch, Range<usize>, Fold, Enlisted) -> Fold,
    check: fn(&mut H, &Batch, Range<usize>, u64, Enlisted) -> bool,
    entries: fn(&mut H, Enlisted) -> u64,
    shape: fn(&mut H, Enlisted) -> Shape,
    quiesce: fn(&mut H, Enlisted),
}

impl<H: Send> Operator for Lane<H> {
    fn replay(&mut self, batch: &Batch, range: Range<usize>, fold: Fold, enlisted: Enlisted) -> Fold {
        (self.calls.replay)(&mut self.handle, batch, range, fold, enlisted)
    }

    fn check(&mut self, batch: &Batch, range: Range<usize>, first: u64, enlisted: Enlisted) -> bool {
        (self.calls.check)(&mut self.handle, batch, range, first, enlisted)
    }

    fn entries(&mut self, enlisted: Enlisted) -> u64 {
        (self.calls.entries)(&mut self.handle, enlisted)
    }

    fn shape(&mut self, enlisted: Enlisted) -> Shape {
        (self.calls.shape)(&mut self.handle, enlisted)
    }

    fn quiesce(&mut self, enlisted: Enlisted) {
        (self.calls.quiesce)(&mut self.handle, enlisted);
    }
}

/// The most rounds in which deferred reclamation is driven on.
const ROUNDS: usize = 200;

/// Rounds without progress after which it is done.
const STILL: usize = 16;

/// Drives workloads on the maps of a family. All of it is a method of the family, and so compiled in one piece with it: after a
/// change of one adapter, an incremental build makes that map's code anew and no other's.
pub(super) trait Driver: Loops {
    /// Runs a workload on a map of these types.
    fn drive<K: Key, V: Value, C: Collection<K, V>>(
        workload: &Workload,
        session: &mut Session,
    ) -> Result<()> {
        if let Some(values) = workload.hasher.as_ref().and_then(|hasher| hasher.distinct) {
            bad::set_distinct(values);
        }
        record::set_parts(&workload.value.heap);
        let capacity = workload.capacity.map(|entries| entries as usize);
        let mut map = Self::operations_begin::<K, V, C>(capacity, session.enlisted());
        let lanes: Vec<Box<dyn Operator + '_>> = map
            .handles(session.threads() as usize)
            .into_iter()
            .map(|handle| {
                Box::new(Lane { handle, calls: Self::calls::<K, V, _>() }) as Box<dyn Operator + '_>
            })
            .collect();
        session.set_entry_bytes(size_of::<(K, V)>() as u64);
        let (seed, threads) = (session.seed(), lanes.len());
        let open = |thread| -> Box<dyn OperationSource> {
            Box::new(Stream::<K>::new(workload, seed, thread, threads))
        };
        run_workload(workload, &open, Self::INFO.answers, lanes, session)?;
        if session.settles() {
            Self::settle::<K, V, C>(map, Self::INFO.process_wide, session);
        }
        Ok(())
    }

    /// Makes the map: what it allocates before the first operation is its own too.
    #[inline(never)]
    fn operations_begin<K: Key, V: Value, C: Collection<K, V>>(
        capacity: Option<usize>,
        enlisted: Enlisted,
    ) -> C {
        let _armed = ledger::arm(enlisted);
        ledger::at(0);
        let map = C::new(capacity);
        ledger::map_is_made(enlisted);
        map
    }

    /// The calls of a handle. A map may free garbage whenever it is called, and that counts.
    fn calls<K: Key, V: Value, H: Handle<K, V>>() -> Calls<H> {
        Calls {
            replay: Self::operations_folded::<K, V, H>,
            check: Self::operations_checked::<K, V, H>,
            entries: |handle, enlisted| {
                let _armed = ledger::arm_between(enlisted);
                handle.len() as u64
            },
            shape: |handle, enlisted| {
                let _armed = ledger::arm_between(enlisted);
                handle.shape()
            },
            quiesce: |handle, enlisted| {
                let _armed = ledger::arm_between(enlisted);
                handle.quiesce();
            },
        }
    }

    /// Takes the map down step by step and reads what is left after each.
    fn settle<K: Key, V: Value, C: Collection<K, V>>(
        mut map: C,
        process_wide: Option<ProcessWide>,
        session: &mut Session,
    ) {
        let enlisted = session.enlisted();
        session.settled(SettleStep::End, None);
        let shape = Self::drive_reclamation::<K, V, C>(&mut map, enlisted);
        session.settled(SettleStep::Quiesced, shape);
        let mut shrinks = false;
        if let Some(mut handle) = map.handles(1).into_iter().next() {
            let _armed = ledger::arm_between(enlisted);
            shrinks = handle.shrink();
        }
        let shape = Self::drive_reclamation::<K, V, C>(&mut map, enlisted);
        session.settled(SettleStep::Shrunk, shape);
        // What is free by now goes back within the allocator's decay time in any case.
        return_free_pages();
        session.settled(SettleStep::ShrunkPurged, shape);
        {
            let _armed = ledger::arm_between(enlisted);
            drop(map);
        }
        if session.live() > 0 {
            Self::drive_through_another::<K, V, C>(enlisted);
        }
        session.map_is_gone();
        session.settled(SettleStep::Dropped, None);
        return_free_pages();
        session.settled(SettleStep::Purged, None);
        let process_wide = process_wide.map(|kept| KeptByPackage {
            package: kept.package.to_owned(),
            most_bytes: (kept.most)(u64::from(session.threads())),
        });
        let fresh = Self::fresh_bytes::<K, V, C>(session);
        session.may_keep(shrinks.then_some(fresh + C::SPARE_BYTES), process_wide);
    }

    /// Drives on what a map left to its reclamation when it was dropped, through an empty one. Its own blocks are made without
    /// being counted, and so their frees are not either: what another map leaks is not this one's. Where such frees are not
    /// known, all of it counts.
    fn drive_through_another<K: Key, V: Value, C: Collection<K, V>>(enlisted: Enlisted) {
        let mut empty = {
            let _armed = (!ledger::knows_its_blocks()).then(|| ledger::arm_between(enlisted));
            C::new(None)
        };
        Self::drive_reclamation::<K, V, C>(&mut empty, enlisted);
        let _armed = ledger::arm_between(enlisted);
        drop(empty);
    }

    /// Live bytes of a fresh map.
    fn fresh_bytes<K: Key, V: Value, C: Collection<K, V>>(session: &Session) -> u64 {
        let before = session.live();
        let _armed = ledger::arm_between(session.enlisted());
        let fresh = C::new(None);
        let bytes = session.live() - before;
        drop(fresh);
        bytes.max(0) as u64
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
}

impl<F: MapFamily> Driver for F {}

/// Flushes this thread's cache and has all arenas return their free pages.
fn return_free_pages() {
    arena::flush_cache();
    arena::purge();
}
