//! Values of type `bool`.

use crate::workload::payload::{Value, ValueInfo, fingerprint};

impl Value for bool {
    const INFO: ValueInfo =
        ValueInfo { about: "a flag", tag_bits: Some(1), ..ValueInfo::fixed::<bool>("bool", "bool") };

    #[inline]
    fn make(_size: usize, tag: u64) -> bool {
        tag & 1 == 1
    }

    #[inline]
    fn change(&mut self) {
        *self = !*self;
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(1, u64::from(*self))
    }
}
