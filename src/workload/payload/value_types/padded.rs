//! Values of a struct whose fields lie in the order in which they are written, as C has them: 17 bytes of 32 are padding.

use crate::workload::payload::{Value, ValueInfo, changed, fingerprint};

/// Five fields of 15 bytes in all.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Padded {
    flag: u8,
    id: u64,
    kind: u8,
    count: u32,
    state: u8,
}

impl Value for Padded {
    const INFO: ValueInfo = ValueInfo {
        about: "a struct whose fields lie in the order of C, half of it padding",
        // Without the padding.
        bytes: Some(15),
        ..ValueInfo::fixed::<Padded>("padded", "Padded")
    };

    #[inline]
    fn make(_size: usize, tag: u64) -> Padded {
        Padded { flag: 1, id: tag, kind: 2, count: 3, state: 4 }
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
