//! How far a figure of a sampled profile may be off: the 95 % interval of a sum of estimates.
//!
//! Each block of u usable bytes is sampled, or not, by itself with probability p = 1 - exp(-u / R), and a sampled one
//! stands for w = 1/p blocks. So a sum of n samples of one size has the variance n (1 - p) w^2 (Horvitz and Thompson
//! 1952), and the sum of several has the sum of theirs. The interval is the one of Fay and Feuer for weighted sums of
//! Poisson counts ("Confidence intervals for directly standardized rates", Statistics in Medicine 16, 1997): exact
//! (Garwood 1936) if all weights are equal, and meant to keep its promise also when few samples of great weight make
//! up the sum, where the normal one does not.
//!
//! CPU samples are moments. The total is counted, and the share of a site is that of its samples, weighted.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::build::BYTES_LABEL;
use super::{Profile, Sample, Text};

/// The normal distribution's quantile of 0.975.
const Z: f64 = 1.959_963_984_540_054;

/// The upper end of the 95 % interval of a Poisson count of 0: -ln(0.025) (Garwood 1936).
pub const HIGHEST_OF_NONE: f64 = 3.688_879_454_113_936;

/// Degrees of freedom from which on the quantile is that of Wilson and Hilferty: from here its error is below 1e-5 of
/// the value, while the series of the exact one takes ever longer.
const MANY_DEGREES: f64 = 500.0;

/// Where the true value lies, with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end, in the unit of the value.
    pub low: f64,
    /// The upper end, in the unit of the value.
    pub high: f64,
    /// How many samples of equal and great weight would tell as much: value^2 / variance. Infinite if the value is
    /// exact.
    pub effective_samples: f64,
}

/// An estimated sum with what its interval follows from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// The sum, in the unit of the sample type.
    pub value: f64,
    /// Its variance, in the unit's square. Infinite if it is not known, as in the difference of two profiles.
    pub variance: f64,
    /// The greatest w (1 - p) in it: by how much one more sample would move the sum.
    pub largest: f64,
}

impl Estimate {
    /// Adds another sum, of other samples.
    pub fn add(&mut self, other: Estimate) {
        self.value += other.value;
        self.variance += other.variance;
        self.largest = self.largest.max(other.largest);
    }

    /// What samples of `blocks` are expected to come to, if each is sampled with probability `odds` and then stands for
    /// `weight`: its variance follows from all blocks, and not from those that happened to be sampled.
    pub fn expected(blocks: f64, odds: f64, weight: f64) -> Estimate {
        let missed = 1.0 - odds;
        Estimate {
            value: blocks * odds * weight,
            variance: blocks * odds * missed * weight * weight,
            largest: missed * weight,
        }
    }

    /// Its 95 % interval where the variance is that of the blocks and not of the samples, of which none need have come.
    pub fn interval_of_known_error(&self) -> Option<Interval> {
        match self.interval()? {
            none if self.value == 0.0 && self.variance > 0.0 => {
                Some(Interval { high: HIGHEST_OF_NONE * self.largest, ..none })
            }
            found => Some(found),
        }
    }

    /// Its 95 % interval, after Fay and Feuer 1997. None if the variance is not known.
    pub fn interval(&self) -> Option<Interval> {
        let Estimate { value, largest, .. } = *self;
        if !self.variance.is_finite() || !value.is_finite() || value < 0.0 {
            return None;
        }
        if self.variance <= 0.0 || value == 0.0 {
            return Some(Interval { low: value, high: value, effective_samples: f64::INFINITY });
        }
        // A sum has one sample at least. Values that were rounded to whole numbers may seem to have less.
        let variance = self.variance.min(value * value);
        let above = value + largest;
        let degrees = |mean: f64, variance: f64| 2.0 * mean * mean / variance;
        Some(Interval {
            low: value * chi_squared_over_mean(0.025, degrees(value, variance)),
            high: above * chi_squared_over_mean(0.975, degrees(above, variance + largest * largest)),
            effective_samples: value * value / variance,
        })
    }

