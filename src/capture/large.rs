//! Large live blocks: where they lie, so that pages of them that nobody has touched can be told from resident ones.
//!
//! A hash table that has just doubled, or the tail of a vector, is live and active, but the kernel gives a page only
//! when it is first written. The allocator cannot know; the kernel's `mincore` does.

use std::sync::{Mutex, PoisonError};

use allocator_api2::alloc::Allocator;
use hashbrown::HashMap;

use super::harness::{Harness, HarnessVec, harness_vec};

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
    // Copied out first: no other thread may free a block under the kernel's eyes, but none operates meanwhile anyway.
    let mut blocks = harness_vec();
    with_blocks(|all| blocks.extend(all.iter().map(|(start, usable)| (start / PAGE * PAGE, *usable))));
    let mut resident = harness_vec::<u8>();
    let mut bytes = 0;
    for (extent, usable) in blocks {
        bytes += absent(extent, extent + usable + PAGE, page, &mut resident)?;
    }
    Some(bytes)
}

/// Bytes of whole pages from `start` to `end` that are not resident; `None` if the kernel does not tell.
fn absent(start: usize, end: usize, page: usize, resident: &mut HarnessVec<u8>) -> Option<u64> {
    let (start, end) = (start.next_multiple_of(page), end / page * page);
    if start >= end {
        return Some(0);
    }
    resident.clear();
    resident.resize((end - start) / page, 0);
    // SAFETY: mincore only looks at page tables; it writes one byte per page, for which there is room.
    let told = unsafe { libc::mincore(start as *mut _, end - start, resident.as_mut_ptr()) };
    let absent = resident.iter().filter(|state| **state & 1 == 0).count();
    (told == 0).then_some((absent * page) as u64)
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
