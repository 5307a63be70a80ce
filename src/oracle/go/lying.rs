//! How the keys and values of a workload lie in Go.

use super::size_class::SizeClasses;
use crate::oracle::bounds::Span;
use crate::workload::spec::Workload;

/// Keys and values up to so many bytes lie in a map itself; larger ones have a block each.
const MOST_INLINE: u64 = 128;
/// Bytes of a pointer.
const POINTER: u64 = 8;
/// Bytes of the header of a slice.
const SLICE: u64 = 24;
/// Blocks without pointers of fewer bytes share one of so many with others.
const TINY: u64 = 16;

/// How a key or a value lies: bytes, alignment, and whether it has pointers.
#[derive(Debug, Clone, Copy)]
struct Item {
    bytes: u64,
    align: u64,
    pointers: bool,
}

impl Item {
    const fn plain(bytes: u64, align: u64) -> Item {
        Item { bytes, align, pointers: false }
    }

    const fn pointing(bytes: u64) -> Item {
        Item { bytes, align: POINTER, pointers: true }
    }

    /// As it lies in one of Go's maps.
    fn in_map(self) -> Item {
        if self.bytes > MOST_INLINE { Item::pointing(POINTER) } else { self }
    }
}

/// The block of a key or value, by the length of its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// None.
    None,
    /// Of its contents.
    Contents,
    /// Of its contents, behind a slice header in a block of its own.
    Boxed,
}

/// How the entries of a workload lie.
#[derive(Debug, Clone, Copy)]
pub struct Entries {
    key: Item,
    value: Item,
    /// The blocks of keys and values.
    pub key_block: Block,
    pub value_block: Block,
    classes: SizeClasses,
}

impl Entries {
    /// Of a workload. `in_slice`: they lie in a slice, where large values are not kept apart.
    ///
    /// # Errors
    /// In words, where Go has no such type.
    pub fn of(workload: &Workload, classes: SizeClasses, in_slice: bool) -> Result<Entries, String> {
        let (key, value) = (&workload.key, &workload.value);
        let (key_item, key_block) = match key.kind.as_str() {
            "u64" => (Item::plain(8, 8), Block::None),
            "u32" => (Item::plain(4, 4), Block::None),
            "u128" => (Item::plain(16, 8), Block::None),
            "composite" => (Item::plain(12, 4), Block::None),
            "array" => (Item::plain(key.length.least() as u64, 1), Block::None),
            "string" | "bytes" => (Item::pointing(16), Block::Contents),
            other => return Err(format!("Go has no type of keys like {other}")),
        };
        let fixed = value.size.fixed();
        let (value_item, value_block) = match (value.kind.as_str(), fixed) {
            ("unit", _) => (Item::plain(0, 1), Block::None),
            ("bool", _) => (Item::plain(1, 1), Block::None),
            ("u64" | "f64", _) => (Item::plain(8, 8), Block::None),
            ("box-unit", _) => (Item::pointing(POINTER), Block::None),
            ("box-u8", _) => (Item::pointing(POINTER), Block::Contents),
            ("padded", _) => (Item::plain(32, 8), Block::None),
            ("reordered", _) => (Item::plain(16, 8), Block::None),
            ("array", Some(bytes)) if bytes > MOST_INLINE && !in_slice => {
                (Item::plain(bytes, 1), Block::Contents)
            }
            ("array", Some(bytes)) => (Item::plain(bytes, 1), Block::None),
            ("vec" | "arc-bytes", _) => (Item::pointing(SLICE), Block::Contents),
            ("boxed", _) => (Item::pointing(2 * POINTER), Block::Boxed),
            (other, _) => return Err(format!("Go has no type of values like {other}")),
        };
        Ok(Entries { key: key_item, value: value_item, key_block, value_block, classes })
    }

    /// Whether the entries of a map have pointers.
    pub fn have_pointers(&self) -> bool {
        self.key.in_map().pointers || self.value.in_map().pointers
    }

    /// Bytes of eight keys and eight values in a map, one after the other.
    pub fn eight_apart(&self) -> u64 {
        8 * (self.key.in_map().bytes + self.value.in_map().bytes)
    }

    /// Bytes of a struct of a key and a value, in one of Go's maps.
    pub fn pair_in_map(&self) -> u64 {
        pair(self.key.in_map(), self.value.in_map())
    }

    /// Bytes of such a struct in a slice, and whether it has pointers.
    pub fn pair_in_slice(&self) -> (u64, bool) {
        (pair(self.key, self.value), self.key.pointers || self.value.pointers)
    }

    /// Bytes of the block of contents of that length. Blocks that share one with others have bounds: their own bytes, and all of
    /// the block.
    pub fn block_bytes(&self, block: Block, length: u64) -> Span {
        let contents = || match length {
            0 => Span::exactly(0),
            _ if length < TINY => Span { low: length, high: TINY },
            _ => Span::exactly(self.classes.usable(length, false)),
        };
        match block {
            Block::None => Span::exactly(0),
            Block::Contents => contents(),
            Block::Boxed => contents().plus(self.classes.usable(SLICE, true)),
        }
    }
}

/// Bytes of a struct of two fields. A last field without bytes gets one, so that its address is not the next struct's.
fn pair(first: Item, second: Item) -> u64 {
    let end = first.bytes.next_multiple_of(second.align) + second.bytes.max(1);
    end.next_multiple_of(first.align.max(second.align))
}
