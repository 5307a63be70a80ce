//! Threads that look keys up in a map while the main thread has another one take its place.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Release};
use std::thread;
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};

use super::map_set::MapSet;
use crate::record::Readers;
use crate::workload::Batch;
use crate::workload::answer::Fold;

/// Keys that the readers look up again and again.
pub(super) const KEYS: usize = 4096;

/// Where readers find the map, as those of a service do: through an [`ArcSwap`], anew for each look-up.
pub(super) struct Slot(ArcSwap<Box<dyn MapSet>>);

impl Slot {
    /// The map that is there now.
    pub(super) fn load(&self) -> Guard<Arc<Box<dyn MapSet>>> {
        self.0.load()
    }

    /// Has a map take the place of the one that is there, and returns that when no reader has it any more: each has it for the rest
    /// of one look-up.
    pub(super) fn exchange(&self, fresh: Box<dyn MapSet>) -> Box<dyn MapSet> {
        alone(self.0.swap(Arc::new(fresh)))
    }
}

/// A map that is in no slot any more, when its last reader has let it go.
fn alone(mut shared: Arc<Box<dyn MapSet>>) -> Box<dyn MapSet> {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(maps) => return maps,
            Err(still_read) => shared = still_read,
        }
        thread::yield_now();
    }
}

/// What came of it.
pub(super) struct Reading<T> {
    /// What the work returned.
    pub outcome: T,
    /// The map that is there at the end.
    pub maps: Box<dyn MapSet>,
    /// What the readers did.
    pub done: Readers,
    /// Whether every answer was right.
    pub right: bool,
}

/// Does `work` while `threads` threads look up the keys of `batch` in a map, over and over. Fails with the number of the thread that cannot
/// be started.
///
/// The readers work from before `work` begins until after it has ended, and each looks every key up at least once. What they do is
/// neither counted nor sampled.
pub(super) fn read_during<T>(
    maps: Box<dyn MapSet>,
    batch: &Batch,
    threads: u64,
    work: impl FnOnce(&Slot) -> T,
) -> Result<Reading<T>, (u64, io::Error)> {
    let slot = Slot(ArcSwap::from_pointee(maps));
    let (begun, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let (outcome, done, right) = thread::scope(|scope| {
        let mut readers = Vec::with_capacity(threads as usize);
        for number in 0..threads {
            let read = || {
                // The first time it allocates for the thread.
                drop(slot.load());
                begun.fetch_add(1, Release);
                read_until(&slot, batch, &ended)
            };
            let builder = thread::Builder::new().name(format!("reader-{number}"));
            match builder.spawn_scoped(scope, read) {
                Ok(reader) => readers.push(reader),
                Err(error) => {
                    ended.store(true, Release);
                    return Err((number, error));
                }
            }
        }
        while begun.load(Acquire) < threads {
            thread::yield_now();
        }
        let outcome = work(&slot);
        ended.store(true, Release);
        let (mut done, mut right) = (Readers { threads, ..Readers::default() }, true);
        for reader in readers {
            // One that panicked has ended the process.
            if let Ok((look_ups, wall_ns, is_right)) = reader.join() {
                done.look_ups += look_ups;
                done.wall_ns += wall_ns;
                right &= is_right;
            }
        }
        Ok((outcome, done, right))
    })?;
    Ok(Reading { outcome, maps: alone(slot.0.into_inner()), done, right })
}

/// Looks the keys up until the others have ended. Returns how often, the nanoseconds that it took, and whether all answers were
/// right.
fn read_until(slot: &Slot, batch: &Batch, ended: &AtomicBool) -> (u64, u64, bool) {
    let start = Instant::now();
    let (mut look_ups, mut right) = (0, true);
    loop {
        let is_last = ended.load(Acquire);
        let mut fold = Fold::default();
        for place in 0..batch.len() {
            fold.add(slot.load().look_up(&batch.keys, place));
        }
        look_ups += batch.len() as u64;
        right &= fold == batch.fold;
        if is_last {
            return (look_ups, start.elapsed().as_nanos() as u64, right);
        }
        if batch.is_empty() {
            // There is nothing to look up in an empty map.
            thread::yield_now();
        }
    }
}
