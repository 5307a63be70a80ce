//! The ledger: exact counts of what the operations allocate and free, kept by the global allocator.
//!
//! Only an armed thread is counted. The operation loop arms its thread when a batch begins and disarms it when the
//! batch ends, so nothing that the harness allocates in between reaches a figure. A thread's counters are plain cells
//! in thread-local storage; live bytes and their peak are kept there too while one thread works, and in process-wide
//! atomics when several do, because the peak of a sum is not the sum of peaks.
//!
//! The operation loop says which call is at work ([`at`]), so that the highest moment and each growth event have a place
//! in the stream.
//!
//! The allocator calls `allocated`, `freed` and `reallocated`. They allocate nothing, and block only in their rare
//! parts (large blocks, growth events), on locks that nobody holds while it allocates; so any code may allocate at any
//! time.

use std::alloc::Layout;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::heap_recording::records_all;
use super::{
    address_reservation, frame_pointers, growth, large_blocks, page_occupancy, shared_live, size_class,
    thread_recorder,
};

pub use super::alloc_counts::{Counts, Live, SIZE_CLASSES};

/// Whether frees of blocks that were not counted when they were made are known: then no count can fall below zero.
pub fn knows_its_blocks() -> bool {
    address_reservation::has_all()
}

/// Whether, and how, operations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Nothing counts: the harness is at work, and what it allocates goes to an arena of its own; or the whole process
    /// counts nothing ([`count_nothing`]).
    Off,
    /// The only worker: live bytes in thread-local cells.
    Alone,
    /// One of several workers: live bytes in atomics.
    Shared,
    /// [`Counting::Alone`], and every allocation is recorded ([`super::exact_recorder`]).
    RecordedAlone,
    /// [`Counting::Shared`], and every allocation is recorded.
    RecordedShared,
}

impl Counting {
    fn shared(self) -> bool {
        matches!(self, Counting::Shared | Counting::RecordedShared)
    }

    /// Whether every allocation is recorded.
    pub fn recorded(self) -> bool {
        matches!(self, Counting::RecordedAlone | Counting::RecordedShared)
    }
}

struct ThreadLedger {
    mode: Cell<Counting>,
    worker: Cell<u16>,
    phase: Cell<u16>,
    /// The call at work, and when it began, in ticks of the clock by which growth events are timed; 0 if that was not read.
    call: Cell<u64>,
    begun: Cell<u64>,
    /// Allocations by the number of bits of their size; their sum is the number of allocations.
    by_size: [Cell<u64>; SIZE_CLASSES],
    frees: Cell<u64>,
    /// Bytes allocated and freed; their difference is what lives, as far as this thread knows.
    alloc_bytes: Cell<u64>,
    freed_bytes: Cell<u64>,
    /// Usable bytes of what this thread allocated less those of what it freed.
    usable: Cell<i64>,
    peak: Cell<i64>,
    peak_usable: Cell<i64>,
    peak_call: Cell<u64>,
    peak_event: Cell<u64>,
    /// The last call that allocated, and what was allocated and live before it.
    grown_call: Cell<u64>,
    grown_from: Cell<u64>,
    grown_live: Cell<i64>,
    /// Whether the call at work is a growth event, and the last call that was one.
    growing: Cell<bool>,
    last_growth: Cell<u64>,
    /// Whether what the thread does for the map is no call: no growth event is.
    is_between: Cell<bool>,
    /// Frame address of the allocator's entry, where a stack walk begins.
    entry_frame: Cell<usize>,
    /// Frame address of the operation loop, where a stack walk ends.
    loop_frame: Cell<usize>,
}

thread_local! {
    // Const and without a destructor: reading it never allocates, and it can be read while a thread is torn down.
    static LEDGER: ThreadLedger = const {
        ThreadLedger {
            mode: Cell::new(Counting::Off),
            worker: Cell::new(0),
            phase: Cell::new(0),
            call: Cell::new(0),
            begun: Cell::new(0),
            by_size: [const { Cell::new(0) }; SIZE_CLASSES],
            frees: Cell::new(0),
            alloc_bytes: Cell::new(0),
            freed_bytes: Cell::new(0),
            usable: Cell::new(0),
            peak: Cell::new(0),
            peak_usable: Cell::new(0),
            peak_call: Cell::new(0),
            peak_event: Cell::new(0),
            grown_call: Cell::new(u64::MAX),
            grown_from: Cell::new(0),
            grown_live: Cell::new(0),
            growing: Cell::new(false),
            last_growth: Cell::new(u64::MAX),
            is_between: Cell::new(false),
            entry_frame: Cell::new(0),
            loop_frame: Cell::new(0),
        }
    };
}

