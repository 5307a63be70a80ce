//! Where the map's arenas get their memory: one range of addresses, reserved before the first operation.
//!
//! jemalloc asks its extent hooks for address space. With the map's extents in a range of their own, the kernel can be
//! asked for each of its pages, and a table by address says which pages hold live blocks ([`super::page_occupancy`]). The
//! harness's extents get the mark of harness memory instead ([`super::harness_memory`]). jemalloc's own hooks do
//! everything else.

use std::ffi::{c_uint, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

use rustix::mm::Advice;
use tikv_jemalloc_ctl::raw;
use tikv_jemalloc_sys::{extent_alloc_t, extent_hooks_t};

use super::{address_reservation, page_occupancy};

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
    address_reservation::reserve(|range| page_occupancy::watch(range.start, range.len()))?;
    let hooks = HOOKS.get_or_init(|| Hooks {
        own,
        // Without these two, jemalloc keeps address space for itself, as its own hooks do too.
        map: extent_hooks_t { alloc: Some(alloc_in_range), dalloc: None, destroy: None, ..own },
        harness: extent_hooks_t { alloc: Some(alloc_marked), dalloc: None, destroy: None, ..own },
    });
    // jemalloc never writes through these.
    Some(((&raw const hooks.map).cast_mut(), (&raw const hooks.harness).cast_mut()))
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
        && let Some(start) = address_reservation::take(size, alignment)
    {
        // SAFETY: jemalloc passes both to be set. Fresh pages read as zero.
        unsafe { (*zero, *commit) = (true, true) };
        return start;
    }
    // The range is used up: jemalloc's own hook serves. The map works, and figures of pages miss this memory.
    address_reservation::set_has_all(false);
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
