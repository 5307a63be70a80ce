//! Tags: what values carry to be told apart by, and the number that a look-up makes of one.

use crate::workload::bit_mixer::GOLDEN;

/// What a value is filled with after its tag. Not zero, so that a page from the system is really written to.
pub const FILL: u8 = 0xA5;

/// What the value of the key with this digest carries after `version` replacements. Values of different keys carry
/// different tags, and so do eight versions in a row of one value: a lost update and a value under a wrong key both show.
#[inline]
pub fn tag(digest: u64, version: u8, salt: u64) -> u64 {
    // One product: the loop that is timed derives each value that it hands over.
    (digest ^ salt).wrapping_mul(GOLDEN).wrapping_add(u64::from(version))
}

/// The digest of a key of bytes: of its first 16, which hold the whole code.
#[inline]
pub fn digest_of_bytes(key: &[u8]) -> u64 {
    let head = &key[..key.len().min(16)];
    match (head.first_chunk::<8>(), head.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first).wrapping_mul(GOLDEN) ^ u64::from_le_bytes(*last)
        }
        _ => {
            let mut short = [0; 8];
            short[..head.len()].copy_from_slice(head);
            u64::from_le_bytes(short)
        }
    }
}

/// The fingerprint of a value that was made from `size` and `tag` and keeps so many bits of a tag: what a correct map
/// makes of it. It equals [`super::Value::fingerprint`] of that value without making one.
#[inline]
pub fn fingerprint_of(tag_bits: u32, size: usize, tag: u64) -> u64 {
    fingerprint(size, tag & u64::MAX.checked_shr(64 - tag_bits.min(64)).unwrap_or(0))
}

/// What a value that keeps so many bits of a tag carries after so many changes in place: eight in a row are all different, as far as
/// the bits go, and the eighth comes back to the first.
#[inline]
pub fn changed(tag: u64, tag_bits: u32, changes: u8) -> u64 {
    tag.wrapping_add(u64::from(changes) << (tag_bits.clamp(3, 64) - 3))
}

/// Changes the bytes of a value in place, as [`changed`] has it.
#[inline]
pub fn change_bytes(value: &mut [u8]) {
    let bits = 8 * value.len().min(8) as u32;
    if bits > 0 {
        stamp(value, changed(stamped(value), bits, 1));
    }
}

/// Tag and size in one number, in one instruction. Tags are spread over all numbers, so that a wrong size does not make up
/// for a wrong tag.
#[inline]
pub fn fingerprint(size: usize, tag: u64) -> u64 {
    tag.wrapping_add(size as u64 + 1)
}

/// Writes the tag's first bytes, as many as fit.
#[inline]
pub fn stamp(value: &mut [u8], tag: u64) {
    let tag = tag.to_le_bytes();
    match value.first_chunk_mut::<8>() {
        Some(head) => *head = tag,
        None => value.copy_from_slice(&tag[..value.len()]),
    }
}

/// The tag as far as it was written.
#[inline]
pub fn stamped(value: &[u8]) -> u64 {
    match value.first_chunk::<8>() {
        Some(head) => u64::from_le_bytes(*head),
        None => {
            let mut head = [0; 8];
            head[..value.len()].copy_from_slice(value);
            u64::from_le_bytes(head)
        }
    }
}
