//! `mapprof merge`.

use crate::cli::MergeArgs;
use crate::error::{Error, Result};

/// To be written.
pub fn merge(_args: &MergeArgs) -> Result<()> {
    Err(Error::case("not there yet"))
}
