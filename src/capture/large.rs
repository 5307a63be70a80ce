//! Large live blocks: where they lie, so that pages of them that nobody has touched can be told from resident ones.
//!
//! A hash table that has just doubled, or the tail of a vector, is live and active, but the kernel gives a page only
//! when it is first written. The allocator cannot know; the kernel's `mincore` does.

use std::sync::{Mutex, PoisonError};

use allocator_api2::alloc::Allocator;
use hashbrown::HashMap;

use super::harness::{Harness, harness_vec};

/// From how many usable bytes on a block is large: it has pages of its own. Smaller ones share a slab's.
pub(super) const FROM: usize = 16 << 10;

/// jemalloc's page. A large block begins at a random place within the first page of its extent, which is one page longer
/// than the block (`sz_large_pad`, on in its default build).
const PAGE: usize = 4096;

type Blocks<A> = HashMap<usize, usize, foldhash::fast::FixedState, A>;

static BLOCKS: Mutex<Option<Blocks<Harness>>> = Mutex::new(None);

fn with_blocks<T>(work: impl FnOnce(&mut Blocks<Harness>) -> T) -> T {
    let mut blocks = BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    work(blocks.get_or_insert_with(|| empty(Harness)))
}

fn empty<A: Allocator>(allocator: A) -> Blocks<A> {
    HashMap::with_hasher_in(Default::default(), allocator)
}

/// A large block was handed out. Called inside the allocator; allocates harness memory alone.
#[cold]
#[inline(never)]
pub(super) fn born(block: *const u8, usable: usize) {
    with_blocks(|blocks| blocks.insert(block as usize, usable));
}

/// A large block is given back.
#[cold]
#[inline(never)]
pub(super) fn died(block: *const u8) {
    with_blocks(|blocks| blocks.remove(&(block as usize)));
}

/// Bytes of pages of large live blocks that are not resident. `None` if the kernel does not tell.
pub fn untouched(page: usize) -> Option<u64> {
    let mut resident = harness_vec::<u8>();
    let mut bytes = 0;
    // Copied out first: no other thread may free a block under the kernel's eyes, but none operates meanwhile anyway.
    let mut blocks = harness_vec();
    with_blocks(|all| blocks.extend(all.iter().map(|(start, usable)| (*start, *usable))));
    for (start, usable) in blocks {
        let extent = start / PAGE * PAGE;
        let first = extent.next_multiple_of(page);
        let end = (extent + usable + PAGE) / page * page;
        if first >= end {
            continue;
        }
        resident.clear();
        resident.resize((end - first) / page, 0);
        // SAFETY: mincore only looks at page tables; it writes one byte per page, for which there is room.
        let told = unsafe { libc::mincore(first as *mut _, end - first, resident.as_mut_ptr()) };
        if told != 0 {
            return None;
        }
        bytes += resident.iter().filter(|state| **state & 1 == 0).count() as u64 * page as u64;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_count_once_they_are_written() {
        let page = rustix::param::page_size();
        let mut block = Vec::<u8>::with_capacity(4 << 20);
        let before = untouched(page).unwrap();
        born(block.as_ptr(), block.capacity());
        let fresh = untouched(page).unwrap() - before;
        assert!(fresh > 3 << 20, "{fresh}");
        block.resize(2 << 20, 1);
        let half = untouched(page).unwrap() - before;
        assert!(fresh - half >= (2 << 20) - 2 * page as u64, "{half} of {fresh}");
        died(block.as_ptr());
        assert_eq!(untouched(page), Some(before));
    }
}
