//! The pairs of key and value types that maps are compiled for.
//!
//! Each pair makes the loops of each map anew, so not every key stands beside every value: most maps have the common pairs, some
//! have more, and some a few of them.

#[cfg(feature = "maps")]
use compact_str::CompactString;
#[cfg(feature = "maps")]
use smol_str::SmolStr;
#[cfg(feature = "maps")]
use std::sync::Arc;

#[cfg(feature = "maps")]
use super::adapter::HashedMapOf;
use super::adapter::{MapOf, Pairs};
#[cfg(feature = "maps")]
use crate::workload::hashers::hashers;
#[cfg(feature = "maps")]
use crate::workload::payload::key_types::Composite;
#[cfg(feature = "maps")]
use crate::workload::payload::value_types::{
    Padded, Record32, Record40, Record48, Record56, Record64, Record80, Record96, Record128, Reordered,
};
#[cfg(feature = "maps")]
use crate::workload::{Key, Value};

macro_rules! pairs {
    ($(#[$trait_doc:meta])* $bound:ident, $(#[$doc:meta])* $function:ident: $($key:ty: $($value:ty),*;)*) => {
        $(#[$trait_doc])*
        pub trait $bound: $($(MapOf<$key, $value> +)*)* {}

        impl<F> $bound for F where F: $($(MapOf<$key, $value> +)*)* {}

        $(#[$doc])*
        pub fn $function<F: $bound>(pairs: &mut impl Pairs<F>) {
            $($(pairs.add::<$key, $value>();)*)*
        }
    };
}

pairs! {
    /// A map of every pair that most maps have. It follows from `impl<K: Key, V: Value> MapOf<K, V>`.
    CommonPairs,
    /// Adds the pairs that most maps have.
    common_pairs:
    u64: (), u64, [u8; 16], [u8; 64], [u8; 256], Box<[u8]>, Vec<u8>;
    String: (), u64, [u8; 16], [u8; 64], [u8; 256], Box<[u8]>, Vec<u8>;
    Vec<u8>: u64, Vec<u8>;
}

pairs! {
    /// A map of the few pairs.
    FewPairs,
    /// Adds a few of the pairs that most maps have: enough to compare a map by, and little code.
    few_pairs:
    u64: u64, [u8; 16], Vec<u8>;
    String: u64, Vec<u8>;
}

pairs! {
    /// A map of the pairs with keys that are small integers.
    NumberPairs,
    /// Adds pairs of maps whose keys are integers alone.
    number_pairs:
    u64: u64, [u8; 16], [u8; 64], Vec<u8>;
    u32: u64, Vec<u8>;
}

#[cfg(feature = "maps")]
pairs! {
    /// A map of every further pair.
    FurtherPairs,
    /// Adds pairs with types that few maps have: each type of keys and each type of values beside the usual ones of the
    /// other.
    further_pairs:
    u32: (), u64, Vec<u8>;
    u128: u64, Vec<u8>;
    Box<str>: u64, Vec<u8>;
    Arc<str>: u64, Vec<u8>;
    CompactString: u64, Vec<u8>;
    SmolStr: u64, Vec<u8>;
    [u8; 16]: (), u64, Vec<u8>;
    [u8; 32]: (), u64, Vec<u8>;
    Box<[u8]>: u64, Vec<u8>;
    Composite: u64, Vec<u8>;
    u64: bool, f64, [u8; 32], [u8; 128], Box<()>, Box<u8>, Padded, Reordered, Arc<[u8]>;
    String: bool, Box<()>, Box<u8>, Arc<[u8]>;
    Vec<u8>: (), bool, Box<[u8]>;
}

#[cfg(feature = "maps")]
pairs! {
    /// A map of every pair with records.
    RecordPairs,
    /// Adds records beside the two usual types of keys. Each has its own size in the entry, so they are many: they are for few maps.
    record_pairs:
    u64: Record32, Record40, Record48, Record56, Record64, Record80, Record96, Record128;
    String: Record32, Record40, Record48, Record56, Record64, Record80, Record96, Record128;
}

/// Hands `$then` the pairs that maps which take a hasher have with each hasher.
#[cfg(feature = "maps")]
macro_rules! hashed {
    ($($hasher:ty),*) => {
        hashed! { @each [$($hasher),*] (u64, u64) (u64, Vec<u8>) (String, Vec<u8>) }
    };
    (@each $hashers:tt $(($key:ty, $value:ty))*) => {
        /// A map of every hasher. It follows from `impl<K: Key, V: Value, S: NamedHasher> HashedMapOf<K, V, S>`.
        pub trait HashedPairs: $(OfEachHasher<$key, $value> +)* {}

        impl<F> HashedPairs for F where F: $(OfEachHasher<$key, $value> +)* {}

        /// Adds each hasher: of numbers beside numbers and vectors, and of text beside vectors.
        pub fn hashed_pairs<F: HashedPairs>(pairs: &mut impl Pairs<F>) {
            $(each_hasher::<F, $key, $value>(pairs);)*
        }
    };
}

#[cfg(feature = "maps")]
macro_rules! each_hasher {
    ($($hasher:ty),*) => {
        /// A map of one key and value type with every hasher.
        pub trait OfEachHasher<K: Key, V: Value>: $(HashedMapOf<K, V, $hasher> +)* {}

        impl<F, K: Key, V: Value> OfEachHasher<K, V> for F where F: $(HashedMapOf<K, V, $hasher> +)* {}

        fn each_hasher<F: OfEachHasher<K, V>, K: Key, V: Value>(pairs: &mut impl Pairs<F>) {
            $(pairs.add_hashed::<K, V, $hasher>();)*
        }
    };
}

#[cfg(feature = "maps")]
hashers!(each_hasher);
#[cfg(feature = "maps")]
hashers!(hashed);
