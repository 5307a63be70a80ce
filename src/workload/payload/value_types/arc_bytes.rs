//! Values of type `Arc<[u8]>`.

use std::sync::Arc;

use crate::workload::payload::{
    Block, FILL, Layout, Value, ValueInfo, change_bytes, fingerprint, held_elsewhere, stamp, stamped,
};

impl Value for Arc<[u8]> {
    const INFO: ValueInfo = ValueInfo {
        name: "arc-bytes",
        rust: "Arc<[u8]>",
        about: "bytes in a block that clones share, behind two counters",
        bytes: None,
        tag_bits: None,
        layout: Layout::with_block::<Arc<[u8]>>(Block::COUNTED),
        can_be_held: true,
    };

    #[inline]
    fn make(size: usize, tag: u64) -> Arc<[u8]> {
        // The length is known beforehand, so that all is allocated at once.
        let value: Arc<[u8]> = std::iter::repeat_n(FILL, size).collect();
        let bytes = Arc::into_raw(value).cast_mut();
        // `Arc::get_mut` would check the counters with a locked instruction, which a program that fills its `Arc` does not execute.
        // SAFETY: the pointer is from `into_raw`, and this is the only owner: no other reference to the bytes exists.
        let value = unsafe {
            stamp(&mut *bytes, tag);
            Arc::from_raw(bytes)
        };
        held_elsewhere::hold(&value, tag);
        value
    }

    #[inline]
    fn change(&mut self) {
        // A value that somebody else holds too is copied first.
        change_bytes(Arc::make_mut(self));
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(self.len(), stamped(self))
    }
}
