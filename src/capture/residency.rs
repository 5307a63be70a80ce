//! Which pages the kernel has, one by one, by its `mincore`.

use std::ops::Range;

use super::harness_memory::HarnessVec;

/// Fills `states` with a byte for each page of `addresses`, whose lowest bit is set if it is resident. `None` if the
/// kernel does not tell, or some of them are not mapped.
pub(super) fn read(addresses: &Range<usize>, page: usize, states: &mut HarnessVec<u8>) -> Option<()> {
    states.clear();
    states.resize(addresses.len().div_ceil(page), 0);
    // SAFETY: mincore only looks at page tables; it writes one byte per page, for which there is room.
    let told = unsafe { libc::mincore(addresses.start as *mut _, addresses.len(), states.as_mut_ptr()) };
    (told == 0).then_some(())
}

/// Bytes of whole pages of `addresses` that are not resident; `None` if the kernel does not tell.
pub(super) fn absent(addresses: Range<usize>, page: usize, states: &mut HarnessVec<u8>) -> Option<u64> {
    let whole = addresses.start.next_multiple_of(page)..addresses.end / page * page;
    if whole.is_empty() {
        return Some(0);
    }
    read(&whole, page, states)?;
    let absent = states.iter().filter(|state| **state & 1 == 0).count();
    Some((absent * page) as u64)
}
