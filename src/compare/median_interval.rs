//! How far repeated measurements of one figure lie apart: an interval of their median.
//!
//! It runs from one order statistic to its mirror image: of `n` runs, the `k`-th lowest to the `k`-th highest, with the
//! largest `k` for which it holds the true median at least 95 times of 100. How often it does follows from the binomial
//! distribution alone, whatever the times are distributed like. Fewer than six runs have no such pair; then it is the
//! lowest and the highest.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

/// How rarely the true median may lie beyond one end.
const BEYOND: f64 = 0.025;

/// An interval, in the figure's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Spread {
    /// The interval of the median of `runs`; none of fewer than two.
    pub fn of(runs: &[f64]) -> Option<Spread> {
        if runs.len() < 2 {
            return None;
        }
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let inside = rank(sorted.len());
        Some(Spread { low: *sorted.get(inside)?, high: *sorted.get(sorted.len() - 1 - inside)? })
    }

    /// Its farther end's distance from `value`, as a share of that; none of a value that is not above zero.
    pub fn share(&self, value: f64) -> Option<f64> {
        (value > 0.0).then(|| (self.high - value).max(value - self.low) / value)
    }
}

/// How many runs at either end are outside.
fn rank(runs: usize) -> usize {
    let Ok(below) = Binomial::new(0.5, runs as u64) else { return 0 };
    // With `outside` runs left out at either end, the median is beyond one end if at most so many runs lie there.
    (1..runs.div_ceil(2)).take_while(|outside| below.cdf(*outside as u64) <= BEYOND).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ranks that tables of the sign test have: David and Nagaraja, Order Statistics, 7.1.
    #[test]
    fn the_ends_are_the_order_statistics_of_the_sign_test() {
        assert_eq!([2, 5, 6, 8, 9, 10, 15, 20, 30].map(rank), [0, 0, 0, 0, 1, 1, 3, 5, 9]);
        assert_eq!(rank(100), 39);
    }

    #[test]
    fn few_runs_give_their_range_and_one_gives_none() {
        assert_eq!(Spread::of(&[80.0]), None);
        assert_eq!(Spread::of(&[82.0, 80.0, 90.0]), Some(Spread { low: 80.0, high: 90.0 }));
        let runs: Vec<f64> = (1..=9).rev().map(f64::from).collect();
        assert_eq!(
            Spread::of(&runs),
            Some(Spread { low: 2.0, high: 8.0 }),
            "an outlier at either end is out"
        );
    }

    #[test]
    fn the_share_is_that_of_the_farther_end() {
        let spread = Spread { low: 95.0, high: 102.0 };
        assert_eq!(spread.share(100.0), Some(0.05));
        assert_eq!(spread.share(0.0), None);
    }
}
