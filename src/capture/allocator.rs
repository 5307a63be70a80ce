//! The allocator: jemalloc with a ledger beside it, and a recorder where every allocation is recorded.

use std::alloc::{GlobalAlloc, Layout};

use tikv_jemallocator::Jemalloc;

use super::ledger::Counting;
use super::{exact_recorder, frame_pointers, harness_alloc, ledger};

/// jemalloc, with every allocation of an armed thread counted. [`crate::install_allocator!`] makes it the global allocator.
pub struct CountingAllocator;

/// The library's own unit tests count too.
#[cfg(test)]
#[global_allocator]
static GLOBAL: CountingAllocator = CountingAllocator;

/// Makes mapprof's counting allocator the global allocator of a program. Write it once, at the top of `main.rs`.
///
/// Passes that count or record allocations (memory, latency, heap, dump, leaks) need it and are refused without it. Times
/// and CPU profiles work with any allocator.
#[macro_export]
macro_rules! install_allocator {
    () => {
        #[global_allocator]
        static MAPPROF_ALLOCATOR: $crate::CountingAllocator = $crate::CountingAllocator;
    };
}

/// Whether [`CountingAllocator`] is the global allocator of this process. It asks for a block of a layout that nothing else
/// asks for, and looks whether the allocator saw it (`harness_alloc::is_probed`). The thread must not be armed, and
/// [`ledger::count_nothing`] not called yet.
pub fn is_installed() -> bool {
    let layout = std::hint::black_box(harness_alloc::PROBE);
    harness_alloc::is_probed(|| {
        // SAFETY: the layout has a size.
        let block = std::hint::black_box(unsafe { std::alloc::alloc(layout) });
        if !block.is_null() {
            // SAFETY: the block has this layout, and nothing refers to it.
            unsafe { std::alloc::dealloc(block, layout) };
        }
    })
}

/// Counts a fresh block, unless there is none.
#[inline(always)]
fn counted<const SHARED: bool>(block: *mut u8, layout: Layout) -> *mut u8 {
    if !block.is_null() {
        ledger::allocated::<SHARED>(block, layout);
    }
    block
}

/// What a process that counts does for each mode of the thread. Out of line: where nothing is counted, a comparison is all
/// that stands between the caller and jemalloc. Each instruction between two memory accesses of a map keeps them from
/// waiting at the same time.
// Never inlined, those that count or record an allocation: a stack walk begins at the function's frame, and needs its
// return address to know the line of the caller that allocated.
mod accounted {
    use super::*;

    /// # Safety
    /// As [`GlobalAlloc::alloc`], or as its `alloc_zeroed` if `ZEROED`.
    #[inline(never)]
    pub(super) unsafe fn alloc<const ZEROED: bool>(layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is jemalloc's.
        let fresh = || unsafe {
            match ZEROED {
                true => Jemalloc.alloc_zeroed(layout),
                false => Jemalloc.alloc(layout),
            }
        };
        match ledger::mode() {
            Counting::Alone => {
                ledger::entered(frame_pointers::address());
                counted::<false>(fresh(), layout)
            }
            Counting::Shared => {
                ledger::entered(frame_pointers::address());
                counted::<true>(fresh(), layout)
            }
            Counting::RecordedAlone | Counting::RecordedShared => {
                ledger::entered(frame_pointers::address());
                // SAFETY: the caller's promise is the recorder's.
                unsafe { exact_recorder::alloc(layout, ZEROED) }
            }
            // SAFETY: the caller's promise is that of `aside`.
            Counting::Off => unsafe { harness_alloc::alloc(layout, ZEROED) },
        }
    }

