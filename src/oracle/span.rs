//! A figure that is known within bounds.

/// Bytes at the least and at the most; the same if they are known exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// At the least.
    pub low: u64,
    /// At the most.
    pub high: u64,
}

impl Span {
    /// Exactly so many.
    pub const fn exactly(bytes: u64) -> Span {
        Span { low: bytes, high: bytes }
    }

    /// So many more.
    pub fn plus(self, bytes: u64) -> Span {
        Span { low: self.low + bytes, high: self.high + bytes }
    }

    /// The larger of both, bound by bound.
    pub fn or_more(self, other: Span) -> Span {
        Span { low: self.low.max(other.low), high: self.high.max(other.high) }
    }

    /// At the most what the other has at the most.
    pub fn or_less(self, other: Span) -> Span {
        Span { low: self.low, high: self.high.min(other.high) }
    }
}
