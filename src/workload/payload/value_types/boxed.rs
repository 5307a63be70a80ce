//! Values of type `Box<[u8]>`.

use crate::workload::payload::{Block, Layout, Value, ValueInfo, change_bytes, fingerprint, stamped};

impl Value for Box<[u8]> {
    const INFO: ValueInfo = ValueInfo {
        name: "boxed",
        rust: "Box<[u8]>",
        about: "bytes in a block of their own, without a capacity",
        bytes: None,
        tag_bits: None,
        layout: Layout::with_block::<Box<[u8]>>(Block::EXACT),
        can_be_held: false,
    };

    #[inline]
    fn make(size: usize, tag: u64) -> Box<[u8]> {
        // As long as its capacity, so making it a box moves and frees nothing.
        <Vec<u8> as Value>::make(size, tag).into_boxed_slice()
    }

    #[inline]
    fn change(&mut self) {
        change_bytes(self);
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(self.len(), stamped(self))
    }
}
