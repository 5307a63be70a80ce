//! The hasher of the Rust compiler's own tables.

use rustc_hash::FxBuildHasher;

use super::named_hasher::{HasherInfo, NamedHasher};

impl NamedHasher for FxBuildHasher {
    const INFO: HasherInfo = HasherInfo::new("rustc-hash", "FxHash, of the Rust compiler's own tables");
}
