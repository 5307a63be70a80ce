//! Memory in pages, as jemalloc and the kernel see it. Read between operations, never inside one.

use tikv_jemalloc_ctl::{epoch, raw, stats};

use super::arena;
use super::large;

/// jemalloc's figures without the harness's own arena, bytes.
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
    /// Bytes that the allocator takes for itself, without the part of its address tree that nothing has touched.
    pub metadata: u64,
    /// Bytes in pages that it holds: active, dirty and metadata.
    pub resident: u64,
    /// Bytes in pages that the harness's arena holds, in none of the above.
    pub harness: u64,
}

/// jemalloc's figures now. All zero if it was built without statistics.
pub fn allocator() -> Allocator {
    // The figures are cached until the epoch moves on.
    let _ = epoch::advance();
    let all = |read: tikv_jemalloc_ctl::Result<usize>| read.unwrap_or(0) as u64;
    let own = arena::harness();
    let of = |arena: u32, what: &str| -> u64 {
        // SAFETY: every name used here is a size_t in jemalloc 5.3.1.
        unsafe { raw::read::<usize>(format!("stats.arenas.{arena}.{what}\0").as_bytes()) }.unwrap_or(0) as u64
    };
    let apart = |what: &str| own.map_or(0, |arena| of(arena, what));
    let page = allocator_page();
    let dirty = of(arena::ALL, "pdirty") + of(arena::ALL, "pmuzzy");
    // What jemalloc allocates of itself for itself, such as the cache of each thread, is metadata: it counts these
    // blocks there, and as handed out and active as well.
    let internal = of(arena::ALL, "internal").saturating_sub(apart("internal"));
    Allocator {
        allocated: all(stats::allocated::read())
            .saturating_sub(apart("small.allocated") + apart("large.allocated") + internal),
        cached: of(arena::ALL, "tcache_bytes"),
        active: all(stats::active::read()).saturating_sub(apart("pactive") * page + internal),
        dirty: dirty.saturating_sub(apart("pdirty") + apart("pmuzzy")) * page,
        metadata: all(stats::metadata::read())
            .saturating_sub(unused_tree() + apart("base") + apart("internal")),
        resident: all(stats::resident::read()).saturating_sub(apart("resident")),
        harness: apart("resident"),
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
    /// Anonymous mappings that are neither the harness's nor the first thread's stack.
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

/// All that is known of pages now: the allocator's view beside the kernel's.
pub fn read() -> Option<(Allocator, Resident, u64)> {
    let untouched = large::untouched(page_bytes())?;
    // The kernel last: what reading the others took of the harness's memory is then in it.
    let allocator = allocator();
    Some((allocator, resident()?, untouched))
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
