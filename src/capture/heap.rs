//! The heap pass: what a recorder of allocations is, and the one that samples through jemalloc.

mod exact;
mod jemalloc;
mod samples;

pub use exact::ExactRecorder;
pub use jemalloc::JemallocSampler;

use super::ledger::Live;
use super::raw_samples::RawHeap;
use crate::error::Result;

/// Records allocations of armed threads with their stacks. One recorder is at work in a process at a time.
pub trait HeapRecorder {
    /// Begins to record. Allocations of unarmed threads are never recorded.
    fn start(&mut self) -> Result<()>;

    /// A phase ended: no thread operates.
    fn end_phase(&mut self, _phase: u16) {}

    /// The last phase ended.
    fn end_phases(&mut self) {}

    /// The map was dropped, and its reclamation driven to its end: what is live now was leaked.
    fn map_is_dropped(&mut self) {}

    /// Stops recording and hands over what was recorded. `end` is the place in the sequence of sample events at which the
    /// last phase ended, `live` the live heap as it was counted.
    fn finish(&mut self, end: u64, live: Live) -> RawHeap;
}
