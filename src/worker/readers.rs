//! Threads that look keys up in a map while the main thread has another one take its place.

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Acquire, Ordering::Release};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use arc_swap::{ArcSwap, Guard};

use super::map_set::MapSet;
use crate::capture::cpu::thread_cpu_ns;
use crate::record::Readers;
use crate::workload::Batch;

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

/// The result of [`read_during`].
pub(super) struct ReadOutcome<T> {
    /// What the work returned.
    pub outcome: T,
    /// The map that is there at the end.
    pub maps: Box<dyn MapSet>,
    /// What the readers did during the work.
    pub done: Readers,
    /// Whether every answer was right, before and after the work too.
    pub right: bool,
}

/// Where the main thread is, as readers see it.
const BEFORE: u8 = 0;
const DURING: u8 = 1;
const AFTER: u8 = 2;

/// Does `work` while `threads` threads look up the keys of `batch`, which is checked, in a map, over and over. Fails with the number of
/// the thread that cannot be started.
///
/// The work begins when each reader has looked every key up once, and the readers go on until it has ended. What they do is neither
/// counted nor sampled.
pub(super) fn read_during<T>(
    maps: Box<dyn MapSet>,
    batch: &Batch,
    threads: u64,
    work: impl FnOnce(&Slot) -> T,
) -> Result<ReadOutcome<T>, (u64, io::Error)> {
    let slot = Slot(ArcSwap::from_pointee(maps));
    let (ready, stage, gate) = (AtomicU64::new(0), AtomicU8::new(BEFORE), RwLock::new(()));
    let (outcome, done, right) = thread::scope(|scope| {
        // Readers that run would keep the others from being started.
        let closed = gate.write().unwrap_or_else(PoisonError::into_inner);
        let mut readers = Vec::with_capacity(threads as usize);
        for number in 0..threads {
            let read = || {
                drop(gate.read());
                let right = all_right(&slot, batch);
                ready.fetch_add(1, Release);
                read_until_after(&slot, batch, &stage, right)
            };
            let builder = thread::Builder::new().name(format!("reader-{number}"));
            match builder.spawn_scoped(scope, read) {
                Ok(reader) => readers.push(reader),
                Err(error) => {
                    stage.store(AFTER, Release);
                    return Err((number, error));
                }
            }
        }
        drop(closed);
        while ready.load(Acquire) < threads {
            thread::yield_now();
        }
        stage.store(DURING, Release);
        let outcome = work(&slot);
        stage.store(AFTER, Release);
        let (mut done, mut right) = (Readers { threads, ..Readers::default() }, true);
        for reader in readers {
            // One that panicked has ended the process.
            if let Ok((look_ups, cpu_ns, is_right)) = reader.join() {
                done.look_ups += look_ups;
                done.cpu_ns += cpu_ns;
                right &= is_right;
            }
        }
        Ok((outcome, done, right))
    })?;
    Ok(ReadOutcome { outcome, maps: alone(slot.0.into_inner()), done, right })
}

/// Looks the key at `place` up. Whether the answer is the right one.
fn is_right(slot: &Slot, batch: &Batch, place: usize) -> bool {
    batch.answers.get(place).is_some_and(|right| slot.load().look_up(&batch.keys, place) == *right)
}

/// Looks every key up. Whether all answers are right.
fn all_right(slot: &Slot, batch: &Batch) -> bool {
    (0..batch.len()).all(|place| is_right(slot, batch, place))
}

/// Looks the keys up until the work has ended, and once more then. Returns how often it did during the work, the nanoseconds of CPU time
/// that it took for that, and whether all answers were right.
fn read_until_after(slot: &Slot, batch: &Batch, stage: &AtomicU8, mut right: bool) -> (u64, u64, bool) {
    let mut places = (0..batch.len()).cycle();
    let mut look_ups = |while_in: u8, right: &mut bool| {
        let mut look_ups = 0;
        while stage.load(Acquire) == while_in {
            match places.next() {
                Some(place) => *right &= is_right(slot, batch, place),
                // There is nothing to look up in an empty map.
                None => {
                    thread::yield_now();
                    continue;
                }
            }
            look_ups += 1;
        }
        look_ups
    };
    look_ups(BEFORE, &mut right);
    let start = thread_cpu_ns();
    let during = look_ups(DURING, &mut right);
    let cpu_ns = thread_cpu_ns() - start;
    right &= all_right(slot, batch);
    (during, cpu_ns, right)
}
