//! An arena of jemalloc for the harness, so that what it allocates shares no page with the map.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use tikv_jemalloc_ctl::raw;
use tikv_jemalloc_sys::{MALLOCX_TCACHE_NONE, mallctl};

/// The index that stands for all arenas together in jemalloc's names (`MALLCTL_ARENAS_ALL`).
pub const ALL: u32 = 4096;

/// The harness's arena; negative while there is none.
static HARNESS: AtomicI32 = AtomicI32::new(-1);

/// Gives the harness an arena of its own. Without one (jemalloc refused) it shares the map's, which costs some pages of
/// accuracy.
pub fn separate_harness() {
    // SAFETY: `arenas.create` gives an unsigned int in jemalloc 5.3.1.
    if let Ok(index) = unsafe { raw::read::<u32>(b"arenas.create\0") } {
        HARNESS.store(index as i32, Relaxed);
    }
}

/// The harness's arena, if it has one.
pub fn harness() -> Option<u32> {
    u32::try_from(HARNESS.load(Relaxed)).ok()
}

/// Flags for an allocation of the harness; 0 if it has no arena of its own. Its blocks go around the thread caches, which
/// belong to the map.
#[inline]
pub(super) fn allocation_flags() -> c_int {
    match HARNESS.load(Relaxed) {
        // MALLOCX_ARENA(a) is (a + 1) << 20.
        arena if arena >= 0 => (arena + 1) << 20 | MALLOCX_TCACHE_NONE,
        _ => 0,
    }
}

/// Flags for a free by the harness.
#[inline]
pub(super) fn free_flags() -> c_int {
    if HARNESS.load(Relaxed) >= 0 { MALLOCX_TCACHE_NONE } else { 0 }
}

/// Flushes the current thread's cache.
pub fn flush_cache() {
    command(b"thread.tcache.flush\0");
}

/// Returns all free pages of all arenas to the system.
pub fn purge() {
    command(b"arena.4096.purge\0");
}

/// Runs a command of jemalloc's that takes and gives nothing. One that it refuses leaves things as they are.
fn command(name: &[u8]) {
    // SAFETY: the name ends with a zero, and no memory is handed over either way.
    let _ = unsafe {
        mallctl(name.as_ptr().cast(), std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut(), 0)
    };
}
