//! A site that owns live bytes.

use serde::{Deserialize, Serialize};

/// A site with live bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSite {
    /// The function.
    pub site: String,
    /// Its role.
    pub role: String,
    /// Bytes; estimated if the profile was sampled.
    pub bytes: u64,
}
