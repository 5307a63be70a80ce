//! Keys of type `SmolStr`.

use smol_str::SmolStr;

use crate::workload::payload::{Block, Key, KeyInfo, Layout, Letters, digest_of_bytes};

/// Source: smol_str 0.3: `INLINE_CAP` is 23, and what is longer is an `Arc<str>`.
const BLOCK: Block = Block { above: Some(23), ..Block::COUNTED };

impl Key for SmolStr {
    const INFO: KeyInfo = KeyInfo {
        name: "smol-str",
        rust: "SmolStr",
        about: "text inside of the entry up to 23 bytes, else in a block that clones share",
        bytes: None,
        letters: true,
        layout: Layout::with_block::<SmolStr>(BLOCK),
    };
    type Ref = str;
    type Store = Letters;

    #[inline]
    fn digest(key: &str) -> u64 {
        digest_of_bytes(key.as_bytes())
    }

    #[inline]
    fn make(key: &str) -> SmolStr {
        SmolStr::from(key)
    }
}
