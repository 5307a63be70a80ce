//! A hasher that is bad on purpose: it has so many values and no more, so that keys collide.

use std::hash::{BuildHasher, DefaultHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::named_hasher::{HasherInfo, NamedHasher};

/// Values that it has if nothing else is said.
pub const DISTINCT: u64 = 16;

/// Values that it has in this process.
static VALUES: AtomicU64 = AtomicU64::new(DISTINCT);

/// Says how many values the hasher has in this process, from now on; at least 1.
pub fn set_distinct(values: u64) {
    VALUES.store(values.max(1), Relaxed);
}

/// A hasher with few values.
#[derive(Debug, Clone)]
pub struct BadHash {
    values: u64,
}

impl Default for BadHash {
    fn default() -> Self {
        BadHash { values: VALUES.load(Relaxed) }
    }
}

/// A key on its way to one of few values.
#[derive(Debug, Clone)]
pub struct BadHasher {
    // Which of the values a key gets is as good as drawn: how many there are is what makes it bad.
    inner: DefaultHasher,
    values: u64,
}

impl Hasher for BadHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.inner.write(bytes);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.inner.finish() % self.values
    }
}

impl BuildHasher for BadHash {
    type Hasher = BadHasher;

    #[inline]
    fn build_hasher(&self) -> BadHasher {
        BadHasher { inner: DefaultHasher::new(), values: self.values }
    }
}

impl NamedHasher for BadHash {
    const INFO: HasherInfo = HasherInfo {
        counts_values: true,
        ..HasherInfo::new("bad", "bad on purpose: so many values, and no more")
    };
}
