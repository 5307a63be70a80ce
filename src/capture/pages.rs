//! Memory in pages, as jemalloc and the kernel see it. Read between operations, never inside one.

use tikv_jemalloc_ctl::{epoch, raw, stats};

use super::page_occupancy::{self, Occupancy};
use super::{arena, thread_stacks};

/// jemalloc's figures of the map's arenas, bytes. Where the map has no arenas of its own, of all but the harness's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allocator {
    /// Bytes in blocks handed out, thread caches included.
    pub allocated: u64,
    /// Of these, bytes free in thread caches.
    pub cached: u64,
    /// Bytes in the pages of runs with at least one block handed out.
    pub active: u64,
    /// Bytes in free pages not yet returned to the system.
    pub dirty: u64,
    /// Bytes that the allocator takes for itself outside of the map's range, without the part of its address tree that
    /// nothing has touched. Pages of the arenas that were there before are among them: what grows there is its caches of
    /// threads.
    pub metadata: u64,
    /// Bytes in pages that it holds: active, dirty, and its own.
    pub resident: u64,
}

/// jemalloc's figures now. All zero if it was built without statistics.
pub fn allocator() -> Allocator {
    // The figures are cached until the epoch moves on.
    let _ = epoch::advance();
    let of = |arena: u32, what: &str| -> u64 {
        // SAFETY: every name used here is a size_t in jemalloc 5.3.1.
        unsafe { raw::read::<usize>(format!("stats.arenas.{arena}.{what}\0").as_bytes()) }.unwrap_or(0) as u64
    };
    let harness = arena::harness();
    let map = arena::of_map();
    let before = arena::before();
    let apart =
        |what: &str| harness.into_iter().chain(before.clone()).map(|arena| of(arena, what)).sum::<u64>();
    let figure = |what: &str| of(arena::ALL, what).saturating_sub(apart(what));
    // What jemalloc allocates of itself for itself, such as the cache of each thread, it counts as handed out and active
    // as well. It lies in the first arena as a rule.
    let internal = figure("internal");
    let page = allocator_page();
    let pages = |arena: u32| (of(arena, "pactive") + of(arena, "pdirty") + of(arena, "pmuzzy")) * page;
    let base = of(arena::ALL, "base").saturating_sub(harness.map_or(0, |arena| of(arena, "base")));
    // That of the map's arenas lies in their range, where the kernel tells how much of it there is.
    let own: u64 = map.map(|arena| of(arena, "base")).sum();
    let active = (figure("pactive") * page).saturating_sub(internal);
    let dirty = (figure("pdirty") + figure("pmuzzy")) * page;
    let metadata =
        base.saturating_sub(own + unused_tree()) + internal + before.clone().map(pages).sum::<u64>();
    Allocator {
        allocated: (figure("small.allocated") + figure("large.allocated")).saturating_sub(internal),
        cached: figure("tcache_bytes"),
        active,
        dirty,
        metadata,
        resident: active + dirty + metadata + own,
    }
}

/// Bytes of jemalloc's tree of addresses that nothing can have touched. Its leaves have 8 bytes for each page of a GiB of
/// addresses and are counted whole; only the entries of mapped pages are ever written (`rtree.h`).
fn unused_tree() -> u64 {
    // SAFETY: a size_t in jemalloc 5.3.1.
    let leaves = unsafe { raw::read::<usize>(b"stats.metadata_rtree\0") }.unwrap_or(0) as u64;
    // Entries of pages that were returned stay written.
    let mapped = (stats::mapped::read().unwrap_or(0) + stats::retained::read().unwrap_or(0)) as u64;
    leaves.saturating_sub(mapped / allocator_page() * 8)
}

/// Bytes of a page of jemalloc's, which it was built for and its page counts are in. On a system with larger pages
/// jemalloc ends the process at its start, and says so.
fn allocator_page() -> u64 {
    // SAFETY: `arenas.page` is a size_t in jemalloc 5.3.1.
    unsafe { raw::read::<usize>(b"arenas.page\0") }.map_or(4096, |bytes| bytes as u64)
}

/// Resident bytes of this process by whose they are, as `/proc/self/smaps` has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resident {
    /// All.
    pub rss: u64,
    /// Anonymous mappings that are neither the harness's nor the first thread's stack: the allocator's, and stacks of
    /// other threads.
    pub allocator: u64,
    /// The harness's: marked mappings, and the C library's heap.
    pub harness: u64,
}

