//! Keys of the hand-written loops, as they lie ready before the clock starts and as a program makes them.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use compact_str::CompactString;
use smol_str::SmolStr;

/// A type of keys.
pub trait Key: Borrow<Self::Ref> + Hash + Eq + Ord {
    /// What a look-up borrows.
    type Ref: ?Sized + Hash + Eq + Ord + 'static;
    /// Where keys lie ready.
    type Ready;

    /// The keys that lie in a file one after the other.
    fn ready(bytes: &[u8]) -> Self::Ready;
    /// One after the other; each has so many bytes.
    fn each(ready: &Self::Ready, length: usize) -> impl Iterator<Item = &Self::Ref>;
    /// An owned one.
    fn own(key: &Self::Ref) -> Self;
    /// A number that values are made of.
    fn number(key: &Self::Ref) -> u64;
}

/// Keys that lie ready as they lie in a map.
macro_rules! inline {
    ($($key:ty: $bytes:ident => $read:expr, $this:ident => $number:expr;)*) => {$(
        impl Key for $key {
            type Ref = $key;
            type Ready = Vec<$key>;

            fn ready(bytes: &[u8]) -> Vec<$key> {
                bytes.chunks_exact(BYTES_IN_FILE.get(size_of::<$key>())).map(|$bytes| $read).collect()
            }
            fn each(ready: &Vec<$key>, _length: usize) -> impl Iterator<Item = &$key> {
                ready.iter()
            }
            #[inline(always)]
            fn own(key: &$key) -> $key {
                *key
            }
            #[inline(always)]
            fn number($this: &$key) -> u64 {
                $number
            }
        }
    )*};
}

/// Bytes of a key in the file: as many as it has, but for the one that is padded.
struct BytesInFile;
const BYTES_IN_FILE: BytesInFile = BytesInFile;

impl BytesInFile {
    fn get(&self, size: usize) -> usize {
        if size == size_of::<Composite>() { size_of::<u64>() } else { size }
    }
}

/// Keys of text.
macro_rules! text {
    ($($key:ty: $own:path;)*) => {$(
        impl Key for $key {
            type Ref = str;
            type Ready = String;

            fn ready(bytes: &[u8]) -> String {
                String::from_utf8(bytes.to_vec()).unwrap()
            }
            fn each(ready: &String, length: usize) -> impl Iterator<Item = &str> {
                // SAFETY: `targets` writes keys of ASCII letters, so each part is text. Checking them here would time the check.
                ready.as_bytes().chunks_exact(length).map(|key| unsafe { std::str::from_utf8_unchecked(key) })
            }
            #[inline(always)]
            fn own(key: &str) -> $key {
                $own(key)
            }
            #[inline(always)]
            fn number(key: &str) -> u64 {
                first(key.as_bytes())
            }
        }
    )*};
}

/// Keys of bytes.
macro_rules! bytes {
    ($($key:ty: $own:expr;)*) => {$(
        impl Key for $key {
            type Ref = [u8];
            type Ready = Vec<u8>;

            fn ready(bytes: &[u8]) -> Vec<u8> {
                bytes.to_vec()
            }
            fn each(ready: &Vec<u8>, length: usize) -> impl Iterator<Item = &[u8]> {
                ready.chunks_exact(length)
            }
            #[inline(always)]
            fn own(key: &[u8]) -> $key {
                ($own)(key)
            }
            #[inline(always)]
            fn number(key: &[u8]) -> u64 {
                first(key)
            }
        }
    )*};
}

#[inline(always)]
fn first(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
}

/// A struct that is hashed field by field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Composite {
    tenant: u32,
    user: u32,
    day: u16,
}

impl Composite {
    fn of(code: u64) -> Composite {
        Composite { tenant: (code >> 32) as u32, user: code as u32, day: (code >> 7) as u16 }
    }
}

inline! {
    u32: bytes => u32::from_le_bytes(bytes.try_into().unwrap()), key => u64::from(*key);
    u64: bytes => u64::from_le_bytes(bytes.try_into().unwrap()), key => *key;
    u128: bytes => u128::from_le_bytes(bytes.try_into().unwrap()), key => *key as u64;
    [u8; 16]: bytes => bytes.try_into().unwrap(), key => first(key);
    [u8; 32]: bytes => bytes.try_into().unwrap(), key => first(key);
    Composite: bytes => Composite::of(u64::from_le_bytes(bytes.try_into().unwrap())),
        key => u64::from(key.tenant) << 32 | u64::from(key.user);
}

text! {
    String: str::to_owned;
    Box<str>: Box::from;
    Arc<str>: Arc::from;
    CompactString: CompactString::new;
    SmolStr: SmolStr::new;
}

bytes! {
    Vec<u8>: <[u8]>::to_vec;
    Box<[u8]>: Box::from;
}
