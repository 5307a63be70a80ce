//! The parts that a record owns in blocks of their own, as a workload file describes them: `"18"`, `"8..40"`, `"0..3 x 24"`.
//!
//! How large a part is follows from the record's tag, so that the loop, the stream and the oracle agree on it and nothing is
//! stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::number_parse::{BYTES, COUNTS, whole};
use crate::workload::bit_mixer::{GOLDEN, below, mix};

/// The most parts of one record.
pub const MOST_PARTS: usize = 7;

/// The largest number in the description of a part.
const LARGEST: u64 = 1 << 30;

/// Numbers from `min` to `max`, both included; each is as likely as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// The least one.
    pub min: u32,
    /// The largest one.
    pub max: u32,
}

/// The description of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Elements of a vector that they are pushed to; none if the part is one block.
    pub count: Option<Bounds>,
    /// Bytes of the block, or of one element.
    pub size: Bounds,
}

/// A part of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Elements, if it is a vector.
    pub count: Option<u32>,
    /// Bytes of the block, or of one element.
    pub size: u32,
}

/// The parts of a record, in order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Parts {
    parts: [Part; MOST_PARTS],
    len: usize,
}

impl Bounds {
    fn is_fixed(self) -> bool {
        self.min == self.max
    }

    fn mean(self) -> u64 {
        u64::from(self.min.midpoint(self.max))
    }

    /// One of the numbers: the one that `bits` choose.
    #[inline]
    fn draw(self, bits: u64) -> u32 {
        self.min + below(bits, u64::from(self.max - self.min) + 1) as u32
    }
}

impl Part {
    /// The part at place `place` of the record that carries `tag`.
    #[inline]
    pub fn drawn(&self, place: usize, tag: u64) -> Drawn {
        // Mixed first: the tags of successive keys may differ by the constant that the draws of one tag are apart.
        let state = || mix(tag ^ GOLDEN);
        let draw = |bounds: Bounds, number: usize| match bounds.is_fixed() {
            true => bounds.min,
            false => bounds.draw(mix(state().wrapping_add((number as u64).wrapping_mul(GOLDEN)))),
        };
        Drawn { count: self.count.map(|count| draw(count, 2 * place)), size: draw(self.size, 2 * place + 1) }
    }

    fn is_fixed(&self) -> bool {
        self.size.is_fixed() && self.count.is_none_or(Bounds::is_fixed)
    }

    /// Requested bytes of the largest block that it can be.
    fn largest(&self) -> u64 {
        Drawn { count: self.count.map(|count| count.max), size: self.size.max }.block_bytes()
    }
}

impl Drawn {
    /// Bytes that are written to it.
    #[inline]
    pub fn contents(self) -> u64 {
        u64::from(self.count.unwrap_or(1)) * u64::from(self.size)
    }

    /// Bytes of its block each time that it is allocated or grows, in order: of a vector those of its capacities while elements
    /// are pushed. None if it has no block.
    ///
    /// Source: `RawVec::grow_amortized` and `min_non_zero_cap` of the standard library: 8 elements of one byte, 4 of at most 1 KiB,
    /// else 1; then twice as many.
    #[inline]
    pub fn capacities(self) -> impl Iterator<Item = u64> {
        let size = u64::from(self.size);
        let (mut capacity, count) = match self.count {
            None => (1, u64::from(size > 0)),
            Some(_) if size == 0 => (1, 0),
            Some(count) => {
                let least = match size {
                    1 => 8,
                    2..=1024 => 4,
                    _ => 1,
                };
                (least, u64::from(count))
            }
        };
        let mut room = 0;
        std::iter::from_fn(move || {
            (room < count).then(|| {
                room = capacity;
                capacity *= 2;
                room * size
            })
        })
    }

    /// Requested bytes of its block, with the slack of a vector; 0 if it has none.
    #[inline]
    pub fn block_bytes(self) -> u64 {
        self.capacities().last().unwrap_or(0)
    }
}

impl Parts {
    /// These parts, if they are not more than [`MOST_PARTS`].
    pub fn of(list: &[Part]) -> Option<Parts> {
        let mut parts = Parts { len: list.len(), ..Parts::default() };
        parts.parts.get_mut(..list.len())?.copy_from_slice(list);
        Some(parts)
    }

