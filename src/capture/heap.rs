//! The heap pass: what a recorder of allocations is, and the one that samples through jemalloc.

mod jemalloc;
mod samples;

pub use jemalloc::JemallocSampler;

use super::raw::RawHeap;
use crate::error::Result;

/// Records allocations of armed threads with their stacks. One recorder is at work in a process at a time.
pub trait HeapRecorder {
    /// Begins to record. Allocations of unarmed threads are never recorded.
    fn start(&mut self) -> Result<()>;

    /// Stops recording and hands over what was recorded. `end` and `peak` are places in the sequence of sample events:
    /// the end of the last phase, and the moment of the highest live heap.
    fn finish(&mut self, end: u64, peak: u64) -> RawHeap;
}
