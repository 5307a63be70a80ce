//! Keys of type `Arc<str>`.

use std::sync::Arc;

use crate::workload::payload::{Block, Key, KeyInfo, Layout, Letters, digest_of_bytes};

impl Key for Arc<str> {
    const INFO: KeyInfo = KeyInfo {
        name: "arc-str",
        rust: "Arc<str>",
        about: "text in a block that clones share, behind two counters",
        bytes: None,
        letters: true,
        layout: Layout::with_block::<Arc<str>>(Block::COUNTED),
    };
    type Ref = str;
    type Store = Letters;

    #[inline]
    fn digest(key: &str) -> u64 {
        digest_of_bytes(key.as_bytes())
    }

    #[inline]
    fn make(key: &str) -> Arc<str> {
        <Arc<str>>::from(key)
    }
}
