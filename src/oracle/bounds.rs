//! A figure that is known within bounds.

/// A lower and an upper bound, bytes. They are equal if the figure is known exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Lower bound.
    pub low: u64,
    /// Upper bound.
    pub high: u64,
}

impl Span {
    /// A figure that is known exactly.
    pub const fn exactly(bytes: u64) -> Span {
        Span { low: bytes, high: bytes }
    }

    /// Adds the same bytes to both bounds.
    pub fn plus(self, bytes: u64) -> Span {
        Span { low: self.low + bytes, high: self.high + bytes }
    }

    /// So many of these together.
    pub fn times(self, count: u64) -> Span {
        Span { low: self.low * count, high: self.high * count }
    }

    /// Both together.
    pub fn and(self, other: Span) -> Span {
        Span { low: self.low + other.low, high: self.high + other.high }
    }

    /// The sum, with a part of it replaced.
    pub fn replace(self, part: Span, by: Span) -> Span {
        Span { low: self.low - part.low + by.low, high: self.high - part.high + by.high }
    }

    /// The larger of both, bound by bound.
    pub fn or_more(self, other: Span) -> Span {
        Span { low: self.low.max(other.low), high: self.high.max(other.high) }
    }

    /// What is left of so many.
    pub fn complement(self, of: u64) -> Span {
        Span { low: of.saturating_sub(self.high), high: of.saturating_sub(self.low) }
    }

    /// Lowers the upper bound to that of `other`.
    pub fn or_less(self, other: Span) -> Span {
        Span { low: self.low, high: self.high.min(other.high) }
    }
}
