//! Values of type `()`: a map of them is a set.

use crate::workload::payload::{Value, ValueInfo, fingerprint};

impl Value for () {
    const INFO: ValueInfo = ValueInfo { about: "nothing: a set", ..ValueInfo::fixed::<()>("unit", "()") };

    #[inline]
    fn make(_size: usize, _tag: u64) {}

    #[inline]
    fn change(&mut self) {}

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(0, 0)
    }
}