    /// The descriptions, in order.
    pub fn list(&self) -> &[Part] {
        self.parts.get(..self.len).unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether those of all records are alike.
    pub fn are_fixed(&self) -> bool {
        self.list().iter().all(Part::is_fixed)
    }

    /// The parts of the record that carries `tag`.
    #[inline]
    pub fn drawn(&self, tag: u64) -> impl Iterator<Item = Drawn> {
        self.list().iter().enumerate().map(move |(place, part)| part.drawn(place, tag))
    }

    /// Bytes that are written to the parts of the record that carries `tag`.
    #[inline]
    pub fn contents(&self, tag: u64) -> u64 {
        self.drawn(tag).map(Drawn::contents).sum()
    }

    /// Requested bytes of the blocks of the record that carries `tag`.
    pub fn block_bytes(&self, tag: u64) -> u64 {
        self.drawn(tag).map(Drawn::block_bytes).sum()
    }

    /// About as many bytes as are written to the parts of a record on average.
    pub fn mean_contents(&self) -> u64 {
        let mean = |part: &Part| part.count.map_or(1, Bounds::mean) * part.size.mean();
        self.list().iter().map(mean).sum()
    }

    /// Requested bytes of the largest blocks that a record can have.
    pub fn largest(&self) -> u64 {
        self.list().iter().map(Part::largest).sum()
    }
}

/// What the blocks of a record, in order, add to its fingerprint: it tells one that is lost, and two that changed places.
#[inline]
pub fn fold_blocks(blocks: impl Iterator<Item = u64>) -> u64 {
    blocks.zip(1u64..).map(|(bytes, place)| bytes * place).sum()
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_fixed() {
            true => write!(f, "{}", self.min),
            false => write!(f, "{}..{}", self.min, self.max),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            None => write!(f, "{}", self.size),
            Some(count) => write!(f, "{count} x {}", self.size),
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list().iter().map(Part::to_string)).finish()
    }
}

impl FromStr for Part {
    type Err = String;

    /// The error is the end of a sentence that begins with what the text is of.
    fn from_str(text: &str) -> Result<Part, String> {
        let malformed = || {
            format!(
                "must be the size of a block, such as \"18\" or \"8..40\", or a vector of elements, such as \"0..3 x 24\"; got \
                 \"{text}\""
            )
        };
        let number = |text: &str, units| {
            whole(text.trim(), units, 0..=LARGEST).map_err(|wrong| match wrong.starts_with("must be from") {
                true => format!("{wrong} in each number, got \"{}\"", text.trim()),
                false => malformed(),
            })
        };
        let bounds = |text: &str, units| {
            let (min, max) = text.split_once("..").unwrap_or((text, text));
            let (min, max) = (number(min, units)?, number(max, units)?);
            if min > max {
                return Err(format!("begins above its end: write {max}..{min} in place of {min}..{max}"));
            }
            // Both are at most `LARGEST`.
            Ok(Bounds { min: min as u32, max: max as u32 })
        };
        match text.split_once('x') {
            None => Ok(Part { count: None, size: bounds(text, BYTES)? }),
            Some((count, size)) => {
                Ok(Part { count: Some(bounds(count, COUNTS)?), size: bounds(size, BYTES)? })
            }
        }
    }
}

impl TryFrom<Vec<String>> for Parts {
    type Error = String;

    fn try_from(list: Vec<String>) -> Result<Parts, String> {
        let parts: Vec<Part> = list.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let parts = Parts::of(&parts).ok_or_else(|| format!("a record has at most {MOST_PARTS} parts"))?;
        match parts.largest() > LARGEST {
            true => Err("the parts of a record are too large".to_owned()),
            false => Ok(parts),
        }
    }
}

