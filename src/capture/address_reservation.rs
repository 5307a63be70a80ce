//! The range of addresses that the map's arenas get their memory of: reserved once, taken from its start on.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

/// The range is a power of two of bytes: the largest of these that the system grants. It is address space alone; under a
/// limit of address space (`ulimit -v`) it has to be smaller.
const POWERS: [u32; 4] = [40, 36, 32, 30];

/// jemalloc's page; extents are whole pages.
const PAGE: usize = 4096;

/// The first page of the range stays unused: it keeps the kernel from joining the range with the mapping below it.
const GUARD: usize = PAGE;

/// Start and end of the range, and the first address in it that is not yet taken. All 0 while there is none.
static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Whether every small block that operations make lies in the range.
static HAS_ALL: AtomicBool = AtomicBool::new(false);

/// Says whether every small block that operations make will lie in the range.
pub(super) fn set_has_all(all: bool) {
    HAS_ALL.store(all, Relaxed);
}

/// Whether every small block that operations made lies in the range, and nothing else does.
#[inline(always)]
pub(super) fn has_all() -> bool {
    HAS_ALL.load(Relaxed)
}

/// Reserves the range, once. `watch` is told of the range that is tried, and says whether it can be used. `None` if there
/// is none.
pub(super) fn reserve(watch: impl Fn(Range<usize>) -> Option<()>) -> Option<()> {
    if START.load(Relaxed) != 0 {
        return Some(());
    }
    POWERS.iter().find_map(|power| {
        let length = 1usize << power;
        // SAFETY: a fresh mapping at an address that the kernel chooses; nothing can be read or written in it yet.
        let start = unsafe {
            rustix::mm::mmap_anonymous(
                null_mut(),
                length,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        }
        .ok()?;
        if watch(start as usize..start as usize + length).is_none() {
            // SAFETY: the mapping was made above and nothing points into it.
            let _ = unsafe { rustix::mm::munmap(start, length) };
            return None;
        }
        let start = start as usize;
        END.store(start + length, Relaxed);
        NEXT.store(start + GUARD, Relaxed);
        START.store(start, Relaxed);
        Some(())
    })
}

/// The addresses of the range that are taken so far; empty without one.
pub(super) fn taken() -> Range<usize> {
    START.load(Relaxed)..NEXT.load(Relaxed)
}

/// The next free addresses of the range, readable and writable; `None` if they do not suffice.
pub(super) fn take(size: usize, alignment: usize) -> Option<*mut c_void> {
    let alignment = alignment.max(PAGE);
    let mut start = 0;
    NEXT.fetch_update(Relaxed, Relaxed, |next| {
        start = next.checked_next_multiple_of(alignment)?;
        // The last page stays unused too: with a header in front, a block may seem to end in the page behind it.
        start.checked_add(size).filter(|end| next > 0 && *end < END.load(Relaxed))
    })
    .ok()?;
    let start = start as *mut c_void;
    // SAFETY: the addresses lie in the range, and the update above gave them to this call alone.
    unsafe { rustix::mm::mprotect(start, size, MprotectFlags::READ | MprotectFlags::WRITE) }.ok()?;
    Some(start)
}
