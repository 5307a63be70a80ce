//! Hashers that a workload may ask for in place of a map's own: a file each, and their table.
//!
//! All have fixed keys: the same bucket for the same key in every run, so that two runs of one case give the same exact
//! figures.

#[cfg(feature = "maps")]
mod ahash;
pub mod bad;
#[cfg(feature = "maps")]
mod fnv;
mod foldhash;
#[cfg(feature = "maps")]
mod fxhash;
mod named_hasher;
#[cfg(feature = "maps")]
mod rapidhash;
mod sip13;

use std::hash::BuildHasher;

#[cfg(feature = "maps")]
pub use self::ahash::FixedAHash;
#[cfg(feature = "maps")]
pub use self::rapidhash::FixedRapidHash;
pub use bad::BadHash;
pub use named_hasher::{HasherInfo, NamedHasher};
pub use sip13::FixedSip;

/// Hands the hashers, in the order in which they are listed, to the macro `$then`.
#[cfg(feature = "maps")]
macro_rules! hashers {
    ($then:ident) => {
        $then! {
            $crate::workload::hashers::FixedSip,
            ::foldhash::fast::FixedState,
            $crate::workload::hashers::FixedAHash,
            ::rustc_hash::FxBuildHasher,
            ::fnv::FnvBuildHasher,
            $crate::workload::hashers::FixedRapidHash,
            $crate::workload::hashers::BadHash
        }
    };
}

/// Hands the hashers, but those of other packages, to the macro `$then`.
#[cfg(not(feature = "maps"))]
macro_rules! hashers {
    ($then:ident) => {
        $then! {
            $crate::workload::hashers::FixedSip,
            ::foldhash::fast::FixedState,
            $crate::workload::hashers::BadHash
        }
    };
}
#[allow(unused_imports, reason = "a program that has the worker alone names no map")]
pub(crate) use hashers;

macro_rules! infos {
    ($($hasher:ty),*) => {
        /// What is known of the hashers.
        pub const HASHERS: &[HasherInfo] = &[$(<$hasher as NamedHasher>::INFO),*];
    };
}
hashers!(infos);

/// The hash that the hasher of that name gives to what `feed` writes; `None` if there is no such hasher.
pub fn hash_by_name(name: &str, feed: impl Fn(&mut dyn std::hash::Hasher)) -> Option<u64> {
    macro_rules! by_name {
        ($($hasher:ty),*) => {$(
            if name == <$hasher as NamedHasher>::INFO.name {
                let mut hasher = <$hasher>::default().build_hasher();
                feed(&mut hasher);
                return Some(std::hash::Hasher::finish(&hasher));
            }
        )*};
    }
    hashers!(by_name);
    None
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn fixed<S: NamedHasher>() {
        let name = S::INFO.name;
        assert_eq!(S::default().hash_one("a key"), S::default().hash_one("a key"), "{name}");
        let values: HashSet<u64> = (0..1000u64).map(|key| S::default().hash_one(key)).collect();
        let due = if S::INFO.counts_values { bad::DISTINCT as usize } else { 1000 };
        assert_eq!(values.len(), due, "{name}");
        let named = hash_by_name(name, |hasher| std::hash::Hash::hash("a key", &mut &mut *hasher));
        assert_eq!(named, Some(S::default().hash_one("a key")), "{name}");
    }

    #[test]
    fn every_hasher_is_the_same_each_time_and_found_by_its_name() {
        macro_rules! each {
            ($($hasher:ty),*) => {$(fixed::<$hasher>();)*};
        }
        hashers!(each);
        assert_eq!(hash_by_name("md5", |_| {}), None);
    }
}
