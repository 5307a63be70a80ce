//! Keys of type `CompactString`.

use compact_str::CompactString;

use super::text_key::text_key;
use crate::workload::payload::Block;

/// Source: compact_str 0.9: `repr::MAX_SIZE`, the size of the type, and `repr::heap::MIN_HEAP_SIZE`.
const BLOCK: Block = Block { above: Some(size_of::<CompactString>() as u64), least: 32, ..Block::EXACT };

text_key!(
    CompactString,
    "compact-str",
    "CompactString",
    "text inside of the entry up to 24 bytes, else in a block of its own",
    BLOCK,
    CompactString::from
);