    /// The 95 % interval of this sum where the total of which it is a part is known and only the part's share is estimated,
    /// as of CPU time. Of two parts the smaller one has Fay and Feuer's interval with the variance of a share, and the other
    /// one the rest. The interval of a part without a sample reaches up to [`HIGHEST_OF_NONE`] samples.
    pub fn interval_of_known_total(&self, total: &Estimate) -> Option<Interval> {
        let rest = Estimate {
            value: (total.value - self.value).max(0.0),
            variance: total.variance - self.variance,
            largest: total.largest,
        };
        if !self.variance.is_finite() || !rest.variance.is_finite() || self.value < 0.0 || total.value <= 0.0
        {
            return None;
        }
        let (less, more) = if self.value <= rest.value { (self, &rest) } else { (&rest, self) };
        let (in_less, in_more) = (less.value / total.value, more.value / total.value);
        let variance = in_more * in_more * less.variance + in_less * in_less * more.variance.max(0.0);
        let around = Estimate { value: less.value, variance, largest: total.largest * in_more };
        let (low, high) = match around.interval() {
            Some(found) if less.value > 0.0 => (found.low, found.high.min(total.value)),
            _ => (0.0, (HIGHEST_OF_NONE * total.largest).min(total.value)),
        };
        let effective_samples =
            if variance > 0.0 { self.value * self.value / variance } else { f64::INFINITY };
        Some(match self.value <= rest.value {
            true => Interval { low, high, effective_samples },
            false => Interval { low: total.value - high, high: total.value - low, effective_samples },
        })
    }

    /// The 95 % interval of the share that this sum has in itself and `rest`, 0 to 1; the two are of different samples.
    /// With s = y / (y + r) the delta method gives the variance ((1-s)^2 Var y + s^2 Var r) / (y + r)^2, and Fay and
    /// Feuer's interval is put around the smaller of s and 1 - s. None if a variance is not known or all is zero.
    pub fn share_beside(&self, rest: &Estimate) -> Option<Interval> {
        let total = self.value + rest.value;
        if total <= 0.0 || self.value < 0.0 || rest.value < 0.0 {
            return None;
        }
        let share = self.value / total;
        let beside = 1.0 - share;
        let variance = (beside * beside * self.variance + share * share * rest.variance) / (total * total);
        let effective_samples = if variance > 0.0 { share * share / variance } else { f64::INFINITY };
        // What one more sample of a part would add to its share.
        let (least, largest) =
            if share <= 0.5 { (share, self.largest * beside) } else { (beside, rest.largest * share) };
        let around = Estimate { value: least, variance, largest: largest / total }.interval()?;
        let high = around.high.min(1.0);
        Some(match share <= 0.5 {
            true => Interval { low: around.low, high, effective_samples },
            false => Interval { low: 1.0 - high, high: 1.0 - around.low, effective_samples },
        })
    }
}

/// The chi-squared distribution's quantile over its mean, which is the number of degrees of freedom.
fn chi_squared_over_mean(quantile: f64, degrees: f64) -> f64 {
    if degrees < MANY_DEGREES
        && let Ok(distribution) = ChiSquared::new(degrees)
    {
        return distribution.inverse_cdf(quantile) / degrees;
    }
    // Wilson and Hilferty 1931: the cube root is nearly normal.
    let variance = 2.0 / (9.0 * degrees);
    let z = if quantile < 0.5 { -Z } else { Z };
    (1.0 - variance + z * variance.sqrt()).powi(3)
}

/// How the values of one sample type of a profile were sampled.
#[derive(Debug, Clone, Copy)]
pub enum Sampling {
    /// Blocks, each by itself, the more likely the larger.
    Bytes(BytesSampling),
    /// Moments of CPU time. How much of it there was in all is counted, and so is the number of samples; only the shares
    /// are estimated.
    Time(TimeSampling),
}

impl Sampling {
    /// How the sample type at `index` was sampled. None if this is not known: for a heap profile's type that has not both
    /// objects and bytes, for a CPU profile that does not count its samples, or where the period is of neither kind.
    pub fn of(profile: &Profile, index: usize) -> Option<Sampling> {
        let text = |text| profile.strings.get(text);
        if profile.period < 1 {
            return None;
        }
        match (text(profile.period_type.kind), text(profile.period_type.unit)) {
            ("space", "bytes") => BytesSampling::of(profile, index).map(Sampling::Bytes),
            ("cpu", "nanoseconds") => TimeSampling::of(profile, index).map(Sampling::Time),
            _ => None,
        }
    }

