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
        }
    }

    /// The length of a key on average, to the nearest byte.
    pub fn mean(&self) -> usize {
        match self {
            KeyLength::Fixed(bytes) => *bytes,
            KeyLength::Varied(Varied::Uniform { min, max }) => min.midpoint(*max),
            KeyLength::Varied(Varied::Shares(shares)) => {
                shares.iter().map(|share| share.bytes as f64 * share.share).sum::<f64>().round() as usize
            }
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

    #[test]
    fn lengths_come_as_often_as_they_should() {
        let uniform = KeyLength::Varied(Varied::Uniform { min: 8, max: 11 });
        for (length, due) in [
            (uniform, vec![(8, 0.25), (9, 0.25), (10, 0.25), (11, 0.25)]),
            (shares(), vec![(8, 0.7), (40, 0.3)]),
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
