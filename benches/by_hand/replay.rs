//! Hand-written loops over operations that lie ready in memory: the judge of mapprof's time pass.
//!
//! `targets` writes the operations: for each phase one byte (0 insert, 1 get, 2 update, 3 remove, 255 several kinds), the
//! number of operations (8 bytes, little-endian), the kind of each if they are several, and their keys. A phase of one
//! kind has a loop of its own, as a program that does only this would have it.

use std::collections::{BTreeMap, HashMap as StdMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::time::Instant;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// The map of the loops, as the programs have it.
trait Map<K, Q: ?Sized, V>: Default {
    fn insert(&mut self, key: K, value: V) -> bool;
    fn get(&self, key: &Q) -> Option<&V>;
    fn get_mut(&mut self, key: &Q) -> Option<&mut V>;
    fn remove(&mut self, key: &Q) -> bool;
}

macro_rules! maps {
    ($($map:ty: $key:ty, $borrowed:ty, $value:ty;)*) => {$(
        impl Map<$key, $borrowed, $value> for $map {
            #[inline(always)]
            fn insert(&mut self, key: $key, value: $value) -> bool {
                self.insert(key, value).is_none()
            }
            #[inline(always)]
            fn get(&self, key: &$borrowed) -> Option<&$value> {
                self.get(key)
            }
            #[inline(always)]
            fn get_mut(&mut self, key: &$borrowed) -> Option<&mut $value> {
                self.get_mut(key)
            }
            #[inline(always)]
            fn remove(&mut self, key: &$borrowed) -> bool {
                self.remove(key).is_some()
            }
        }
    )*};
}

type Sip = BuildHasherDefault<DefaultHasher>;

maps! {
    HashMap<u64, u64, FixedState>: u64, u64, u64;
    HashMap<String, Vec<u8>, FixedState>: String, str, Vec<u8>;
    StdMap<u64, u64, Sip>: u64, u64, u64;
    StdMap<String, Vec<u8>, Sip>: String, str, Vec<u8>;
    BTreeMap<u64, u64>: u64, u64, u64;
    BTreeMap<String, Vec<u8>>: String, str, Vec<u8>;
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
fn replay_behind<'k, K, Q: ?Sized + 'k, V, M: Map<K, Q, V>>(
    map: &mut M,
    kinds: (u8, &[u8]),
    keys: impl Iterator<Item = &'k Q>,
    own: impl Fn(&Q) -> K,
    value: impl Fn(&Q) -> V,
    number: impl Fn(&V) -> u64,
) -> u64 {
    replay(map, kinds, keys, own, value, number)
}

/// Does the operations on `keys`: a loop for each kind, and one for several. The sum of what they answered.
#[inline(always)]
fn replay<'k, K, Q: ?Sized + 'k, V, M: Map<K, Q, V>>(
    map: &mut M,
    (kind, kinds): (u8, &[u8]),
    keys: impl Iterator<Item = &'k Q>,
    own: impl Fn(&Q) -> K,
    value: impl Fn(&Q) -> V,
    number: impl Fn(&V) -> u64,
) -> u64 {
    let mut sum = 0u64;
    match kind {
        0 => keys.for_each(|key| sum += u64::from(map.insert(own(key), value(key)))),
        1 => keys.for_each(|key| sum = sum.wrapping_add(map.get(key).map_or(0, &number))),
        2 => keys.for_each(|key| {
            if let Some(old) = map.get_mut(key) {
                *old = value(key);
            }
        }),
        3 => keys.for_each(|key| sum += u64::from(map.remove(key))),
        _ => {
            for (kind, key) in kinds.iter().zip(keys) {
                match kind {
                    0 => sum += u64::from(map.insert(own(key), value(key))),
                    1 => sum = sum.wrapping_add(map.get(key).map_or(0, &number)),
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

fn numbers_on<M: Map<u64, u64, u64>>(file: Vec<u8>, behind: bool) -> u128 {
    let of_eight = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let phases = phases(&file, 8, |bytes| bytes.chunks_exact(8).map(of_eight).collect::<Vec<u64>>());
    drop(file);
    let mut map = M::default();
    let mut took = 0;
    for Phase { kind, kinds, keys } in &phases {
        let start = Instant::now();
        let (kinds, keys) = ((*kind, kinds.as_slice()), keys.iter());
        let sum = match behind {
            true => replay_behind(&mut map, kinds, keys, |key| *key, |key| *key, |value| *value),
            false => replay(&mut map, kinds, keys, |key| *key, |key| *key, |value| *value),
        };
        took += start.elapsed().as_nanos();
        black_box(sum);
    }
    black_box(map);
    took
}

fn strings_on<M: Map<String, str, Vec<u8>>>(
    file: Vec<u8>,
    key_bytes: usize,
    value_bytes: usize,
    behind: bool,
) -> u128 {
    let phases = phases(&file, key_bytes, |bytes| String::from_utf8(bytes.to_vec()).unwrap());
    drop(file);
    let mut map = M::default();
    let mut took = 0;
    for Phase { kind, kinds, keys } in &phases {
        // SAFETY: `targets` writes keys of ASCII letters, so each part is text. Checking them here would time the check.
        let keys =
            keys.as_bytes().chunks_exact(key_bytes).map(|key| unsafe { std::str::from_utf8_unchecked(key) });
        let first = |value: &Vec<u8>| u64::from_le_bytes(value[..8].try_into().unwrap());
        let start = Instant::now();
        let (kinds, value) = ((*kind, kinds.as_slice()), |_: &str| vec![0xA5; value_bytes]);
        let sum = match behind {
            true => replay_behind(&mut map, kinds, keys, str::to_owned, value, first),
            false => replay(&mut map, kinds, keys, str::to_owned, value, first),
        };
        took += start.elapsed().as_nanos();
        black_box(sum);
    }
    black_box(map);
    took
}

/// Nanoseconds in the loops over operations on u64 -> u64, on a map of the loop's own or one behind a reference.
pub fn numbers(map: &str, file: Vec<u8>, behind: bool) -> u128 {
    match map {
        "hashbrown" => numbers_on::<HashMap<u64, u64, FixedState>>(file, behind),
        "std" => numbers_on::<StdMap<u64, u64, Sip>>(file, behind),
        "btree" => numbers_on::<BTreeMap<u64, u64>>(file, behind),
        other => panic!("no loop on {other}"),
    }
}

/// The same over operations on String -> Vec.
pub fn strings(map: &str, file: Vec<u8>, key_bytes: usize, value_bytes: usize, behind: bool) -> u128 {
    match map {
        "hashbrown" => {
            strings_on::<HashMap<String, Vec<u8>, FixedState>>(file, key_bytes, value_bytes, behind)
        }
        "std" => strings_on::<StdMap<String, Vec<u8>, Sip>>(file, key_bytes, value_bytes, behind),
        "btree" => strings_on::<BTreeMap<String, Vec<u8>>>(file, key_bytes, value_bytes, behind),
        other => panic!("no loop on {other}"),
    }
}
