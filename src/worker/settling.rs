//! The settling: after the last phase the maps are taken down step by step, and what is left after each is read.

use super::life_cycle::{Act, Upkeep};
use super::map_set::{MapKind, MapSet};
use super::maps_of_run::Look;
use super::session::Session;
use crate::capture::arena;
use crate::capture::ledger::{self, Enlisted};
use crate::maps::{MapConfig, MapInfo};
use crate::record::{KeptByPackage, SettleStep};
use crate::workload::payload::held_elsewhere;
use crate::workload::spec::StepKind;

/// The most rounds in which deferred reclamation is driven on.
const ROUNDS: usize = 200;

/// Rounds without progress after which it is done.
const STILL: usize = 16;

/// Takes maps of this kind down step by step and reads what is left after each. Several lie in a vector of so many bytes.
pub(super) fn settle(
    maps: &mut dyn MapSet,
    kind: &MapKind,
    count: u64,
    vector_bytes: u64,
    config: MapConfig,
    info: &MapInfo,
    session: &mut Session,
) {
    let (enlisted, mut another) = (session.enlisted(), (kind.none_yet)());
    let another = another.as_mut();
    let one = Act::Make { count: 1, config: MapConfig { capacity: None, ..config } };
    let shape_of = |mut look: Look| {
        look.add_vector(vector_bytes);
        look.shape
    };
    session.settled(SettleStep::End, None);
    if upkeep(maps, Upkeep::Look, enlisted).shape.is_none() {
        // The last step dropped them.
        drive_through(another, one, enlisted);
    }
    let shape = shape_of(drive_reclamation(maps, enlisted));
    session.settled(SettleStep::Quiesced, shape);
    let shrinks = info.steps.contains(&StepKind::Shrink);
    if shrinks {
        upkeep(maps, Upkeep::Shrink, enlisted);
    }
    let shape = shape_of(drive_reclamation(maps, enlisted));
    session.settled(SettleStep::Shrunk, shape);
    // What is free by now goes back within the allocator's decay time in any case.
    return_free_pages();
    session.settled(SettleStep::ShrunkPurged, shape);
    ledger::between(|| _ = maps.act(Act::Drop, enlisted));
    release_held(enlisted);
    if session.live() > 0 {
        drive_through(another, one, enlisted);
    }
    session.map_is_gone();
    session.settled(SettleStep::Dropped, None);
    return_free_pages();
    session.settled(SettleStep::Purged, None);
    let process_wide = info.process_wide.map(|kept| KeptByPackage {
        package: kept.package.to_owned(),
        most_bytes: (kept.most)(u64::from(session.threads())),
    });
    let spare = kind.spare_bytes + kind.spare_bytes_per_thread * u64::from(session.threads());
    let fresh = fresh_bytes(another, one, session) + spare;
    session.may_keep(shrinks.then_some(fresh * count + vector_bytes), process_wide);
}

/// Does something with each map that is no call's.
fn upkeep(maps: &mut dyn MapSet, upkeep: Upkeep, enlisted: Enlisted) -> Look {
    let mut look = Look::default();
    ledger::between(|| look = maps.act(Act::Each(upkeep), enlisted));
    look
}

/// Drives on what maps left to their reclamation when they were dropped, through an empty one. Its own blocks are made without
/// being counted, and so their frees are not either: what another map leaks is not theirs. Where such frees are not known, all
/// of it counts.
fn drive_through(another: &mut dyn MapSet, one: Act, enlisted: Enlisted) {
    let as_made = if ledger::knows_its_blocks() { ledger::uncounted() } else { enlisted };
    ledger::between(|| _ = another.act(one, as_made));
    drive_reclamation(another, enlisted);
    ledger::between(|| _ = another.act(Act::Drop, enlisted));
}

/// Frees the values that somebody else holds. The maps are gone by now, so this was their last owner.
fn release_held(enlisted: Enlisted) {
    ledger::between(|| {
        let _armed = ledger::arm(enlisted);
        held_elsewhere::release();
    });
}

/// Live bytes of a fresh map.
fn fresh_bytes(another: &mut dyn MapSet, one: Act, session: &Session) -> u64 {
    let before = session.live();
    ledger::between(|| _ = another.act(one, session.enlisted()));
    let bytes = session.live() - before;
    ledger::between(|| _ = another.act(Act::Drop, session.enlisted()));
    bytes.max(0) as u64
}

/// Drives deferred reclamation on until it no longer helps. Returns what the maps then say of themselves.
fn drive_reclamation(maps: &mut dyn MapSet, enlisted: Enlisted) -> Look {
    let mut still = 0;
    let mut least = ledger::live(enlisted).bytes;
    for _ in 0..ROUNDS {
        upkeep(maps, Upkeep::Quiesce, enlisted);
        let live = ledger::live(enlisted).bytes;
        still = if live < least { 0 } else { still + 1 };
        least = least.min(live);
        if still >= STILL {
            break;
        }
    }
    upkeep(maps, Upkeep::Look, enlisted)
}

/// Flushes this thread's cache and has all arenas return their free pages.
fn return_free_pages() {
    arena::flush_cache();
    arena::purge();
}
