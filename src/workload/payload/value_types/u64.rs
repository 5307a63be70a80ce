//! Values of type `u64`.

use crate::workload::payload::{Value, ValueInfo, changed, fingerprint};

impl Value for u64 {
    const INFO: ValueInfo = ValueInfo { about: "a number", ..ValueInfo::fixed::<u64>("u64", "u64") };

    #[inline]
    fn make(_size: usize, tag: u64) -> u64 {
        tag
    }

    #[inline]
    fn change(&mut self) {
        *self = changed(*self, 64, 1);
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(8, *self)
    }
}
