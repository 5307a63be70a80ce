//! Names that are used again and again: a text of its own for each use, or one that all uses share.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::{Bench, value};
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, below, mix};

/// How a use holds its name.
const FORMS: &[&str] = &["fresh", "interned"];

/// The most bytes of a name.
const LONGEST: u64 = 4096;

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "repeated-names",
    about: "Keeps a name for each of many uses: a String each, or an Arc<str> that the uses of a name share",
    entries: Entries { about: "uses", default: 100_000, most: 100_000_000 },
    parameters: &[
        Parameter {
            name: "form",
            about: "how a use holds its name: a fresh String, or a clone of the interned Arc<str>",
            default: "fresh",
            takes: Takes::OneOf(FORMS),
        },
        Parameter {
            name: "names",
            about: "different names",
            default: "100",
            takes: Takes::Count { least: 1, most: 1_000_000 },
        },
        Parameter {
            name: "length",
            about: "bytes of a name",
            default: "32",
            takes: Takes::Count { least: 8, most: LONGEST },
        },
    ],
    run,
};

/// The names as they come in: hexadecimal digits, and then letters.
struct Names {
    all: Vec<String>,
}

impl Names {
    fn new(names: u64, length: u64, seed: u64) -> Names {
        let name = |number: u64| {
            let digits = format!("{:016x}", mix(seed ^ number.wrapping_mul(GOLDEN)));
            // The last digits differ between names in any case.
            let mut text = format!("{number:x}-{digits}");
            while (text.len() as u64) < length {
                text.push('n');
            }
            text.truncate(length as usize);
            text
        };
        Names { all: (0..names).map(name).collect() }
    }

    /// The name of use number `number`.
    fn of(&self, number: u64, seed: u64) -> &str {
        let draw = mix(seed.wrapping_add(number.wrapping_mul(GOLDEN)));
        self.all.get(below(draw, self.all.len() as u64) as usize).map_or("", String::as_str)
    }
}

type Table = HashSet<Arc<str>, BuildHasherDefault<DefaultHasher>>;

fn run(bench: &mut Bench) {
    let (uses, seed) = (bench.entries(), bench.seed());
    let names = Names::new(bench.whole("names"), bench.whole("length"), seed);
    if bench.param("form") == "interned" {
        let mut table = Table::default();
        let mut held: Vec<Arc<str>> = Vec::new();
        bench.phase("use", uses, |number| {
            let name = names.of(number, seed);
            let shared = match table.get(name) {
                Some(shared) => Arc::clone(shared),
                None => {
                    let shared: Arc<str> = value(|| Arc::from(name));
                    table.insert(Arc::clone(&shared));
                    shared
                }
            };
            held.push(shared);
            name.len() as u64
        });
        // Each text is there once, however many uses share it.
        bench.holds(uses, table.iter().map(|name| name.len() as u64).sum());
        drop((held, table));
    } else {
        let mut held: Vec<String> = Vec::new();
        bench.phase("use", uses, |number| {
            let name = value(|| names.of(number, seed).to_owned());
            let length = name.len() as u64;
            held.push(name);
            length
        });
        bench.holds(uses, held.iter().map(|name| name.len() as u64).sum());
        drop(held);
    }
}
