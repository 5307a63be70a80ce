//! Tests of keys and values: sizes, order, and fingerprints that the model knows.

use super::*;

const TAG: u64 = 0x0123_4567_89AB_CDEF;

fn check<V: Value>(kind: ValueKind, size: usize) {
    let value = make_value::<V>(size, TAG);
    assert_eq!(value.fingerprint(), fingerprint_of(kind, size, TAG), "{kind:?} of {size} bytes");
}

#[test]
fn the_model_knows_the_fingerprint_of_every_value_type() {
    check::<()>(ValueKind::Unit, 0);
    check::<u64>(ValueKind::U64, 8);
    check::<[u8; 16]>(ValueKind::Array, 16);
    check::<[u8; 32]>(ValueKind::Array, 32);
    check::<[u8; 64]>(ValueKind::Array, 64);
    check::<[u8; 128]>(ValueKind::Array, 128);
    check::<[u8; 256]>(ValueKind::Array, 256);
    for size in [0, 1, 3, 7, 8, 9, 64, 5000] {
        check::<Box<[u8]>>(ValueKind::Boxed, size);
        check::<Vec<u8>>(ValueKind::Vec, size);
    }
}

#[test]
fn fingerprints_tell_sizes_and_tags_apart() {
    // Tags as values carry them, spread over all numbers.
    let [one, two] = [tag(1, 0, 7), tag(2, 0, 7)];
    let all = [(8, one), (8, two), (9, one), (64, one), (7, one), (0, one)];
    for a in all {
        for b in all {
            let same = fingerprint_of(ValueKind::Vec, a.0, a.1) == fingerprint_of(ValueKind::Vec, b.0, b.1);
            assert_eq!(same, a == b, "{a:?} {b:?}");
        }
    }
}

#[test]
fn values_have_their_exact_size_and_no_zero_filling() {
    for size in [0, 5, 8, 100] {
        let value = make_value::<Vec<u8>>(size, u64::MAX);
        assert_eq!((value.len(), value.capacity()), (size, size));
        assert!(value.iter().all(|&b| b != 0));
    }
}

/// Writes codes as keys of `K` and returns owned copies.
fn keys<K: Key>(codes: impl Iterator<Item = u64>, length: usize) -> Vec<K> {
    let mut scratch = KeyScratch::new();
    for code in codes {
        K::write(&mut scratch, code, length);
    }
    (0..scratch.len()).map(|i| make_key::<K>(K::read(&scratch, i))).collect()
}

#[test]
fn larger_codes_make_larger_keys_of_the_asked_length() {
    let codes = || (0..200u64).chain((1..=56).map(|shift| 200 << shift));
    for length in [11, 12, 24, 100] {
        let made = keys::<String>(codes(), length);
        assert!(made.iter().all(|key| key.len() == length));
        assert!(made.is_sorted_by(|a, b| a < b), "{length}");
    }
    for length in [8, 9, 24, 100] {
        let made = keys::<Vec<u8>>(codes(), length);
        assert!(made.iter().all(|key| key.len() == length));
        assert!(made.is_sorted_by(|a, b| a < b), "{length}");
    }
    assert!(keys::<u64>(codes(), 8).is_sorted_by(|a, b| a < b));
}

#[test]
fn short_keys_use_every_bit_they_have() {
    let letters = keys::<String>(0..1 << 12, 2);
    assert!(letters.is_sorted_by(|a, b| a < b));
    assert_eq!(code_bits(true, 2), 12);
    let bytes = keys::<Vec<u8>>(0..1 << 16, 2);
    assert!(bytes.is_sorted_by(|a, b| a < b));
    assert_eq!(code_bits(false, 2), 16);
    assert_eq!((code_bits(true, 11), code_bits(false, 8)), (64, 64));
}

#[test]
fn a_cleared_scratch_keeps_nothing() {
    let mut scratch = KeyScratch::new();
    String::write(&mut scratch, 7, 24);
    scratch.clear();
    assert!(scratch.is_empty());
    String::write(&mut scratch, 9, 11);
    assert_eq!(String::read(&scratch, 0), "----------8");
}
