//! The heap recorders as instruments of a pass.

use super::{Instrument, PassEnd};
use crate::capture::heap::{ExactRecorder, HeapRecorder, JemallocSampler};
use crate::capture::recording::HeapRecording;
use crate::error::Result;
use crate::run::protocol::Event;

/// Records allocations with their stacks.
pub(crate) struct HeapInstrument(Box<dyn HeapRecorder>);

impl HeapInstrument {
    /// The recorder that records in this way.
    pub(crate) fn new(recording: HeapRecording) -> Self {
        HeapInstrument(match recording {
            HeapRecording::Exact => Box::new(ExactRecorder),
            HeapRecording::Sampled { .. } => Box::new(JemallocSampler::new(recording)),
        })
    }
}

impl Instrument for HeapInstrument {
    fn start(&mut self) -> Result<()> {
        self.0.start()
    }

    fn finish(mut self: Box<Self>, end: &PassEnd) -> Event {
        Event::Heap(self.0.finish(end.event, end.live))
    }
}
