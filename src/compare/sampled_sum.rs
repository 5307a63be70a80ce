//! What a site or a frame holds on one side, and by how much two sides differ for sure.
//!
//! The interval of a difference is put together from those of its two sides (MOVER: Zou and Donner, "Construction of
//! confidence limits about effect measures: a general approach", Statistics in Medicine 27, 2008; Donner and Zou 2012):
//! with estimates a and b and intervals (la, ua) and (lb, ub) it reaches from b - a - sqrt((b - lb)^2 + (ua - a)^2) to
//! b - a + sqrt((ub - b)^2 + (a - la)^2). The variances of the two add, and each side's interval keeps its own skew. A
//! side that was recorded whole adds nothing.

use crate::profile::interval::{Estimate, HIGHEST_OF_NONE, Sampling};
use crate::profile::{Profile, Sample};

/// A sum of samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SampledSum {
    /// The sum, in the unit of the sample type.
    pub value: i128,
    /// The same with its variance.
    estimate: Estimate,
    /// Blocks behind it and their bytes: what one more sample of this kind would stand for follows from them.
    blocks: f64,
    bytes: f64,
}

impl SampledSum {
    /// The sum as an estimate, with its variance; all zero where it is not known how values were sampled.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// Adds a sum of other samples.
    pub fn add(&mut self, other: &SampledSum) {
        // A file has no more than 2^64 values of 2^63 each: the sum of all stays within an i128.
        self.value = self.value.saturating_add(other.value);
        self.estimate.add(other.estimate);
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }

    /// What one more sampled block, of the size of these, would add at a mean distance of `period` bytes between samples.
    fn one_more(&self, period: f64) -> f64 {
        if self.blocks <= 0.0 || self.bytes <= 0.0 {
            return self.estimate.largest;
        }
        let (each, size) = (self.estimate.value / self.blocks, self.bytes / self.blocks);
        each / f64::exp_m1(size.max(1.0) / period)
    }

    /// The 95 % interval of this side. Where no sample came, the other side tells how large the blocks are that may have
    /// been missed.
    fn interval(&self, other: &SampledSum, period: f64) -> Option<(f64, f64)> {
        if self.estimate == Estimate::default() && period > 1.0 {
            return Some((0.0, HIGHEST_OF_NONE * other.one_more(period)));
        }
        self.estimate.interval().map(|interval| (interval.low, interval.high))
    }
}

/// How the values of one sample type of a profile become sums.
#[derive(Debug, Clone, Copy)]
pub struct Weighing {
    value: usize,
    /// How they were sampled, if that is known.
    pub sampling: Option<Sampling>,
    /// Places of the sample types that count the same blocks and their bytes.
    blocks: usize,
    bytes: usize,
    /// Mean bytes between samples, 1 if every allocation was recorded; none if values are no samples of blocks, or if it is
    /// not known how they were sampled.
    pub period: Option<f64>,
}

impl Weighing {
    /// For the sample type at `index`.
    pub fn of(profile: &Profile, index: usize) -> Weighing {
        let sampling = Sampling::of(profile, index);
        let kinds = profile.kinds();
        let kind = kinds.get(index).copied().unwrap_or("");
        let head = kind.strip_suffix("space").or_else(|| kind.strip_suffix("objects")).unwrap_or(kind);
        let place = |tail: &str| profile.sample_type(&format!("{head}{tail}")).unwrap_or(index);
        Weighing {
            value: index,
            sampling,
            blocks: place("objects"),
            bytes: place("space"),
            // Two measurements of CPU time differ by more than the chance of sampling: without a period they have no interval
            // of their difference, which would mislead.
            period: match sampling {
                Some(Sampling::Bytes(_)) => Some(profile.period as f64),
                _ => None,
            },
        }
    }

    /// The value of a sample alone.
    pub fn value(&self, sample: Sample<'_>) -> i64 {
        sample.values.get(self.value).copied().unwrap_or(0)
    }

    /// The value of a sample, with what is known of its error.
    pub fn held(&self, sample: Sample<'_>) -> SampledSum {
        let at = |index: usize| sample.values.get(index).copied().unwrap_or(0);
        let value = at(self.value);
        let Some(sampling) = self.sampling.filter(|_| value != 0) else {
            return SampledSum { value: i128::from(value), ..SampledSum::default() };
        };
        SampledSum {
            value: i128::from(value),
            estimate: sampling.estimate(sample),
            blocks: at(self.blocks) as f64,
            bytes: at(self.bytes) as f64,
        }
    }
}

/// The periods of both sides, where it is known how both were sampled.
pub type Periods = Option<(f64, f64)>;

/// The periods of two sides.
pub fn periods(base: &Weighing, new: &Weighing) -> Periods {
    base.period.zip(new.period)
}

