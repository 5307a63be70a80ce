//! `mapprof compare`.

use crate::cli::CompareArgs;
use crate::error::{Error, Result};
use crate::run::registry::Registry;

/// To be written.
pub fn compare(_registry: &Registry, _args: &CompareArgs) -> Result<u8> {
    Err(Error::case("not there yet"))
}
