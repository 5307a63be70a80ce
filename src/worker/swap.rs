//! The step of the life cycle in which a map is swapped for another one while other threads look its keys up.

use super::life_cycle::{Act, Upkeep};
use super::map_set::{MapKind, MapSet};
use super::readers;
use super::session::{Session, Timed};
use super::worker_pool::WorkerPool;
use crate::capture::ledger;
use crate::error::{Error, Result};
use crate::maps::{MapConfig, MapInfo};
use crate::workload::spec::Step;

/// Fills a fresh map, made like this but pre-sized for the live entries, with clones of them, has it take the place of the one of
/// `maps`, and drops that. Only this is timed and counted; what the readers do meanwhile is not. Returns the maps as they are then.
pub(super) fn swap(
    mut maps: Box<dyn MapSet>,
    (info, kind): (&MapInfo, &MapKind),
    made: MapConfig,
    (phase, step): (usize, Step),
    pool: &mut WorkerPool<'_>,
    session: &mut Session,
) -> Result<(Box<dyn MapSet>, Timed)> {
    let batch = pool.look_ups(phase, readers::KEYS);
    let mut entries = 0;
    ledger::between(|| entries = maps.act(Act::Each(Upkeep::Look), session.enlisted()).entries);
    let config = MapConfig { capacity: Some(entries as usize), ..made };
    let threads = step.readers.unwrap_or(1);
    let read = readers::read_during(maps, &batch, threads, |slot| {
        // The boxes that the maps lie in are the harness's.
        let mut fresh = Some((kind.none_yet)());
        pool.step(
            phase,
            &mut |enlisted| {
                if let Some(mut fresh) = fresh.take() {
                    fresh.act(Act::Make { count: 1, config }, enlisted);
                    fresh.copy_from(slot.load().as_ref().as_ref(), enlisted);
                    slot.exchange(fresh).act(Act::Drop, enlisted);
                }
            },
            session,
        )
    });
    let reading = read.map_err(|(reader, error)| {
        Error::case(format!("reader {reader} of {threads} cannot be started: {error}"))
    })?;
    if info.answers && !reading.right {
        session.answered_wrongly("a look-up was answered wrongly while the map was swapped".to_owned());
    }
    Ok((reading.maps, Timed { readers: Some(reading.done), ..reading.outcome? }))
}
