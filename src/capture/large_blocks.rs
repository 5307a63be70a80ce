//! Large live blocks: where they lie, so that their pages that are not resident can be counted.
//!
//! A hash table that has just doubled, or the tail of a vector, is live and active, but the kernel gives a page only
//! when it is first written. The allocator cannot know; the kernel's `mincore` does.

use std::sync::{Mutex, PoisonError};

use allocator_api2::alloc::Allocator;
use hashbrown::HashMap;

use super::harness_memory::{Harness, HarnessVec, harness_vec};

/// From how many usable bytes on a block is large: it has pages of its own. Smaller ones share a slab's.
pub(super) const FROM: usize = 16 << 10;

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

/// A large block is given back by the map. Returns whether it was the map's: one that was made outside of the operations is
/// not.
#[cold]
#[inline(never)]
pub(super) fn died(block: *const u8) -> bool {
    with_blocks(|blocks| blocks.remove(&(block as usize))).is_some()
}

/// Whether a large block is the map's.
pub(super) fn is_ours(block: *const u8) -> bool {
    with_blocks(|blocks| blocks.contains_key(&(block as usize)))
}

/// Start and usable bytes of each large live block.
pub(super) fn blocks() -> HarnessVec<(usize, usize)> {
    let mut blocks = harness_vec();
    with_blocks(|all| blocks.extend(all.iter().map(|(start, usable)| (*start, *usable))));
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_listed_while_it_lives() {
        let block = Vec::<u8>::with_capacity(1 << 20);
        let found = || blocks().contains(&(block.as_ptr() as usize, block.capacity()));
        assert!(!found());
        born(block.as_ptr(), block.capacity());
        assert!(found());
        assert!(is_ours(block.as_ptr()) && died(block.as_ptr()));
        assert!(!found() && !is_ours(block.as_ptr()) && !died(block.as_ptr()));
    }
}
