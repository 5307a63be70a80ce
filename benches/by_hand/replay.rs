//! Hand-written loops over operations that lie ready in memory: the judge of mapprof's time pass.
//!
//! `targets` writes the operations: for each phase one byte (0 insert, 1 get, 2 update, 3 remove, 255 several kinds), the
//! number of operations (8 bytes, little-endian), the kind of each if they are several, and their keys. A phase of one
//! kind has a loop of its own, as a program that does only this would have it.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap as StdMap};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};
use std::hint::black_box;
use std::time::Instant;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::keys::Key;
use crate::values::Value;

/// The map of the loops, as the programs have it.
pub trait Map<K, Q: ?Sized, V>: Default {
    fn insert(&mut self, key: K, value: V) -> bool;
    fn get(&self, key: &Q) -> Option<&V>;
    fn get_mut(&mut self, key: &Q) -> Option<&mut V>;
    fn remove(&mut self, key: &Q) -> bool;
}

macro_rules! maps {
    ($($map:ty: $($bound:ident)|+;)*) => {$(
        impl<K: $($bound +)+ Borrow<Q>, Q: ?Sized $(+ $bound)+, V> Map<K, Q, V> for $map {
            #[inline(always)]
            fn insert(&mut self, key: K, value: V) -> bool {
                self.insert(key, value).is_none()
            }
            #[inline(always)]
            fn get(&self, key: &Q) -> Option<&V> {
                self.get(key)
            }
            #[inline(always)]
            fn get_mut(&mut self, key: &Q) -> Option<&mut V> {
                self.get_mut(key)
            }
            #[inline(always)]
            fn remove(&mut self, key: &Q) -> bool {
                self.remove(key).is_some()
            }
        }
    )*};
}

type Sip = BuildHasherDefault<DefaultHasher>;

maps! {
    HashMap<K, V, FixedState>: Hash | Eq;
    StdMap<K, V, Sip>: Hash | Eq;
    BTreeMap<K, V>: Ord;
}

/// A phase: its kind, or the kind of each operation, and the keys.
struct Phase<K> {
    kind: u8,
    kinds: Vec<u8>,
    keys: K,
}

const MIXED: u8 = 255;

/// The phases in a file whose keys have `key_bytes` each.
fn phases<K>(mut file: &[u8], key_bytes: usize, keys: impl Fn(&[u8]) -> K) -> Vec<Phase<K>> {
    let mut phases = Vec::new();
    while let [kind, rest @ ..] = file {
        let (count, rest) = rest.split_first_chunk::<8>().unwrap();
        let count = u64::from_le_bytes(*count) as usize;
        let (kinds, rest) = rest.split_at(if *kind == MIXED { count } else { 0 });
        let (bytes, rest) = rest.split_at(count * key_bytes);
        phases.push(Phase { kind: *kind, kinds: kinds.to_vec(), keys: keys(bytes) });
        file = rest;
    }
    phases
}

/// [`replay`] in a function of its own, as a program has it whose map lies in a structure: the loop reaches the map through a
/// reference.
#[inline(never)]
fn replay_behind<'k, K: Key, V: Value, M: Map<K, K::Ref, V>>(
    map: &mut M,
    kinds: (u8, &[u8]),
    keys: impl Iterator<Item = &'k K::Ref>,
    value_bytes: usize,
) -> u64 {
    replay::<K, V, M>(map, kinds, keys, value_bytes)
}

/// Does the operations on `keys`: a loop for each kind, and one for several. The sum of what they answered.
#[inline(always)]
fn replay<'k, K: Key, V: Value, M: Map<K, K::Ref, V>>(
    map: &mut M,
    (kind, kinds): (u8, &[u8]),
    keys: impl Iterator<Item = &'k K::Ref>,
    value_bytes: usize,
) -> u64 {
    let value = |key: &K::Ref| V::made(K::number(key), value_bytes);
    let mut sum = 0u64;
    match kind {
        0 => keys.for_each(|key| sum += u64::from(map.insert(K::own(key), value(key)))),
        1 => keys.for_each(|key| sum = sum.wrapping_add(map.get(key).map_or(0, V::number))),
        2 => keys.for_each(|key| {
            if let Some(old) = map.get_mut(key) {
                *old = value(key);
            }
        }),
        3 => keys.for_each(|key| sum += u64::from(map.remove(key))),
        _ => {
            for (kind, key) in kinds.iter().zip(keys) {
                match kind {
                    0 => sum += u64::from(map.insert(K::own(key), value(key))),
                    1 => sum = sum.wrapping_add(map.get(key).map_or(0, V::number)),
                    2 => {
                        if let Some(old) = map.get_mut(key) {
                            *old = value(key);
                        }
                    }
                    _ => sum += u64::from(map.remove(key)),
                }
            }
        }
    }
    sum
}

/// Nanoseconds in the loops over the operations in `file`, on a map of the loop's own or one behind a reference.
pub fn timed<K: Key, V: Value, M: Map<K, K::Ref, V>>(
    file: Vec<u8>,
    key_bytes: usize,
    value_bytes: usize,
    behind: bool,
) -> u128 {
    let phases = phases(&file, key_bytes, |bytes| K::ready(bytes));
    drop(file);
    let mut map = M::default();
    let mut took = 0;
    for Phase { kind, kinds, keys } in &phases {
        let keys = K::each(keys, key_bytes);
        let start = Instant::now();
        let kinds = (*kind, kinds.as_slice());
        let sum = match behind {
            true => replay_behind::<K, V, M>(&mut map, kinds, keys, value_bytes),
            false => replay::<K, V, M>(&mut map, kinds, keys, value_bytes),
        };
        took += start.elapsed().as_nanos();
        black_box(sum);
    }
    black_box(map);
    took
}
