//! Answers: what a call of the map comes to as one number, and the checksum over all of them.
//!
//! The stream knows the answer that a correct map must give to each call and folds it into the checksum. The driver
//! compares it with the one that the map gave, call by call where it is written beside each call, and once per batch
//! where only a [`Fold`] over all of them is kept. So the checksum says that the map answered every call rightly, and that
//! all passes did the same work. The numbers are made here and nowhere else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A look-up that found nothing. It fits into an instruction, so that no loop keeps it in a register.
pub const MISS: u64 = 0x6D69_7373;

/// What one visited entry adds to an iteration's answer beside its value's fingerprint, so that entries are counted
/// even where values have nothing to tell them apart by.
pub const ENTRY: u64 = 0x9E37_79B9_7F4A_7C15;

/// The answer of an insertion or an upsert.
#[inline]
pub fn inserted(new: bool) -> u64 {
    if new { 1 } else { 2 }
}

/// The answer of an update or a removal.
#[inline]
pub fn found(there: bool) -> u64 {
    u64::from(there)
}

/// The answer of a look-up, from the fingerprint of the value that it found; also of one that inserts what it does not find.
#[inline]
pub fn looked_up(fingerprint: Option<u64>) -> u64 {
    fingerprint.unwrap_or(MISS)
}

/// What one visited entry adds to an iteration's answer; the answer is the wrapping sum, so that no order of the
/// entries is asked of a map.
#[inline]
pub fn visited(fingerprint: u64) -> u64 {
    fingerprint.wrapping_add(ENTRY)
}

/// The answer of a clearance.
#[inline]
pub fn cleared() -> u64 {
    0
}

/// A running number over answers in the order of their calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Checksum(u64);

impl Checksum {
    /// The checksum of no answers.
    pub const EMPTY: Checksum = Checksum(0x6D61_7070_726F_6621);

    /// Takes one more answer in. Each step is a bijection of the old number, so a difference never fades.
    #[inline]
    pub fn fold(&mut self, answer: u64) {
        self.0 = (self.0.rotate_left(23) ^ answer).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// One checksum for the checksums of all threads, in whichever order they come.
    pub fn combine(threads: impl IntoIterator<Item = Checksum>) -> Checksum {
        let sum = threads.into_iter().fold(0u64, |sum, thread| sum.wrapping_add(thread.0));
        Checksum(sum)
    }
}

/// A running number over the answers of a stretch of calls, cheap enough to be kept inside the loop that is timed: their
/// sum, which waits for no memory. A rotation would make the order matter and cost as much as the rest of a look-up's
/// bookkeeping; answers are compared one by one in the memory pass. The stream knows what the sum must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fold(u64);

impl Fold {
    /// The fold of a single answer.
    #[inline(always)]
    pub fn of(answer: u64) -> Fold {
        Fold(answer)
    }

    /// Takes one more answer in.
    #[inline(always)]
    pub fn add(&mut self, answer: u64) {
        self.0 = self.0.wrapping_add(answer);
    }
}

impl Default for Checksum {
    fn default() -> Self {
        Checksum::EMPTY
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> String {
        checksum.to_string()
    }
}

impl FromStr for Checksum {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        u64::from_str_radix(text, 16)
            .ok()
            .filter(|_| digits)
            .map(Checksum)
            .ok_or_else(|| format!("a checksum is 16 hex digits, not \"{text}\""))
    }
}

impl TryFrom<String> for Checksum {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answers: &[u64]) -> Checksum {
        let mut checksum = Checksum::EMPTY;
        for &answer in answers {
            checksum.fold(answer);
        }
        checksum
    }

    #[test]
    fn order_and_number_of_answers_matter() {
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[0]), of(&[0, 0]));
        assert_ne!(of(&[]), of(&[0]));
    }

    #[test]
    fn a_fold_tells_values_and_their_number_apart() {
        let of = |answers: &[u64]| {
            let mut fold = Fold::default();
            answers.iter().for_each(|answer| fold.add(*answer));
            fold
        };
        assert_ne!(of(&[MISS, 1]), of(&[MISS, 2]));
        assert_ne!(of(&[inserted(true)]), of(&[inserted(false)]));
        assert_ne!(of(&[1, 1]), of(&[1, 1, 1]));
        assert_eq!(of(&[1, 2]), of(&[2, 1]), "the memory pass compares them one by one");
    }

    #[test]
    fn threads_combine_in_any_order_and_one_thread_is_itself() {
        let (a, b) = (of(&[1]), of(&[2]));
        assert_eq!(Checksum::combine([a, b]), Checksum::combine([b, a]));
        assert_eq!(Checksum::combine([a]), a);
    }

    #[test]
    fn it_travels_as_16_hex_digits() {
        let checksum = of(&[3]);
        let text = serde_json::to_string(&checksum).unwrap();
        assert_eq!(text, format!("\"{checksum}\""));
        assert_eq!(text.len(), 18);
        assert_eq!(serde_json::from_str::<Checksum>(&text).unwrap(), checksum);
        assert!("+123456789abcdef".parse::<Checksum>().is_err());
    }
}
