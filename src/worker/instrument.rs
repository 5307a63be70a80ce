//! What captures something in a pass: the common shape of the memory readings, the heap recorders and the CPU sampler.
//!
//! A pass has at most one instrument. The session calls it on the first worker's thread, while no operation runs.

mod cpu;
mod dump;
mod heap;

pub(super) use cpu::CpuInstrument;
pub(super) use dump::DumpInstrument;
pub(super) use heap::HeapInstrument;

use super::map_moment::{Holding, Moment};
use super::protocol::Event;
use crate::capture::ledger::Live;
use crate::error::Result;
use crate::record::{Instances, KeptByPackage, SettleStep, Shape};

/// Captures something while a map is at work.
pub(super) trait Instrument {
    /// Begins. The map is made after this.
    ///
    /// # Errors
    /// When it cannot capture in this process.
    fn start(&mut self) -> Result<()>;

    /// Says how many bytes a key and a value have in a slot of the map.
    fn set_entry_bytes(&mut self, _bytes: u64) {}

    /// Says that the maps are made, and what they hold before the first entry.
    fn maps_are_made(&mut self, _instances: Instances) {}

    /// Reads what there is to read between two slices of operations.
    fn snapshot(&mut self, _live: Live, _moment: &Moment) {}

    /// A phase ended. `shape` is what the map says of its storage, if it says anything.
    ///
    /// # Errors
    /// When what was captured in the phase cannot be read.
    fn end_phase(&mut self, _live: Live, _moment: &Moment, _shape: Option<Shape>) -> Result<()> {
        Ok(())
    }

    /// What the allocator held for the map at the end of the last phase, bytes, if that was read.
    fn resident_bytes(&self) -> Option<u64> {
        None
    }

    /// What the map held at the end of the last phase, which only a user's own program can say, and says late.
    fn set_holding(&mut self, _holding: Holding) {}

    /// Says how many bytes an empty map may hold, if that is known, and what a package keeps when it is gone.
    fn may_keep(&mut self, _empty_map_bytes: Option<u64>, _process_wide: Option<KeptByPackage>) {}

    /// The last phase ended; what the workers still do for their ends is no operation's. Called after [`Self::end_phase`].
    fn end_phases(&mut self) {}

    /// A step of taking the map down is done.
    fn settled(&mut self, _step: SettleStep, _live: Live, _holding: Holding, _shape: Option<Shape>) {}

    /// Stops, and hands over what was captured.
    fn finish(self: Box<Self>, end: &PassEnd) -> Event;
}

/// The end of the last phase.
#[derive(Clone, Copy, Default)]
pub(super) struct PassEnd {
    /// Its place in the sequence of heap sample events.
    pub event: u64,
    /// Live bytes and their peak, as they are counted.
    pub live: Live,
}
