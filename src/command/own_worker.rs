//! The program whose command line this is, where it has the child's side alone and handed the command line over
//! ([`crate::worker::handover`]): its maps and programs, and its passes.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::error::{Error, Result};
use crate::printable::Shown;
use crate::worker::handover::{TABLES, WORKER};
use crate::worker::registry::Registry;
use crate::worker::tables::Tables;

/// The program, if there is one.
fn handed_over_by() -> Option<PathBuf> {
    env::var_os(WORKER).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The program that serves the passes of a case unless another one is named: this one itself, whatever has become of its
/// file meanwhile, or the one that has the case.
pub fn path(is_elsewhere: bool) -> PathBuf {
    handed_over_by().filter(|_| is_elsewhere).unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Adds the maps and programs of that program to `registry`.
///
/// # Errors
/// When it does not tell them, or speaks another version of the protocol.
pub fn add_tables(registry: &mut Registry) -> Result<()> {
    let Some(program) = handed_over_by() else { return Ok(()) };
    let refused = |why: String| Error::input(format!("{} (from {WORKER}): {why}", program.shown()));
    let output = Command::new(&program)
        .args(["worker", TABLES])
        .output()
        .map_err(|error| refused(format!("cannot be started: {error}")))?;
    let tables: Tables = serde_json::from_slice(&output.stdout)
        .map_err(|error| refused(format!("does not tell its maps and programs: {error}")))?;
    tables.add_to(registry).map_err(|error| refused(error.to_string()))
}
