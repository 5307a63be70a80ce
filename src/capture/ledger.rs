//! The ledger: exact counts of what the operations allocate and free, kept by the global allocator.
//!
//! Only an armed thread is counted. The operation loop arms its thread when a batch begins and disarms it when the
//! batch ends, so nothing that the harness allocates in between reaches a figure. A thread's counters are plain cells
//! in thread-local storage; live bytes and their peak are kept there too while one thread works, and in process-wide
//! atomics when several do, because the peak of a sum is not the sum of peaks.
//!
//! The allocator calls [`allocated`], [`freed`] and [`reallocated`]; they neither allocate nor block, so any code may
//! allocate at any time.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::frames;

/// What armed threads allocated and freed. Bytes are those that were requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations; a reallocation is one.
    pub allocs: u64,
    /// Frees; a reallocation is one.
    pub frees: u64,
    /// Bytes allocated; a reallocation adds its whole new size, as heap profilers count it.
    pub alloc_bytes: u64,
    /// Bytes freed; a reallocation adds its whole old size.
    pub freed_bytes: u64,
}

impl std::ops::Add for Counts {
    type Output = Counts;
    fn add(self, other: Counts) -> Counts {
        Counts {
            allocs: self.allocs + other.allocs,
            frees: self.frees + other.frees,
            alloc_bytes: self.alloc_bytes + other.alloc_bytes,
            freed_bytes: self.freed_bytes + other.freed_bytes,
        }
    }
}

impl std::ops::Sub for Counts {
    type Output = Counts;
    fn sub(self, other: Counts) -> Counts {
        Counts {
            allocs: self.allocs - other.allocs,
            frees: self.frees - other.frees,
            alloc_bytes: self.alloc_bytes - other.alloc_bytes,
            freed_bytes: self.freed_bytes - other.freed_bytes,
        }
    }
}

/// Classes of sizes that are told apart: one for each number of bits, from 0 to 64.
pub const SIZE_CLASSES: usize = usize::BITS as usize + 1;

/// The live heap of the operations: now, and at its highest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Live {
    /// Requested bytes live now.
    pub bytes: i64,
    /// Requested bytes live at the highest moment.
    pub peak: i64,
    /// The number of the heap sample event before which that moment lies (see [`next_event`]).
    pub peak_event: u64,
}

/// Whether, and how, a thread is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Not at all.
    Off,
    /// It is the only worker: live bytes in thread-local cells.
    Alone,
    /// One of several workers: live bytes in atomics.
    Shared,
}

struct ThreadLedger {
    mode: Cell<Mode>,
    /// Allocations by the number of bits of their size; their sum is the number of allocations.
    by_size: [Cell<u64>; SIZE_CLASSES],
    frees: Cell<u64>,
    alloc_bytes: Cell<u64>,
    freed_bytes: Cell<u64>,
    live: Cell<i64>,
    peak: Cell<i64>,
    peak_event: Cell<u64>,
    /// Frame address of the allocator's entry, where a stack walk begins.
    entry_frame: Cell<usize>,
    /// Frame address of the operation loop, where a stack walk ends.
    loop_frame: Cell<usize>,
    phase: Cell<u16>,
    worker: Cell<u16>,
}

thread_local! {
    // Const and without a destructor: reading it never allocates, and it can be read while a thread is torn down.
    static LEDGER: ThreadLedger = const {
        ThreadLedger {
            mode: Cell::new(Mode::Off),
            by_size: [const { Cell::new(0) }; SIZE_CLASSES],
            frees: Cell::new(0),
            alloc_bytes: Cell::new(0),
            freed_bytes: Cell::new(0),
            live: Cell::new(0),
            peak: Cell::new(0),
            peak_event: Cell::new(0),
            entry_frame: Cell::new(0),
            loop_frame: Cell::new(0),
            phase: Cell::new(0),
            worker: Cell::new(0),
        }
    };
}

static SHARED_LIVE: AtomicI64 = AtomicI64::new(0);
static SHARED_PEAK: AtomicI64 = AtomicI64::new(0);
static SHARED_PEAK_EVENT: AtomicU64 = AtomicU64::new(0);
static EVENTS: AtomicU64 = AtomicU64::new(0);