/// The 95 % interval of `new` less `base`, in the unit of both; `None` where an error is not known.
pub fn gap(base: &SampledSum, new: &SampledSum, periods: Periods) -> Option<(f64, f64)> {
    let (base_period, new_period) = periods?;
    let a = base.interval(new, base_period)?;
    let b = new.interval(base, new_period)?;
    Some(mover((base.estimate.value, a), (new.estimate.value, b)))
}

/// The interval of the difference of two independent estimates with their intervals, new less base.
fn mover((a, (la, ua)): (f64, (f64, f64)), (b, (lb, ub)): (f64, (f64, f64))) -> (f64, f64) {
    let difference = b - a;
    (difference - f64::hypot(b - lb, ua - a), difference + f64::hypot(ub - b, a - la))
}

/// `value` in 64 bits, at the end of their range if it is beyond.
pub fn clamped(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(value: f64, n: f64, each: f64) -> SampledSum {
        SampledSum {
            value: value as i128,
            estimate: Estimate { value, variance: n * each * each, largest: each },
            blocks: n * 1000.0,
            bytes: value,
        }
    }

    #[test]
    fn the_interval_of_a_difference_is_the_closed_form() {
        // b - a = 30; down: sqrt(8^2 + 15^2) = 17, up: sqrt(12^2 + 5^2) = 13.
        assert_eq!(mover((70.0, (65.0, 85.0)), (100.0, (92.0, 112.0))), (13.0, 43.0));
        // Without a width on one side the other's remains.
        assert_eq!(mover((10.0, (10.0, 10.0)), (100.0, (92.0, 112.0))), (82.0, 102.0));
    }

    #[test]
    fn sides_that_were_recorded_whole_differ_exactly() {
        let exact = |value: f64| SampledSum {
            value: value as i128,
            estimate: Estimate { value, ..Estimate::default() },
            ..SampledSum::default()
        };
        assert_eq!(gap(&exact(100.0), &exact(130.0), Some((1.0, 1.0))), Some((30.0, 30.0)));
        assert_eq!(gap(&SampledSum::default(), &exact(130.0), Some((1.0, 1.0))), Some((130.0, 130.0)));
        assert_eq!(gap(&exact(1.0), &exact(2.0), None), None);
    }

    #[test]
    fn samples_of_equal_weight_follow_garwood() {
        // 100 and 150 samples of 1000 each: Garwood's intervals are 81.36 to 121.63 and 126.96 to 176.02.
        let (low, high) =
            gap(&sampled(1e5, 100.0, 1000.0), &sampled(1.5e5, 150.0, 1000.0), Some((1e3, 1e3))).unwrap();
        let (down, up) =
            (f64::hypot(150.0 - 126.96, 121.63 - 100.0), f64::hypot(176.02 - 150.0, 100.0 - 81.36));
        assert!((low - (50.0 - down) * 1000.0).abs() < 20.0, "{low}");
        assert!((high - (50.0 + up) * 1000.0).abs() < 20.0, "{high}");
    }

    #[test]
    fn what_no_sample_came_of_may_have_been_missed() {
        // Blocks of 16 bytes, one sample per 1600: each stands for 100.5 blocks, and 99.5 are the weight less itself.
        let new = SampledSum {
            value: 16_000,
            estimate: Estimate { value: 16_000.0, variance: 1.6e7, largest: 1592.0 },
            blocks: 1000.0,
            bytes: 16_000.0,
        };
        let missed = 3.689 * 16.0 / f64::exp_m1(16.0 / 1600.0);
        let (low, _) = gap(&SampledSum::default(), &new, Some((1600.0, 1600.0))).unwrap();
        let own = new.estimate.interval().unwrap();
        assert!((low - (16_000.0 - f64::hypot(16_000.0 - own.low, missed))).abs() < 1.0, "{low}");
        // With a base that was sampled ten times as often less may have been missed, with an exact one nothing.
        let (closer, _) = gap(&SampledSum::default(), &new, Some((160.0, 1600.0))).unwrap();
        let (exact, _) = gap(&SampledSum::default(), &new, Some((1.0, 1600.0))).unwrap();
        assert!(low < closer && closer < exact && exact == own.low, "{low} {closer} {exact}");
    }

    #[test]
    fn values_that_may_cancel_have_no_interval_and_extremes_stay_in_range() {
        let unknown = SampledSum {
            value: -5,
            estimate: Estimate { value: -5.0, variance: f64::INFINITY, largest: 0.0 },
            ..SampledSum::default()
        };
        assert_eq!(gap(&unknown, &sampled(1e5, 100.0, 1000.0), Some((1e3, 1e3))), None);
        assert_eq!((clamped(i128::MAX), clamped(i128::MIN), clamped(-7)), (i64::MAX, i64::MIN, -7));
    }
}
