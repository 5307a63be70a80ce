//! Keys of type `u32`.

use crate::workload::payload::{Code, Each, Key, KeyInfo};

impl Code for u32 {
    #[inline]
    fn of(code: u64) -> u32 {
        // A code of such a key has 32 bits.
        code as u32
    }
}

impl Key for u32 {
    const INFO: KeyInfo = KeyInfo { about: "a small number", ..KeyInfo::fixed::<u32>("u32", "u32") };
    type Ref = u32;
    type Store = Each<u32>;

    #[inline]
    fn digest(key: &u32) -> u64 {
        u64::from(*key)
    }

    #[inline]
    fn of_number(number: u64) -> Option<u32> {
        u32::try_from(number).ok()
    }

    #[inline]
    fn make(key: &u32) -> u32 {
        *key
    }
}
