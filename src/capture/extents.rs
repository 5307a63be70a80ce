//! Where the map's arenas get their memory: one range of addresses, reserved before the first operation.
//!
//! jemalloc asks its extent hooks for address space. With the map's extents in a range of their own, the kernel can be
//! asked for each of its pages, and a table by address says which pages hold live blocks ([`super::occupancy`]). The
//! harness's extents get the mark of harness memory instead ([`super::harness`]). jemalloc's own hooks do
//! everything else.

use std::ffi::{c_uint, c_void};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};
use tikv_jemalloc_ctl::raw;
use tikv_jemalloc_sys::{extent_alloc_t, extent_hooks_t};

use super::occupancy;

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

/// jemalloc's own hooks, and the two kinds that differ from them in one function.
struct Hooks {
    own: extent_hooks_t,
    map: extent_hooks_t,
    harness: extent_hooks_t,
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Hooks for the arenas of the map and of the harness, in this order, with a range reserved for the map's. `None` if
/// the system grants no range or jemalloc does not tell its own hooks.
pub(super) fn hooks() -> Option<(*mut extent_hooks_t, *mut extent_hooks_t)> {
    // SAFETY: `arena.<i>.extent_hooks` is a pointer to hooks in jemalloc 5.3.1.
    let own = unsafe { raw::read::<*const extent_hooks_t>(b"arena.0.extent_hooks\0") }.ok()?;
    // SAFETY: those of arena 0 are jemalloc's own, which are static.
    let own = unsafe { own.as_ref() }.copied()?;
    if START.load(Relaxed) == 0 {
        reserve()?;
    }
    let hooks = HOOKS.get_or_init(|| Hooks {
        own,
        // Without these two, jemalloc keeps address space for itself, as its own hooks do too.
        map: extent_hooks_t { alloc: Some(alloc_in_range), dalloc: None, destroy: None, ..own },
        harness: extent_hooks_t { alloc: Some(alloc_marked), dalloc: None, destroy: None, ..own },
    });
    // jemalloc never writes through these.
    Some(((&raw const hooks.map).cast_mut(), (&raw const hooks.harness).cast_mut()))
}

/// Reserves the range, and the table of its pages.
fn reserve() -> Option<()> {
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
        if occupancy::watch(start as usize, length).is_none() {
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
fn take(size: usize, alignment: usize) -> Option<*mut c_void> {
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

/// # Safety
/// As jemalloc calls it.
unsafe extern "C" fn alloc_in_range(
    hooks: *mut extent_hooks_t,
    at: *mut c_void,
    size: usize,
    alignment: usize,
    zero: *mut bool,
    commit: *mut bool,
    arena: c_uint,
) -> *mut c_void {
    if at.is_null()
        && let Some(start) = take(size, alignment)
    {
        // SAFETY: jemalloc passes both to be set. Fresh pages read as zero.
        unsafe { (*zero, *commit) = (true, true) };
        return start;
    }
    // The range is used up: jemalloc's own hook serves. The map works, and figures of pages miss this memory.
    set_has_all(false);
    let Some(alloc) = own_alloc() else { return null_mut() };
    // SAFETY: jemalloc's own hook with jemalloc's own arguments.
    unsafe { alloc(hooks, at, size, alignment, zero, commit, arena) }
}

/// # Safety
/// As jemalloc calls it.
unsafe extern "C" fn alloc_marked(
    hooks: *mut extent_hooks_t,
    at: *mut c_void,
    size: usize,
    alignment: usize,
    zero: *mut bool,
    commit: *mut bool,
    arena: c_uint,
) -> *mut c_void {
    let Some(alloc) = own_alloc() else { return null_mut() };
    // SAFETY: jemalloc's own hook with jemalloc's own arguments.
    let start = unsafe { alloc(hooks, at, size, alignment, zero, commit, arena) };
    if !start.is_null() {
        // SAFETY: the mapping was just made; the mark changes nothing in it. That it may fail costs a label, not truth.
        let _ = unsafe { rustix::mm::madvise(start, size, Advice::LinuxDontDump) };
    }
    start
}

/// jemalloc's own hook for new extents.
fn own_alloc() -> Option<extent_alloc_t> {
    HOOKS.get()?.own.alloc
}
