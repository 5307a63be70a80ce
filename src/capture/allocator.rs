//! The global allocator: jemalloc with a ledger beside it, and a recorder where every allocation is recorded.

use std::alloc::{GlobalAlloc, Layout};

use tikv_jemallocator::Jemalloc;

use super::ledger::Counting;
use super::{aside, exact, frames, ledger};

/// jemalloc, with every allocation of an armed thread counted.
pub struct CountingAllocator;

#[global_allocator]
static GLOBAL: CountingAllocator = CountingAllocator;

/// Counts a fresh block, unless there is none.
#[inline(always)]
fn counted(mode: Counting, block: *mut u8, layout: Layout) -> *mut u8 {
    if block.is_null() {
        return block;
    }
    if mode == Counting::Shared {
        ledger::allocated::<true>(block, layout);
    } else {
        ledger::allocated::<false>(block, layout);
    }
    block
}

// SAFETY: every method hands its arguments to jemalloc, either unchanged or through `aside` and `exact`, which keep the
// same promises, and returns what they returned. Which of them a block came from does not change while the process
// lives: with the recorder on, all blocks are the recorder's. The ledger neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    // Never inlined, nor the other two that allocate: a stack walk begins at this function's frame, and needs its return
    // address to know the line of the caller that allocated.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match ledger::mode() {
            mode @ (Counting::Alone | Counting::Shared) => {
                ledger::entered(frames::address());
                // SAFETY: the caller's promise for `alloc` is jemalloc's.
                counted(mode, unsafe { Jemalloc.alloc(layout) }, layout)
            }
            // SAFETY: the caller's promise for `alloc` is jemalloc's.
            Counting::Bare => unsafe { Jemalloc.alloc(layout) },
            Counting::RecordedAlone | Counting::RecordedShared => {
                ledger::entered(frames::address());
                // SAFETY: the caller's promise for `alloc` is the recorder's.
                unsafe { exact::alloc(layout, false) }
            }
            // SAFETY: the caller's promise for `alloc` is that of `aside`.
            Counting::Off => unsafe { aside::alloc(layout, false) },
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match ledger::mode() {
            mode @ (Counting::Alone | Counting::Shared) => {
                ledger::entered(frames::address());
                // SAFETY: the caller's promise for `alloc_zeroed` is jemalloc's.
                counted(mode, unsafe { Jemalloc.alloc_zeroed(layout) }, layout)
            }
            // SAFETY: as above.
            Counting::Bare => unsafe { Jemalloc.alloc_zeroed(layout) },
            Counting::RecordedAlone | Counting::RecordedShared => {
                ledger::entered(frames::address());
                // SAFETY: the caller's promise for `alloc_zeroed` is the recorder's.
                unsafe { exact::alloc(layout, true) }
            }
            // SAFETY: the caller's promise for `alloc_zeroed` is that of `aside`.
            Counting::Off => unsafe { aside::alloc(layout, true) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match ledger::mode() {
            Counting::Alone => {
                ledger::freed::<false>(block, layout);
                // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
                unsafe { Jemalloc.dealloc(block, layout) };
            }
            Counting::Shared => {
                ledger::freed::<true>(block, layout);
                // SAFETY: as above.
                unsafe { Jemalloc.dealloc(block, layout) };
            }
            // SAFETY: as above.
            Counting::Bare => unsafe { Jemalloc.dealloc(block, layout) },
            // SAFETY: with the recorder on, `block` came from the recorder with this layout.
            Counting::RecordedAlone | Counting::RecordedShared => unsafe { exact::dealloc(block, layout) },
            // SAFETY: `block` came from this allocator with this layout.
            Counting::Off => unsafe { aside::dealloc(block, layout) },
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match ledger::mode() {
            mode @ (Counting::Alone | Counting::Shared) => {
                ledger::entered(frames::address());
                // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
                let moved = unsafe { Jemalloc.realloc(block, layout, new_size) };
                if !moved.is_null() {
                    // SAFETY: the caller promises that the new size makes a layout with this alignment.
                    let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
                    if mode == Counting::Shared {
                        ledger::reallocated::<true>(block, layout, moved, new);
                    } else {
                        ledger::reallocated::<false>(block, layout, moved, new);
                    }
                }
                moved
            }
            // SAFETY: as above.
            Counting::Bare => unsafe { Jemalloc.realloc(block, layout, new_size) },
            Counting::RecordedAlone | Counting::RecordedShared => {
                ledger::entered(frames::address());
                // SAFETY: with the recorder on, `block` came from the recorder with this layout.
                unsafe { exact::realloc(block, layout, new_size) }
            }
            // SAFETY: `block` came from this allocator with this layout.
            Counting::Off => unsafe { aside::realloc(block, layout, new_size) },
        }
    }
}
