//! Values of type `Box<()>`: a pointer to nothing, for which nothing is allocated.

use crate::workload::payload::{Layout, Value, ValueInfo, fingerprint};

impl Value for Box<()> {
    const INFO: ValueInfo = ValueInfo {
        name: "box-unit",
        rust: "Box<()>",
        about: "a pointer without a block",
        bytes: Some(0),
        tag_bits: None,
        layout: Layout::inline::<Box<()>>(),
        can_be_held: false,
    };

    #[inline]
    fn make(_size: usize, _tag: u64) -> Box<()> {
        Box::new(())
    }

    #[inline]
    fn change(&mut self) {}

    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(0, 0)
    }
}
