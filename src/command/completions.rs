//! `mapprof completions`.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::error::Result;

/// Prints the completion script for `shell`.
pub fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mapprof", &mut script);
    super::terminal::print_bytes(&script)
}
