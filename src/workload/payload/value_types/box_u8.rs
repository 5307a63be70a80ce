//! Values of type `Box<u8>`: a block for a byte.

use crate::workload::payload::{Block, Layout, Value, ValueInfo, changed, fingerprint};

impl Value for Box<u8> {
    const INFO: ValueInfo = ValueInfo {
        name: "box-u8",
        rust: "Box<u8>",
        about: "a byte in a block of its own",
        bytes: Some(1),
        tag_bits: None,
        layout: Layout::with_block::<Box<u8>>(Block::EXACT),
        can_be_held: false,
    };

    #[inline]
    fn make(_size: usize, tag: u64) -> Box<u8> {
        Box::new(tag as u8)
    }

    #[inline]
    fn change(&mut self) {
        **self = changed(u64::from(**self), 8, 1) as u8;
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(1, u64::from(**self))
    }
}
