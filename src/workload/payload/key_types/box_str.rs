//! Keys of type `Box<str>`.

use super::text_key::text_key;
use crate::workload::payload::Block;

text_key!(
    Box<str>,
    "box-str",
    "Box<str>",
    "text in a block of its own, without a capacity",
    Block::EXACT,
    Box::<str>::from
);
