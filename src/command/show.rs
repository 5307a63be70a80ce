//! `mapprof show`: the full report of runs on disk.

use super::arguments::limit;
use super::printed_run;
use super::terminal::print;
use crate::cli::ShowArgs;
use crate::error::Result;
use crate::output::{CPU_PROFILE, HEAP_PROFILE};
use crate::record::run_store;
use crate::report::Run;
use crate::run::stored_profile::profile_beside;

/// Prints the report of every run in the folders.
///
/// # Errors
/// When a folder has no run, or a record or a profile cannot be read.
pub fn show(args: &ShowArgs) -> Result<()> {
    for folder in &args.runs {
        for run in run_store::find(folder)? {
            let profile = |name| profile_beside(&run.record, &run.path, name, limit(&args.limit));
            let (heap, cpu) = (profile(HEAP_PROFILE)?, profile(CPU_PROFILE)?);
            let run = Run {
                record: &run.record,
                failures: &run.failures,
                heap: heap.as_ref(),
                heap_timeline: None,
                cpu: cpu.as_ref(),
                place: Some(&run.path),
            };
            print(&printed_run::full(&run))?;
        }
    }
    Ok(())
}
