//! The harness's own memory, kept apart from what is measured.
//!
//! Small blocks come from the C library's allocator, large ones straight from the kernel in mappings that are left out
//! of core dumps. No other memory of the process carries that mark, so the kernel's list of mappings tells which
//! resident pages are the harness's ([`super::pages`]).

use std::alloc::{Layout, System};
use std::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
use rustix::mm::{Advice, MapFlags, MremapFlags, ProtFlags};

/// A vector in harness memory, so that it reaches no figure.
pub type HarnessVec<T> = allocator_api2::vec::Vec<T, Harness>;

/// An empty [`HarnessVec`].
pub fn harness_vec<T>() -> HarnessVec<T> {
    HarnessVec::new_in(Harness)
}

/// From this size on a block has a mapping of its own.
const LARGE: usize = 64 << 10;

/// The allocator of the harness's own memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Harness;

/// Keeps the C library's allocator to the heap that the kernel calls `[heap]`: one arena, and no mappings of its own.
/// Call it before there are threads.
pub fn keep_to_heap() {
    // SAFETY: mallopt sets parameters of the C library's allocator and touches no memory of ours.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 30);
    }
}

fn map(size: usize) -> Result<NonNull<[u8]>, AllocError> {
    // SAFETY: a fresh anonymous mapping, at an address that the kernel chooses.
    let start = unsafe {
        rustix::mm::mmap_anonymous(
            std::ptr::null_mut(),
            size,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE,
        )
    }
    .map_err(|_| AllocError)?;
    // SAFETY: the mapping was just made. That the mark may fail costs a figure's label, not truth.
    let _ = unsafe { rustix::mm::madvise(start, size, Advice::LinuxDontDump) };
    let start = NonNull::new(start.cast()).ok_or(AllocError)?;
    Ok(NonNull::slice_from_raw_parts(start, size))
}

// SAFETY: blocks below LARGE are the C library's, others are mappings of their own, and a block's layout tells which. A
// block stays valid until it is deallocated; `Harness` has no state, so all copies of it are the same allocator.
unsafe impl Allocator for Harness {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() < LARGE { System.allocate(layout) } else { map(layout.size()) }
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() < LARGE {
            // SAFETY: it came from `System` with this layout.
            unsafe { System.deallocate(block, layout) };
        } else {
            // SAFETY: it is a mapping of this length that nobody uses any more.
            let _ = unsafe { rustix::mm::munmap(block.as_ptr().cast(), layout.size()) };
        }
    }

    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if old.size() >= LARGE {
            // SAFETY: it is a mapping of the old length; the kernel may move it, its pages are not copied.
            let moved = unsafe {
                rustix::mm::mremap(block.as_ptr().cast(), old.size(), new.size(), MremapFlags::MAYMOVE)
            }
            .map_err(|_| AllocError)?;
            let moved = NonNull::new(moved.cast()).ok_or(AllocError)?;
            return Ok(NonNull::slice_from_raw_parts(moved, new.size()));
        }
        let fresh = self.allocate(new)?;
        // SAFETY: both blocks hold at least the old size and do not overlap; the old one is given back with its layout.
        unsafe {
            std::ptr::copy_nonoverlapping(block.as_ptr(), fresh.cast::<u8>().as_ptr(), old.size());
            self.deallocate(block, old);
        }
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_grows_from_the_heap_into_a_mapping() {
        let mut numbers = harness_vec();
        for number in 0..100_000u64 {
            numbers.push(number);
        }
        assert!(numbers.iter().copied().eq(0..100_000));
        numbers.truncate(10);
        numbers.shrink_to_fit();
        assert!(numbers.iter().copied().eq(0..10));
    }
}
