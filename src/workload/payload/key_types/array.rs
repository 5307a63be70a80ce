//! Keys of type `[u8; N]`, inside of the entry: hashes, addresses, UUIDs.

use crate::workload::payload::{Code, Each, Key, KeyInfo, digest_of_bytes, write_code};

/// The Rust type, of the sizes that are compiled in.
const fn rust(size: usize) -> &'static str {
    match size {
        16 => "[u8; 16]",
        32 => "[u8; 32]",
        _ => "[u8; N]",
    }
}

impl<const N: usize> Code for [u8; N] {
    #[inline]
    fn of(code: u64) -> [u8; N] {
        let mut key = [0; N];
        write_code(&mut key, code);
        key
    }
}

impl<const N: usize> Key for [u8; N] {
    const INFO: KeyInfo =
        KeyInfo { about: "bytes inside of the entry", ..KeyInfo::fixed::<[u8; N]>("array", rust(N)) };
    type Ref = [u8; N];
    type Store = Each<[u8; N]>;

    #[inline]
    fn digest(key: &[u8; N]) -> u64 {
        digest_of_bytes(key)
    }

    #[inline]
    fn make(key: &[u8; N]) -> [u8; N] {
        *key
    }
}
