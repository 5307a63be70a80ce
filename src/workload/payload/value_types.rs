//! The types of values: a file each, and their table.

mod array;
mod boxed;
mod u64;
mod unit;
mod vec;

use super::{Value, ValueInfo};

/// Hands the built-in types of values, in the order in which they are listed, to the macro `$then`.
macro_rules! value_types {
    ($then:ident) => {
        $then! { (), u64, [u8; 16], [u8; 32], [u8; 64], [u8; 128], [u8; 256], Box<[u8]>, Vec<u8> }
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
