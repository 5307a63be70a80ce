//! Recording every allocation: where it came from, when it was made, and whether it was live at the highest moment.
//!
//! Each block carries a header of 16 bytes in front (more if it is aligned by more): who made it and at which call.
//! So a free finds its allocation without a search, on any thread. Each thread keeps a `AllocStats` of its own; what it
//! frees of another thread's goes into its own sums too, under the other's name, and all of them are added up in the end.
//! Nothing is locked while operations run.
//!
//! A free must read the header, which nobody may have looked at for long; waiting for it would cost more than all else.
//! So small blocks are freed a few frees late: their headers are fetched meanwhile (`Pending`).
//!
//! Whether a process records is decided by an environment variable before its first allocation and never changes:
//! a free must know whether there is a header. Headers make blocks larger, so figures of memory come from another pass.
//!
//! Everything here runs inside the allocator: it allocates harness memory alone and does not unwind.

use std::alloc::Layout;
use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use tikv_jemalloc_sys::{MALLOCX_ZERO, mallocx, rallocx, sdallocx};

use super::harness_memory::{Harness, HarnessVec, harness_vec};
use super::ledger::Counting;
use super::thread_recorder::{self, AllocStats, Owner, Size, When};
use super::{arena, frame_pointers, ledger};

/// The least room for a header; what a block with the usual alignment has in front.
const ROOM: usize = 16;

/// The deepest stack that is kept.
const DEPTH: usize = 64;

/// What stands in front of each block.
#[derive(Clone, Copy)]
struct Header {
    owner: Owner,
    /// The call at which it was made.
    born: u64,
}

const _: () = assert!(size_of::<Header>() == ROOM);

/// Frees that are put off, per thread.
const PUT_OFF: usize = 32;

/// From how many bytes on a block is freed at once: so much memory should not be held back.
const AT_ONCE: usize = 16 << 10;

/// A block that the program has freed and that is still to be entered and given back.
#[derive(Clone, Copy)]
struct Pending {
    /// Null: nothing is put off here.
    block: *mut u8,
    layout: Layout,
    /// The phase and the call that freed it, and the peak epoch in which that was.
    phase: u16,
    call: u64,
    peak_epoch: u64,
}

impl Pending {
    const NOTHING: Pending = Pending {
        block: std::ptr::null_mut(),
        layout: Layout::new::<()>(),
        phase: 0,
        call: 0,
        peak_epoch: 0,
    };
}

/// What one thread keeps while it records.
struct ThreadRecorder {
    stats: AllocStats,
    pending: [Pending; PUT_OFF],
    /// The place of the oldest.
    next: usize,
}

impl ThreadRecorder {
    /// Enters the death of a block and gives it back.
    ///
    /// # Safety
    /// The block is this module's, and the program has freed it.
    #[inline(always)]
    unsafe fn close(&mut self, pending: Pending) {
        let Pending { block, layout, phase, call, peak_epoch } = pending;
        // SAFETY: the block is still there, so a header stands before it; then it is given back as it was taken.
        unsafe {
            let Header { owner, born } = header(block).read();
            let when = When::BelowPeak(peak_epoch);
            self.stats.died(owner, phase, Size::of(layout), (born, call), when);
            let whole = whole(layout);
            sdallocx(block.sub(room(layout)).cast(), whole.size(), arena::alignment_flags(whole));
        }
    }

    /// Closes all that was put off.
    fn close_all(&mut self) {
        for place in 0..PUT_OFF {
            let pending = std::mem::replace(&mut self.pending[place], Pending::NOTHING);
            if !pending.block.is_null() {
                // SAFETY: it was put off by `dealloc`, whose caller promised this.
                unsafe { self.close(pending) };
            }
        }
    }
}

thread_local! {
    /// This thread's recorder; null until its first recorded allocation or free. Const and without a destructor, so that it
    /// can be read at any time.
    static RECORDER: Cell<*mut ThreadRecorder> = const { Cell::new(std::ptr::null_mut()) };
}

/// All desks. They stand until the process ends.
struct Recorders(HarnessVec<*mut ThreadRecorder>);

// SAFETY: the pointers are followed by the thread that owns the recorder, and, while no thread operates, by `read_all`.
unsafe impl Send for Recorders {}

static RECORDERS: Mutex<Option<Recorders>> = Mutex::new(None);

/// This thread's recorder.
#[inline]
fn recorder() -> *mut ThreadRecorder {
    let recorder = RECORDER.get();
    if recorder.is_null() { new_recorder() } else { recorder }
}

