//! Hashers with fixed keys: the maps' own default algorithms, but the same bucket for the same key in every run, so that
//! two runs of one case give the same exact figures.

use std::hash::{BuildHasherDefault, DefaultHasher};

/// The standard library's default algorithm (SipHash 1-3) with keys of zero.
pub type FixedSip = BuildHasherDefault<DefaultHasher>;
