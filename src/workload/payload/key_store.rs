//! Where the keys of a batch lie before they are handed to a map: in harness memory, one after the other.

use std::ops::Range;

use super::tag::FILL;
use crate::capture::{HarnessVec, harness_vec};
use crate::workload::bit_mixer::mix;

/// The letters of text keys, in byte order: a larger digit is a larger letter, so that ascending codes make
/// lexicographically ascending keys.
const LETTERS: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Letters that hold a whole 64-bit code, 6 bits each.
const CODE_LETTERS: usize = 11;

/// The keys of a batch, as look-ups borrow them.
pub trait KeyStore: Send + Sync + 'static {
    /// What a look-up borrows.
    type Ref: ?Sized;

    /// A store without keys.
    fn empty() -> Self;

    /// Forgets the keys and keeps the memory.
    fn clear(&mut self);

    /// The number of keys.
    fn len(&self) -> usize;

    /// Whether there are no keys.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the key of `code`, `length` bytes long where the type leaves that open. The code lies in its first `least` bytes, which all
    /// keys of a store have at least: so larger codes make larger keys, whatever their lengths.
    ///
    /// Where `least` is shorter than a whole code, keys hold its low bits ([`super::code_bits`]).
    fn push(&mut self, code: u64, least: usize, length: usize);

    /// Bytes of the key at place `index`, which must be below [`KeyStore::len`]; 0 if the type says how many.
    fn bytes_at(&self, index: usize) -> usize {
        let _ = index;
        0
    }

    /// The key at place `index`, which must be below [`KeyStore::len`].
    fn get(&self, index: usize) -> &Self::Ref;

    /// The keys at the places of `range`, in order, which must be of one length ([`KeyStore::alike`]).
    fn range(&self, range: Range<usize>) -> impl Iterator<Item = &Self::Ref>;

    /// The first places of `range` whose keys are of one length: all, where the type or the workload says how long keys are.
    // So the loops over keys of one length are what they would be if there were no others, and need not be compiled twice.
    #[inline]
    fn alike(&self, range: Range<usize>) -> Range<usize> {
        range
    }
}

/// A key that follows from a code and has no block of its own.
pub trait Code: Copy + Send + Sync + 'static {
    /// The key of a code. Larger codes make larger keys.
    fn of(code: u64) -> Self;
}

/// Keys that lie in the store as they lie in a map.
#[derive(Debug)]
pub struct Each<K>(HarnessVec<K>);

impl<K: Code> KeyStore for Each<K> {
    type Ref = K;

    fn empty() -> Self {
        Each(harness_vec())
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn push(&mut self, code: u64, _least: usize, _length: usize) {
        self.0.push(K::of(code));
    }

    #[inline]
    fn get(&self, index: usize) -> &K {
        &self.0[index]
    }

    #[inline]
    fn range(&self, range: Range<usize>) -> impl Iterator<Item = &K> {
        self.0[range].iter()
    }
}

/// Keys of bytes, one after the other.
#[derive(Debug)]
pub struct Bytes {
    bytes: HarnessVec<u8>,
    /// Bytes of each key, as long as all have the same.
    length: usize,
    /// Where each key ends, once there are keys of another length.
    // A batch has at most 256 MiB of keys, so 32 bits are enough.
    ends: HarnessVec<u32>,
    count: usize,
}

impl Bytes {
    /// Adds a key of so many bytes, and returns them to be written.
    #[inline]
    fn next(&mut self, length: usize) -> &mut [u8] {
        if self.count == 0 {
            self.length = length;
        } else if self.ends.is_empty() && length != self.length {
            self.ends.extend((1..=self.count).map(|count| (count * self.length) as u32));
        }
        let start = self.bytes.len();
        self.bytes.resize(start + length, FILL);
        self.count += 1;
        if !self.ends.is_empty() {
            self.ends.push(self.bytes.len() as u32);
        }
        &mut self.bytes[start..]
    }

    /// Where the key at place `index` begins, and behind the last one where that ends.
    #[inline]
    fn start(&self, index: usize) -> usize {
        match index.checked_sub(1).and_then(|before| self.ends.get(before)) {
            Some(end) => *end as usize,
            // Of the first key it is 0 in any case.
            None => index * self.length,
        }
    }
}

/// Keys of one length, one after the other. What `chunks_exact` does, without its division: a run of calls may be short.
struct Alike<'k> {
    rest: &'k [u8],
    length: usize,
}

