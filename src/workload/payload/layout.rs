//! What is known of a type of keys or values: its name, and where its bytes lie.

use serde::{Deserialize, Serialize};

/// Where the bytes of a key or a value lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Layout {
    /// `size_of` the type: bytes in the map's slot.
    pub size: usize,
    /// `align_of` the type, bytes.
    pub align: usize,
    /// Its block, if it may have one of its own.
    pub block: Option<Block>,
    /// The most parts that it can own beside that, if the workload says which: see [`super::heap_parts`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parts: usize,
    /// Whether an `Option` of the type is no larger than the type.
    #[serde(default, skip_serializing_if = "is_false")]
    pub niche: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The block that a key or a value has beside the map's slot, by the length of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// It has none up to this length: the bytes lie in the slot.
    pub above: Option<u64>,
    /// Bytes in front of the contents, such as the counters of an `Arc`.
    pub header: u64,
    /// The least bytes of contents that it has room for.
    pub least: u64,
    /// Its size is a multiple of this.
    pub multiple: u64,
    /// Whether clones share it.
    #[serde(default)]
    pub shared: bool,
}

impl Block {
    /// As long as its contents, and none without any: `String`, `Vec<u8>`, `Box<[u8]>`.
    pub const EXACT: Block = Block { above: Some(0), header: 0, least: 0, multiple: 1, shared: false };

    /// Contents behind two counters, as `alloc::sync::ArcInner` has them.
    pub const COUNTED: Block = Block { above: None, header: 16, least: 0, multiple: 8, shared: true };
}

impl Layout {
    /// A type without blocks of its own.
    pub const fn inline<T>() -> Layout {
        let niche = size_of::<Option<T>>() == size_of::<T>();
        Layout { size: size_of::<T>(), align: align_of::<T>(), block: None, parts: 0, niche }
    }

    /// A type with a block of its own.
    pub const fn with_block<T>(block: Block) -> Layout {
        Layout { block: Some(block), ..Layout::inline::<T>() }
    }

    /// `size_of` an `Option` of the type.
    pub fn option_size(&self) -> usize {
        if self.niche { self.size } else { (self.size + 1).next_multiple_of(self.align.max(1)) }
    }

    /// Requested bytes of the block of one that holds `length` bytes; 0 if it has none.
    pub fn block_bytes(&self, length: u64) -> u64 {
        match self.block {
            Some(block) if block.above.is_none_or(|above| length > above) => {
                (length.max(block.least) + block.header).next_multiple_of(block.multiple.max(1))
            }
            _ => 0,
        }
    }

    /// Whether a clone shares the block.
    pub fn clones_share(&self) -> bool {
        self.block.is_some_and(|block| block.shared)
    }
}

/// What is known of a type of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// The name in workload files. Types of several lengths may share one, such as `array`.
    pub name: &'static str,
    /// The Rust type.
    pub rust: &'static str,
    /// One line: what it is for.
    pub about: &'static str,
    /// Bytes of every key; none where the workload says how long keys are.
    pub bytes: Option<usize>,
    /// Whether its bytes are letters, which hold 6 bits of a code each and not 8.
    pub letters: bool,
    /// Where its bytes lie.
    pub layout: Layout,
}

impl KeyInfo {
    /// Whether keys of so many bytes, whose type has that name in a workload file, are of this type.
    pub fn is_of(&self, name: &str, length: usize) -> bool {
        self.name == name && self.bytes.is_none_or(|bytes| bytes == length)
    }

    /// A type that holds its `size_of` bytes and has no block: numbers, arrays, structs of them.
    pub const fn fixed<T>(name: &'static str, rust: &'static str) -> KeyInfo {
        let (bytes, layout) = (Some(size_of::<T>()), Layout::inline::<T>());
        KeyInfo { name, rust, about: "", bytes, letters: false, layout }
    }
}

/// What is known of a type of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueInfo {
    /// The name in workload files. Types of several sizes may share one, such as `array`.
    pub name: &'static str,
    /// The Rust type.
    pub rust: &'static str,
    /// One line: what it is for.
    pub about: &'static str,
    /// Bytes of contents of every value; none where the workload says how large values are.
    pub bytes: Option<u64>,
    /// Bits of a tag that a value keeps, if not as many as fit into its contents.
    pub tag_bits: Option<u32>,
    /// Where its bytes lie.
    pub layout: Layout,
    /// Whether somebody else can hold a part of the values too ([`super::held_elsewhere`]).
    pub can_be_held: bool,
}

impl ValueInfo {
    /// A type that holds its `size_of` bytes, has no block, and keeps as much of a tag as fits.
    pub const fn fixed<T>(name: &'static str, rust: &'static str) -> ValueInfo {
        let (bytes, layout) = (Some(size_of::<T>() as u64), Layout::inline::<T>());
        ValueInfo { name, rust, about: "", bytes, tag_bits: None, layout, can_be_held: false }
    }
}

/// Bits of a code that a key of `length` letters (`letters`) or bytes can hold, at most 64.
pub fn code_bits(letters: bool, length: usize) -> u32 {
    let bits = length.saturating_mul(if letters { 6 } else { 8 });
    bits.min(64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_as_large_as_the_compiler_makes_it() {
        fn check<T>() {
            assert_eq!(Layout::inline::<T>().option_size(), size_of::<Option<T>>());
        }
        check::<()>();
        check::<u64>();
        check::<bool>();
        check::<[u8; 16]>();
        check::<Vec<u8>>();
        check::<(u128, [u8; 3])>();
        check::<(u32, bool)>();
    }

    #[test]
    fn a_block_follows_from_the_length() {
        let string = Layout::with_block::<String>(Block::EXACT);
        assert_eq!([0, 1, 24].map(|length| string.block_bytes(length)), [0, 1, 24]);
        let arc = Layout::with_block::<std::sync::Arc<str>>(Block::COUNTED);
        assert_eq!([0, 1, 24].map(|length| arc.block_bytes(length)), [16, 24, 40]);
        let compact = Block { above: Some(23), least: 32, ..Block::EXACT };
        let compact = Layout { size: 24, align: 8, block: Some(compact), parts: 0, niche: true };
        assert_eq!([23, 24, 40].map(|length| compact.block_bytes(length)), [0, 32, 40]);
    }
}
