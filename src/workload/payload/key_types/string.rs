//! Keys of type `String`.

use super::text_key::text_key;
use crate::workload::payload::Block;

text_key!(
    String,
    "string",
    "String",
    "text in a block of its own, with a capacity",
    Block::EXACT,
    str::to_owned
);
