//! Which pages of the map's range hold live blocks, and which of them the kernel has.
//!
//! The ledger enters every small block of the map into a table with a cell for each page: how many live blocks lie in
//! it. Large blocks have pages of their own and a list ([`super::large_blocks`]). So a page is in use if the map has something
//! in it, whatever the allocator has set aside around it.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicPtr, AtomicU16, AtomicUsize};

use rustix::mm::{Advice, MapFlags, ProtFlags};

use super::harness_memory::harness_vec;
use super::{address_reservation, large_blocks, residency};

/// Bytes for which the table has one cell: jemalloc's page.
const PAGE: usize = 4096;

/// Live blocks in each page of a range. Without a range it has no pages.
struct Table {
    start: AtomicUsize,
    pages: AtomicUsize,
    cells: AtomicPtr<AtomicU16>,
}

static TABLE: Table = Table {
    start: AtomicUsize::new(0),
    pages: AtomicUsize::new(0),
    cells: AtomicPtr::new(std::ptr::null_mut()),
};

/// Sets up the table for the range of `length` bytes from `start`. `None` if there is no memory for it. Call it once,
/// while one thread runs.
pub(super) fn watch(start: usize, length: usize) -> Option<()> {
    let pages = length / PAGE;
    let bytes = pages * size_of::<AtomicU16>();
    // SAFETY: a fresh anonymous mapping, at an address that the kernel chooses.
    let cells = unsafe {
        rustix::mm::mmap_anonymous(
            std::ptr::null_mut(),
            bytes,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE | MapFlags::NORESERVE,
        )
    }
    .ok()?;
    // The mark of harness memory.
    // SAFETY: the mapping was just made; the mark changes nothing in it.
    let _ = unsafe { rustix::mm::madvise(cells, bytes, Advice::LinuxDontDump) };
    TABLE.cells.store(cells.cast(), Relaxed);
    TABLE.start.store(start, Relaxed);
    TABLE.pages.store(pages, Relaxed);
    Some(())
}

/// A small block of the map was handed out, on one of several threads if `SHARED`.
#[inline(always)]
pub(super) fn born<const SHARED: bool>(block: *const u8, usable: usize) {
    TABLE.count::<SHARED>(block as usize, usable, 1);
}

/// A small block is given back by the map. Returns whether it was the map's: one that was made outside of the operations is
/// not, as far as that is known.
#[inline(always)]
pub(super) fn died<const SHARED: bool>(block: *const u8, usable: usize) -> bool {
    TABLE.count::<SHARED>(block as usize, usable, 1u16.wrapping_neg()) || !address_reservation::has_all()
}

/// Whether a small block is the map's, as far as that is known.
pub(super) fn is_ours(block: *const u8) -> bool {
    TABLE.page_of(block as usize).is_some() || !address_reservation::has_all()
}

impl Table {
    /// Adds `by` to each page that the block touches. Blocks that are not the map's lie outside of the range, and without
    /// a range all do. Returns whether it lies in the range.
    #[inline(always)]
    fn count<const SHARED: bool>(&self, block: usize, usable: usize, by: u16) -> bool {
        let start = block.wrapping_sub(self.start.load(Relaxed));
        let Some(first) = self.page_of(block) else { return false };
        // A block that begins in the range ends in it.
        for page in first..=(start + usable - 1) / PAGE {
            self.add::<SHARED>(page, by);
        }
        true
    }

    /// The page in which a block begins, if that is one of the range.
    #[inline(always)]
    fn page_of(&self, block: usize) -> Option<usize> {
        let page = block.wrapping_sub(self.start.load(Relaxed)) / PAGE;
        (page < self.pages.load(Relaxed)).then_some(page)
    }

    #[inline(always)]
    fn add<const SHARED: bool>(&self, page: usize, by: u16) {
        // SAFETY: the page is one of the table's, whose memory is never given back.
        let cell = unsafe { &*self.cells.load(Relaxed).add(page) };
        if SHARED {
            cell.fetch_add(by, Relaxed);
        } else {
            cell.store(cell.load(Relaxed).wrapping_add(by), Relaxed);
        }
    }

