//! Zipf ranks: rank r (from 0) with odds 1 / (r + 1)^theta, over a number of ranks that may change from draw to draw.
//!
//! A rank is drawn by rejection from a staircase above the odds. Each doubling of r + 1 has 16 steps; a step covers all ranks
//! from its first one on with the odds of the first. So the sums over the steps are the same for any number of ranks, which cuts the last
//! step off; the memory is that of the steps; and what is drawn has exactly the odds above. A step's ranks differ by a 16th at most, so
//! nearly all draws are accepted, most of them without a power.

use super::bit_mixer::{GOLDEN, mix, unit};
use crate::capture::{HarnessVec, harness_vec};

/// Steps of each doubling.
const STEPS: u64 = 16;

/// The most ranks.
const MOST: u64 = 1 << 32;

/// Parts into which the sum of the odds is cut to find a step.
const CELLS: usize = 2048;

/// More than what is lost in the sums of a series below 1.
const ROUNDING: f64 = 1e-14;

/// The most draws of one rank. Each is accepted with odds of more than 3/4 for any theta that a workload may have, so it takes
/// broken random bits to come so far.
const MOST_DRAWS: usize = 64;

/// A Zipf distribution made ready to draw from.
#[derive(Debug)]
pub struct Zipf {
    theta: f64,
    /// a, b, c and d of (1 + x)^-theta = 1 - a x + b x^2 - c x^3 + d x^4 - ...
    series: [f64; 4],
    /// By the number of the step; the first is unused, as no number is 0.
    steps: HarnessVec<Step>,
    /// The number of ranks that the rest is for, and the last step of these.
    n: u64,
    last: usize,
    /// The sum of the odds under the staircase.
    total: f64,
    /// A step from which to search, for each part of the sum up to `cells_total`. It makes draws fast and changes none of them.
    cells: HarnessVec<u16>,
    cells_total: f64,
    cells_per_odds: f64,
}

/// A step of the staircase.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The sum of the odds before it.
    before: f64,
    /// The odds of each of its ranks, which are those of its first one, and their reciprocal.
    odds: f64,
    ranks_per_odds: f64,
}

/// The step of the rank `k` - 1, for `k` from 1 on: the place of its leading bit, and the four bits behind it.
#[inline]
fn step_of(k: u64) -> usize {
    let shift = k.ilog2().saturating_sub(4);
    (STEPS * u64::from(shift) + (k >> shift)) as usize
}

/// What the first rank of a step has for `k`, and how many ranks there are, as a power of two.
#[inline]
fn first_of(step: usize) -> (u64, u32) {
    let step = step as u64;
    match (step / STEPS).saturating_sub(1) {
        0 => (step, 0),
        shift => ((STEPS + step % STEPS) << shift, shift as u32),
    }
}

impl Zipf {
    /// For `theta` above 0.
    pub fn new(theta: f64) -> Self {
        let mut steps = harness_vec();
        steps.push(Step { before: 0.0, odds: 0.0, ranks_per_odds: 0.0 });
        let mut before = 0.0;
        for step in 1..=step_of(MOST) {
            let (first, shift) = first_of(step);
            let odds = libm::pow(first as f64, -theta);
            steps.push(Step { before, odds, ranks_per_odds: 1.0 / odds });
            before += odds * (1u64 << shift) as f64;
        }
        let mut cells = harness_vec();
        cells.resize(CELLS, 1);
        let mut factor = 1.0;
        let series = [0.0, 1.0, 2.0, 3.0].map(|k| {
            factor *= (theta + k) / (k + 1.0);
            factor
        });
        Zipf { theta, series, steps, n: 0, last: 1, total: 0.0, cells, cells_total: 0.0, cells_per_odds: 0.0 }
    }

    /// The rank below `n` that these random bits draw; 0 if `n` is 0. It follows from the bits, `n` and theta alone.
    #[inline]
    pub fn rank(&mut self, mut bits: u64, n: u64) -> u64 {
        if n <= 1 {
            return 0;
        }
        if n != self.n {
            self.resize(n);
        }
        let mut k = 1;
        for _ in 0..MOST_DRAWS {
            let x = unit(bits) * self.total;
            let step = self.find(x);
            let Step { before, ranks_per_odds, .. } = self.steps[step];
            let (first, shift) = first_of(step);
            // The cast cuts off below 0.
            let offset = (((x - before) * ranks_per_odds) as u64).min((1 << shift) - 1);
            k = (first + offset).min(n);
            if self.accepts(offset as f64 / first as f64, bits) {
                break;
            }
            bits = mix(bits.wrapping_add(GOLDEN));
        }
        k - 1
    }

    /// Whether a rank that lies `part` of the first one's behind that is accepted: with odds of (1 + part)^-theta.
    #[inline]
    fn accepts(&self, part: f64, bits: u64) -> bool {
        let drawn = unit(mix(bits ^ GOLDEN));
        let [a, b, c, d] = self.series;
        // The power lies between these, of which the distance is small.
        let below = 1.0 - part * (a - part * (b - part * c));
        let square = part * part;
        if drawn < below - ROUNDING {
            true
        } else if drawn > below + square * square * d + ROUNDING {
            false
        } else {
            drawn < libm::pow(1.0 + part, -self.theta)
        }
    }

