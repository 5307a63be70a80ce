//! Keys and values for maps that clone their entries: their clones are made where attribution finds them, so that what they allocate
//! has the role of a key or a value and not of the map.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use crate::workload::payload::{clone_key, clone_value};
use crate::workload::{Key, Value};

/// A key.
#[derive(PartialEq, Eq)]
#[repr(transparent)]
pub struct ClonedKey<K>(pub K);

/// What is borrowed of a key. It stands apart from the key's own borrowed type, for which the standard library would not let one say
/// that a [`ClonedKey`] can be borrowed as it.
#[derive(PartialEq, Eq)]
#[repr(transparent)]
pub struct ClonedKeyRef<R: ?Sized>(R);

/// A value.
#[repr(transparent)]
pub struct ClonedValue<V>(pub V);

impl<K: Key> Clone for ClonedKey<K> {
    fn clone(&self) -> Self {
        ClonedKey(clone_key(&self.0))
    }
}

impl<V: Value> Clone for ClonedValue<V> {
    fn clone(&self) -> Self {
        ClonedValue(clone_value(&self.0))
    }
}

impl<K: Hash> Hash for ClonedKey<K> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R: Hash + ?Sized> Hash for ClonedKeyRef<R> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R: ?Sized> ClonedKeyRef<R> {
    /// The borrowed key as the map looks it up.
    #[inline]
    pub fn of(key: &R) -> &ClonedKeyRef<R> {
        let key: *const R = key;
        // SAFETY: the type is transparent over `R`, so a reference to the one is a reference to the other, with the same life.
        unsafe { &*(key as *const ClonedKeyRef<R>) }
    }
}

impl<K: Key> Borrow<ClonedKeyRef<K::Ref>> for ClonedKey<K> {
    #[inline]
    fn borrow(&self) -> &ClonedKeyRef<K::Ref> {
        ClonedKeyRef::of(self.0.borrow())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_key_is_found_by_what_is_borrowed_of_it() {
        let mut map: HashMap<ClonedKey<String>, ClonedValue<u64>> = HashMap::new();
        map.insert(ClonedKey("seven".to_owned()), ClonedValue(7));
        let copy = map.clone();
        assert_eq!(copy.get(ClonedKeyRef::of("seven")).map(|value| value.0), Some(7));
        assert!(!copy.contains_key(ClonedKeyRef::of("eight")));
        assert_eq!(size_of::<(ClonedKey<String>, ClonedValue<u64>)>(), size_of::<(String, u64)>());
    }
}
