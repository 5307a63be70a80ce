//! What stands for [`super::pprof_rs`] in a build without the feature `pprof-rs`: a sampler that refuses to start.

use crate::capture::raw_samples::RawCpuRow;
use crate::error::{Error, Result};

/// Samples nothing.
pub struct PprofRs;

impl PprofRs {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn start(_hertz: u64) -> Result<Self> {
        Err(Error::case(
            "the CPU pass cannot start: neither perf events nor timers can be had here, and this program was built \
             without the feature `pprof-rs` of mapprof",
        ))
    }

    /// Does nothing.
    pub fn end_phase(&mut self, _phase: u16) -> Result<()> {
        Ok(())
    }

    /// Has nothing.
    pub fn finish(self) -> (Vec<Vec<u64>>, Vec<RawCpuRow>) {
        (Vec::new(), Vec::new())
    }
}
