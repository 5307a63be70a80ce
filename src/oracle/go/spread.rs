//! What a random hash makes of keys: how many cells of many have how many keys.
//!
//! Keys thrown into cells are negatively associated, so the bounds of Chernoff hold for sums of a function of each cell's keys that
//! never falls, as if the cells were independent. Source: Dubhashi and Ranjan, "Balls and bins: a study in negative
//! dependence", Random Structures & Algorithms 13 (1998).

use crate::oracle::bounds::Span;

/// The logarithm of the chance that a figure lies beyond a bound: one in 10^9.
const LN_CHANCE: f64 = -20.7;
/// How far the exponents of the bounds are tried, and in how many steps for each doubling.
const LEAST_EXPONENT: f64 = 1e-6;
const DOUBLINGS: u32 = 25;
const STEPS: u32 = 8;

/// Bounds of the sum of `of` the number of keys in each of `cells` cells, `keys` keys in all. `of` must not fall.
pub fn sum_over_cells(keys: u64, cells: u64, of: impl Fn(u64) -> u64) -> Span {
    if cells <= 1 {
        return Span::exactly(of(keys));
    }
    let shares = shares(keys, cells, of);
    let least = shares.iter().map(|(value, _)| *value).min().unwrap_or(0);
    if shares.len() == 1 {
        return Span::exactly(least * cells);
    }
    let cells = cells as f64;
    // The logarithm of the mean of exp(exponent * value), times the cells.
    let log_mean = |exponent: f64| -> f64 {
        let top = shares.iter().map(|(value, _)| exponent * *value as f64).fold(f64::MIN, f64::max);
        let sum: f64 =
            shares.iter().map(|(value, share)| share * (exponent * *value as f64 - top).exp()).sum();
        cells * (top + sum.ln())
    };
    let exponents =
        (0..DOUBLINGS * STEPS).map(|step| LEAST_EXPONENT * (f64::from(step) / f64::from(STEPS)).exp2());
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    for exponent in exponents {
        high = high.min((log_mean(exponent) - LN_CHANCE) / exponent);
        low = low.max((LN_CHANCE - log_mean(-exponent)) / exponent);
    }
    Span { low: low.ceil() as u64, high: high.floor() as u64 }
}

/// The values that a cell may have, and how likely each is, leaving out what is too unlikely to matter.
fn shares(keys: u64, cells: u64, of: impl Fn(u64) -> u64) -> Vec<(u64, f64)> {
    let share = 1.0 / cells as f64;
    let mean = keys as f64 * share;
    // Far beyond where the chances are less than any that the bounds know of.
    let reach = 40.0 * mean.sqrt() + 120.0;
    let (from, to) = ((mean - reach).max(0.0) as u64, ((mean + reach) as u64).min(keys));
    let whole = libm::lgamma(keys as f64 + 1.0);
    let chance = |count: u64| {
        let (count, rest) = (count as f64, (keys - count) as f64);
        let ways = whole - libm::lgamma(count + 1.0) - libm::lgamma(rest + 1.0);
        (ways + count * share.ln() + rest * (-share).ln_1p()).exp()
    };
    let mut shares: Vec<(u64, f64)> = Vec::new();
    for count in from..=to {
        let (value, chance) = (of(count), chance(count));
        match shares.last_mut() {
            Some((known, share)) if *known == value => *share += chance,
            _ => shares.push((value, chance)),
        }
    }
    shares.retain(|(_, share)| *share > 0.0);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_chance_decides_is_exact() {
        assert_eq!(sum_over_cells(30, 1, |keys| keys / 8), Span::exactly(3));
        // No cell of so many gets a thousand keys.
        assert_eq!(sum_over_cells(1_000, 1024, |keys| u64::from(keys > 896)), Span::exactly(0));
    }

    #[test]
    fn bounds_hold_the_mean_and_are_narrow() {
        // The sum of all keys is known: the bounds hold it, a chance's width around it.
        let all = sum_over_cells(65_000, 10_000, |keys| keys);
        assert!(all.low <= 65_000 && all.high >= 65_000 && all.high - all.low < 5_000, "{all:?}");
        // The source of Go's buckets says that with 6.5 entries each, 20.9 % of them overflow.
        let overflow = sum_over_cells(65_000, 10_000, |keys| u64::from(keys > 8));
        assert!(overflow.low < 2_090 && overflow.high > 2_090, "{overflow:?}");
        assert!(overflow.high - overflow.low < 600, "{overflow:?}");
    }
}