    /// # Safety
    /// As [`GlobalAlloc::dealloc`].
    #[inline(never)]
    pub(super) unsafe fn dealloc(block: *mut u8, layout: Layout) {
        let is_counted = match ledger::mode() {
            Counting::Alone => ledger::freed::<false>(block, layout),
            Counting::Shared => ledger::freed::<true>(block, layout),
            // SAFETY: with the recorder on, `block` came from the recorder with this layout.
            Counting::RecordedAlone | Counting::RecordedShared => unsafe {
                return exact_recorder::dealloc(block, layout);
            },
            Counting::Off => false,
        };
        // SAFETY: `block` came from jemalloc with this layout, by the caller's promise, directly or through `aside`.
        unsafe {
            match is_counted {
                true => Jemalloc.dealloc(block, layout),
                false => harness_alloc::dealloc(block, layout),
            }
        }
    }

    /// # Safety
    /// As [`GlobalAlloc::realloc`].
    #[inline(never)]
    pub(super) unsafe fn realloc(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match ledger::mode() {
            mode @ (Counting::Alone | Counting::Shared) => {
                ledger::entered(frame_pointers::address());
                // SAFETY: the caller promises that the new size makes a layout with this alignment.
                let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
                if !ledger::is_ours(block, layout) {
                    // SAFETY: the caller's promise, for the new layout and for the block.
                    return unsafe { adopt(block, layout, alloc::<false>(new), new) };
                }
                // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
                let moved = unsafe { Jemalloc.realloc(block, layout, new_size) };
                if !moved.is_null() {
                    if mode == Counting::Shared {
                        ledger::reallocated::<true>(block, layout, moved, new);
                    } else {
                        ledger::reallocated::<false>(block, layout, moved, new);
                    }
                }
                moved
            }
            Counting::RecordedAlone | Counting::RecordedShared => {
                ledger::entered(frame_pointers::address());
                // SAFETY: with the recorder on, `block` came from the recorder with this layout.
                unsafe { exact_recorder::realloc(block, layout, new_size) }
            }
            // SAFETY: `block` came from this allocator with this layout.
            Counting::Off => unsafe { harness_alloc::realloc(block, layout, new_size) },
        }
    }

    /// Moves what an uncounted block holds into a counted one, and frees it. Returns the new one.
    ///
    /// # Safety
    /// `block` is live and has the layout `old`; `fresh`, unless there is none, has the layout `new`.
    #[cold]
    #[inline(never)]
    unsafe fn adopt(block: *mut u8, old: Layout, fresh: *mut u8, new: Layout) -> *mut u8 {
        if !fresh.is_null() {
            // SAFETY: both blocks are that large and do not overlap; the old one was made outside of the operations.
            unsafe {
                std::ptr::copy_nonoverlapping(block, fresh, old.size().min(new.size()));
                harness_alloc::dealloc(block, old);
            }
        }
        fresh
    }
}

// SAFETY: every method hands its arguments to jemalloc, either unchanged or through `aside` and `exact`, which keep the
// same promises, and returns what they returned. With the recorder on, all blocks are the recorder's while the process
// lives, since such a process never stops to count; all others are jemalloc's. The ledger neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match ledger::counts_nothing() {
            // SAFETY: the caller's promise for `alloc` is jemalloc's.
            true => unsafe { Jemalloc.alloc(layout) },
            // SAFETY: the caller's own promise.
            false => unsafe { accounted::alloc::<false>(layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match ledger::counts_nothing() {
            // SAFETY: the caller's promise for `alloc_zeroed` is jemalloc's.
            true => unsafe { Jemalloc.alloc_zeroed(layout) },
            // SAFETY: the caller's own promise.
            false => unsafe { accounted::alloc::<true>(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match ledger::counts_nothing() {
            // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
            true => unsafe { Jemalloc.dealloc(block, layout) },
            // SAFETY: the caller's own promise.
            false => unsafe { accounted::dealloc(block, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match ledger::counts_nothing() {
            // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
            true => unsafe { Jemalloc.realloc(block, layout, new_size) },
            // SAFETY: the caller's own promise.
            false => unsafe { accounted::realloc(block, layout, new_size) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_tests_have_the_allocator_installed() {
        assert!(is_installed());
    }
}
