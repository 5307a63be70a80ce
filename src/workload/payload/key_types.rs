//! The types of keys: a file each, and their table.

mod arc_str;
mod array;
mod box_bytes;
mod box_str;
mod bytes;
#[cfg(feature = "maps")]
mod compact_str;
mod composite;
#[cfg(feature = "maps")]
mod smol_str;
mod string;
mod text_key;
mod u128;
mod u32;
mod u64;

pub use composite::Composite;

use super::key::Key;
use super::layout::KeyInfo;

/// Hands the built-in types of keys, in the order in which they are listed, to the macro `$then`.
#[cfg(feature = "maps")]
macro_rules! key_types {
    ($then:ident) => {
        $then! {
            u64,
            u32,
            u128,
            String,
            Box<str>,
            std::sync::Arc<str>,
            ::compact_str::CompactString,
            ::smol_str::SmolStr,
            [u8; 16],
            [u8; 32],
            Vec<u8>,
            Box<[u8]>,
            $crate::workload::payload::key_types::Composite
        }
    };
}

/// Hands the built-in types of keys, but those of other packages, to the macro `$then`.
#[cfg(not(feature = "maps"))]
macro_rules! key_types {
    ($then:ident) => {
        $then! {
            u64,
            u32,
            u128,
            String,
            Box<str>,
            std::sync::Arc<str>,
            [u8; 16],
            [u8; 32],
            Vec<u8>,
            Box<[u8]>,
            $crate::workload::payload::key_types::Composite
        }
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
