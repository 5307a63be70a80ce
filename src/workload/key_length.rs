//! Lengths of keys: one for all, or a pure function of a key's code, so that nothing about them has to be stored.

use serde::{Deserialize, Serialize};

use super::bit_mixer::{GOLDEN, below, mix};

/// How many bytes a key has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeyLength {
    /// Always the same: a number in records.
    Fixed(usize),
    /// They differ: an object.
    Varied(Varied),
}

/// Lengths that differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Varied {
    /// Each length from `min` to `max`, both included, is as likely as any other.
    Uniform { min: usize, max: usize },
    /// So many bytes for such a share of the keys; the shares add up to 1.
    Shares(Vec<Share>),
    /// Generalised extreme values, to the nearest byte; those below `min` have `min`, those above `max` have `max`.
    Gev(Gev),
}

/// Lengths of which so many are at most x: exp(-(1 + shape (x - location) / scale)^(-1 / shape)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gev {
    /// Where most of them lie.
    pub location: f64,
    /// How wide they spread.
    pub scale: f64,
    /// The weight of the tail, above 0.
    pub shape: f64,
    /// The least length.
    pub min: usize,
    /// The greatest length.
    pub max: usize,
}

impl Gev {
    /// The share of the keys that are at most so long.
    fn at_most(&self, length: usize) -> f64 {
        if length >= self.max {
            return 1.0;
        }
        let base = 1.0 + self.shape * (length as f64 + 0.5 - self.location) / self.scale;
        if base <= 0.0 { 0.0 } else { libm::exp(-libm::pow(base, -1.0 / self.shape)) }
    }

    /// The length of a key on average: the sum of the shares that are longer than each length.
    fn mean(&self) -> f64 {
        self.min as f64 + (self.min..self.max).map(|length| 1.0 - self.at_most(length)).sum::<f64>()
    }
}

/// The keys of one length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Bytes of each.
    pub bytes: usize,
    /// How many of all keys they are, more than 0 and at most 1.
    pub share: f64,
}

impl From<usize> for KeyLength {
    fn from(bytes: usize) -> Self {
        KeyLength::Fixed(bytes)
    }
}

impl KeyLength {
    /// The length of all keys, if it is one.
    pub fn fixed(&self) -> Option<usize> {
        match self {
            KeyLength::Fixed(bytes) => Some(*bytes),
            KeyLength::Varied(_) => None,
        }
    }

    /// The least length: what a key's code has to fit into.
    pub fn least(&self) -> usize {
        match self {
            KeyLength::Fixed(bytes) => *bytes,
            KeyLength::Varied(Varied::Uniform { min, .. }) => *min,
            KeyLength::Varied(Varied::Shares(shares)) => {
                shares.iter().map(|share| share.bytes).min().unwrap_or(0)
            }
            KeyLength::Varied(Varied::Gev(gev)) => gev.min,
        }
    }

    /// The length of a key on average, to the nearest byte.
    pub fn mean(&self) -> usize {
        self.exact_mean().round() as usize
    }

    /// The length of a key on average.
    pub fn exact_mean(&self) -> f64 {
        match self {
            KeyLength::Fixed(bytes) => *bytes as f64,
            KeyLength::Varied(Varied::Uniform { min, max }) => (min + max) as f64 / 2.0,
            KeyLength::Varied(Varied::Shares(shares)) => {
                shares.iter().map(|share| share.bytes as f64 * share.share).sum()
            }
            KeyLength::Varied(Varied::Gev(gev)) => gev.mean(),
        }
    }
}

/// A [`KeyLength`] made ready to draw from.
#[derive(Debug, Clone)]
pub enum Lengths {
    /// Always the same.
    Fixed(usize),
    /// From `min` on, `span` lengths with the same odds.
    Uniform { min: usize, span: u64 },
    /// The length beside the first bound that is above the drawn bits; the last one takes what rounding leaves.
    Shares(Vec<(u64, usize)>),
    /// The length beside the first bound that is above the drawn bits, from `min` on. The search begins at the place that the
    /// bits' high byte has in `starts`.
    Bounds { min: usize, bounds: Vec<u64>, starts: Vec<u16> },
}

