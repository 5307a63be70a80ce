//! The keys of one batch, of whatever type: a [`KeyStore`] whose type is known to those who know the key's.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::key::Key;
use super::key_store::KeyStore;

/// The keys of one batch, in harness memory.
pub struct KeyScratch(Box<dyn AnyStore>);

/// A store, whatever the type of its keys.
trait AnyStore: Any + Send + Sync {
    fn clear(&mut self);
    fn len(&self) -> usize;
    fn digest(&self, index: usize) -> u64;
    fn bytes_at(&self, index: usize) -> usize;
    fn hash(&self, index: usize, hasher: &mut dyn Hasher);
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

struct StoreOf<K: Key>(K::Store);

impl<K: Key> AnyStore for StoreOf<K> {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn digest(&self, index: usize) -> u64 {
        K::digest(self.0.get(index))
    }

    fn bytes_at(&self, index: usize) -> usize {
        self.0.bytes_at(index)
    }

    fn hash(&self, index: usize, mut hasher: &mut dyn Hasher) {
        self.0.get(index).hash(&mut hasher);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl KeyScratch {
    /// Scratch for keys of type `K`, without any.
    pub fn of<K: Key>() -> Self {
        KeyScratch(Box::new(StoreOf::<K>(K::Store::empty())))
    }

    /// The keys, if they are of type `K`.
    #[inline]
    pub fn store<K: Key>(&self) -> Option<&K::Store> {
        self.0.as_any().downcast_ref::<StoreOf<K>>().map(|of| &of.0)
    }

    /// The keys, if they are of type `K`.
    #[inline]
    pub fn store_mut<K: Key>(&mut self) -> Option<&mut K::Store> {
        self.0.as_any_mut().downcast_mut::<StoreOf<K>>().map(|of| &mut of.0)
    }

    /// Forgets the keys and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The digest of the key at place `index`, which must be below [`KeyScratch::len`].
    pub fn digest(&self, index: usize) -> u64 {
        self.0.digest(index)
    }

    /// Bytes of the key at place `index`, which must be below [`KeyScratch::len`]; 0 if its type says how many.
    pub fn bytes_at(&self, index: usize) -> usize {
        self.0.bytes_at(index)
    }

    /// Hashes the key at place `index`, which must be below [`KeyScratch::len`].
    pub fn hash(&self, index: usize, hasher: &mut dyn Hasher) {
        self.0.hash(index, hasher);
    }
}

impl fmt::Debug for KeyScratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyScratch").field("len", &self.len()).finish()
    }
}
