//! Keys and values as the workload makes them: where a key's or a value's memory comes from.
//!
//! [`make_key`] and [`make_value`] are the only two places in which a workload allocates its payload. Attribution
//! finds them on a stack by their names and gives what they allocate the role `key` or `value`.

use std::borrow::Borrow;
use std::hash::Hash;
use std::ops::Range;

use super::mix::{GOLDEN, mix};
use super::spec::ValueKind;
use crate::capture::{HarnessVec, harness_vec};

/// What a value is filled with after its tag. Not zero, so that a page from the system is really written to.
const FILL: u8 = 0xA5;

/// The letters of `String` keys, in byte order: a larger digit is a larger letter, so that ascending codes make
/// lexicographically ascending keys.
const LETTERS: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Letters that hold a whole 64-bit code, 6 bits each.
const CODE_LETTERS: usize = 11;

/// A key type that workloads can use: `u64`, `String` or `Vec<u8>`.
///
/// A batch keeps its keys in scratch that is written before the clock starts; look-ups borrow from it
/// ([`Key::Ref`]), and only an operation that hands a key over to a map makes an owned one.
pub trait Key: Borrow<Self::Ref> + Hash + Eq + Ord + Clone + Send + Sync + 'static {
    /// What a look-up borrows: `u64`, `str` or `[u8]`.
    type Ref: ?Sized + Hash + Eq + Ord + Sync + 'static;

    /// Appends the key of `code` to the scratch, `length` bytes long (`u64` keys ignore the length).
    ///
    /// A key shorter than a whole code holds its low bits ([`code_bits`]). Keys of one scratch have one length.
    fn write(scratch: &mut KeyScratch, code: u64, length: usize);

    /// The key at place `index` of the scratch.
    fn read(scratch: &KeyScratch, index: usize) -> &Self::Ref;

    /// The keys at the places of `range`, in order.
    fn range(scratch: &KeyScratch, range: Range<usize>) -> impl Iterator<Item = &Self::Ref>;

    /// A number that tells the key from others, in a few instructions: what its values derive from ([`tag`]).
    fn digest(key: &Self::Ref) -> u64;

    /// An owned copy, allocated as a program would allocate it. Call it through [`make_key`].
    fn make(key: &Self::Ref) -> Self;
}

/// What the value of the key with this digest carries after `version` replacements. Values of different keys carry
/// different tags, and so do eight versions in a row of one value: a lost update and a value under a wrong key both show.
#[inline]
pub fn tag(digest: u64, version: u8, salt: u64) -> u64 {
    // One product: the loop that is timed derives each value that it hands over.
    (digest ^ salt).wrapping_mul(GOLDEN).wrapping_add(u64::from(version))
}

/// The digest of a key of bytes: of its first 16, which hold the whole code.
#[inline]
fn digest_of_bytes(key: &[u8]) -> u64 {
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

/// A value type that workloads can use: `()`, `u64`, `[u8; N]`, `Box<[u8]>` or `Vec<u8>`.
pub trait Value: Clone + Send + Sync + 'static {
    /// A value of `size` bytes that carries `tag`: the tag's bytes first, the rest filled with a byte that is not
    /// zero, so that every page is really touched. Call it through [`make_value`].
    fn make(size: usize, tag: u64) -> Self;

    /// What a look-up folds into the checksum: the tag as far as it fits, combined with the size.
    fn fingerprint(&self) -> u64;
}

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

/// The fingerprint of a value of `kind` that was made from `size` and `tag`: what a correct map makes of it. It
/// equals [`Value::fingerprint`] of that value without making one.
#[inline]
pub fn fingerprint_of(kind: ValueKind, size: usize, tag: u64) -> u64 {
    match kind {
        ValueKind::Unit => fingerprint(0, 0),
        ValueKind::U64 => fingerprint(8, tag),
        ValueKind::Array | ValueKind::Boxed | ValueKind::Vec if size >= 8 => fingerprint(size, tag),
        ValueKind::Array | ValueKind::Boxed | ValueKind::Vec => {
            fingerprint(size, tag & ((1 << (8 * size)) - 1))
        }
    }
}

/// Bits of a code that a key of `length` letters (`letters`) or bytes can hold, at most 64.
pub fn code_bits(letters: bool, length: usize) -> u32 {
    let bits = length.saturating_mul(if letters { 6 } else { 8 });
    bits.min(64) as u32
}

/// The keys of one batch, in harness memory.
#[derive(Debug)]
pub struct KeyScratch {
    /// `u64` keys.
    numbers: HarnessVec<u64>,
    /// `String` keys, one after the other. Only [`LETTERS`] are ever written to it.
    letters: HarnessVec<u8>,
    /// `Vec<u8>` keys, one after the other.
    bytes: HarnessVec<u8>,
    /// Bytes of each key in `letters` or `bytes`.
    length: usize,
    /// Keys written.
    count: usize,
}

impl KeyScratch {
    /// Scratch without keys.
    pub fn new() -> Self {
        KeyScratch {
            numbers: harness_vec(),
            letters: harness_vec(),
            bytes: harness_vec(),
            length: 0,
            count: 0,
        }
    }

