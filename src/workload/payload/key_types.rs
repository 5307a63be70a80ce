//! The types of keys: a file each, and their table.

mod bytes;
mod string;
mod u64;

use super::{Key, KeyInfo};

/// Hands the built-in types of keys, in the order in which they are listed, to the macro `$then`.
macro_rules! key_types {
    ($then:ident) => {
        $then! { u64, String, Vec<u8> }
    };
}
pub(crate) use key_types;

macro_rules! infos {
    ($($key:ty),*) => {
        /// What is known of the built-in types of keys.
        pub const KEY_TYPES: &[KeyInfo] = &[$(<$key as Key>::INFO),*];
    };
}
key_types!(infos);
