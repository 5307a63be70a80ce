//! Values of type `Vec<u8>`.

use crate::workload::payload::{
    Block, FILL, Layout, Value, ValueInfo, change_bytes, fingerprint, stamp, stamped,
};

impl Value for Vec<u8> {
    const INFO: ValueInfo = ValueInfo {
        name: "vec",
        rust: "Vec<u8>",
        about: "bytes in a block of their own, with a capacity",
        bytes: None,
        tag_bits: None,
        layout: Layout::with_block::<Vec<u8>>(Block::EXACT),
        can_be_held: false,
    };

    #[inline]
    fn make(size: usize, tag: u64) -> Vec<u8> {
        let mut value = vec![FILL; size];
        stamp(&mut value, tag);
        value
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