    /// What one sample of the profile stands for.
    pub fn estimate(&self, sample: Sample<'_>) -> Estimate {
        match self {
            Sampling::Bytes(sampling) => sampling.estimate(sample),
            Sampling::Time(sampling) => sampling.estimate(sample),
        }
    }

    /// The 95 % interval of `part`, which is a sum of some of the samples of a profile that all come to `total`.
    pub fn interval(&self, part: &Estimate, total: &Estimate) -> Option<Interval> {
        match self {
            Sampling::Bytes(_) => part.interval(),
            Sampling::Time(_) => part.interval_of_known_total(total),
        }
    }
}

/// The sampling of CPU time.
#[derive(Debug, Clone, Copy)]
pub struct TimeSampling {
    /// Place of the sample type, and of the one that counts samples.
    value: usize,
    samples: usize,
}

impl TimeSampling {
    fn of(profile: &Profile, index: usize) -> Option<TimeSampling> {
        profile.kinds().get(index)?;
        Some(TimeSampling { value: index, samples: profile.sample_type("samples")? })
    }

    /// Each of the samples behind a sample of the profile stands for the same part of its value.
    fn estimate(&self, sample: Sample<'_>) -> Estimate {
        let at = |index: usize| sample.values.get(index).copied().unwrap_or(0) as f64;
        let (value, samples) = (at(self.value), at(self.samples));
        if value == 0.0 {
            return Estimate::default();
        }
        if value < 0.0 || samples < 1.0 {
            return Estimate { value, variance: f64::INFINITY, largest: 0.0 };
        }
        Estimate { value, variance: value * value / samples, largest: value / samples }
    }
}

/// The sampling of blocks.
#[derive(Debug, Clone, Copy)]
pub struct BytesSampling {
    /// Place of the sample type, and of those that count the same blocks' objects and bytes.
    value: usize,
    objects: usize,
    space: usize,
    /// The key of the label that has the usable bytes of each block.
    bytes: Option<Text>,
    /// R, mean bytes between samples. One: every allocation was recorded.
    period: f64,
}

impl BytesSampling {
    fn of(profile: &Profile, index: usize) -> Option<BytesSampling> {
        let kind = *profile.kinds().get(index)?;
        let head = kind.strip_suffix("space").or_else(|| kind.strip_suffix("objects"))?;
        Some(BytesSampling {
            value: index,
            objects: profile.sample_type(&format!("{head}objects"))?,
            space: profile.sample_type(&format!("{head}space"))?,
            bytes: profile.strings.find(BYTES_LABEL.0),
            period: profile.period as f64,
        })
    }

    /// All blocks of a sample have one usable size: that of the label `bytes`, or bytes over objects if there is no such
    /// label.
    fn estimate(&self, sample: Sample<'_>) -> Estimate {
        let at = |index: usize| sample.values.get(index).copied().unwrap_or(0) as f64;
        let (value, objects, space) = (at(self.value), at(self.objects), at(self.space));
        if value == 0.0 {
            return Estimate::default();
        }
        // A sum that may cancel says nothing of how much went into it.
        if value < 0.0 || objects < 0.0 || space < 0.0 {
            return Estimate { value, variance: f64::INFINITY, largest: 0.0 };
        }
        if self.period <= 1.0 {
            return Estimate { value, ..Estimate::default() };
        }
        let size = match self.bytes.and_then(|key| sample.number(key)) {
            Some(usable) if usable > 0 => usable as f64,
            _ => space / objects.max(1.0),
        };
        let odds = -f64::exp_m1(-size.max(1.0) / self.period);
        // Sampled blocks are whole, though the objects that they stand for were rounded.
        let sampled = (objects * odds).round().max(1.0);
        let each = value / sampled;
        Estimate { value, variance: sampled * (1.0 - odds) * each * each, largest: each * (1.0 - odds) }
    }
}

#[cfg(test)]
#[path = "interval_tests.rs"]
mod tests;