/// Counts an allocation of `size` bytes on an armed thread.
#[inline(always)]
pub(super) fn allocated(size: usize) {
    LEDGER.with(|ledger| match ledger.mode.get() {
        Mode::Off => {}
        mode => {
            count_alloc(ledger, size);
            grow(ledger, mode, size as i64);
        }
    });
}

/// Counts a free of `size` bytes on an armed thread.
#[inline(always)]
pub(super) fn freed(size: usize) {
    LEDGER.with(|ledger| match ledger.mode.get() {
        Mode::Off => {}
        Mode::Alone => {
            count_free(ledger, size);
            ledger.live.set(ledger.live.get() - size as i64);
        }
        Mode::Shared => {
            count_free(ledger, size);
            SHARED_LIVE.fetch_sub(size as i64, Relaxed);
        }
    });
}

/// Counts a reallocation on an armed thread. Live bytes change by the difference alone: whether the allocator had to
/// copy is its own affair and not the map's.
#[inline(always)]
pub(super) fn reallocated(old: usize, new: usize) {
    LEDGER.with(|ledger| match ledger.mode.get() {
        Mode::Off => {}
        mode => {
            count_alloc(ledger, new);
            count_free(ledger, old);
            grow(ledger, mode, new as i64 - old as i64);
        }
    });
}

#[inline(always)]
fn count_alloc(ledger: &ThreadLedger, size: usize) {
    let class = &ledger.by_size[(usize::BITS - size.leading_zeros()) as usize];
    class.set(class.get() + 1);
    ledger.alloc_bytes.set(ledger.alloc_bytes.get() + size as u64);
}

#[inline(always)]
fn count_free(ledger: &ThreadLedger, size: usize) {
    ledger.frees.set(ledger.frees.get() + 1);
    ledger.freed_bytes.set(ledger.freed_bytes.get() + size as u64);
}

#[inline(always)]
fn grow(ledger: &ThreadLedger, mode: Mode, bytes: i64) {
    if mode == Mode::Alone {
        let live = ledger.live.get() + bytes;
        ledger.live.set(live);
        if live > ledger.peak.get() {
            ledger.peak.set(live);
            ledger.peak_event.set(EVENTS.load(Relaxed));
        }
    } else {
        let live = SHARED_LIVE.fetch_add(bytes, Relaxed) + bytes;
        if live > SHARED_PEAK.load(Relaxed) && SHARED_PEAK.fetch_max(live, Relaxed) < live {
            SHARED_PEAK_EVENT.store(EVENTS.load(Relaxed), Relaxed);
        }
    }
}

/// Notes where the allocator was entered, for a stack walk from inside it.
#[inline(always)]
pub(super) fn entered(frame: usize) {
    LEDGER.with(|ledger| ledger.entry_frame.set(frame));
}

/// The next number of the sequence of heap sample events. Births and deaths of samples and the moment of the peak are
/// all placed in this one sequence, so what was live at the peak is known exactly.
pub(super) fn next_event() -> u64 {
    EVENTS.fetch_add(1, Relaxed) + 1
}

/// The number of heap sample events so far.
pub fn events() -> u64 {
    EVENTS.load(Relaxed)
}

/// What a recorder must know of the thread on which an allocation was sampled.
pub(super) struct Place {
    pub phase: u16,
    pub worker: u16,
}

/// The place of the current thread in the run; `None` while it is not armed.
pub(super) fn place() -> Option<Place> {
    LEDGER.with(|ledger| {
        (ledger.mode.get() != Mode::Off)
            .then(|| Place { phase: ledger.phase.get(), worker: ledger.worker.get() })
    })
}

/// Frame addresses between which the current thread's stack holds the frames of an operation: the allocator's entry
/// and the operation loop. `None` while it is not armed.
pub(super) fn walk_bounds() -> Option<(usize, usize)> {
    LEDGER.with(|ledger| {
        (ledger.mode.get() != Mode::Off).then(|| (ledger.entry_frame.get(), ledger.loop_frame.get()))
    })
}

