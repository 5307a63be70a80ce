//! Keys and values as the workload makes them: where a key's or a value's memory comes from.
//!
//! [`make_key`] and [`make_value`] are the only two places in which a workload allocates its payload. Attribution
//! finds them on a stack by their names and gives what they allocate the role `key` or `value`.

use std::borrow::Borrow;
use std::hash::Hash;

use crate::capture::HarnessVec;

/// A key type that workloads can use: `u64`, `String` or `Vec<u8>`.
///
/// A batch keeps its keys in scratch that is written before the clock starts; look-ups borrow from it
/// ([`Key::Ref`]), and only an operation that hands a key over to a map makes an owned one.
pub trait Key: Borrow<Self::Ref> + Hash + Eq + Ord + Clone + Send + Sync + 'static {
    /// What a look-up borrows: `u64`, `str` or `[u8]`.
    type Ref: ?Sized + Hash + Eq + Ord + Sync;

    /// Appends the key of `code` to the scratch, `length` bytes long (`u64` keys ignore the length).
    fn write(scratch: &mut KeyScratch, code: u64, length: usize);

    /// The key at place `index` of the scratch.
    fn read(scratch: &KeyScratch, index: usize) -> &Self::Ref;

    /// An owned copy, allocated as a program would allocate it. Call it through [`make_key`].
    fn make(key: &Self::Ref) -> Self;
}

/// A value type that workloads can use: `()`, `u64`, `[u8; N]`, `Box<[u8]>` or `Vec<u8>`.
pub trait Value: Clone + Send + Sync + 'static {
    /// A value of `size` bytes that carries `tag`: the tag's bytes first, the rest filled with a byte that is not
    /// zero, so that every page is really touched. Call it through [`make_value`].
    fn make(size: usize, tag: u64) -> Self;

    /// What a look-up folds into the checksum: the tag as far as it fits, combined with the size.
    fn fingerprint(&self) -> u64;
}
