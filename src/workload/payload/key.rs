//! What a type of keys is to workloads.

use std::borrow::Borrow;
use std::hash::Hash;

use super::key_store::KeyStore;
use super::layout::KeyInfo;

/// A key type that workloads can use.
///
/// A batch keeps its keys in a [`KeyStore`] that is written before the clock starts; look-ups borrow from it
/// ([`Key::Ref`]), and only an operation that hands a key over to a map makes an owned one.
pub trait Key: Borrow<Self::Ref> + Hash + Eq + Ord + Clone + Send + Sync + 'static {
    /// Its name, and where its bytes lie.
    const INFO: KeyInfo;

    /// What a look-up borrows: `u64`, `str` or `[u8]`, say.
    type Ref: ?Sized + Hash + Eq + Ord + Sync + 'static;

    /// Where the keys of a batch lie: [`super::Letters`] or [`super::Bytes`] for text and bytes, [`super::Each`] for types without a block of
    /// their own.
    type Store: KeyStore<Ref = Self::Ref>;

    /// A number that tells the key from others, in a few instructions: what its values derive from ([`super::tag`]).
    fn digest(key: &Self::Ref) -> u64;

    /// The key whose digest is `number`, of keys that are integers and their digests: what maps need that keep no keys. Other keys have
    /// none.
    fn of_number(number: u64) -> Option<Self> {
        let _ = number;
        None
    }

    /// An owned copy, allocated as a program would allocate it. Call it through [`super::make_key`].
    fn make(key: &Self::Ref) -> Self;
}