/// Which worker the current thread is, and whether it is the only one. Call it once, before the first [`arm`].
pub fn enlist(worker: u16, alone: bool) -> Enlisted {
    LEDGER.with(|ledger| ledger.worker.set(worker));
    Enlisted { mode: if alone { Mode::Alone } else { Mode::Shared } }
}

/// Proof that the current thread is enlisted, which [`arm`] asks for.
#[derive(Clone, Copy)]
pub struct Enlisted {
    mode: Mode,
}

/// Tells the ledger which phase the current thread works on.
pub fn enter_phase(phase: u16) {
    LEDGER.with(|ledger| ledger.phase.set(phase));
}

/// Counts the current thread's allocations until the guard is dropped. Inlined, so that the frame address it notes is
/// that of the function that called it: the operation loop.
#[inline(always)]
pub fn arm(enlisted: Enlisted) -> Armed {
    let frame = frames::address();
    LEDGER.with(|ledger| {
        ledger.loop_frame.set(frame);
        ledger.mode.set(enlisted.mode);
    });
    Armed { _not_send: std::marker::PhantomData }
}

/// The current thread's allocations are counted while this lives.
pub struct Armed {
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Drop for Armed {
    #[inline(always)]
    fn drop(&mut self) {
        LEDGER.with(|ledger| ledger.mode.set(Mode::Off));
    }
}

/// The current thread's counts so far.
pub fn counts() -> Counts {
    LEDGER.with(|ledger| Counts {
        allocs: ledger.by_size.iter().map(Cell::get).sum(),
        frees: ledger.frees.get(),
        alloc_bytes: ledger.alloc_bytes.get(),
        freed_bytes: ledger.freed_bytes.get(),
    })
}

/// The current thread's allocations by the number of bits of their size: class `n` counts sizes from 2^(n-1) to 2^n - 1.
pub fn sizes() -> [u64; SIZE_CLASSES] {
    LEDGER.with(|ledger| std::array::from_fn(|class| ledger.by_size[class].get()))
}

/// The live heap as the current thread knows it: its own if it is the only worker, the process's otherwise.
pub fn live(enlisted: Enlisted) -> Live {
    match enlisted.mode {
        Mode::Shared => Live {
            bytes: SHARED_LIVE.load(Relaxed),
            peak: SHARED_PEAK.load(Relaxed),
            peak_event: SHARED_PEAK_EVENT.load(Relaxed),
        },
        _ => LEDGER.with(|ledger| Live {
            bytes: ledger.live.get(),
            peak: ledger.peak.get(),
            peak_event: ledger.peak_event.get(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    fn on_a_fresh_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(work).join().unwrap())
    }

    #[test]
    fn only_armed_allocations_are_counted() {
        on_a_fresh_thread(|| {
            let me = enlist(0, true);
            let before = black_box(vec![1u8; 1000]);
            let armed = arm(me);
            let mut kept = black_box(Vec::<u8>::with_capacity(100));
            kept.reserve_exact(300);
            drop(black_box(vec![2u8; 50]));
            drop(armed);
            drop(before);
            let counts = counts();
            assert_eq!(counts, Counts { allocs: 3, frees: 2, alloc_bytes: 450, freed_bytes: 150 });
            assert_eq!(live(me).bytes, 300);
            assert_eq!(live(me).peak, 350);
            drop(kept);
        });
    }

    #[test]
    fn several_threads_have_one_live_heap() {
        std::thread::scope(|scope| {
            for worker in 0..4 {
                scope.spawn(move || {
                    let me = enlist(worker, false);
                    let armed = arm(me);
                    for _ in 0..1000 {
                        drop(black_box(vec![0u8; 64]));
                    }
                    drop(armed);
                    assert_eq!(counts().allocs, 1000);
                    assert_eq!(counts().freed_bytes, 64_000);
                });
            }
        });
        on_a_fresh_thread(|| {
            let live = live(enlist(0, false));
            assert_eq!(live.bytes, 0);
            assert!((64..=4 * 64).contains(&live.peak));
        });
    }
}
