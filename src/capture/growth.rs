//! Growth events: operations that allocated more than an eighth of the bytes that were live before them.
//!
//! The ledger finds them while it counts, so a stack walk falls on such operations alone. That an operation is one is known
//! only in its midst, or at its end where a block was grown in place of its old one. So each operation's beginning is read
//! from the cycle counter, and the whole of it is timed. The ledger calls from inside the allocator: nothing here allocates
//! from it, and no thread that holds the one lock does.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::clock::{ClockSource, Scale};
use super::frame_pointers;
use super::harness_memory::{HarnessVec, harness_vec};

/// Events that are kept; of more, the largest.
const KEPT: usize = 256;

/// After so many events only those are looked at that are larger than the ones kept. A workload with more of them is one
/// of a tiny map, in which every allocation is an eighth of it.
const WATCHED: u64 = 20_000;

/// Return addresses that are kept of a stack.
const DEPTH: usize = 48;

/// An event.
#[derive(Debug, Clone, Copy)]
pub struct GrowthEvent {
    /// Index of the phase.
    pub phase: u16,
    /// Worker thread.
    pub worker: u16,
    /// Number of the call.
    pub call: u64,
    /// Time inside operations of the first worker when its slice of calls began, nanoseconds.
    pub ns: u64,
    /// Live bytes before the call.
    pub before: i64,
    /// Live bytes at its highest moment.
    pub highest: i64,
    /// Live bytes after it.
    pub after: i64,
    /// Bytes that it allocated.
    pub allocated: u64,
    /// The whole call, without the time in which the event was noted, nanoseconds.
    pub duration_ns: u64,
    /// The same in ticks of the clock.
    pub(super) ticks: u64,
    stack: [u64; DEPTH],
    depth: usize,
}

impl GrowthEvent {
    /// Look-up addresses of the allocation's stack, innermost first; empty without frame pointers.
    pub fn stack(&self) -> &[u64] {
        &self.stack[..self.depth]
    }
}

struct Open {
    event: GrowthEvent,
    /// When the call began, later by the time in which the event was noted. Ticks.
    since: u64,
}

struct GrowthLog {
    open: HarnessVec<Open>,
    kept: HarnessVec<GrowthEvent>,
    total: u64,
    /// Bytes of the smallest event that is kept, once there are enough.
    least: u64,
    scale: Option<Scale>,
}

static LOG: Mutex<Option<GrowthLog>> = Mutex::new(None);
static SLICE_NS: AtomicU64 = AtomicU64::new(0);
/// The clock while events are noted, by its place in [`CLOCKS`] and one more; 0 while they are not.
static CLOCK: AtomicUsize = AtomicUsize::new(0);

const CLOCKS: [ClockSource; 3] = [ClockSource::Tsc, ClockSource::Cntvct, ClockSource::Monotonic];

/// Begins to note events. A pass that does not call this pays next to nothing for them.
pub fn watch() {
    let source = ClockSource::best();
    with_log(|log| log.scale = Some(Scale::begin(source)));
    let place = CLOCKS.iter().position(|clock| *clock == source);
    CLOCK.store(place.map_or(0, |place| place + 1), Relaxed);
}

/// The clock now, in ticks, if events are noted.
#[inline(always)]
pub(super) fn now() -> Option<u64> {
    Some(CLOCKS.get(CLOCK.load(Relaxed).checked_sub(1)?)?.read())
}

/// What is known when a call becomes an event.
pub(super) struct Beginning {
    pub phase: u16,
    pub worker: u16,
    pub call: u64,
    pub before: i64,
    pub live: i64,
    /// The clock at the beginning of the call; 0 if it was not read.
    pub since: u64,
    /// The allocator's entry and the operation loop.
    pub frames: (usize, usize),
}

/// Says how much time the first worker has spent inside operations, for the events that come next.
pub fn slice_begins(ns: u64) {
    SLICE_NS.store(ns, Relaxed);
}

