//! The settling: after the last phase the maps are taken down step by step, and what is left after each is read.

use super::life_cycle::LifeCycle;
use super::maps_of_run::{Maps, sum};
use super::session::Session;
use crate::capture::arena;
use crate::capture::ledger::{self, Enlisted};
use crate::maps::{Collection, Handle};
use crate::record::{KeptByPackage, SettleStep, Shape};
use crate::workload::spec::{Step, StepKind};
use crate::workload::{Key, Value};

/// The most rounds in which deferred reclamation is driven on.
const ROUNDS: usize = 200;

/// Rounds without progress after which it is done.
const STILL: usize = 16;

/// The settling of a family of maps.
pub(super) trait Settling: LifeCycle {
    /// Takes the maps down step by step and reads what is left after each.
    fn settle<K: Key, V: Value, C: Collection<K, V>>(mut maps: Maps<C>, count: usize, session: &mut Session) {
        let enlisted = session.enlisted();
        let step = |kind| Step { kind, entries: None };
        session.settled(SettleStep::End, None);
        let shape = Self::drive_reclamation::<K, V, C>(&mut maps, enlisted);
        session.settled(SettleStep::Quiesced, shape);
        let vector_bytes = maps.vector_bytes();
        let shrinks = Self::INFO.steps.contains(&StepKind::Shrink);
        if shrinks {
            ledger::between(|| {
                Self::take_step::<K, V, C>(&mut maps, step(StepKind::Shrink), count, enlisted);
            });
        }
        let shape = Self::drive_reclamation::<K, V, C>(&mut maps, enlisted);
        session.settled(SettleStep::Shrunk, shape);
        // What is free by now goes back within the allocator's decay time in any case.
        return_free_pages();
        session.settled(SettleStep::ShrunkPurged, shape);
        ledger::between(|| Self::take_step::<K, V, C>(&mut maps, step(StepKind::Drop), count, enlisted));
        if session.live() > 0 {
            Self::drive_through_another::<K, V, C>(enlisted);
        }
        session.map_is_gone();
        session.settled(SettleStep::Dropped, None);
        return_free_pages();
        session.settled(SettleStep::Purged, None);
        let process_wide = Self::INFO.process_wide.map(|kept| KeptByPackage {
            package: kept.package.to_owned(),
            most_bytes: (kept.most)(u64::from(session.threads())),
        });
        let fresh = Self::fresh_bytes::<K, V, C>(session) + C::SPARE_BYTES;
        session.may_keep(shrinks.then_some(fresh * count as u64 + vector_bytes), process_wide);
    }

    /// Drives on what a map left to its reclamation when it was dropped, through an empty one. Its own blocks are made without
    /// being counted, and so their frees are not either: what another map leaks is not this one's. Where such frees are not
    /// known, all of it counts.
    fn drive_through_another<K: Key, V: Value, C: Collection<K, V>>(enlisted: Enlisted) {
        let empty = {
            let _armed = (!ledger::knows_its_blocks()).then(|| ledger::arm_between(enlisted));
            C::new(None)
        };
        let mut empty = Maps::One(empty);
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

    /// Drives deferred reclamation on until it no longer helps. Returns what the maps then say of themselves.
    fn drive_reclamation<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        enlisted: Enlisted,
    ) -> Option<Shape> {
        let mut still = 0;
        let mut least = ledger::live(enlisted).bytes;
        for _ in 0..ROUNDS {
            Self::with_each::<K, V, C>(maps, |handle| {
                let _armed = ledger::arm_between(enlisted);
                handle.quiesce();
            });
            let live = ledger::live(enlisted).bytes;
            still = if live < least { 0 } else { still + 1 };
            least = least.min(live);
            if still >= STILL {
                break;
            }
        }
        Self::shape_of::<K, V, C>(maps, enlisted)
    }

    /// What the maps say of their storage.
    fn shape_of<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        enlisted: Enlisted,
    ) -> Option<Shape> {
        let vector_bytes = maps.vector_bytes();
        let shapes = maps.as_mut_slice().iter_mut().filter_map(|map| {
            let mut handle = map.handles(1).into_iter().next()?;
            let _armed = ledger::arm_between(enlisted);
            Some(handle.shape())
        });
        sum(shapes, vector_bytes)
    }

    /// How many entries the maps say that they hold.
    fn entries_of<K: Key, V: Value, C: Collection<K, V>>(maps: &mut Maps<C>, enlisted: Enlisted) -> u64 {
        let mut entries = 0;
        Self::with_each::<K, V, C>(maps, |handle| {
            let _armed = ledger::arm_between(enlisted);
            entries += handle.len() as u64;
        });
        entries
    }
}

impl<F: LifeCycle> Settling for F {}

/// Flushes this thread's cache and has all arenas return their free pages.
fn return_free_pages() {
    arena::flush_cache();
    arena::purge();
}
