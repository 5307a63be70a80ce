//! aHash, the former default of hashbrown's maps.

use std::hash::BuildHasher;

use ahash::{AHasher, RandomState};

use super::named_hasher::{HasherInfo, NamedHasher};

/// aHash with fixed keys.
#[derive(Debug, Clone)]
pub struct FixedAHash(RandomState);

impl Default for FixedAHash {
    fn default() -> Self {
        // Any four numbers will do, as long as they are the same in every run.
        FixedAHash(RandomState::with_seeds(1, 2, 3, 4))
    }
}

impl BuildHasher for FixedAHash {
    type Hasher = AHasher;

    #[inline]
    fn build_hasher(&self) -> AHasher {
        self.0.build_hasher()
    }
}

impl NamedHasher for FixedAHash {
    const INFO: HasherInfo = HasherInfo::new("ahash", "aHash, by AES instructions where there are any");
}
