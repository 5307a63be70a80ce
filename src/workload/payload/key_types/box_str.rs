//! Keys of type `Box<str>`.

use crate::workload::payload::{Block, Key, KeyInfo, Layout, Letters, digest_of_bytes};

impl Key for Box<str> {
    const INFO: KeyInfo = KeyInfo {
        name: "box-str",
        rust: "Box<str>",
        about: "text in a block of its own, without a capacity",
        bytes: None,
        letters: true,
        layout: Layout::with_block::<Box<str>>(Block::EXACT),
    };
    type Ref = str;
    type Store = Letters;

    #[inline]
    fn digest(key: &str) -> u64 {
        digest_of_bytes(key.as_bytes())
    }

    #[inline]
    fn make(key: &str) -> Box<str> {
        <Box<str>>::from(key)
    }
}
