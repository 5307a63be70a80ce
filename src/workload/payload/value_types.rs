//! The types of values: a file each, and their table.

mod arc_bytes;
mod array;
mod bool;
mod box_u8;
mod box_unit;
mod boxed;
mod f64;
mod padded;
pub mod record;
mod reordered;
mod u64;
mod unit;
mod vec;

pub use padded::Padded;
pub use reordered::Reordered;

use super::layout::ValueInfo;
use super::value::Value;

macro_rules! records {
    ($($name:ident: $bytes:literal;)*) => {$(
        #[doc = concat!("A record of ", $bytes, " bytes: its tag, as many parts as fit, and what is left.")]
        pub type $name = record::Record<{ ($bytes - 8) / 16 }, { ($bytes - 8) % 16 }>;
    )*};
}

records! {
    Record32: 32;
    Record40: 40;
    Record48: 48;
    Record56: 56;
    Record64: 64;
    Record80: 80;
    Record96: 96;
    Record128: 128;
}

/// Hands the built-in types of values, in the order in which they are listed, to the macro `$then`.
macro_rules! value_types {
    ($then:ident) => {
        $then! {
            (),
            bool,
            u64,
            f64,
            Box<()>,
            Box<u8>,
            [u8; 16],
            [u8; 32],
            [u8; 64],
            [u8; 128],
            [u8; 256],
            $crate::workload::payload::value_types::Padded,
            $crate::workload::payload::value_types::Reordered,
            Box<[u8]>,
            Vec<u8>,
            std::sync::Arc<[u8]>,
            $crate::workload::payload::value_types::Record32,
            $crate::workload::payload::value_types::Record40,
            $crate::workload::payload::value_types::Record48,
            $crate::workload::payload::value_types::Record56,
            $crate::workload::payload::value_types::Record64,
            $crate::workload::payload::value_types::Record80,
            $crate::workload::payload::value_types::Record96,
            $crate::workload::payload::value_types::Record128
        }
    };
}

macro_rules! infos {
    ($($value:ty),*) => {
        /// What is known of the built-in types of values.
        pub const VALUE_TYPES: &[ValueInfo] = &[$(<$value as Value>::INFO),*];
    };
}
value_types!(infos);

#[cfg(test)]
pub(crate) use value_types;
