//! Keys of type `Box<[u8]>`.

use crate::workload::payload::{Block, Bytes, Key, KeyInfo, Layout, digest_of_bytes};

impl Key for Box<[u8]> {
    const INFO: KeyInfo = KeyInfo {
        name: "box-bytes",
        rust: "Box<[u8]>",
        about: "bytes in a block of their own, without a capacity",
        bytes: None,
        letters: false,
        layout: Layout::with_block::<Box<[u8]>>(Block::EXACT),
    };
    type Ref = [u8];
    type Store = Bytes;

    #[inline]
    fn digest(key: &[u8]) -> u64 {
        digest_of_bytes(key)
    }

    #[inline]
    fn make(key: &[u8]) -> Box<[u8]> {
        key.into()
    }
}