static EVENTS: AtomicU64 = AtomicU64::new(0);

/// Whether [`count_nothing`] was called.
static COUNTS_NOTHING: AtomicBool = AtomicBool::new(false);

/// From here on the allocator is jemalloc alone, on every thread and for good. Not for a process with the recorder on, whose
/// blocks have headers.
pub fn count_nothing() {
    COUNTS_NOTHING.store(!records_all(), Relaxed);
}

/// Whether the allocator has nothing to do but to ask jemalloc.
#[inline(always)]
pub(super) fn counts_nothing() -> bool {
    COUNTS_NOTHING.load(Relaxed)
}

/// How the current thread is counted.
#[inline(always)]
pub(super) fn mode() -> Counting {
    LEDGER.with(|ledger| ledger.mode.get())
}

/// Counts an allocation on a counted thread, one of several if `SHARED`. Returns whether live bytes are at a new high.
#[inline(always)]
pub(super) fn allocated<const SHARED: bool>(block: *const u8, layout: Layout) -> bool {
    let usable = size_class::usable(layout);
    born::<SHARED>(block, usable);
    LEDGER.with(|ledger| {
        count_alloc(ledger, layout.size());
        grow::<SHARED>(ledger, layout.size(), layout.size() as i64, usable as i64)
    })
}

/// Counts a free on a counted thread, one of several if `SHARED`, unless the block was not counted when it was made. Returns
/// whether it is counted.
// All of it in line: a free stands between two memory accesses of the map, which should wait for memory at the same time.
#[inline(always)]
pub(super) fn freed<const SHARED: bool>(block: *const u8, layout: Layout) -> bool {
    let usable = size_class::usable(layout);
    if !died::<SHARED>(block, usable) {
        return false;
    }
    LEDGER.with(|ledger| {
        count_free(ledger, layout.size());
        ledger.usable.set(ledger.usable.get() - usable as i64);
    });
    if SHARED {
        shared_live::freed(layout.size() as i64, usable as i64);
    }
    true
}

/// Whether a block was counted when it was made, as far as that is known: in passes whose operations have a range of
/// addresses for their blocks, and of large blocks.
#[inline(always)]
pub(super) fn is_ours(block: *const u8, layout: Layout) -> bool {
    if size_class::usable(layout) >= large_blocks::FROM {
        large_blocks::is_ours(block)
    } else {
        page_occupancy::is_ours(block)
    }
}

/// Counts a reallocation of a block that [`is_ours`] on a counted thread, one of several if `SHARED`. Live bytes change by the difference alone:
/// whether the allocator had to copy is its own affair and not the map's. Returns whether live bytes are at a new high.
#[inline(always)]
pub(super) fn reallocated<const SHARED: bool>(
    old_block: *const u8,
    old: Layout,
    block: *const u8,
    new: Layout,
) -> bool {
    let (was, is) = (size_class::usable(old), size_class::usable(new));
    died::<SHARED>(old_block, was);
    born::<SHARED>(block, is);
    LEDGER.with(|ledger| {
        count_alloc(ledger, new.size());
        count_free(ledger, old.size());
        let (bytes, usable) = (new.size() as i64 - old.size() as i64, is as i64 - was as i64);
        grow::<SHARED>(ledger, new.size(), bytes, usable)
    })
}

/// Enters a block where its pages are known from.
#[inline(always)]
fn born<const SHARED: bool>(block: *const u8, usable: usize) {
    if usable >= large_blocks::FROM {
        large_blocks::born(block, usable);
    } else {
        page_occupancy::born::<SHARED>(block, usable);
    }
}

