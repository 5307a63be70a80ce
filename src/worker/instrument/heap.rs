//! The heap recorders as instruments of a pass.

use super::{Instrument, PassEnd};
use crate::capture::heap::{ExactRecorder, HeapRecorder, JemallocSampler};
use crate::capture::heap_recording::HeapRecording;
use crate::capture::ledger::Live;
use crate::error::Result;
use crate::record::{SettleStep, Shape};
use crate::worker::map_moment::{Holding, Moment};
use crate::worker::protocol::Event;

/// Records allocations with their stacks.
pub(crate) struct HeapInstrument(Box<dyn HeapRecorder>);

impl HeapInstrument {
    /// The recorder that records in this way; none for dumps, which [`super::dump`] makes.
    pub(crate) fn of(recording: HeapRecording) -> Option<Self> {
        match recording {
            HeapRecording::Exact => Some(HeapInstrument(Box::new(ExactRecorder::default()))),
            HeapRecording::Sampled { .. } => Some(HeapInstrument(Box::new(JemallocSampler::new(recording)))),
            HeapRecording::Dump { .. } => None,
        }
    }
}

impl Instrument for HeapInstrument {
    fn start(&mut self) -> Result<()> {
        self.0.start()
    }

    fn end_phase(&mut self, _live: Live, moment: &Moment, _shape: Option<Shape>) -> Result<()> {
        self.0.end_phase(moment.phase);
        Ok(())
    }

    fn end_phases(&mut self) {
        self.0.end_phases();
    }

    fn settled(&mut self, step: SettleStep, _live: Live, _holding: Holding, _shape: Option<Shape>) {
        if step == SettleStep::Dropped {
            self.0.map_is_dropped();
        }
    }

    fn finish(mut self: Box<Self>, end: &PassEnd) -> Event {
        Event::Heap(self.0.finish(end.event, end.live))
    }
}