    /// The step in which the sum of the odds comes to `x`.
    #[inline]
    fn find(&self, x: f64) -> usize {
        let cell = ((x * self.cells_per_odds) as usize).min(CELLS - 1);
        let mut step = usize::from(self.cells[cell]).min(self.last);
        // Most cells have the end of one step in them at most, and where it lies is hard to predict: this is no branch.
        step += usize::from(step < self.last && self.steps[step + 1].before <= x);
        while step < self.last && self.steps[step + 1].before <= x {
            step += 1;
        }
        // Products are rounded, so the search may begin one step late.
        while step > 1 && self.steps[step].before > x {
            step -= 1;
        }
        step
    }

    #[cold]
    fn resize(&mut self, n: u64) {
        self.n = n;
        let n = n.min(MOST);
        self.last = step_of(n);
        let (first, _) = first_of(self.last);
        let last = self.steps[self.last];
        self.total = last.before + (n - first + 1) as f64 * last.odds;
        if self.total > self.cells_total || self.total < self.cells_total / 4.0 {
            self.cut();
        }
    }

    /// Cuts a sum of up to half as much again as the total into cells.
    fn cut(&mut self) {
        self.cells_total = self.total * 1.5;
        self.cells_per_odds = CELLS as f64 / self.cells_total;
        let mut step = 1;
        for (cell, start) in self.cells.iter_mut().enumerate() {
            let sum = cell as f64 / self.cells_per_odds;
            while step + 1 < self.steps.len() && self.steps[step + 1].before <= sum {
                step += 1;
            }
            *start = step as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn steps_follow_each_other_without_a_gap() {
        let mut k = 1;
        for step in 1..=step_of(MOST) {
            let (first, shift) = first_of(step);
            assert_eq!(first, k);
            k += 1 << shift;
            assert_eq!((step_of(first), step_of(k - 1), step_of(k)), (step, step, step + 1));
            // A 16th at most.
            assert!(STEPS << shift <= first || shift == 0);
        }
        assert!(k > MOST);
    }

    #[test]
    fn every_rank_has_its_odds() {
        let draws = 400_000;
        for (theta, n) in [(0.3, 40), (0.99, 1000), (1.0, 777), (1.5, 100), (2.7, 50)] {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
            let mut zipf = Zipf::new(theta);
            let mut counts = vec![0u64; n as usize];
            for _ in 0..draws {
                counts[zipf.rank(rng.next_u64(), n) as usize] += 1;
            }
            let odds: Vec<f64> = (1..=n).map(|k| (k as f64).powf(-theta)).collect();
            let sum: f64 = odds.iter().sum();
            for (rank, count) in counts.iter().enumerate() {
                let due = odds[rank] / sum * f64::from(draws);
                assert!(
                    (*count as f64 - due).abs() < 5.0 * due.sqrt() + 3.0,
                    "{theta}: rank {rank}: {count} of {due}"
                );
            }
        }
    }

    #[test]
    fn the_first_ranks_of_many_have_the_share_of_the_closed_form() {
        // zeta(r) / zeta(n) of 100 M ranks, each zeta summed by Euler and Maclaurin from 1000 on.
        let zeta = |n: u64, theta: f64| -> f64 {
            let m = n.min(1000);
            let sum: f64 = (1..=m).map(|k| (k as f64).powf(-theta)).sum();
            let (a, b) = (m as f64, n as f64);
            sum + (b.powf(1.0 - theta) - a.powf(1.0 - theta)) / (1.0 - theta)
                + (b.powf(-theta) - a.powf(-theta)) / 2.0
        };
        let (n, draws) = (100_000_000, 400_000);
        for theta in [0.3, 0.99, 1.3] {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
            let mut zipf = Zipf::new(theta);
            let ranks: Vec<u64> = (0..draws).map(|_| zipf.rank(rng.next_u64(), n)).collect();
            for r in [1, 10, 1000, 100_000, 10_000_000] {
                let due = zeta(r, theta) / zeta(n, theta);
                let got = ranks.iter().filter(|rank| **rank < r).count() as f64 / f64::from(draws);
                let deviation = (due * (1.0 - due) / f64::from(draws)).sqrt();
                assert!((got - due).abs() < 5.0 * deviation + 1e-5, "{theta}: first {r}: {got}, not {due}");
            }
        }
    }

    #[test]
    fn what_was_drawn_before_changes_nothing() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut used = Zipf::new(0.8);
        for n in [3, 1 << 32, 5, 1000, 999, 1001, 70, 1 << 40, 31, 32, 33] {
            for _ in 0..50 {
                let bits = rng.next_u64();
                assert_eq!(used.rank(bits, n), Zipf::new(0.8).rank(bits, n), "of {n}");
            }
        }
    }

    #[test]
    fn the_same_bits_draw_the_same_ranks_on_any_processor() {
        let mut zipf = Zipf::new(0.99);
        let ranks: Vec<u64> = (0..8u64).map(|bits| zipf.rank(mix(bits + 1), 1_000_000)).collect();
        assert_eq!(ranks, GOLDEN_RANKS);
    }

    const GOLDEN_RANKS: [u64; 8] = [97, 149_601, 3, 21_567, 20_550, 86_221, 1, 106_440];
}
