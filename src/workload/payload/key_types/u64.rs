//! Keys of type `u64`.

use crate::workload::payload::{Code, Each, Key, KeyInfo};

impl Code for u64 {
    #[inline]
    fn of(code: u64) -> u64 {
        code
    }
}

impl Key for u64 {
    const INFO: KeyInfo = KeyInfo { about: "a number", ..KeyInfo::fixed::<u64>("u64", "u64") };
    type Ref = u64;
    type Store = Each<u64>;

    #[inline]
    fn digest(key: &u64) -> u64 {
        *key
    }

    #[inline]
    fn of_number(number: u64) -> Option<u64> {
        Some(number)
    }

    #[inline]
    fn make(key: &u64) -> u64 {
        *key
    }
}
