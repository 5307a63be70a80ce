//! rapidhash, a portable successor of wyhash.

use std::hash::BuildHasher;

use rapidhash::fast::{RapidHasher, SeedableState};

use super::named_hasher::{HasherInfo, NamedHasher};

/// rapidhash with fixed secrets.
#[derive(Clone)]
pub struct FixedRapidHash(SeedableState<'static>);

impl Default for FixedRapidHash {
    fn default() -> Self {
        FixedRapidHash(SeedableState::fixed())
    }
}

impl BuildHasher for FixedRapidHash {
    type Hasher = RapidHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> RapidHasher<'static> {
        self.0.build_hasher()
    }
}

impl NamedHasher for FixedRapidHash {
    const INFO: HasherInfo = HasherInfo::new("rapidhash", "rapidhash, a successor of wyhash");
}