/// Takes a block out of there. Returns whether it was entered, as far as that is known.
#[inline(always)]
fn died<const SHARED: bool>(block: *const u8, usable: usize) -> bool {
    if usable >= large_blocks::FROM {
        large_blocks::died(block)
    } else {
        page_occupancy::died::<SHARED>(block, usable)
    }
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

/// What follows from an allocation of `size` bytes that is already counted and lets live bytes grow by `bytes`: a new
/// highest moment (then `true`), or a growth event.
#[inline(always)]
fn grow<const SHARED: bool>(ledger: &ThreadLedger, size: usize, bytes: i64, usable: i64) -> bool {
    let held = ledger.usable.get() + usable;
    ledger.usable.set(held);
    let (live, highest) = if SHARED {
        let (event, worker) = (EVENTS.load(Relaxed), ledger.worker.get());
        shared_live::allocated(bytes, usable, event, (worker, ledger.call.get()), new_peak)
    } else {
        let live = ledger.alloc_bytes.get().wrapping_sub(ledger.freed_bytes.get()) as i64;
        let highest = live > ledger.peak.get();
        if highest {
            new_peak();
            ledger.peak.set(live);
            ledger.peak_usable.set(held);
            ledger.peak_call.set(ledger.call.get());
            ledger.peak_event.set(EVENTS.load(Relaxed));
        }
        (live, highest)
    };
    let call = ledger.call.get();
    if call != ledger.grown_call.get() {
        ledger.grown_call.set(call);
        ledger.grown_from.set(ledger.alloc_bytes.get() - size as u64);
        ledger.grown_live.set(live - bytes);
    }
    let allocated = ledger.alloc_bytes.get() - ledger.grown_from.get();
    if allocated as i64 > ledger.grown_live.get() >> 3 {
        growth_event(ledger, live);
    }
    highest
}

/// Tells the recorder, if there is one, that live bytes are at a new high.
#[inline(always)]
fn new_peak() {
    if records_all() {
        thread_recorder::new_peak();
    }
}

#[cold]
#[inline(never)]
fn growth_event(ledger: &ThreadLedger, live: i64) {
    if ledger.is_between.get() {
        return;
    }
    let frames = (ledger.entry_frame.get(), ledger.loop_frame.get());
    ledger.last_growth.set(ledger.call.get());
    if ledger.growing.replace(true) {
        growth::rose_further(ledger.worker.get(), live);
    } else {
        growth::began(growth::Beginning {
            phase: ledger.phase.get(),
            worker: ledger.worker.get(),
            call: ledger.call.get(),
            before: ledger.grown_live.get(),
            live,
            since: ledger.begun.get(),
            frames,
        });
    }
}

/// Says which call is at work, counted from 0 over all phases of this thread, as it begins.
#[inline(always)]
pub fn at(call: u64) {
    LEDGER.with(|ledger| {
        ledger.call.set(call);
        if let Some(now) = growth::now() {
            ledger.begun.set(now);
        }
    });
}

/// The same of a call that puts nothing in, and so seldom allocates. The clock is not read: that would keep the call from
/// waiting for memory together with the next one.
#[inline(always)]
pub fn at_untimed(call: u64) {
    LEDGER.with(|ledger| {
        ledger.call.set(call);
        ledger.begun.set(0);
    });
}

/// The call at work on this thread.
#[inline(always)]
pub(super) fn call() -> u64 {
    LEDGER.with(|ledger| ledger.call.get())
}

/// Ends the call at work, if it is a growth event.
#[inline(always)]
pub fn call_ended(enlisted: Enlisted) {
    LEDGER.with(|ledger| {
        if ledger.growing.get() {
            growth_ended(ledger, enlisted);
        }
    });
}

/// Ends the making of the map: if that was a growth event, it is one of its own, and the first call begins anew.
pub fn map_is_made(enlisted: Enlisted) {
    call_ended(enlisted);
    LEDGER.with(|ledger| ledger.grown_call.set(u64::MAX));
}

#[cold]
#[inline(never)]
fn growth_ended(ledger: &ThreadLedger, enlisted: Enlisted) {
    ledger.growing.set(false);
    let live = if enlisted.counting.shared() {
        shared_live::bytes()
    } else {
        ledger.alloc_bytes.get().wrapping_sub(ledger.freed_bytes.get()) as i64
    };
    growth::ended(ledger.worker.get(), live, ledger.alloc_bytes.get() - ledger.grown_from.get());
}

/// The phase that this thread works on.
#[inline(always)]
pub(super) fn phase() -> u16 {
    LEDGER.with(|ledger| ledger.phase.get())
}

/// Which worker this thread is.
pub(super) fn worker() -> u16 {
    LEDGER.with(|ledger| ledger.worker.get())
}

/// Whether `call` was the last growth event of this thread.
pub fn grew(call: u64) -> bool {
    LEDGER.with(|ledger| ledger.last_growth.get() == call)
}

/// Bytes allocated by this thread so far.
#[inline(always)]
pub fn allocated_bytes() -> u64 {
    LEDGER.with(|ledger| ledger.alloc_bytes.get())
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub phase: u16,
    pub worker: u16,
}

/// The place of the current thread in the run; `None` while it is not armed.
pub(super) fn place() -> Option<Place> {
    LEDGER.with(|ledger| {
        (ledger.mode.get() != Counting::Off)
            .then(|| Place { phase: ledger.phase.get(), worker: ledger.worker.get() })
    })
}

/// Frame addresses between which the current thread's stack holds the frames of an operation: the allocator's entry
/// and the operation loop. `None` while it is not armed.
pub(super) fn walk_bounds() -> Option<(usize, usize)> {
    LEDGER.with(|ledger| {
        (ledger.mode.get() != Counting::Off).then(|| (ledger.entry_frame.get(), ledger.loop_frame.get()))
    })
}

/// Which worker the current thread is. Call it once, before the first [`arm`].
pub fn enlist(worker: u16, counting: Counting) -> Enlisted {
    LEDGER.with(|ledger| ledger.worker.set(worker));
    Enlisted { counting }
}

/// Proof that the current thread is enlisted, which [`arm`] asks for.
#[derive(Clone, Copy)]
pub struct Enlisted {
    counting: Counting,
}

/// Proof of a thread that counts nothing: what is done meanwhile is the harness's.
pub fn uncounted() -> Enlisted {
    Enlisted { counting: Counting::Off }
}

/// Tells the ledger which phase the current thread works on.
pub fn enter_phase(phase: u16) {
    LEDGER.with(|ledger| ledger.phase.set(phase));
}

/// Counts the current thread's allocations until the guard is dropped. Inlined, so that the frame address it notes is
/// that of the function that called it: the operation loop.
#[inline(always)]
pub fn arm(enlisted: Enlisted) -> Armed {
    let frame = frame_pointers::address();
    LEDGER.with(|ledger| {
        ledger.loop_frame.set(frame);
        ledger.mode.set(enlisted.counting);
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
        LEDGER.with(|ledger| ledger.mode.set(Counting::Off));
    }
}

/// As [`arm`], for what is done with the map between two calls: it counts, and is no growth event of the call before it.
#[inline(always)]
pub fn arm_between(enlisted: Enlisted) -> ArmedBetween {
    LEDGER.with(|ledger| ledger.is_between.set(true));
    ArmedBetween { _armed: arm(enlisted) }
}

/// The current thread's allocations are counted while this lives, and are no call's.
pub struct ArmedBetween {
    _armed: Armed,
}

impl Drop for ArmedBetween {
    #[inline(always)]
    fn drop(&mut self) {
        LEDGER.with(|ledger| {
            ledger.is_between.set(false);
            // What the next call allocates begins with it, whatever number the last one had.
            ledger.grown_call.set(u64::MAX);
        });
    }
}

/// Does something with the map that is between two calls: what is counted meanwhile ([`arm`]) is no growth event of the call
/// before it.
pub fn between(act: impl FnOnce()) {
    LEDGER.with(|ledger| ledger.is_between.set(true));
    act();
    LEDGER.with(|ledger| {
        ledger.is_between.set(false);
        // What the next call allocates begins with it, whatever number the last one had.
        ledger.grown_call.set(u64::MAX);
    });
}

/// Counts the current thread's allocations until [`disarm`]. None of them is a call's.
pub(super) fn arm_for_good(enlisted: Enlisted) {
    std::mem::forget(arm_between(enlisted));
}

/// Ends that.
pub(super) fn disarm() {
    LEDGER.with(|ledger| ledger.mode.set(Counting::Off));
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
    match enlisted.counting {
        counting if counting.shared() => shared_live::live(),
        _ => LEDGER.with(|ledger| Live {
            bytes: ledger.alloc_bytes.get().wrapping_sub(ledger.freed_bytes.get()) as i64,
            usable: ledger.usable.get(),
            peak: ledger.peak.get(),
            peak_usable: ledger.peak_usable.get(),
            peak_call: ledger.peak_call.get(),
            peak_worker: ledger.worker.get(),
            peak_event: ledger.peak_event.get(),
        }),
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
