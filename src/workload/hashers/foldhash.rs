//! foldhash, the default of hashbrown's maps.

use foldhash::fast::FixedState;

use super::named_hasher::{HasherInfo, NamedHasher};

impl NamedHasher for FixedState {
    const INFO: HasherInfo = HasherInfo::new("foldhash", "foldhash, hashbrown's default");
}