impl<'k> Iterator for Alike<'k> {
    type Item = &'k [u8];

    #[inline(always)]
    fn next(&mut self) -> Option<&'k [u8]> {
        let (key, rest) = self.rest.split_at_checked(self.length)?;
        self.rest = rest;
        Some(key)
    }
}

/// Where lengths differ. Not inlined: every loop of every map asks for it.
impl Bytes {
    /// The first places of `range` whose keys are of one length.
    #[inline(never)]
    fn stretch(&self, range: Range<usize>) -> Range<usize> {
        let length = |index| self.start(index + 1) - self.start(index);
        let end = range.clone().skip(1).find(|index| length(*index) != length(range.start));
        range.start..end.unwrap_or(range.end)
    }

    /// The bytes of keys of one length, and that.
    #[inline(never)]
    fn stretch_bytes(&self, range: Range<usize>) -> (&[u8], usize) {
        let (start, end) = (self.start(range.start), self.start(range.end));
        (&self.bytes[start..end], (end - start) / range.len().max(1))
    }
}

impl KeyStore for Bytes {
    type Ref = [u8];

    fn empty() -> Self {
        Bytes { bytes: harness_vec(), length: 0, ends: harness_vec(), count: 0 }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.count = 0;
    }

    fn len(&self) -> usize {
        self.count
    }

    #[inline]
    fn push(&mut self, code: u64, least: usize, length: usize) {
        write_code_within(self.next(length), least, code);
    }

    fn bytes_at(&self, index: usize) -> usize {
        self.get(index).len()
    }

    #[inline]
    fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.start(index + 1)]
    }

    #[inline]
    fn range(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let (bytes, length) = if self.ends.is_empty() {
            (&self.bytes[range.start * self.length..range.end * self.length], self.length)
        } else {
            self.stretch_bytes(range)
        };
        Alike { rest: bytes, length: length.max(1) }
    }

    #[inline]
    fn alike(&self, range: Range<usize>) -> Range<usize> {
        if self.ends.is_empty() { range } else { self.stretch(range) }
    }
}

/// Writes a code: its low bytes first, and behind a whole one bytes that follow from it.
#[inline]
pub fn write_code(key: &mut [u8], code: u64) {
    write_code_within(key, key.len(), code);
}

/// The same, with the code in the first `least` bytes.
#[inline]
fn write_code_within(key: &mut [u8], least: usize, code: u64) {
    let (digits, padding) = key.split_at_mut(key.len().min(least).min(8));
    // Big-endian, so that the order of the keys is that of their codes.
    digits.copy_from_slice(&code.to_be_bytes()[8 - digits.len()..]);
    let mut state = code;
    for bytes in padding.chunks_mut(8) {
        state = mix(state);
        bytes.copy_from_slice(&state.to_le_bytes()[..bytes.len()]);
    }
}

/// Keys of text, one after the other.
#[derive(Debug)]
pub struct Letters(
    /// Only [`LETTERS`] are ever written to it.
    Bytes,
);

impl KeyStore for Letters {
    type Ref = str;

    fn empty() -> Self {
        Letters(Bytes::empty())
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn push(&mut self, code: u64, least: usize, length: usize) {
        let key = self.0.next(length);
        let (digits, padding) = key.split_at_mut(length.min(least).min(CODE_LETTERS));
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

    fn bytes_at(&self, index: usize) -> usize {
        self.0.bytes_at(index)
    }

    #[inline]
    fn get(&self, index: usize) -> &str {
        letters(self.0.get(index))
    }

    #[inline]
    fn range(&self, range: Range<usize>) -> impl Iterator<Item = &str> {
        self.0.range(range).map(letters)
    }

    #[inline]
    fn alike(&self, range: Range<usize>) -> Range<usize> {
        self.0.alike(range)
    }
}

/// A key of [`Letters`] as text.
#[inline]
fn letters(key: &[u8]) -> &str {
    // SAFETY: every caller passes a key of `Letters`, whose bytes are private to this module; `push`, which alone writes
    // them, overwrites every byte of a new key with a member of `LETTERS`, so they are ASCII. Validating here would put a scan
    // of the key into every timed look-up.
    unsafe { std::str::from_utf8_unchecked(key) }
}
