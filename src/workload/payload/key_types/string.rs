//! Keys of type `String`.

use crate::workload::payload::{Block, Key, KeyInfo, Layout, Letters, digest_of_bytes};

impl Key for String {
    const INFO: KeyInfo = KeyInfo {
        name: "string",
        rust: "String",
        about: "text in a block of its own, with a capacity",
        bytes: None,
        letters: true,
        layout: Layout::with_block::<String>(Block::EXACT),
    };
    type Ref = str;
    type Store = Letters;

    #[inline]
    fn digest(key: &str) -> u64 {
        digest_of_bytes(key.as_bytes())
    }

    #[inline]
    fn make(key: &str) -> String {
        key.to_owned()
    }
}
