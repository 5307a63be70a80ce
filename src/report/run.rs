//! What there is to tell of one case.

use std::path::Path;

use crate::profile::Profile;
use crate::record::{CaseRecord, Failure};

/// A run as the sections see it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// What went wrong.
    pub failures: &'a [Failure],
    /// Its heap profile; of several dumps the last one that has samples.
    pub heap: Option<&'a Profile>,
    /// The same over time, if the run has it and it is wanted.
    pub heap_timeline: Option<&'a Profile>,
    /// Its CPU profile.
    pub cpu: Option<&'a Profile>,
    /// Its folder, if it could be written.
    pub place: Option<&'a Path>,
}
