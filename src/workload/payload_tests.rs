//! Tests of keys and values: sizes, order, and fingerprints that the model knows.

use super::key_types::key_types;
use super::value_types::value_types;
use super::*;
use crate::workload::call_batch::VERSIONS;
use crate::workload::spec::{Size, ValueSpec};

const TAG: u64 = 0x0123_4567_89AB_CDEF;

/// The fingerprint of a value of type `V`, as the model has it.
fn modelled<V: Value>(size: usize, changes: u8) -> u64 {
    ValueSpec::of(&V::INFO, Size::Fixed(size as u64)).fingerprint_of(size, TAG, changes)
}

fn check<V: Value>() {
    let info = V::INFO;
    let sizes = info.bytes.map_or(vec![0, 1, 3, 7, 8, 9, 64, 5000], |bytes| vec![bytes as usize]);
    for size in sizes {
        let mut value = make_value::<V>(size, TAG);
        for changes in 0..VERSIONS {
            let what = format!("{} of {size} bytes, changed {changes} times", info.rust);
            assert_eq!(value.fingerprint(), modelled::<V>(size, changes), "{what}");
            value.change();
        }
        assert_eq!(value.fingerprint(), modelled::<V>(size, 0), "{} comes round", info.rust);
    }
    assert_eq!((info.layout.size, info.layout.align), (size_of::<V>(), align_of::<V>()), "{}", info.rust);
}

#[test]
fn the_model_knows_the_fingerprint_of_every_value_type() {
    macro_rules! each {
        ($($value:ty),*) => {$(check::<$value>();)*};
    }
    value_types!(each);
}

#[test]
fn fingerprints_tell_sizes_and_tags_apart() {
    // Tags as values carry them, spread over all numbers.
    let [one, two] = [tag(1, 0, 7), tag(2, 0, 7)];
    let all = [(8, one), (8, two), (9, one), (64, one), (7, one), (0, one)];
    let bytes = ValueSpec::of(&<Vec<u8> as Value>::INFO, Size::Fixed(0));
    for a in all {
        for b in all {
            let same = bytes.fingerprint_of(a.0, a.1, 0) == bytes.fingerprint_of(b.0, b.1, 0);
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
    let mut store = K::Store::empty();
    for code in codes {
        store.push(code, length, length);
    }
    (0..store.len()).map(|i| make_key::<K>(store.get(i))).collect()
}

/// Keys of larger codes are larger, whatever their length, if it holds a whole code; and a key knows its digest.
fn ordered<K: Key>() {
    let info = K::INFO;
    let codes = || (0..200u64).chain((1..=56).map(|shift| 200 << shift));
    for length in info.bytes.map_or(vec![11, 12, 24, 100], |bytes| vec![bytes]) {
        let bits = code_bits(info.letters, length);
        let fits = |code: &u64| bits == 64 || code >> bits == 0;
        let made = keys::<K>(codes().filter(fits), length);
        assert!(made.is_sorted_by(|a, b| a < b), "{} of {length}", info.rust);
        let digests: std::collections::HashSet<u64> =
            made.iter().map(|key| K::digest(key.borrow())).collect();
        assert_eq!(digests.len(), made.len(), "{}", info.rust);
    }
    assert_eq!((info.layout.size, info.layout.align), (size_of::<K>(), align_of::<K>()), "{}", info.rust);
}

#[test]
fn larger_codes_make_larger_keys() {
    macro_rules! each {
        ($($key:ty),*) => {$(ordered::<$key>();)*};
    }
    key_types!(each);
}

#[test]
fn keys_have_the_asked_length() {
    for length in [1, 8, 11, 24, 100] {
        assert!(keys::<String>(0..9, length).iter().all(|key| key.len() == length));
        assert!(keys::<Vec<u8>>(0..9, length).iter().all(|key| key.len() == length));
    }
}

/// A store of keys of several lengths has each of them, in the order of their codes, wherever it is entered.
fn keeps_lengths<K: Key<Ref: std::fmt::Debug + AsRef<[u8]>>>() {
    let least = 4;
    let mut store = K::Store::empty();
    // The first keys have one length, as a whole batch may have by chance.
    let lengths: Vec<usize> =
        (0..500).map(|code: usize| if code < 3 { 7 } else { least + code * 7 % 31 }).collect();
    for round in 0..2 {
        for (code, length) in lengths.iter().enumerate() {
            store.push(code as u64 + 9, least, *length);
        }
        let key = |index| <K::Ref as AsRef<[u8]>>::as_ref(store.get(index));
        for (index, length) in lengths.iter().enumerate() {
            assert_eq!((key(index).len(), store.bytes_at(index)), (*length, *length), "round {round}");
        }
        assert!((1..lengths.len()).all(|index| store.get(index - 1) < store.get(index)), "{}", K::INFO.rust);
        for range in [0..500, 0..1, 2..5, 7..7, 499..500] {
            let (mut found, mut rest) = (Vec::<&[u8]>::new(), range.clone());
            while !rest.is_empty() {
                let alike = store.alike(rest.clone());
                found.extend(store.range(alike.clone()).map(AsRef::as_ref));
                rest.start = alike.end;
            }
            assert_eq!(found, range.map(key).collect::<Vec<_>>(), "{}", K::INFO.rust);
        }
        let digests: std::collections::HashSet<u64> =
            (0..lengths.len()).map(|index| K::digest(store.get(index))).collect();
        assert_eq!(digests.len(), lengths.len(), "{}", K::INFO.rust);
        store.clear();
        store.push(9, 11, 11);
        assert_eq!((store.len(), store.bytes_at(0), store.range(0..1).count()), (1, 11, 1));
        store.clear();
    }
}

#[test]
fn keys_of_several_lengths_are_told_apart_and_keep_their_order() {
    keeps_lengths::<String>();
    keeps_lengths::<Vec<u8>>();
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
fn a_cleared_store_keeps_nothing() {
    let mut store = Letters::empty();
    store.push(7, 24, 24);
    store.clear();
    assert!(store.is_empty());
    store.push(9, 11, 11);
    assert_eq!(store.get(0), "----------8");
}

#[test]
fn scratch_knows_its_keys_by_their_type() {
    let mut scratch = KeyScratch::of::<String>();
    assert!(scratch.store::<u64>().is_none());
    scratch.store_mut::<String>().unwrap().push(9, 11, 11);
    assert_eq!((scratch.len(), scratch.digest(0)), (1, String::digest("----------8")));
    scratch.clear();
    assert!(scratch.is_empty());
}