    /// Forgets the keys and keeps the memory.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.letters.clear();
        self.bytes.clear();
        self.count = 0;
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Where the keys at the places of `range` lie in `letters` or `bytes`.
    #[inline]
    fn bytes_of(&self, range: Range<usize>) -> Range<usize> {
        range.start * self.length..range.end * self.length
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Default for KeyScratch {
    fn default() -> Self {
        Self::new()
    }
}

/// A range of [`KeyScratch`]'s letters as text.
#[inline]
fn letters(key: &[u8]) -> &str {
    // SAFETY: every caller passes a part of `letters`, which is private to this module and to which nothing but members
    // of `LETTERS` is written, so it is ASCII. Validating here would put a scan of the key into every timed look-up.
    unsafe { std::str::from_utf8_unchecked(key) }
}

impl Key for u64 {
    type Ref = u64;

    #[inline]
    fn write(scratch: &mut KeyScratch, code: u64, _length: usize) {
        scratch.numbers.push(code);
        scratch.count += 1;
    }

    #[inline]
    fn read(scratch: &KeyScratch, index: usize) -> &u64 {
        &scratch.numbers[index]
    }

    #[inline]
    fn range(scratch: &KeyScratch, range: Range<usize>) -> impl Iterator<Item = &u64> {
        scratch.numbers[range].iter()
    }

    #[inline]
    fn digest(key: &u64) -> u64 {
        *key
    }

    #[inline]
    fn make(key: &u64) -> u64 {
        *key
    }
}

impl Key for String {
    type Ref = str;

    #[inline]
    fn write(scratch: &mut KeyScratch, code: u64, length: usize) {
        scratch.length = length;
        scratch.count += 1;
        let start = scratch.letters.len();
        scratch.letters.resize(start + length, LETTERS[0]);
        let key = &mut scratch.letters[start..];
        let (digits, padding) = key.split_at_mut(length.min(CODE_LETTERS));
        let mut rest = code;
        for letter in digits.iter_mut().rev() {
            *letter = LETTERS[(rest & 63) as usize];
            rest >>= 6;
        }
        // Letters after the code do not change which key is smaller, for no two codes are the same.
        let mut state = code;
        for letters in padding.chunks_mut(10) {
            state = mix(state);
            let mut rest = state;
            for letter in letters {
                *letter = LETTERS[(rest & 63) as usize];
                rest >>= 6;
            }
        }
    }

    #[inline]
    fn read(scratch: &KeyScratch, index: usize) -> &str {
        let start = index * scratch.length;
        letters(&scratch.letters[start..start + scratch.length])
    }

    #[inline]
    fn range(scratch: &KeyScratch, range: Range<usize>) -> impl Iterator<Item = &str> {
        scratch.letters[scratch.bytes_of(range)].chunks_exact(scratch.length.max(1)).map(letters)
    }

    #[inline]
    fn digest(key: &str) -> u64 {
        digest_of_bytes(key.as_bytes())
    }

    #[inline]
    fn make(key: &str) -> String {
        key.to_owned()
    }
}

impl Key for Vec<u8> {
    type Ref = [u8];

    #[inline]
    fn write(scratch: &mut KeyScratch, code: u64, length: usize) {
        scratch.length = length;
        scratch.count += 1;
        let start = scratch.bytes.len();
        scratch.bytes.resize(start + length, FILL);
        let key = &mut scratch.bytes[start..];
        let (digits, padding) = key.split_at_mut(length.min(8));
        // Big-endian, so that the order of the keys is that of their codes.
        digits.copy_from_slice(&code.to_be_bytes()[8 - digits.len()..]);
        let mut state = code;
        for bytes in padding.chunks_mut(8) {
            state = mix(state);
            bytes.copy_from_slice(&state.to_le_bytes()[..bytes.len()]);
        }
    }

    #[inline]
    fn read(scratch: &KeyScratch, index: usize) -> &[u8] {
        let start = index * scratch.length;
        &scratch.bytes[start..start + scratch.length]
    }

    #[inline]
    fn range(scratch: &KeyScratch, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        scratch.bytes[scratch.bytes_of(range)].chunks_exact(scratch.length.max(1))
    }

    #[inline]
    fn digest(key: &[u8]) -> u64 {
        digest_of_bytes(key)
    }

    #[inline]
    fn make(key: &[u8]) -> Vec<u8> {
        key.to_owned()
    }
}

impl Value for () {
    #[inline]
    fn make(_size: usize, _tag: u64) {}

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(0, 0)
    }
}

impl Value for u64 {
    #[inline]
    fn make(_size: usize, tag: u64) -> u64 {
        tag
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(8, *self)
    }
}

impl<const N: usize> Value for [u8; N] {
    #[inline]
    fn make(_size: usize, tag: u64) -> [u8; N] {
        let mut value = [FILL; N];
        stamp(&mut value, tag);
        value
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(N, stamped(self))
    }
}

impl Value for Box<[u8]> {
    #[inline]
    fn make(size: usize, tag: u64) -> Box<[u8]> {
        // As long as its capacity, so making it a box moves and frees nothing.
        <Vec<u8> as Value>::make(size, tag).into_boxed_slice()
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(self.len(), stamped(self))
    }
}

impl Value for Vec<u8> {
    #[inline]
    fn make(size: usize, tag: u64) -> Vec<u8> {
        let mut value = vec![FILL; size];
        stamp(&mut value, tag);
        value
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(self.len(), stamped(self))
    }
}

/// Tag and size in one number, in one instruction. Tags are spread over all numbers, so that a wrong size does not make up
/// for a wrong tag.
#[inline]
fn fingerprint(size: usize, tag: u64) -> u64 {
    tag.wrapping_add(size as u64 + 1)
}

/// Writes the tag's first bytes, as many as fit.
#[inline]
fn stamp(value: &mut [u8], tag: u64) {
    let tag = tag.to_le_bytes();
    match value.first_chunk_mut::<8>() {
        Some(head) => *head = tag,
        None => value.copy_from_slice(&tag[..value.len()]),
    }
}

/// The tag as far as it was written.
#[inline]
fn stamped(value: &[u8]) -> u64 {
    match value.first_chunk::<8>() {
        Some(head) => u64::from_le_bytes(*head),
        None => {
            let mut head = [0; 8];
            head[..value.len()].copy_from_slice(value);
            u64::from_le_bytes(head)
        }
    }
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