impl From<Parts> for Vec<String> {
    fn from(parts: Parts) -> Vec<String> {
        parts.list().iter().map(Part::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Part {
        text.parse().unwrap()
    }

    fn parts(list: &[&str]) -> Parts {
        Parts::try_from(list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn parts_are_read_as_they_are_written() {
        for text in ["18", "8..40", "0..3 x 24", "5 x 8..16"] {
            assert_eq!(part(text).to_string(), text);
        }
        assert_eq!(part(" 0..3x24 ").to_string(), "0..3 x 24");
        assert_eq!(part("1k x 4K").to_string(), "1000 x 4096");
        for (text, due) in [
            ("40..8", "begins above its end: write 8..40 in place of 40..8"),
            ("2G", "must be from 0 to 1_073_741_824 in each number, got \"2G\""),
            ("3 * 24", "or a vector of elements, such as \"0..3 x 24\"; got \"3 * 24\""),
            ("", "got \"\""),
            ("x 24", "got \"x 24\""),
            ("1.5", "got \"1.5\""),
        ] {
            let said = text.parse::<Part>().unwrap_err();
            assert!(said.contains(due), "{text}: {said}");
        }
    }

    #[test]
    fn vectors_grow_as_those_of_the_standard_library_do() {
        let grown = |count, size| {
            let mut capacities: Vec<u64> = Vec::new();
            macro_rules! push {
                ($($size:literal)*) => {
                    match size {
                        $($size => {
                            let mut vec: Vec<[u8; $size]> = Vec::new();
                            for _ in 0..count {
                                vec.push([0; $size]);
                                let bytes = vec.capacity() as u64 * $size;
                                if capacities.last() != Some(&bytes) {
                                    capacities.push(bytes);
                                }
                            }
                        })*
                        _ => unreachable!(),
                    }
                };
            }
            push!(1 2 24 1024 1025);
            capacities
        };
        for size in [1u32, 2, 24, 1024, 1025] {
            for count in [0u32, 1, 3, 4, 5, 8, 9, 100] {
                let drawn = Drawn { count: Some(count), size };
                let due = grown(count, size);
                assert_eq!(drawn.capacities().collect::<Vec<_>>(), due, "{count} x {size}");
                assert_eq!(drawn.block_bytes(), due.last().copied().unwrap_or(0));
                assert_eq!(drawn.contents(), u64::from(count * size));
            }
        }
        let none = [Drawn { count: Some(9), size: 0 }, Drawn { count: None, size: 0 }];
        assert!(none.iter().all(|drawn| drawn.capacities().count() == 0));
        let block = Drawn { count: None, size: 18 };
        assert_eq!((block.capacities().collect::<Vec<_>>(), block.contents()), (vec![18], 18));
    }

    #[test]
    fn draws_cover_their_bounds_evenly_and_do_not_follow_each_other() {
        let drawn = parts(&["0..3 x 24", "0..3 x 24"]);
        let tags = (0..40_000u64).map(|n| n.wrapping_mul(GOLDEN));
        let counts: Vec<(u32, u32)> = tags
            .map(|tag| {
                let mut counts = drawn.drawn(tag).filter_map(|part| part.count);
                (counts.next().unwrap(), counts.next().unwrap())
            })
            .collect();
        for first in 0..=3 {
            for second in 0..=3 {
                let share = counts.iter().filter(|pair| **pair == (first, second)).count() as f64 / 40_000.0;
                assert!((share * 16.0 - 1.0).abs() < 0.1, "{first}, {second}: {share}");
                let next = counts.windows(2).filter(|pair| pair[0].1 == first && pair[1].0 == second).count();
                assert!((next as f64 / 2_500.0 - 1.0).abs() < 0.1, "{first}, then {second}: {next}");
            }
        }
    }

    #[test]
    fn sums_are_those_of_the_parts() {
        let fixed = parts(&["18", "5 x 24"]);
        assert!(fixed.are_fixed() && !parts(&["18", "1..2"]).are_fixed());
        assert_eq!((fixed.contents(7), fixed.block_bytes(7), fixed.largest()), (138, 210, 210));
        assert_eq!((fixed.mean_contents(), parts(&["8..40"]).mean_contents()), (138, 24));
        assert!(Parts::of(&[Part::default(); MOST_PARTS + 1]).is_none());
        let text = serde_json::to_string(&fixed).unwrap();
        assert_eq!(text, r#"["18","5 x 24"]"#);
        assert_eq!(serde_json::from_str::<Parts>(&text).unwrap(), fixed);
        assert!(serde_json::from_str::<Parts>(r#"["1G", "1G"]"#).is_err());
    }
}
