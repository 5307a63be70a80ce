//! Closed forms of Go's maps, of both generations, in the bytes that the runtime gives: those of size classes.
//!
//! Go hashes with a seed that is another one in each run. What depends on it has bounds, which a run misses with a chance of
//! less than one in 10^9 each (`spread`); the rest is exact. A map of a single table is exact, one of buckets but for the
//! overflow buckets, one of many tables but for their number.

mod buckets;
mod growth;
mod lying;
mod replay;
mod size_class;
mod slice;
mod spread;
mod storage;
mod swiss;

pub(super) use replay::{doublings, forecast};

#[cfg(test)]
#[path = "go/tests.rs"]
mod tests;
