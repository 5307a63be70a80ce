//! Access: which live entry an operation picks.
//!
//! Entries are ranked by the order of their insertion, the oldest first; what is picked is a rank below the number
//! of live entries.

use super::bit_mixer::{GOLDEN, below, mix};
use super::spec::Access;
use super::zipf::Zipf;

/// An [`Access`] made ready to pick with.
#[derive(Debug)]
pub enum Picker {
    /// Any with the same odds.
    Uniform,
    /// The rank that comes next.
    Sequential { next: u64 },
    /// Zipf over age.
    Zipf(Zipf),
    /// Zipf over hashed ranks. As in YCSB, the hash is no permutation: some ranks share an entry, some entries have
    /// no rank.
    Scrambled(Zipf),
    /// Zipf over recency.
    Latest(Zipf),
    /// A share of the picks goes to the first share of the ranks.
    Hotspot { operations: u64, keys: f64 },
}

impl Picker {
    /// A picker that starts over.
    pub fn new(access: Access) -> Self {
        match access {
            Access::Uniform => Picker::Uniform,
            Access::Sequential => Picker::Sequential { next: 0 },
            Access::Zipf { theta } => Picker::Zipf(Zipf::new(theta)),
            Access::ScrambledZipf { theta } => Picker::Scrambled(Zipf::new(theta)),
            Access::Latest { theta } => Picker::Latest(Zipf::new(theta)),
            Access::Hotspot { operations, keys } => Picker::Hotspot { operations: share(operations), keys },
        }
    }

    /// A rank below `n`; 0 if `n` is 0. `random` gives 64 random bits each time.
    #[inline]
    pub fn pick(&mut self, n: u64, mut random: impl FnMut() -> u64) -> u64 {
        match self {
            Picker::Uniform => below(random(), n),
            Picker::Sequential { next } => {
                let rank = if *next < n { *next } else { 0 };
                *next = rank + 1;
                rank
            }
            Picker::Zipf(zipf) => zipf.rank(random(), n),
            // A product instead of a remainder keeps hot entries where they are, in proportion, when n changes.
            Picker::Scrambled(zipf) => below(mix(zipf.rank(random(), n).wrapping_add(GOLDEN)), n),
            Picker::Latest(zipf) => n.saturating_sub(1) - zipf.rank(random(), n),
            Picker::Hotspot { operations, keys } => {
                let hot = ((n as f64 * *keys + 0.5) as u64).clamp(1, n.max(1));
                if random() < *operations || hot >= n {
                    below(random(), hot.min(n))
                } else {
                    hot + below(random(), n - hot)
                }
            }
        }
    }

    /// The rank of the entry that a removal takes. It differs from [`Picker::pick`] for sequential access alone:
    /// while ranks are ages (`ordered`), the oldest goes first, and the others move up behind it.
    #[inline]
    pub fn pick_removal(&mut self, n: u64, ordered: bool, random: impl FnMut() -> u64) -> u64 {
        match self {
            Picker::Sequential { .. } if ordered => 0,
            _ => self.pick(n, random),
        }
    }
}

/// A share from 0 to 1 as a bound for 64 random bits.
fn share(part: f64) -> u64 {
    // The cast saturates, so a share of 1 misses one number in 2^64.
    (part * 18_446_744_073_709_551_616.0) as u64
}

#[cfg(test)]
mod tests {
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{Rng, SeedableRng};

    use super::*;

    const ALL: [Access; 7] = [
        Access::Uniform,
        Access::Sequential,
        Access::Zipf { theta: 0.99 },
        Access::ScrambledZipf { theta: 0.5 },
        Access::Latest { theta: 0.01 },
        Access::Hotspot { operations: 0.8, keys: 0.2 },
        Access::Hotspot { operations: 0.0, keys: 1.0 },
    ];

    #[test]
    fn every_pick_stays_below_n() {
        for access in ALL {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
            let mut picker = Picker::new(access);
            for n in [0, 1, 2, 3, 64, 65, 1000, 1 << 32, 1, 0] {
                for extreme in [0, u64::MAX] {
                    assert!(picker.pick(n, || extreme) < n.max(1), "{access:?} of {n}");
                }
                for _ in 0..2000 {
                    assert!(picker.pick(n, || rng.next_u64()) < n.max(1), "{access:?} of {n}");
                    assert!(picker.pick_removal(n, true, || rng.next_u64()) < n.max(1));
                }
            }
        }
    }

    #[test]
    fn latest_mirrors_zipf_and_scrambling_keeps_its_odds() {
        let n = 1000;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let draws: Vec<u64> = (0..100_000).map(|_| rng.next_u64()).collect();
        let ranks = |access| {
            let mut picker = Picker::new(access);
            draws.iter().map(|&bits| picker.pick(n, || bits)).collect::<Vec<_>>()
        };
        let zipf = ranks(Access::Zipf { theta: 0.99 });
        let latest = ranks(Access::Latest { theta: 0.99 });
        assert!(zipf.iter().zip(&latest).all(|(a, b)| a + b == n - 1));
        let scrambled = ranks(Access::ScrambledZipf { theta: 0.99 });
        let hottest = zipf.iter().position(|&r| r == 0).unwrap();
        let moved = scrambled[hottest];
        assert_ne!(moved, 0);
        assert!(zipf.iter().zip(&scrambled).all(|(z, s)| *z != 0 || *s == moved));
    }

    #[test]
    fn a_hotspot_gets_its_share() {
        let mut picker = Picker::new(Access::Hotspot { operations: 0.8, keys: 0.1 });
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let hot = (0..100_000).filter(|_| picker.pick(1000, || rng.next_u64()) < 100).count();
        assert!((79_000..81_000).contains(&hot), "{hot}");
    }
}
