//! Keys of type `u128`, such as UUIDs as numbers.

use crate::workload::bit_mixer::mix;
use crate::workload::payload::{Code, Each, Key, KeyInfo};

impl Code for u128 {
    #[inline]
    fn of(code: u64) -> u128 {
        u128::from(code) << 64 | u128::from(mix(code))
    }
}

impl Key for u128 {
    const INFO: KeyInfo = KeyInfo { about: "a large number", ..KeyInfo::fixed::<u128>("u128", "u128") };
    type Ref = u128;
    type Store = Each<u128>;

    #[inline]
    fn digest(key: &u128) -> u64 {
        (key >> 64) as u64
    }

    #[inline]
    fn make(key: &u128) -> u128 {
        *key
    }
}