#[cold]
#[inline(never)]
fn new_recorder() -> *mut ThreadRecorder {
    let mut recorders = RECORDERS.lock().unwrap_or_else(PoisonError::into_inner);
    let recorders = &mut recorders.get_or_insert_with(|| Recorders(harness_vec())).0;
    // The last number is that of `Owner::NOBODY`.
    let number = (recorders.len() as u64).min(u64::from(u16::MAX) - 1) as u16;
    let fresh = ThreadRecorder {
        stats: AllocStats::new(number, ledger::worker()),
        pending: [Pending::NOTHING; PUT_OFF],
        next: 0,
    };
    let fresh = allocator_api2::boxed::Box::new_in(fresh, Harness);
    let recorder = allocator_api2::boxed::Box::into_raw_with_allocator(fresh).0;
    RECORDER.set(recorder);
    recorders.push(recorder);
    recorder
}

/// Hands the sums of all threads to `read`. Only while no thread operates: between two phases, where all wait for the one that reads,
/// and at the end.
pub(super) fn read_all(read: impl FnOnce(&[&AllocStats])) {
    let recorders = RECORDERS.lock().unwrap_or_else(PoisonError::into_inner);
    let desks = || recorders.iter().flat_map(|recorders| recorders.0.iter());
    // SAFETY: desks are never freed, and nobody else touches one while no thread operates.
    desks().for_each(|recorder| unsafe { (**recorder).close_all() });
    // SAFETY: as above.
    let all_stats: Vec<&AllocStats> = desks().map(|recorder| unsafe { &(**recorder).stats }).collect();
    read(&all_stats);
}

/// Bytes in front of a block of this alignment.
#[inline(always)]
fn room(layout: Layout) -> usize {
    layout.align().max(ROOM)
}

/// The layout of block and header together. The size cannot overflow: a layout's size is at most `isize::MAX`, and
/// jemalloc refuses what is larger.
#[inline(always)]
fn whole(layout: Layout) -> Layout {
    // SAFETY: the alignment is one of a layout; the size is only handed to jemalloc, which refuses what is too large.
    unsafe {
        Layout::from_size_align_unchecked(
            (layout.size() + room(layout)).min(isize::MAX as usize - layout.align()),
            layout.align(),
        )
    }
}

/// Walks from the allocator's entry to the operation loop.
#[inline(always)]
fn stack(addresses: &mut [u64; DEPTH]) -> usize {
    let mut depth = 0;
    let mut keep = |address: usize| {
        // A return address minus one lies inside the call.
        addresses[depth] = (address as u64).wrapping_sub(1);
        depth += 1;
        depth < DEPTH
    };
    if frame_pointers::KEPT {
        if let Some((entry, end)) = ledger::walk_bounds() {
            // SAFETY: the ledger's frames are of this armed thread, whose operation loop and allocator entry are running.
            unsafe { frame_pointers::walk(entry, end, keep) };
        }
    } else {
        frame_pointers::unwind(&mut keep);
    }
    depth
}

/// A block with its header, of jemalloc.
///
/// # Safety
/// As [`std::alloc::GlobalAlloc::alloc`]; a size of zero is allowed.
#[inline(always)]
unsafe fn take(layout: Layout, flags: i32) -> *mut u8 {
    let whole = whole(layout);
    // SAFETY: the size is at least that of a header.
    let start: *mut u8 = unsafe { mallocx(whole.size(), arena::alignment_flags(whole) | flags).cast() };
    if start.is_null() {
        return start;
    }
    // SAFETY: the block has `room` bytes in front of what was asked for.
    unsafe { start.add(room(layout)) }
}

/// # Safety
/// `block` came from [`take`] and is not freed.
#[inline(always)]
unsafe fn header(block: *mut u8) -> *mut Header {
    // SAFETY: the header lies right in front. It is aligned: blocks are aligned by 16 and so is what `room` adds.
    unsafe { block.sub(ROOM).cast() }
}

