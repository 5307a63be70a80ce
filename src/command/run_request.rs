//! What a command line asks to run.

use crate::cli::{CaseArgs, ProfileArgs};

/// What is to be run.
#[derive(Clone, Copy)]
pub struct RunRequest<'a> {
    /// Names of workloads.
    pub workloads: &'a [String],
    /// Names of maps, patterns of them, or `all`; `std` if there are none.
    pub maps: &'a [String],
    /// How.
    pub cases: &'a CaseArgs,
    /// Which profiles are taken.
    pub profiles: &'a ProfileArgs,
    /// Whether the printed command that runs a case again verifies it too.
    pub verify: bool,
}
