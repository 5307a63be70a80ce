//! Keys of several fields, hashed one after the other.

use crate::workload::bit_mixer::mix;
use crate::workload::payload::{Code, Each, Key, KeyInfo};

/// A user of a tenant on a day: what `#[derive(Hash)]` makes three calls of the hasher for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Composite {
    tenant: u32,
    user: u32,
    day: u16,
}

impl Code for Composite {
    #[inline]
    fn of(code: u64) -> Composite {
        Composite { tenant: (code >> 32) as u32, user: code as u32, day: mix(code) as u16 }
    }
}

impl Key for Composite {
    const INFO: KeyInfo = KeyInfo {
        about: "a struct of two u32 and a u16, hashed field by field",
        // Without the padding.
        bytes: Some(10),
        ..KeyInfo::fixed::<Composite>("composite", "(u32, u32, u16)")
    };
    type Ref = Composite;
    type Store = Each<Composite>;

    #[inline]
    fn digest(key: &Composite) -> u64 {
        u64::from(key.tenant) << 32 | u64::from(key.user)
    }

    #[inline]
    fn make(key: &Composite) -> Composite {
        *key
    }
}
