//! Values of type `[u8; N]`, inside of the entry.

use crate::workload::payload::{FILL, Value, ValueInfo, change_bytes, fingerprint, stamp, stamped};

/// The Rust type, of the sizes that are compiled in.
const fn rust(size: usize) -> &'static str {
    match size {
        16 => "[u8; 16]",
        32 => "[u8; 32]",
        64 => "[u8; 64]",
        128 => "[u8; 128]",
        256 => "[u8; 256]",
        _ => "[u8; N]",
    }
}

impl<const N: usize> Value for [u8; N] {
    const INFO: ValueInfo =
        ValueInfo { about: "bytes inside of the entry", ..ValueInfo::fixed::<[u8; N]>("array", rust(N)) };

    #[inline]
    fn make(_size: usize, tag: u64) -> [u8; N] {
        let mut value = [FILL; N];
        stamp(&mut value, tag);
        value
    }

    #[inline]
    fn change(&mut self) {
        change_bytes(self);
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(N, stamped(self))
    }
}