impl Lengths {
    /// Lengths to draw from.
    pub fn new(length: &KeyLength) -> Self {
        match length {
            KeyLength::Fixed(bytes) => Lengths::Fixed(*bytes),
            KeyLength::Varied(Varied::Uniform { min, max }) => {
                Lengths::Uniform { min: *min, span: max.saturating_sub(*min) as u64 + 1 }
            }
            KeyLength::Varied(Varied::Shares(shares)) => {
                let mut sum = 0.0;
                let bound = |share: &Share| {
                    sum += share.share;
                    // The cast saturates.
                    ((sum * 18_446_744_073_709_551_616.0) as u64, share.bytes)
                };
                Lengths::Shares(shares.iter().map(bound).collect())
            }
            KeyLength::Varied(Varied::Gev(gev)) => {
                // The cast saturates.
                let bound = |length| (gev.at_most(length) * 18_446_744_073_709_551_616.0) as u64;
                let bounds: Vec<u64> = (gev.min..gev.max).map(bound).collect();
                let start = |high: u64| bounds.partition_point(|bound| *bound <= high << 56) as u16;
                Lengths::Bounds { min: gev.min, starts: (0..256).map(start).collect(), bounds }
            }
        }
    }

    /// Bytes of the key of a code.
    #[inline]
    pub fn of(&self, code: u64) -> usize {
        match self {
            Lengths::Fixed(bytes) => *bytes,
            Lengths::Uniform { min, span } => min + below(mix(code ^ GOLDEN), *span) as usize,
            Lengths::Shares(bounds) => {
                let bits = mix(code ^ GOLDEN);
                let chosen = bounds.iter().find(|(bound, _)| bits < *bound).or(bounds.last());
                chosen.map_or(0, |(_, bytes)| *bytes)
            }
            Lengths::Bounds { min, bounds, starts } => {
                let bits = mix(code ^ GOLDEN);
                let start = usize::from(starts[(bits >> 56) as usize]);
                min + start + bounds[start..].iter().take_while(|bound| **bound <= bits).count()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares() -> KeyLength {
        let share = |bytes, share| Share { bytes, share };
        KeyLength::Varied(Varied::Shares(vec![share(8, 0.7), share(40, 0.3)]))
    }

    const GEV: Gev = Gev { location: 9.5, scale: 2.0, shape: 0.5, min: 9, max: 14 };

    #[test]
    fn lengths_come_as_often_as_they_should() {
        let uniform = KeyLength::Varied(Varied::Uniform { min: 8, max: 11 });
        for (length, due) in [
            (uniform, vec![(8, 0.25), (9, 0.25), (10, 0.25), (11, 0.25)]),
            (shares(), vec![(8, 0.7), (40, 0.3)]),
            // exp(-1) up to 9.5, and 1 - exp(-1/4) above 13.5.
            (KeyLength::Varied(Varied::Gev(GEV)), vec![(9, (-1.0f64).exp()), (14, 1.0 - (-0.25f64).exp())]),
            (KeyLength::Fixed(24), vec![(24, 1.0)]),
        ] {
            let lengths = Lengths::new(&length);
            // Codes of ascending keys are the numbers from 0 on.
            let drawn: Vec<usize> = (0..40_000).map(|code| lengths.of(code)).collect();
            assert_eq!(drawn.iter().min(), Some(&length.least()));
            let mean = drawn.iter().sum::<usize>() as f64 / 40_000.0;
            assert!((mean - length.mean() as f64).abs() < 0.6, "{length:?}: {mean}");
            for (bytes, share) in due {
                let count = drawn.iter().filter(|length| **length == bytes).count() as f64;
                assert!((count / 40_000.0 / share - 1.0).abs() < 0.03, "{length:?}: {count} of {bytes}");
            }
        }
    }

    #[test]
    fn a_record_has_a_number_for_one_length_and_an_object_for_several() {
        let uniform = KeyLength::Varied(Varied::Uniform { min: 8, max: 40 });
        for (length, text) in [
            (KeyLength::Fixed(24), "24"),
            (uniform, r#"{"uniform":{"min":8,"max":40}}"#),
            (shares(), r#"{"shares":[{"bytes":8,"share":0.7},{"bytes":40,"share":0.3}]}"#),
        ] {
            assert_eq!(serde_json::to_string(&length).unwrap(), text);
            assert_eq!(serde_json::from_str::<KeyLength>(text).unwrap(), length);
        }
    }
}
