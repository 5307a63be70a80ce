//! Arenas of jemalloc: one for the harness, so that what it allocates shares no page with the map, and fresh ones for the
//! map where its pages are read.
//!
//! jemalloc gives each thread one of its own arenas. What the process allocated before the first operation lies in arena
//! 0, and in the next ones if other threads were there. So the workers of a pass that reads pages are bound to those that
//! do not exist yet. jemalloc treats them as any of its own arenas: very large blocks still go to its arena for these.

use std::alloc::Layout;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

use tikv_jemalloc_ctl::{epoch, raw};
use tikv_jemalloc_sys::{MALLOCX_TCACHE_NONE, dallocx, extent_hooks_t, mallctl, mallocx};

use super::{address_reservation, extents};

/// The index that stands for all arenas together in jemalloc's names (`MALLCTL_ARENAS_ALL`).
pub const ALL: u32 = 4096;

/// How many arenas there were before the map's were made. None where pages are not read.
static BEFORE: AtomicU32 = AtomicU32::new(0);

/// The harness's arena; negative while there is none.
static HARNESS: AtomicI32 = AtomicI32::new(-1);

/// The map's arenas: their first index, and how many there are. None where pages are not read.
static MAP_FROM: AtomicU32 = AtomicU32::new(0);
static MAP_COUNT: AtomicU32 = AtomicU32::new(0);

/// Gives the harness an arena of its own. Without one (jemalloc refused) it shares the map's, which costs some pages of
/// accuracy.
pub fn separate_harness() {
    create_for_harness(std::ptr::null_mut());
}

/// Gives the harness and the map's workers, `threads` of them, arenas of their own, with the map's in a range of
/// addresses by themselves. What jemalloc refuses stays as it was: pages then cannot be told apart, and are not reported.
pub fn separate(threads: u16) {
    let Some((map, harness)) = extents::hooks() else { return separate_harness() };
    create_for_harness(harness);
    let arenas = unused();
    BEFORE.store(arenas.start, Relaxed);
    if !arenas.is_empty() {
        let arenas = arenas.start..arenas.end.min(arenas.start + u32::from(threads.max(1)));
        // Setting the hooks of an arena that does not exist yet makes it.
        if arenas.clone().all(|arena| set_hooks(arena, map)) {
            MAP_FROM.store(arenas.start, Relaxed);
            MAP_COUNT.store(arenas.end - arenas.start, Relaxed);
        }
    } else if let Some(arena) = create(map) {
        MAP_FROM.store(arena, Relaxed);
        MAP_COUNT.store(1, Relaxed);
    }
    of_map().for_each(warm);
    address_reservation::set_has_all(!of_map().is_empty() && self::harness().is_some());
}

/// jemalloc's own arenas that no thread was given yet. A thread that was there before, such as that of a test harness,
/// has one besides the first: its memory lies outside of the map's range, and jemalloc would hand it out again.
fn unused() -> std::ops::Range<u32> {
    // SAFETY: `opt.narenas` is an unsigned int in jemalloc 5.3.1.
    let own = unsafe { raw::read::<u32>(b"opt.narenas\0") }.unwrap_or(1);
    // Whether an arena exists is one of the figures that are cached until the epoch moves on.
    let _ = epoch::advance();
    // SAFETY: `arena.<i>.initialized` is a bool in jemalloc 5.3.1.
    let exists = |arena: u32| unsafe { raw::read::<bool>(format!("arena.{arena}.initialized\0").as_bytes()) };
    // jemalloc makes them in their order. What it does not tell is not taken.
    let first = (1..own).rev().take_while(|arena| exists(*arena) == Ok(false)).last();
    first.unwrap_or(own)..own
}

