//! The pairs of key and value types that every map is compiled for.
//!
//! Each pair makes the loops of each map anew, so not every key stands beside every value: these do, and a map adds others.

use super::adapter::{MapOf, Pairs};

/// Hands `$then` the pairs, as keys each with its values.
macro_rules! common {
    ($then:ident) => {
        $then! {
            u64: (), u64, [u8; 16], [u8; 32], [u8; 64], [u8; 128], [u8; 256], Box<[u8]>, Vec<u8>;
            String: (), u64, [u8; 16], [u8; 32], [u8; 64], [u8; 128], [u8; 256], Box<[u8]>, Vec<u8>;
            Vec<u8>: (), u64, [u8; 16], [u8; 32], [u8; 64], [u8; 128], [u8; 256], Box<[u8]>, Vec<u8>;
        }
    };
}

macro_rules! define {
    ($($key:ty: $($value:ty),*;)*) => {
        /// A map of every pair that all maps have. It follows from `impl<K: Key, V: Value> MapOf<K, V>`.
        pub trait CommonPairs: $($(MapOf<$key, $value> +)*)* {}

        impl<F> CommonPairs for F where F: $($(MapOf<$key, $value> +)*)* {}

        /// Adds the pairs that all maps have.
        pub fn common_pairs<F: CommonPairs>(pairs: &mut impl Pairs<F>) {
            $($(pairs.add::<$key, $value>();)*)*
        }
    };
}
common!(define);
