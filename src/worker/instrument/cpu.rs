//! The CPU sampler as an instrument of a pass.

use super::{Instrument, PassEnd};
use crate::capture::cpu::{CpuSampler, CpuSampling};
use crate::capture::ledger::Live;
use crate::error::Result;
use crate::record::Shape;
use crate::worker::map_moment::Moment;
use crate::worker::protocol::Event;

/// Samples stacks by CPU time.
pub(crate) struct CpuInstrument(CpuSampler);

impl CpuInstrument {
    /// A sampler that takes samples in this way.
    pub(crate) fn new(sampling: CpuSampling) -> Self {
        CpuInstrument(CpuSampler::new(sampling))
    }
}

impl Instrument for CpuInstrument {
    fn start(&mut self) -> Result<()> {
        self.0.start()
    }

    fn end_phase(&mut self, _live: Live, moment: &Moment, _shape: Option<Shape>) -> Result<()> {
        self.0.end_phase(moment.phase)
    }

    fn finish(self: Box<Self>, _end: &PassEnd) -> Event {
        Event::Cpu(self.0.finish())
    }
}