fn with_log(work: impl FnOnce(&mut GrowthLog)) {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    work(log.get_or_insert_with(|| GrowthLog {
        open: harness_vec(),
        kept: harness_vec(),
        total: 0,
        least: 0,
        scale: None,
    }));
}

/// A call became an event.
pub(super) fn began(now: Beginning) {
    let Some(noted) = self::now() else { return };
    with_log(|log| {
        log.total += 1;
        if log.total > WATCHED && ((now.live - now.before).max(0) as u64) < log.least {
            return;
        }
        let mut stack = [0; DEPTH];
        let mut depth = 0;
        if frame_pointers::KEPT {
            // SAFETY: the ledger's frames are of this thread, whose operation loop and allocator entry are running.
            unsafe {
                frame_pointers::walk(now.frames.0, now.frames.1, |address| {
                    // A return address minus one lies inside the call.
                    stack[depth] = (address as u64).saturating_sub(1);
                    depth += 1;
                    depth < DEPTH
                });
            }
        }
        let event = GrowthEvent {
            phase: now.phase,
            worker: now.worker,
            call: now.call,
            ns: SLICE_NS.load(Relaxed),
            before: now.before,
            // A step may have freed as much meanwhile as it allocated.
            highest: now.live.max(now.before),
            after: now.live,
            allocated: 0,
            duration_ns: 0,
            ticks: 0,
            stack,
            depth,
        };
        let since = if now.since == 0 { noted } else { now.since };
        log.open.push(Open { event, since });
        // Noting it is none of the call.
        let noting = self::now().unwrap_or(noted).saturating_sub(noted);
        if let Some(open) = log.open.last_mut() {
            open.since += noting;
        }
    });
}

/// Live bytes rose further in a call that is an event.
pub(super) fn rose_further(worker: u16, live: i64) {
    if CLOCK.load(Relaxed) == 0 {
        return;
    }
    with_log(|log| {
        if let Some(open) = log.open.iter_mut().find(|open| open.event.worker == worker) {
            open.event.highest = open.event.highest.max(live);
        }
    });
}

/// A call that is an event ended.
pub(super) fn ended(worker: u16, live: i64, allocated: u64) {
    let Some(end) = now() else { return };
    with_log(|log| {
        let Some(place) = log.open.iter().position(|open| open.event.worker == worker) else { return };
        let Open { event, since } = log.open.swap_remove(place);
        let ticks = end.saturating_sub(since);
        log.kept.push(GrowthEvent { after: live, allocated, ticks, ..event });
        // Now and then, so that it costs little: what has grown to twice the number is cut down to it.
        if log.kept.len() >= 2 * KEPT {
            log.keep_the_largest();
        }
    });
}

impl GrowthLog {
    fn keep_the_largest(&mut self) {
        self.kept
            .sort_unstable_by_key(|event| (std::cmp::Reverse(event.allocated), event.worker, event.call));
        self.kept.truncate(KEPT);
        if self.kept.len() == KEPT {
            self.least = self.kept.last().map_or(0, |event| event.allocated);
        }
    }
}

/// The largest events since [`watch`] in the order in which they came, and how many there were in all. Ends the watch;
/// `None` if there was none.
pub fn take() -> Option<(HarnessVec<GrowthEvent>, u64)> {
    if CLOCK.swap(0, Relaxed) == 0 {
        return None;
    }
    let mut taken = (harness_vec(), 0);
    with_log(|log| {
        log.keep_the_largest();
        log.kept.sort_unstable_by_key(|event| (event.phase, event.call, event.worker));
        let ns_per_tick = log.scale.map_or(1.0, |scale| scale.ns_per_tick());
        for event in log.kept.iter_mut() {
            event.duration_ns = (event.ticks as f64 * ns_per_tick).round() as u64;
        }
        taken = (std::mem::replace(&mut log.kept, harness_vec()), std::mem::take(&mut log.total));
    });
    Some(taken)
}
