//! Keys of type `SmolStr`.

use smol_str::SmolStr;

use super::text_key::text_key;
use crate::workload::payload::Block;

/// Source: smol_str 0.3: `INLINE_CAP` is 23, and what is longer is an `Arc<str>`.
const BLOCK: Block = Block { above: Some(23), ..Block::COUNTED };

text_key!(
    SmolStr,
    "smol-str",
    "SmolStr",
    "text inside of the entry up to 23 bytes, else in a block that clones share",
    BLOCK,
    SmolStr::from
);
