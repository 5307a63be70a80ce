//! Keys and values as the workload makes them: where a key's or a value's memory comes from.
//!
//! [`make_key`] and [`make_value`] are the only two places in which a workload allocates its payload. Attribution
//! finds them on a stack by their names and gives what they allocate the role `key` or `value`.
//!
//! A type of keys is one file in `key_types` and a row of its table, a type of values one in `value_types`.

pub mod heap_parts;
pub mod held_elsewhere;
mod key;
mod key_scratch;
mod key_store;
pub mod key_types;
mod layout;
mod tag;
mod value;
pub mod value_types;

pub use key::Key;
pub use key_scratch::KeyScratch;
pub use key_store::{Bytes, Code, Each, KeyStore, Letters, write_code};
pub use layout::{Block, KeyInfo, Layout, ValueInfo, code_bits};
pub use tag::{
    FILL, change_bytes, changed, digest_of_bytes, fingerprint, fingerprint_of, stamp, stamped, tag,
};
pub use value::Value;

/// The owned key that an operation hands over to a map: the only place where a workload allocates key memory.
// Inlining it costs attribution nothing: the symbolizer names inlined frames too.
#[inline]
pub fn make_key<K: Key>(key: &K::Ref) -> K {
    K::make(key)
}

/// The value of `size` bytes that an operation hands over to a map: the only place where a workload allocates value
/// memory.
#[inline]
pub fn make_value<V: Value>(size: usize, tag: u64) -> V {
    V::make(size, tag)
}

/// A clone of a key in a map, allocated as the map's owner would allocate it.
#[inline]
pub fn clone_key<K: Key>(key: &K) -> K {
    key.clone()
}

/// A clone of a value in a map, likewise.
#[inline]
pub fn clone_value<V: Value>(value: &V) -> V {
    value.clone()
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
