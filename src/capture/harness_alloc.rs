//! Allocations of the harness: not counted, and in an arena of their own, so that they share no page with the map.
//!
//! With the recorder on ([`records_all`]) they carry its header like all others, and it passes them over.

use std::alloc::Layout;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tikv_jemalloc_sys::{MALLOCX_ZERO, mallocx, rallocx, sdallocx};

use super::heap_recording::records_all;
use super::{arena, exact_recorder, exhaustion};

/// A layout that nothing else asks for: one byte, aligned to two pages.
pub(super) const PROBE: Layout = match Layout::from_size_align(1, 8192) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<u8>(),
};

static PROBED: AtomicBool = AtomicBool::new(false);

/// Whether `ask` leads to an allocation of [`PROBE`] here.
pub(super) fn is_probed(ask: impl FnOnce()) -> bool {
    PROBED.store(false, Relaxed);
    ask();
    PROBED.load(Relaxed)
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::alloc`], or `alloc_zeroed` if `zeroed`.
#[inline(never)]
pub(super) unsafe fn alloc(layout: Layout, zeroed: bool) -> *mut u8 {
    if layout == PROBE {
        PROBED.store(true, Relaxed);
    }
    if records_all() {
        // SAFETY: the caller's promise.
        return unsafe { exact_recorder::alloc_aside(layout, zeroed) };
    }
    let flags =
        arena::alignment_flags(layout) | arena::allocation_flags() | if zeroed { MALLOCX_ZERO } else { 0 };
    // SAFETY: the size is not zero, by the caller's promise.
    let block: *mut u8 = unsafe { mallocx(layout.size(), flags).cast() };
    if block.is_null() {
        exhaustion::failed(layout.size());
    }
    block
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::dealloc`].
#[inline(never)]
pub(super) unsafe fn dealloc(block: *mut u8, layout: Layout) {
    if records_all() {
        // SAFETY: with the recorder on, every block is the recorder's.
        return unsafe { exact_recorder::dealloc_aside(block, layout) };
    }
    // SAFETY: the block came from jemalloc with this size and alignment; any arena's may be freed here.
    unsafe { sdallocx(block.cast(), layout.size(), arena::alignment_flags(layout) | arena::free_flags()) };
}

/// # Safety
/// As [`std::alloc::GlobalAlloc::realloc`].
#[inline(never)]
pub(super) unsafe fn realloc(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    if records_all() {
        // SAFETY: with the recorder on, every block is the recorder's.
        return unsafe { exact_recorder::realloc_aside(block, layout, new_size) };
    }
    // SAFETY: the new size makes a layout with this alignment and is not zero, and the block came from jemalloc.
    let moved: *mut u8 = unsafe {
        let new = Layout::from_size_align_unchecked(new_size, layout.align());
        rallocx(block.cast(), new_size, arena::alignment_flags(new) | arena::allocation_flags()).cast()
    };
    if moved.is_null() {
        exhaustion::failed(new_size);
    }
    moved
}
