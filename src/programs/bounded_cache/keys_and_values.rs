//! The keys that are asked for, and their values.

use std::iter::repeat_n;
use std::sync::Arc;

use crate::workload::bit_mixer::{GOLDEN, mix};

/// A value. Caches of several threads hand out clones, so values are such that a clone is cheap.
pub type Value = Arc<[u8]>;

/// The key of that number. Different numbers have different keys.
pub fn key_of(number: u32, seed: u64) -> u64 {
    mix(seed.wrapping_add(u64::from(number).wrapping_mul(GOLDEN)))
}

/// The value of a key: it begins with the key, as far as there is room.
pub fn value_of(key: u64, bytes: usize) -> Value {
    let mut value: Value = repeat_n(key as u8, bytes).collect();
    if let Some(bytes) = Arc::get_mut(&mut value) {
        bytes.iter_mut().zip(key.to_le_bytes()).for_each(|(byte, part)| *byte = part);
    }
    value
}

/// Whether this is the value of the key, by its length and by the key in it.
pub fn is_value_of(key: u64, bytes: usize, value: &[u8]) -> bool {
    value.len() == bytes && value.iter().zip(key.to_le_bytes()).all(|(byte, part)| *byte == part)
}
