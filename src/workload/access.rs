//! Access: which live entry an operation picks.
//!
//! Entries are ranked by the order of their insertion, the oldest first; what is picked is a rank below the number
//! of live entries. Powers come from `libm`, for the reason given in [`super::value_size`].

use super::bit_mixer::{GOLDEN, below, mix, unit};
use super::spec::Access;

/// An [`Access`] made ready to pick with.
#[derive(Debug, Clone)]
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
            Picker::Zipf(zipf) => zipf.rank(unit(random()), n),
            // A product instead of a remainder keeps hot entries where they are, in proportion, when n changes.
            Picker::Scrambled(zipf) => below(mix(zipf.rank(unit(random()), n).wrapping_add(GOLDEN)), n),
            Picker::Latest(zipf) => n.saturating_sub(1) - zipf.rank(unit(random()), n),
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

/// Zipf ranks: rank r (from 0) with odds 1 / (r + 1)^theta, over a number of ranks that may change.
///
/// The method of Gray et al., "Quickly generating billion-record synthetic databases" (SIGMOD 1994), as in YCSB's
/// `ZipfianGenerator`: the first two ranks are exact, the others follow the continuous distribution.
#[derive(Debug, Clone)]
pub struct Zipf {
    theta: f64,
    zeta: Zeta,
    /// 2^(1-theta), 2^-theta.
    two: (f64, f64),
    alpha: f64,
    /// The number of ranks that the rest is for.
    n: u64,
    zeta_n: f64,
    eta: f64,
}

impl Zipf {
    /// For 0 < `theta` < 1.
    pub fn new(theta: f64) -> Self {
        let power = libm::pow(2.0, 1.0 - theta);
        Zipf {
            theta,
            zeta: Zeta::new(theta),
            two: (power, power / 2.0),
            alpha: 1.0 / (1.0 - theta),
            n: 0,
            zeta_n: 0.0,
            eta: 0.0,
        }
    }

    /// The rank below `n` at `u` of the distribution, 0 <= `u` < 1; 0 if `n` is 0.
    #[inline]
    pub fn rank(&mut self, u: f64, n: u64) -> u64 {
        if n != self.n {
            self.resize(n);
        }
        let uz = u * self.zeta_n;
        if uz < 1.0 || n <= 1 {
            0
        } else if uz < 1.0 + self.two.1 || n == 2 {
            1
        } else {
            let rank = n as f64 * libm::pow(self.eta * u - self.eta + 1.0, self.alpha);
            (rank as u64).min(n - 1)
        }
    }

    fn resize(&mut self, n: u64) {
        self.n = n;
        // One power serves zeta(n) and eta.
        let power = libm::pow(n as f64, 1.0 - self.theta);
        self.zeta_n = self.zeta.at(n, power);
        self.eta = (1.0 - self.two.0 / power) / (1.0 - (1.0 + self.two.1) / self.zeta_n);
    }
}

/// Terms that are summed one by one.
const EXACT: usize = 64;

/// zeta(n) = 1 + 2^-theta + ... + n^-theta, in constant time for any n.
///
/// Up to [`EXACT`] terms it is summed; from there on it is the Euler-Maclaurin formula
/// zeta(n) = C + n^(1-t)/(1-t) + n^-t/2 - t n^(-t-1)/12 + t(t+1)(t+2) n^(-t-3)/720 - ...,
/// with C taken from the sum at [`EXACT`]. The first term left out is below 1e-12 there and falls with n^-5, so the
/// error is below 1e-9 with a wide margin.
#[derive(Debug, Clone)]
struct Zeta {
    theta: f64,
    sums: [f64; EXACT + 1],
    constant: f64,
}

impl Zeta {
    fn new(theta: f64) -> Self {
        let mut sums = [0.0; EXACT + 1];
        for k in 1..=EXACT {
            sums[k] = sums[k - 1] + libm::pow(k as f64, -theta);
        }
        let n = EXACT as f64;
        let mut zeta = Zeta { theta, sums, constant: 0.0 };
        zeta.constant = sums[EXACT] - zeta.smooth(n, libm::pow(n, 1.0 - theta));
        zeta
    }

    /// zeta(`n`), given n^(1-theta).
    #[inline]
    fn at(&self, n: u64, power: f64) -> f64 {
        if n <= EXACT as u64 { self.sums[n as usize] } else { self.constant + self.smooth(n as f64, power) }
    }

    /// The formula without its constant.
    #[inline]
    fn smooth(&self, n: f64, power: f64) -> f64 {
        let t = self.theta;
        let term = power / n;
        power / (1.0 - t) + term / 2.0 - t * term / (12.0 * n)
            + t * (t + 1.0) * (t + 2.0) * term / (720.0 * n * n * n)
    }
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
    fn zeta_is_the_sum_that_it_stands_for() {
        for theta in [0.01, 0.5, 0.9, 0.99, 0.999] {
            let zeta = Zeta::new(theta);
            let mut sum = 0.0;
            // Summed from the small end, which keeps the error of the sum itself far below the bound.
            let mut sums = std::collections::BTreeMap::new();
            for n in [1u64, 2, 63, 64, 65, 66, 100, 10_000, 1_000_000] {
                sums.insert(n, 0.0);
            }
            let mut carry = 0.0;
            for k in 1..=1_000_000u64 {
                let y = libm::pow(k as f64, -theta) - carry;
                let t = sum + y;
                carry = (t - sum) - y;
                sum = t;
                if let Some(slot) = sums.get_mut(&k) {
                    *slot = sum;
                }
            }
            for (n, sum) in sums {
                let got = zeta.at(n, libm::pow(n as f64, 1.0 - theta));
                assert!((got - sum).abs() < 1e-9, "zeta({n}, {theta}) is {got}, not {sum}");
            }
        }
    }

    #[test]
    fn zipf_ranks_follow_the_closed_form() {
        for theta in [0.5, 0.99] {
            let n = 10_000u64;
            let draws = 2_000_000;
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
            let mut zipf = Zipf::new(theta);
            let mut counts = vec![0u64; n as usize];
            for _ in 0..draws {
                counts[zipf.rank(unit(rng.next_u64()), n) as usize] += 1;
            }
            let zeta: f64 = (1..=n).map(|k| (k as f64).powf(-theta)).sum();
            // The method is exact for the first two ranks; a random count is within 4 of its deviations.
            for rank in 0..2u32 {
                let p = f64::from(rank + 1).powf(-theta) / zeta;
                let got = counts[rank as usize] as f64 / f64::from(draws);
                let deviation = (p * (1.0 - p) / f64::from(draws)).sqrt();
                assert!((got - p).abs() < 4.0 * deviation, "rank {rank}: {got}, not {p}");
            }
            // And close for the rest: the share of the first r ranks is zeta(r) / zeta(n).
            for r in [10, 100, 1000, 5000] {
                let want: f64 = (1..=r).map(|k| f64::from(k).powf(-theta)).sum::<f64>() / zeta;
                let got = counts[..r as usize].iter().sum::<u64>() as f64 / f64::from(draws);
                assert!((got - want).abs() < 0.02, "first {r}: {got}, not {want}");
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
