//! `mapprof merge`.

use super::terminal::{complain, print};
use crate::cli::MergeArgs;
use crate::error::Result;
use crate::printable::PrintablePath;
use crate::run::{merge_shards, run_dir};

/// Joins the shards of a run. Returns the exit code: 3 if a case failed or is missing, after all others are in place.
///
/// # Errors
/// When the shards do not belong together, or cannot be read or written.
pub fn merge(args: &MergeArgs) -> Result<u8> {
    let joining = merge_shards::plan(&args.shards)?;
    run_dir::check_writable(&args.out)?;
    let mut failed = Vec::new();
    for found in joining.runs.values() {
        merge_shards::copy(found, &args.out)?;
        if !found.failures.is_empty() {
            failed.push(found.case().to_string());
        }
    }
    let from = match joining.shards {
        0 => format!("{} folders", args.shards.len()),
        shards => format!("{shards} shards"),
    };
    print(&format!("{} runs of {from} are in {}\n", joining.runs.len(), args.out.shown()))?;
    for (case, shard) in &joining.missing {
        complain(&format!("{case} is missing: shard {shard} did not finish it; run that shard again"));
    }
    if !failed.is_empty() {
        complain(&format!("failed when they were run: {}", failed.join(", ")));
    }
    Ok(if failed.is_empty() && joining.missing.is_empty() { 0 } else { 3 })
}