/// Lets an arena set up what it needs for its first block, which is the allocator's and not the map's. The pages of the
/// block itself are free again, and returned by the next [`purge`].
fn warm(arena: u32) {
    let flags = flags_of(arena);
    for size in [16, 64 << 10] {
        // SAFETY: the size is not zero, and the block is given back at once, around the caches as it came.
        unsafe {
            let block = mallocx(size, flags);
            if !block.is_null() {
                dallocx(block, MALLOCX_TCACHE_NONE);
            }
        }
    }
}

/// Flags for an allocation from this arena, around the thread caches.
#[inline]
fn flags_of(arena: u32) -> c_int {
    // MALLOCX_ARENA(a) is (a + 1) << 20.
    (arena as c_int + 1) << 20 | MALLOCX_TCACHE_NONE
}

/// Binds the current thread, worker `worker`, to an arena of the map's, if there are any. What its cache holds is flushed,
/// so that no block of another arena is handed out to the map.
pub fn bind(worker: u16) {
    let count = MAP_COUNT.load(Relaxed);
    if count == 0 {
        return;
    }
    flush_cache();
    let arena = MAP_FROM.load(Relaxed) + u32::from(worker) % count;
    // SAFETY: `thread.arena` is an unsigned int in jemalloc 5.3.1. If it is refused, the thread stays where it was.
    if unsafe { raw::write::<u32>(b"thread.arena\0", arena) }.is_err() {
        address_reservation::set_has_all(false);
    }
}

/// The arenas of what was there before the first operation, where no thread allocates from then on for the map. None where
/// pages are not read.
pub fn before() -> std::ops::Range<u32> {
    if of_map().is_empty() { 0..0 } else { 0..BEFORE.load(Relaxed) }
}

/// The map's arenas; none where pages are not read.
pub fn of_map() -> std::ops::Range<u32> {
    let from = MAP_FROM.load(Relaxed);
    from..from + MAP_COUNT.load(Relaxed)
}

fn create_for_harness(hooks: *mut extent_hooks_t) {
    if let Some(index) = create(hooks) {
        HARNESS.store(index as i32, Relaxed);
    }
}

/// Makes an arena with these hooks, or jemalloc's own if they are null.
fn create(hooks: *mut extent_hooks_t) -> Option<u32> {
    let (mut index, mut length, mut hooks) = (0u32, size_of::<u32>(), hooks);
    let (new, new_length) = match hooks.is_null() {
        true => (std::ptr::null_mut(), 0),
        false => ((&raw mut hooks).cast::<c_void>(), size_of_val(&hooks)),
    };
    // SAFETY: `arenas.create` gives an unsigned int and takes a pointer to hooks, which are static.
    let failed =
        unsafe { mallctl(c"arenas.create".as_ptr(), (&raw mut index).cast(), &mut length, new, new_length) };
    (failed == 0).then_some(index)
}

fn set_hooks(arena: u32, hooks: *mut extent_hooks_t) -> bool {
    let name = format!("arena.{arena}.extent_hooks\0");
    // SAFETY: the name is that of a pointer to hooks, and they are static.
    unsafe { raw::write(name.as_bytes(), hooks) }.is_ok()
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
        arena if arena >= 0 => flags_of(arena as u32),
        _ => 0,
    }
}

/// Flags for blocks of this alignment. jemalloc aligns by 16 anyway, but not what is smaller than its alignment.
#[inline]
pub(super) fn alignment_flags(layout: Layout) -> c_int {
    if layout.align() <= 16 && layout.align() <= layout.size() {
        0
    } else {
        layout.align().trailing_zeros() as c_int // MALLOCX_LG_ALIGN
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arena_of_a_thread_that_is_there_is_not_the_maps() {
        // This thread is not the first one of the test program.
        drop(std::hint::black_box(Vec::<u8>::with_capacity(100)));
        // SAFETY: `thread.arena` is an unsigned int in jemalloc 5.3.1.
        let own = unsafe { raw::read::<u32>(b"thread.arena\0") }.unwrap();
        let unused = unused();
        assert!(unused.start > own && unused.start <= unused.end, "{own} of {unused:?}");
    }
}
