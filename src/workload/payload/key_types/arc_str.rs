//! Keys of type `Arc<str>`.

use std::sync::Arc;

use super::text_key::text_key;
use crate::workload::payload::Block;

text_key!(
    Arc<str>,
    "arc-str",
    "Arc<str>",
    "text in a block that clones share, behind two counters",
    Block::COUNTED,
    Arc::<str>::from
);
