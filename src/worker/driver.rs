//! A workload on one map: makes the map, hands its handles to the worker threads, has it take the steps of its life cycle, and
//! takes it down at the end.

use std::ops::Range;

use super::maps_of_run::{Maps, sum};
use super::session::Session;
use super::settling::Settling;
use super::worker_pool::{Look, WorkerPool};
use super::worker_thread::Operator;
use crate::capture::ledger::{self, Enlisted};
use crate::capture::{HarnessVec, harness_vec};
use crate::error::Result;
use crate::maps::{Collection, Handle};
use crate::record::Shape;
use crate::workload::answer::Fold;
use crate::workload::hashers::bad;
use crate::workload::spec::{Phase, Workload};
use crate::workload::{Batch, Key, OperationSource, Stream, Value};

/// One worker thread's handles, one of each map, and the calls that take them.
struct Lane<H> {
    handles: HarnessVec<H>,
    /// Bytes of the vector that several maps lie in.
    vector_bytes: u64,
    calls: Calls<H>,
}

/// The calls of a map, compiled with its family.
#[derive(Clone, Copy)]
pub(super) struct Calls<H> {
    replay: fn(&mut [H], &Batch, Range<usize>, Fold, Enlisted) -> Fold,
    check: fn(&mut [H], &Batch, Range<usize>, u64, Enlisted) -> bool,
    entries: fn(&mut H, Enlisted) -> u64,
    shape: fn(&mut H, Enlisted) -> Shape,
    quiesce: fn(&mut H, Enlisted),
}

impl<H: Send> Operator for Lane<H> {
    fn replay(&mut self, batch: &Batch, range: Range<usize>, fold: Fold, enlisted: Enlisted) -> Fold {
        (self.calls.replay)(&mut self.handles, batch, range, fold, enlisted)
    }

    fn check(&mut self, batch: &Batch, range: Range<usize>, first: u64, enlisted: Enlisted) -> bool {
        (self.calls.check)(&mut self.handles, batch, range, first, enlisted)
    }

    fn look(&mut self, enlisted: Enlisted) -> Look {
        let Calls { entries, shape, .. } = self.calls;
        Look {
            shape: sum(self.handles.iter_mut().map(|handle| shape(handle, enlisted)), self.vector_bytes),
            entries: self.handles.iter_mut().map(|handle| entries(handle, enlisted)).sum(),
        }
    }

    fn capacity(&mut self, enlisted: Enlisted) -> Option<u64> {
        // To ask each of many at each point of the timeline would take longer than the calls between two.
        match self.handles.as_mut_slice() {
            [only] => (self.calls.shape)(only, enlisted).capacity,
            _ => None,
        }
    }

    fn quiesce(&mut self, enlisted: Enlisted) {
        self.handles.iter_mut().for_each(|handle| (self.calls.quiesce)(handle, enlisted));
    }
}

/// Drives workloads on the maps of a family. All of it is a method of the family, and so compiled in one piece with it: after a
/// change of one adapter, an incremental build makes that map's code anew and no other's.
pub(super) trait Driver: Settling {
    /// Runs a workload on maps of these types.
    fn drive<K: Key, V: Value, C: Collection<K, V>>(
        workload: &Workload,
        session: &mut Session,
    ) -> Result<()> {
        if let Some(values) = workload.hasher.as_ref().and_then(|hasher| hasher.distinct) {
            bad::set_distinct(values);
        }
        let capacity = workload.capacity.map(|entries| entries as usize);
        let count = workload.instances.max(1) as usize;
        let mut maps = Self::operations_begin::<K, V, C>(count, capacity, session.enlisted());
        session.maps_are_made(count as u64, size_of::<C>() as u64);
        session.set_entry_layout(size_of::<(K, V)>() as u64, workload.inline_bytes());
        let (seed, threads) = (session.seed(), session.threads() as usize);
        let open = |thread| -> Box<dyn OperationSource> {
            Box::new(Stream::<K>::new(workload, seed, thread, threads))
        };
        let mut pool = WorkerPool::new(workload, &open, Self::INFO.answers, session);
        let mut next = 0;
        while let Some(phase) = workload.phases.get(next).filter(|_| !session.is_void()) {
            if let Some(step) = phase.work.step() {
                let taken = &mut |enlisted| {
                    Self::take_step::<K, V, C>(&mut maps, step, count, enlisted);
                };
                let timed = pool.step(next, taken, session)?;
                let look = Look {
                    shape: Self::shape_of::<K, V, C>(&mut maps, session.enlisted()),
                    entries: Self::entries_of::<K, V, C>(&mut maps, session.enlisted()),
                };
                pool.step_done(next, timed, look, session)?;
                next += 1;
            } else {
                // Handles borrow the maps, so they are made anew after each step. Until the next one they stay, and with them
                // the threads and what the maps keep for a thread.
                let calls = |phase: &&Phase| phase.work.step().is_none();
                let end = next + workload.phases[next..].iter().take_while(calls).count();
                let lanes = Self::lanes::<K, V, C>(&mut maps, threads);
                pool.call(next..end, lanes, session)?;
                next = end;
            }
        }
        pool.finish(session);
        if session.settles() {
            Self::settle::<K, V, C>(maps, count, session);
        }
        Ok(())
    }

    /// The handles of the maps, by thread.
    fn lanes<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        threads: usize,
    ) -> Vec<Box<dyn Operator + '_>> {
        let vector_bytes = maps.vector_bytes();
        let mut lanes: Vec<HarnessVec<C::Handle<'_>>> = (0..threads).map(|_| harness_vec()).collect();
        for map in maps.as_mut_slice() {
            for (lane, handle) in lanes.iter_mut().zip(map.handles(threads)) {
                lane.push(handle);
            }
        }
        let lane = |handles| {
            let lane = Lane { handles, vector_bytes, calls: Self::calls::<K, V, _>() };
            Box::new(lane) as Box<dyn Operator + '_>
        };
        lanes.into_iter().filter(|handles| !handles.is_empty()).map(lane).collect()
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
}

impl<F: Settling> Driver for F {}
