//! Values of type `f64`.

use crate::workload::payload::{Value, ValueInfo, changed, fingerprint};

impl Value for f64 {
    const INFO: ValueInfo =
        ValueInfo { about: "a number with a fraction", ..ValueInfo::fixed::<f64>("f64", "f64") };

    #[inline]
    fn make(_size: usize, tag: u64) -> f64 {
        // Any bits are a number or none; they are only kept, and never computed with.
        f64::from_bits(tag)
    }

    #[inline]
    fn change(&mut self) {
        *self = f64::from_bits(changed(self.to_bits(), 64, 1));
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(8, self.to_bits())
    }
}
