//! Values of a struct whose fields lie in the order that the compiler chooses: 1 byte of 16 is padding.

use crate::workload::payload::{Value, ValueInfo, changed, fingerprint};

/// Five fields of 15 bytes in all.
#[derive(Debug, Clone, Copy)]
pub struct Reordered {
    flag: u8,
    id: u64,
    kind: u8,
    count: u32,
    state: u8,
}

impl Value for Reordered {
    const INFO: ValueInfo = ValueInfo {
        about: "the same fields as padded, in the order that the compiler chooses",
        // Without the padding.
        bytes: Some(15),
        ..ValueInfo::fixed::<Reordered>("reordered", "Reordered")
    };

    #[inline]
    fn make(_size: usize, tag: u64) -> Reordered {
        Reordered { flag: 1, id: tag, kind: 2, count: 3, state: 4 }
    }

    #[inline]
    fn change(&mut self) {
        self.id = changed(self.id, 64, 1);
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        // A field that is never read could be left out of the struct.
        let rest =
            u64::from(self.flag) + u64::from(self.kind) + u64::from(self.count) + u64::from(self.state);
        fingerprint(15, self.id.wrapping_add(rest).wrapping_sub(10))
    }
}
