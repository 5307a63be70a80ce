//! SipHash 1-3, the default of the standard library's maps, with keys of zero.

use std::hash::{BuildHasherDefault, DefaultHasher};

use super::named_hasher::{HasherInfo, NamedHasher};

/// The standard library's default algorithm (SipHash 1-3) with keys of zero.
pub type FixedSip = BuildHasherDefault<DefaultHasher>;

impl NamedHasher for FixedSip {
    const INFO: HasherInfo = HasherInfo::new("sip13", "SipHash 1-3, the standard library's default");
}