/// Asks the processor for a header that is read later.
#[inline(always)]
fn fetch(header: *const Header) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; it may name any address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(header.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = header;
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::alloc`] or `alloc_zeroed`, on an armed thread.
#[inline(never)]
pub(super) unsafe fn alloc(layout: Layout, zeroed: bool) -> *mut u8 {
    // SAFETY: the caller's promise.
    let block = unsafe { take(layout, if zeroed { MALLOCX_ZERO } else { 0 }) };
    if !block.is_null() {
        let highest = match ledger::mode() {
            Counting::RecordedShared => ledger::allocated::<true>(block, layout),
            _ => ledger::allocated::<false>(block, layout),
        };
        // Before the walk, which takes long enough for other threads to free much.
        let when = When::now(highest);
        let mut addresses = [0; DEPTH];
        let depth = stack(&mut addresses);
        let born = ledger::call();
        // SAFETY: the recorder is this thread's, and no other thread uses it while operations run; `take` left room for the
        // header in front of the block.
        unsafe {
            let stats = &mut (*recorder()).stats;
            let owner = stats.born(&addresses[..depth], ledger::phase(), Size::of(layout), born, when);
            header(block).write(Header { owner, born });
        }
    }
    block
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::dealloc`], on an armed thread, `block` being this module's.
#[inline(never)]
pub(super) unsafe fn dealloc(block: *mut u8, layout: Layout) {
    // A block that was made outside of the operations is not counted, and its header says so.
    match ledger::mode() {
        Counting::RecordedShared => ledger::freed::<true>(block, layout),
        _ => ledger::freed::<false>(block, layout),
    };
    let (phase, call) = (ledger::phase(), ledger::call());
    let pending = Pending { block, layout, phase, call, peak_epoch: thread_recorder::peak_epoch() };
    // SAFETY: the recorder is this thread's; the blocks are this module's, and the program has freed them.
    unsafe {
        let recorder = &mut *recorder();
        if layout.size() >= AT_ONCE {
            return recorder.close(pending);
        }
        fetch(header(block));
        let oldest = std::mem::replace(&mut recorder.pending[recorder.next % PUT_OFF], pending);
        recorder.next = recorder.next.wrapping_add(1);
        if !oldest.block.is_null() {
            recorder.close(oldest);
        }
    }
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::realloc`], on an armed thread, `block` being this module's.
#[inline(never)]
pub(super) unsafe fn realloc(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    // SAFETY: the caller's promises; the new size makes a layout with this alignment.
    unsafe {
        let new = Layout::from_size_align_unchecked(new_size, layout.align());
        if !ledger::is_ours(block, layout) {
            let fresh = alloc(new, false);
            if !fresh.is_null() {
                std::ptr::copy_nonoverlapping(block, fresh, layout.size().min(new_size));
                dealloc_aside(block, layout);
            }
            return fresh;
        }
        let Header { owner, born } = header(block).read();
        let moved = regrow(block, layout, new, 0);
        if !moved.is_null() {
            let highest = match ledger::mode() {
                Counting::RecordedShared => ledger::reallocated::<true>(block, layout, moved, new),
                _ => ledger::reallocated::<false>(block, layout, moved, new),
            };
            // Both belong to one moment: at a new high neither may hide the state of an older one.
            let when = When::now(highest);
            let (recorder, now) = (&mut *recorder(), ledger::call());
            let mut addresses = [0; DEPTH];
            let depth = stack(&mut addresses);
            let phase = ledger::phase();
            recorder.stats.died(owner, phase, Size::of(layout), (born, now), when);
            let owner = recorder.stats.born(&addresses[..depth], phase, Size::of(new), now, when);
            header(moved).write(Header { owner, born: now });
        }
        moved
    }
}

/// # Safety
/// `block` is this module's, with the layout `old`; `new` has the same alignment.
#[inline(always)]
unsafe fn regrow(block: *mut u8, old: Layout, new: Layout, flags: i32) -> *mut u8 {
    let whole = whole(new);
    // SAFETY: the block begins `room` bytes before, which the alignment alone decides, so old and new agree.
    unsafe {
        let start = block.sub(room(old)).cast();
        let moved: *mut u8 = rallocx(start, whole.size(), arena::alignment_flags(whole) | flags).cast();
        if moved.is_null() { moved } else { moved.add(room(new)) }
    }
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::alloc`] or `alloc_zeroed`. The block is not recorded.
pub(super) unsafe fn alloc_aside(layout: Layout, zeroed: bool) -> *mut u8 {
    let flags = arena::allocation_flags() | if zeroed { MALLOCX_ZERO } else { 0 };
    // SAFETY: the caller's promise; `take` left room for the header.
    unsafe {
        let block = take(layout, flags);
        if !block.is_null() {
            header(block).write(Header { owner: Owner::NOBODY, born: 0 });
        }
        block
    }
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::dealloc`], `block` being this module's. Nothing is recorded.
pub(super) unsafe fn dealloc_aside(block: *mut u8, layout: Layout) {
    let whole = whole(layout);
    // SAFETY: the block begins `room` bytes before, and has the size of `whole`.
    unsafe {
        let flags = arena::alignment_flags(whole) | arena::free_flags();
        sdallocx(block.sub(room(layout)).cast(), whole.size(), flags);
    }
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::realloc`], `block` being this module's. Nothing is recorded; a recorded block keeps its
/// owner.
pub(super) unsafe fn realloc_aside(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    // SAFETY: the caller's promise. The header moves with the block.
    unsafe {
        let new = Layout::from_size_align_unchecked(new_size, layout.align());
        regrow(block, layout, new, arena::allocation_flags())
    }
}
