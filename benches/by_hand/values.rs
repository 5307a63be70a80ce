//! Values of the hand-written loops, as a program makes and reads them.

use std::sync::Arc;

/// A type of values.
pub trait Value {
    /// One that is made of a number, so many bytes long where its type leaves that open.
    fn made(number: u64, bytes: usize) -> Self;
    /// What a look-up reads.
    fn number(&self) -> u64;
}

macro_rules! values {
    ($($value:ty: ($number:pat, $bytes:pat) => $make:expr, $this:pat => $read:expr;)*) => {$(
        impl Value for $value {
            #[inline(always)]
            fn made($number: u64, $bytes: usize) -> $value {
                $make
            }
            #[inline(always)]
            fn number(&self) -> u64 {
                let $this = self;
                $read
            }
        }
    )*};
}

const FILL: u8 = 0xA5;

fn first(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..8].try_into().unwrap())
}

values! {
    (): (_, _) => (), _ => 1;
    bool: (number, _) => number & 1 == 1, value => u64::from(*value);
    u64: (number, _) => number, value => *value;
    f64: (number, _) => f64::from_bits(number), value => value.to_bits();
    Box<()>: (_, _) => Box::new(()), _ => 1;
    Box<u8>: (number, _) => Box::new(number as u8), value => u64::from(**value);
    Vec<u8>: (_, bytes) => vec![FILL; bytes], value => first(value);
    Box<[u8]>: (_, bytes) => vec![FILL; bytes].into_boxed_slice(), value => first(value);
    Arc<[u8]>: (_, bytes) => std::iter::repeat_n(FILL, bytes).collect(), value => first(value);
    Padded: (number, _) => Padded { flag: 1, id: number, kind: 2, count: 3, state: 4 }, value => value.sum();
    Reordered: (number, _) => Reordered { flag: 1, id: number, kind: 2, count: 3, state: 4 }, value => value.sum();
}

impl<const N: usize> Value for [u8; N] {
    #[inline(always)]
    fn made(number: u64, _bytes: usize) -> [u8; N] {
        let mut value = [FILL; N];
        value[..8].copy_from_slice(&number.to_le_bytes());
        value
    }
    #[inline(always)]
    fn number(&self) -> u64 {
        first(self)
    }
}

macro_rules! structs {
    ($($(#[$how:meta])* $name:ident)*) => {$(
        $(#[$how])*
        pub struct $name {
            flag: u8,
            id: u64,
            kind: u8,
            count: u32,
            state: u8,
        }

        impl $name {
            #[inline(always)]
            fn sum(&self) -> u64 {
                let rest = u64::from(self.flag) + u64::from(self.kind) + u64::from(self.count) + u64::from(self.state);
                self.id.wrapping_add(rest)
            }
        }
    )*};
}

structs! {
    #[repr(C)]
    Padded
    Reordered
}

/// A struct with a text and a list of its own, and `REST` bytes beside them.
pub struct Session<const REST: usize> {
    id: u64,
    name: Box<[u8]>,
    rest: [u8; REST],
}

impl<const REST: usize> Value for Session<REST> {
    #[inline(always)]
    fn made(number: u64, _bytes: usize) -> Session<REST> {
        Session { id: number, name: vec![FILL; 18].into_boxed_slice(), rest: [FILL; REST] }
    }
    #[inline(always)]
    fn number(&self) -> u64 {
        self.id.wrapping_add(self.name.len() as u64).wrapping_add(self.rest.len() as u64)
    }
}
