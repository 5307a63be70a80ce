//! What a hand-written program is asked to do: `replay FILE MAP KEY VALUE KEY_BYTES VALUE_BYTES WHERE`, with the Rust types of keys and
//! values and `local` or `behind` for where the map is, or `churn ENTRIES OPERATIONS`. It prints nanoseconds inside the loop.

use std::collections::{BTreeMap, HashMap as StdMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::churn::Churn;
use crate::keys::Composite;
use crate::replay::timed;
use crate::values::{Padded, Reordered, Session};

/// What is done.
pub enum Work {
    Replay {
        map: String,
        types: String,
        operations: Vec<u8>,
        key_bytes: usize,
        value_bytes: usize,
        behind: bool,
    },
    Churn {
        entries: u64,
        operations: u64,
    },
}

type Sip = BuildHasherDefault<DefaultHasher>;

/// Structs that stand for records of so many bytes.
type Record32 = Session<8>;
type Record40 = Session<16>;
type Record48 = Session<24>;
type Record56 = Session<32>;
type Record64 = Session<40>;
type Record80 = Session<56>;
type Record96 = Session<72>;
type Record128 = Session<104>;

/// The loops of each pair of types, by the name of the map and `KEY -> VALUE`.
macro_rules! loops {
    ($asked:expr, $arguments:expr; $($map:literal $make:ident: $($key:ty => $($value:ty),+;)+)+) => {{
        let (file, key_bytes, value_bytes, behind) = $arguments;
        match $asked {
            $($($((name, types) if name == $map && types == concat!(stringify!($key), " -> ", stringify!($value)) => {
                timed::<$key, $value, $make<$key, $value>>(file, key_bytes, value_bytes, behind)
            })+)+)+
            (name, types) => panic!("no loop on {name} of {types}"),
        }
    }};
}

type Hashbrown<K, V> = HashMap<K, V, FixedState>;
type Std<K, V> = StdMap<K, V, Sip>;
type Tree<K, V> = BTreeMap<K, V>;

impl Work {
    /// What the arguments ask for. `cargo bench` starts every bench program and asks for nothing.
    pub fn asked() -> Option<Work> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let number = |text: &str| text.parse::<u64>().unwrap();
        match arguments[..] {
            ["replay", file, map, key, value, key_bytes, value_bytes, place] => Some(Work::Replay {
                map: map.to_owned(),
                types: format!("{key} -> {value}"),
                operations: std::fs::read(file).unwrap(),
                key_bytes: number(key_bytes) as usize,
                value_bytes: number(value_bytes) as usize,
                behind: place == "behind",
            }),
            ["churn", entries, operations] => {
                Some(Work::Churn { entries: number(entries), operations: number(operations) })
            }
            _ => None,
        }
    }

    /// Does it. Nanoseconds inside the loop.
    pub fn run(self) -> u128 {
        match self {
            Work::Replay { map, types, operations, key_bytes, value_bytes, behind } => loops! {
                (map.as_str(), types.as_str()), (operations, key_bytes, value_bytes, behind);
                "hashbrown" Hashbrown:
                    u64 => (), bool, u64, f64, Box<()>, Box<u8>, [u8; 16], [u8; 32], [u8; 64], [u8; 128], [u8; 256],
                        Padded, Reordered, Box<[u8]>, Vec<u8>, Arc<[u8]>,
                        Record32, Record40, Record48, Record56, Record64, Record80, Record96, Record128;
                    u32 => u64;
                    u128 => u64;
                    String => u64, Vec<u8>;
                    Box<str> => u64;
                    Arc<str> => u64;
                    CompactString => u64;
                    SmolStr => u64;
                    [u8; 16] => u64;
                    [u8; 32] => u64;
                    Vec<u8> => u64;
                    Box<[u8]> => u64;
                    Composite => u64;
                "std" Std:
                    u64 => u64;
                    String => Vec<u8>;
                "btree" Tree:
                    u64 => u64;
                    String => Vec<u8>;
            },
            Work::Churn { entries, operations } => {
                let start = Instant::now();
                let mut churn = Churn::default();
                (0..entries).for_each(|_| churn.grow());
                (0..operations).for_each(|_| churn.turn());
                let took = start.elapsed().as_nanos();
                black_box(churn);
                took
            }
        }
    }
}
