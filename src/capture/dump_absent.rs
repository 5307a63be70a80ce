//! What stands for [`super::dump`] in a build without the feature `dump`: a dumper that refuses to start.

use super::heap_recording::HeapRecording;
use super::raw_samples::RawDumps;
use crate::error::{Error, Result};

/// Dumps nothing.
pub struct Dumper;

impl Dumper {
    /// A dumper that refuses.
    pub fn new(_recording: HeapRecording) -> Self {
        Dumper
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn start(&mut self) -> Result<()> {
        Err(Error::case(
            "this program was built without the feature `dump` of mapprof, so there is no dump pass",
        ))
    }

    /// Does nothing.
    pub fn end_phase(&mut self, _phase: u16) -> Result<()> {
        Ok(())
    }

    /// Has nothing.
    pub fn finish(self) -> RawDumps {
        RawDumps::default()
    }
}
