//! What a hand-written program is asked to do: `replay FILE MAP KIND KEY_BYTES VALUE_BYTES WHERE`, with `u64` or `string` for
//! the kind and `local` or `behind` for where the map is, or `churn ENTRIES OPERATIONS`. It prints nanoseconds inside the loop.

use std::hint::black_box;
use std::time::Instant;

use crate::churn::Churn;
use crate::replay;

/// What is done.
pub enum Work {
    Numbers { map: String, operations: Vec<u8>, behind: bool },
    Strings { map: String, operations: Vec<u8>, key_bytes: usize, value_bytes: usize, behind: bool },
    Churn { entries: u64, operations: u64 },
}

impl Work {
    /// What the arguments ask for. `cargo bench` starts every bench program and asks for nothing.
    pub fn asked() -> Option<Work> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let number = |text: &str| text.parse::<u64>().unwrap();
        match arguments[..] {
            ["replay", file, map, "u64", _, _, place] => Some(Work::Numbers {
                map: map.to_owned(),
                operations: std::fs::read(file).unwrap(),
                behind: place == "behind",
            }),
            ["replay", file, map, "string", key_bytes, value_bytes, place] => Some(Work::Strings {
                map: map.to_owned(),
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
            Work::Numbers { map, operations, behind } => replay::numbers(&map, operations, behind),
            Work::Strings { map, operations, key_bytes, value_bytes, behind } => {
                replay::strings(&map, operations, key_bytes, value_bytes, behind)
            }
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
