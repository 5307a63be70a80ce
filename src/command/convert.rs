//! `mapprof convert`.

use crate::cli::ConvertArgs;
use crate::error::{Error, Result};

/// To be written.
pub fn convert(_args: &ConvertArgs) -> Result<()> {
    Err(Error::case("not there yet"))
}
