//! Keys of type `CompactString`.

use compact_str::CompactString;

use crate::workload::payload::{Block, Key, KeyInfo, Layout, Letters, digest_of_bytes};

/// Source: compact_str 0.9: `repr::MAX_SIZE`, the size of the type, and `repr::heap::MIN_HEAP_SIZE`.
const BLOCK: Block =
    Block { above: Some(size_of::<CompactString>() as u64), header: 0, least: 32, multiple: 1 };

impl Key for CompactString {
    const INFO: KeyInfo = KeyInfo {
        name: "compact-str",
        rust: "CompactString",
        about: "text inside of the entry up to 24 bytes, else in a block of its own",
        bytes: None,
        letters: true,
        layout: Layout::with_block::<CompactString>(BLOCK),
    };
    type Ref = str;
    type Store = Letters;

    #[inline]
    fn digest(key: &str) -> u64 {
        digest_of_bytes(key.as_bytes())
    }

    #[inline]
    fn make(key: &str) -> CompactString {
        CompactString::from(key)
    }
}
