//! What a call does to the storage of a map of Go's.

use crate::oracle::bounds::Span;

/// What a call did to the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Nothing that counts.
    None,
    /// It grew.
    Grew(Grown),
    /// By now the last entry has moved, and the old buckets are gone.
    Moved {
        /// The most bytes of the storage before.
        before: u64,
        /// The least that it had when the last entry moved.
        least: u64,
    },
}

/// A growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grown {
    /// The most bytes of the storage before.
    pub before: u64,
    /// Its bytes at the highest moment of the call.
    pub highest: Span,
}