/// Resident bytes now; `None` where the kernel does not tell.
pub fn resident() -> Option<Resident> {
    let text = std::fs::read("/proc/self/smaps").ok()?;
    resident_of(std::str::from_utf8(&text).ok()?)
}

/// What a mapping is, from its first line: `start-end perms offset device inode path`.
fn is_anonymous(header: &str) -> bool {
    let path = header.split_ascii_whitespace().nth(5);
    path.is_none() || path.is_some_and(|path| path.starts_with("[anon"))
}

fn resident_of(smaps: &str) -> Option<Resident> {
    let mut sums = Resident::default();
    let (mut header, mut rss) = ("", 0);
    for line in smaps.lines() {
        match line.split_once(':') {
            Some(("Rss", size)) => {
                rss = size.split_ascii_whitespace().next()?.parse::<u64>().ok()? * 1024;
            }
            // The last line of a mapping.
            Some(("VmFlags", flags)) => {
                sums.rss += rss;
                if flags.split_ascii_whitespace().any(|flag| flag == "dd") && is_anonymous(header)
                    || header.ends_with("[heap]")
                {
                    sums.harness += rss;
                } else if is_anonymous(header) {
                    sums.allocator += rss;
                }
                rss = 0;
            }
            _ if line.starts_with(|c: char| c.is_ascii_digit() || ('a'..='f').contains(&c))
                && line.split_once(' ').is_some_and(|(range, _)| range.contains('-')) =>
            {
                header = line;
            }
            _ => {}
        }
    }
    (sums.rss > 0).then_some(sums)
}

/// All that is known of pages at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageReading {
    /// By the allocator.
    pub allocator: Allocator,
    /// By the ledger and the kernel, page by page.
    pub map: Occupancy,
    /// By the kernel, mapping by mapping.
    pub resident: Resident,
    /// Resident bytes of the workers' stacks, which are in `resident.allocator`.
    pub stacks: u64,
}

/// All that is known of pages now: the allocator's view beside the kernel's. `None` where the kernel does not tell, or
/// where the map has no range of its own.
pub fn read() -> Option<PageReading> {
    let page = page_bytes();
    let map = page_occupancy::read(page)?;
    // The kernel last: what reading the others took of the harness's memory is then in it.
    let (allocator, stacks) = (allocator(), thread_stacks::resident(page));
    Some(PageReading { allocator, map, resident: resident()?, stacks })
}

/// Bytes of a page of this system.
pub fn page_bytes() -> usize {
    rustix::param::page_size()
}

/// The highest resident set of this process so far, bytes: `VmHWM` of `/proc/self/status`. `None` where that cannot be
/// read.
pub fn max_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_there() {
        assert!(allocator().resident > 0);
        assert!(max_rss().unwrap() > 1 << 20);
        let resident = resident().unwrap();
        assert!(
            resident.allocator > 0 && resident.allocator + resident.harness <= resident.rss,
            "{resident:?}"
        );
    }

    #[test]
    fn mappings_are_told_apart_by_their_marks() {
        let mapping = |header: &str, rss: u64, flags: &str| {
            format!("{header}\nSize: 64 kB\nRss: {rss} kB\nPss: 1 kB\nVmFlags: {flags}\n")
        };
        let smaps = [
            mapping("55d0a000-55d0b000 r-xp 00001000 fe:00 123    /usr/bin/mapprof", 40, "rd ex mr mw me"),
            mapping("55d0c000-55d0d000 rw-p 00000000 00:00 0      [heap]", 8, "rd wr mr mw me ac"),
            mapping("7f000000-7f100000 rw-p 00000000 00:00 0", 100, "rd wr mr mw me ac"),
            mapping("7f200000-7f300000 rw-p 00000000 00:00 0", 16, "rd wr mr mw me dd ac"),
            mapping("7ffd0000-7ffe0000 rw-p 00000000 00:00 0      [stack]", 12, "rd wr mr mw me gd ac"),
        ]
        .concat();
        let kib = |n: u64| n * 1024;
        let due = Resident { rss: kib(176), allocator: kib(100), harness: kib(24) };
        assert_eq!(resident_of(&smaps), Some(due));
        assert_eq!(resident_of(""), None, "a system that tells nothing");
    }

    #[test]
    fn the_allocator_knows_its_page() {
        // A build for larger pages runs on a system with smaller ones; its figures count in its own.
        assert!(allocator_page().is_multiple_of(page_bytes() as u64));
    }
}
