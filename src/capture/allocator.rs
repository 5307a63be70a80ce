//! The global allocator: jemalloc with a ledger beside it.

use std::alloc::{GlobalAlloc, Layout};

use tikv_jemallocator::Jemalloc;

use super::{frames, ledger};

/// jemalloc, with every allocation of an armed thread counted.
pub struct CountingAllocator;

#[global_allocator]
static GLOBAL: CountingAllocator = CountingAllocator;

// SAFETY: every method hands its arguments to jemalloc unchanged and returns what jemalloc returned; the ledger neither
// allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    // Never inlined, nor the other two that allocate: a stack walk begins at this function's frame, and needs its return
    // address to know the line of the caller that allocated.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ledger::entered(frames::address());
        // SAFETY: the caller's promise for `alloc` is jemalloc's.
        let block = unsafe { Jemalloc.alloc(layout) };
        if !block.is_null() {
            ledger::allocated(layout.size());
        }
        block
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ledger::entered(frames::address());
        // SAFETY: the caller's promise for `alloc_zeroed` is jemalloc's.
        let block = unsafe { Jemalloc.alloc_zeroed(layout) };
        if !block.is_null() {
            ledger::allocated(layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        ledger::freed(layout.size());
        // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
        unsafe { Jemalloc.dealloc(block, layout) };
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ledger::entered(frames::address());
        // SAFETY: `block` came from jemalloc with this layout, by the caller's promise.
        let moved = unsafe { Jemalloc.realloc(block, layout, new_size) };
        if !moved.is_null() {
            ledger::reallocated(layout.size(), new_size);
        }
        moved
    }
}
