//! The names that are interned: different ones of several lengths, made before anything is measured.

use crate::workload::bit_mixer::{GOLDEN, below, mix, mix_within};

/// Bytes of the shortest name: what tells 2^40 names apart.
pub const SHORTEST: u64 = 8;

/// Bits of a character.
const BITS: u32 = 5;

/// The characters of names.
const LETTERS: [char; 1 << BITS] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u',
    'v', 'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5',
];

/// Names by their numbers, from 0.
pub struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    /// `entries` different names of [`SHORTEST`] to `longest` bytes.
    pub fn new(entries: u64, longest: u64, seed: u64) -> Self {
        let mut names = Names { text: String::new(), ends: Vec::with_capacity(entries as usize) };
        for id in 0..entries {
            let mut bits = mix(seed.wrapping_add(id.wrapping_mul(GOLDEN)));
            let length = SHORTEST + below(bits, longest.saturating_sub(SHORTEST) + 1);
            let code = mix_within(id ^ seed, SHORTEST as u32 * BITS);
            names.letters(code, SHORTEST);
            for _ in (SHORTEST..length).step_by(SHORTEST as usize) {
                bits = mix(bits);
                let wanted = length - (names.text.len() - names.ends.last().copied().unwrap_or(0)) as u64;
                names.letters(bits, wanted.min(SHORTEST));
            }
            names.ends.push(names.text.len());
        }
        names
    }

    /// Appends letters for the lowest bits of `code`.
    fn letters(&mut self, code: u64, count: u64) {
        let letter = |place: u64| LETTERS[(code >> (u64::from(BITS) * place)) as usize % LETTERS.len()];
        self.text.extend((0..count).map(letter));
    }

    /// The name of that number; empty if there is none.
    pub fn get(&self, id: u64) -> &str {
        let end = |id: usize| self.ends.get(id).copied();
        let start = (id as usize).checked_sub(1).map_or(Some(0), end);
        let place = start.zip(end(id as usize));
        place.and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    /// Bytes of all names together.
    pub fn bytes(&self) -> u64 {
        self.text.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_different_and_have_every_length() {
        for (longest, seed) in [(8, 0), (40, 1), (9, u64::MAX)] {
            let names = Names::new(5_000, longest, seed);
            let all: BTreeSet<&str> = (0..5_000).map(|id| names.get(id)).collect();
            assert_eq!(all.len(), 5_000, "up to {longest}");
            let lengths: BTreeSet<u64> = all.iter().map(|name| name.len() as u64).collect();
            assert_eq!(lengths, (8..=longest).collect());
            assert_eq!(names.bytes(), all.iter().map(|name| name.len() as u64).sum::<u64>());
            assert_eq!(names.get(5_000), "");
        }
    }
}
