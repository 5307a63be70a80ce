//! jemalloc's own profile as an instrument of a pass.

use super::{Instrument, PassEnd};
use crate::capture::dump::Dumper;
use crate::capture::heap_recording::HeapRecording;
use crate::capture::ledger::Live;
use crate::error::Result;
use crate::record::Shape;
use crate::worker::map_moment::Moment;
use crate::worker::protocol::Event;

/// Dumps jemalloc's profile at the end of each phase.
pub(crate) struct DumpInstrument(Dumper);

impl DumpInstrument {
    /// A dumper of a profile that is recorded in this way.
    pub(crate) fn new(recording: HeapRecording) -> Self {
        DumpInstrument(Dumper::new(recording))
    }
}

impl Instrument for DumpInstrument {
    fn start(&mut self) -> Result<()> {
        self.0.start()
    }

    fn end_phase(&mut self, _live: Live, moment: &Moment, _shape: Option<Shape>) -> Result<()> {
        self.0.end_phase(moment.phase)
    }

    fn finish(self: Box<Self>, _end: &PassEnd) -> Event {
        Event::Dumps(self.0.finish())
    }
}
