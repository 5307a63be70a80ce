//! A run as a page has it.

use crate::report::Run;

/// A run of a report.
pub struct ReportedRun<'a> {
    /// The run, with its profiles.
    pub run: Run<'a>,
    /// What it is called: `skewed-keys/std`.
    pub label: String,
}
