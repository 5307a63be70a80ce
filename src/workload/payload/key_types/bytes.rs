//! Keys of type `Vec<u8>`.

use crate::workload::payload::{Block, Bytes, Key, KeyInfo, Layout, digest_of_bytes};

impl Key for Vec<u8> {
    const INFO: KeyInfo = KeyInfo {
        name: "bytes",
        rust: "Vec<u8>",
        about: "bytes in a block of their own, with a capacity",
        bytes: None,
        letters: false,
        layout: Layout::with_block::<Vec<u8>>(Block::EXACT),
    };
    type Ref = [u8];
    type Store = Bytes;

    #[inline]
    fn digest(key: &[u8]) -> u64 {
        digest_of_bytes(key)
    }

    #[inline]
    fn make(key: &[u8]) -> Vec<u8> {
        key.to_owned()
    }
}
