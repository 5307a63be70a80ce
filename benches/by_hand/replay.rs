//! The loop over a file of operations, which `targets` writes. For each operation 1 byte (0 insert, 1 get, 2 update, 3
//! remove), then the key.

use std::hint::black_box;
use std::time::Instant;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Nanoseconds in the loop over operations on u64 -> u64.
pub fn numbers(operations: &[u8]) -> u128 {
    let mut map: HashMap<u64, u64, FixedState> = HashMap::default();
    let mut found = 0u64;
    let start = Instant::now();
    for operation in operations.chunks_exact(9) {
        let key = u64::from_le_bytes(operation[1..].try_into().unwrap());
        match operation[0] {
            0 => found += u64::from(map.insert(key, key).is_none()),
            1 => found = found.wrapping_add(*map.get(&key).unwrap_or(&0)),
            2 => {
                if let Some(value) = map.get_mut(&key) {
                    *value = key;
                }
            }
            _ => found += u64::from(map.remove(&key).is_some()),
        }
    }
    let took = start.elapsed().as_nanos();
    black_box((map, found));
    took
}

/// Nanoseconds in the loop over operations on String -> Vec.
pub fn strings(operations: &[u8], key_bytes: usize, value_bytes: usize) -> u128 {
    let mut map: HashMap<String, Vec<u8>, FixedState> = HashMap::default();
    let mut found = 0u64;
    let first = |value: &Vec<u8>| u64::from_le_bytes(value[..8].try_into().unwrap());
    let start = Instant::now();
    for operation in operations.chunks_exact(1 + key_bytes) {
        // SAFETY: `targets` writes keys of ASCII letters. Checking them here would time the check.
        let key = unsafe { std::str::from_utf8_unchecked(&operation[1..]) };
        match operation[0] {
            0 => found += u64::from(map.insert(key.to_owned(), vec![0xA5; value_bytes]).is_none()),
            1 => found = found.wrapping_add(map.get(key).map_or(0, first)),
            2 => {
                if let Some(value) = map.get_mut(key) {
                    *value = vec![0xA5; value_bytes];
                }
            }
            _ => found += u64::from(map.remove(key).is_some()),
        }
    }
    let took = start.elapsed().as_nanos();
    black_box((map, found));
    took
}
