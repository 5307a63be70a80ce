//! An intern table: it gives each name a small number, and the name back for a number. Three forms of it do the same
//! work; [`forms`] has them.

mod forms;
mod names;

use super::built_in::BuiltIn;
use crate::worker::parameter::{Parameter, Takes};
use crate::worker::program::Bench;
use crate::worker::program_info::Entries;
use crate::workload::bit_mixer::{GOLDEN, mix, unit};
use forms::{Arena, InternTable, Shared, TwoCopies};
use names::{Names, SHORTEST};

/// The names of the forms.
const FORMS: &[&str] = &["two-copies", "shared", "arena"];

pub(super) const PROGRAM: BuiltIn = BuiltIn {
    name: "intern-table",
    about: "Gives each name a small number, and the name back for a number",
    // All names together have fewer than 2^32 bytes.
    entries: Entries { about: "different names", default: 100_000, most: 10_000_000 },
    parameters: &[
        Parameter {
            name: "form",
            about: "how the table keeps names: a String in a map and another in a vector, an Arc<str> in both, or the bytes \
                    of all names in one buffer",
            default: "two-copies",
            takes: Takes::OneOf(FORMS),
        },
        Parameter {
            name: "longest",
            about: "bytes of the longest name; the shortest has 8",
            default: "40",
            takes: Takes::Count { least: SHORTEST, most: 256 },
        },
        Parameter {
            name: "repeats",
            about: "how often a name is interned and resolved, on average",
            default: "10",
            takes: Takes::Count { least: 1, most: 1_000 },
        },
        Parameter {
            name: "skew",
            about: "skew of the names: with N, half of the repetitions are of the first 1/2^N of the names",
            default: "6",
            takes: Takes::Count { least: 1, most: 32 },
        },
    ],
    run,
};

fn run(bench: &mut Bench) {
    match bench.param("form") {
        "arena" => measure(bench, Arena::default()),
        "shared" => measure(bench, Shared::default()),
        _ => measure(bench, TwoCopies::default()),
    }
}

/// Interns all names, each again now and then after its first time, and resolves as many numbers.
fn measure(bench: &mut Bench, mut table: impl InternTable) {
    let (entries, repeats, skew) = (bench.entries(), bench.whole("repeats"), bench.whole("skew"));
    let draws = Draws { seed: bench.seed(), skew };
    let names = Names::new(entries, bench.whole("longest"), bench.seed());
    // A name, and the four bytes of its number.
    let payload = names.bytes() + 4 * entries;
    let operations = entries.saturating_mul(repeats);
    bench.phase("intern", operations, |number| {
        let (round, place) = (number / repeats.max(1), number % repeats.max(1));
        let id = if place == 0 { round } else { draws.below(number, round + 1) };
        u64::from(table.intern(names.get(id)))
    });
    bench.holds(entries, payload);
    bench.phase("resolve", operations, |number| {
        let name = table.resolve(draws.below(!number, entries) as u32);
        name.bytes().fold(name.len() as u64, |digest, byte| digest.rotate_left(8) ^ u64::from(byte))
    });
    bench.holds(entries, payload);
}

/// Which name comes again.
struct Draws {
    seed: u64,
    skew: u64,
}

impl Draws {
    /// A number below `n`, the smaller the likelier: a power of a uniform share, which costs a few products and is the same
    /// on every machine.
    fn below(&self, number: u64, n: u64) -> u64 {
        let share = unit(mix(self.seed.wrapping_add(number.wrapping_mul(GOLDEN))));
        let power = (0..self.skew).fold(1.0, |power, _| power * share);
        (power * n as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_draws_are_of_the_first_names() {
        let draws = Draws { seed: 7, skew: 6 };
        let few = (0..10_000).filter(|number| draws.below(*number, 6_400) < 100).count();
        assert!((4_800..5_200).contains(&few), "{few} of 10000");
        assert!((0..10_000).all(|number| draws.below(number, 3) < 3));
    }
}
