//! What is captured while a map is at work: exact counts, heap samples, CPU samples, resident memory.

pub mod allocator;
pub mod cpu;
pub mod frames;
pub mod heap;
pub mod ledger;
pub mod mappings;
pub mod raw;
pub mod resident;

/// A vector whose memory comes from the C library's allocator and not from the one that is measured, so that the
/// harness's own buffers reach no figure.
pub type HarnessVec<T> = allocator_api2::vec::Vec<T, std::alloc::System>;

/// An empty [`HarnessVec`].
pub fn harness_vec<T>() -> HarnessVec<T> {
    HarnessVec::new_in(std::alloc::System)
}
