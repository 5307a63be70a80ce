//! `mapprof check`.

use crate::cli::CheckArgs;
use crate::error::{Error, Result};
use crate::run::registry::Registry;

/// To be written.
pub fn check(_registry: &Registry, _args: &CheckArgs) -> Result<u8> {
    Err(Error::case("not there yet"))
}