    /// Whether something lives in a page.
    fn is_live(&self, page: usize) -> bool {
        // SAFETY: it is read only if the page is one of the table's.
        page < self.pages.load(Relaxed) && unsafe { &*self.cells.load(Relaxed).add(page) }.load(Relaxed) > 0
    }
}

/// The map's pages at a moment, bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Pages that hold a live block, or a part of one.
    pub in_use: u64,
    /// Those of them that are not resident: never touched, or swapped out.
    pub untouched: u64,
    /// Resident pages of the range without a live block: free ones, and the allocator's own.
    pub free: u64,
}

const RESIDENT: u8 = 1;
const LIVE: u8 = 2;

/// The map's pages now. No thread may allocate in the map's arenas during the call. `None` without a range, or if
/// `mincore` fails.
pub fn read(kernel_page: usize) -> Option<Occupancy> {
    let taken = address_reservation::taken();
    if taken.is_empty() {
        return None;
    }
    let mut kernel = harness_vec();
    residency::read(&taken, kernel_page, &mut kernel)?;
    let mut pages = harness_vec::<u8>();
    pages.resize(taken.len() / PAGE, 0);
    for (page, state) in pages.iter_mut().enumerate() {
        let resident = kernel.get(page * PAGE / kernel_page).is_some_and(|state| state & 1 == 1);
        // The addresses that are taken begin where the table does.
        let live = TABLE.is_live(page);
        *state = if resident { RESIDENT } else { 0 } | if live { LIVE } else { 0 };
    }
    let mut found = Occupancy::default();
    for (start, usable) in large_blocks::blocks() {
        let (first, end) = (start / PAGE * PAGE, (start + usable).next_multiple_of(PAGE));
        if taken.contains(&start) {
            let own = (first - taken.start) / PAGE..(end - taken.start) / PAGE;
            pages.get_mut(own)?.iter_mut().for_each(|state| *state |= LIVE);
        } else {
            // jemalloc keeps its largest blocks in a separate arena, which has no free pages.
            found.in_use += (end - first) as u64;
            found.untouched += residency::absent(first..end, kernel_page, &mut kernel)?;
        }
    }
    for state in pages {
        let page = PAGE as u64;
        match (state & LIVE != 0, state & RESIDENT != 0) {
            (true, true) => found.in_use += page,
            (true, false) => (found.in_use, found.untouched) = (found.in_use + page, found.untouched + page),
            (false, true) => found.free += page,
            (false, false) => {}
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_live_while_a_block_lies_in_it() {
        let cells: [AtomicU16; 4] = Default::default();
        let start = 64 * PAGE;
        let table = Table {
            start: AtomicUsize::new(start),
            pages: AtomicUsize::new(cells.len()),
            cells: AtomicPtr::new(cells.as_ptr().cast_mut()),
        };
        let live = || [0, 1, 2, 3, 4].map(|page| table.is_live(page));
        table.count::<false>(start + PAGE - 16, 16, 1);
        assert_eq!(live(), [true, false, false, false, false], "it ends with its page");
        table.count::<true>(start + PAGE - 16, 2 * PAGE, 1);
        assert_eq!(live(), [true, true, true, false, false], "it begins in one and ends in another");
        for elsewhere in [start - 16, start + 4 * PAGE, 0] {
            table.count::<false>(elsewhere, 16, 1);
        }
        assert_eq!(live(), [true, true, true, false, false]);
        table.count::<false>(start + PAGE - 16, 2 * PAGE, 1u16.wrapping_neg());
        assert_eq!(live(), [true, false, false, false, false], "the other block is still there");
        table.count::<true>(start + PAGE - 16, 16, 1u16.wrapping_neg());
        assert_eq!(live(), [false; 5]);
    }
}
