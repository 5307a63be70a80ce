//! `mapprof diff`.

use crate::cli::DiffArgs;
use crate::error::{Error, Result};

/// To be written.
pub fn diff(_args: &DiffArgs) -> Result<()> {
    Err(Error::case("not there yet"))
}
