//! FNV-1a, byte by byte.

use fnv::FnvBuildHasher;

use super::named_hasher::{HasherInfo, NamedHasher};

impl NamedHasher for FnvBuildHasher {
    const INFO: HasherInfo = HasherInfo::new("fnv", "FNV-1a, byte by byte: for short keys");
}
