//! The time in which at least one worker thread operates, which throughput is taken over.
//!
//! Threads that have fewer processors than they are take turns: each may do its whole share while the others wait to be
//! scheduled. Then the busiest thread's own time says nothing of how long all of them took.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// When threads began and ended stretches of operations.
#[derive(Debug, Default)]
pub(super) struct OperatingTime(Mutex<Vec<(Instant, Instant)>>);

impl OperatingTime {
    /// A thread operated from `from` to `to`.
    pub(super) fn add(&self, from: Instant, to: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((from, to));
    }

    /// Nanoseconds in which at least one thread operated since the last call.
    pub(super) fn take(&self) -> u64 {
        let mut stretches = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        stretches.sort_unstable();
        let mut total = 0;
        let mut covered: Option<Instant> = None;
        for (from, to) in stretches {
            let from = covered.map_or(from, |end| end.max(from));
            total += to.saturating_duration_since(from).as_nanos() as u64;
            covered = Some(covered.map_or(to, |end| end.max(to)));
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn covered(stretches: &[(u64, u64)]) -> u64 {
        let start = Instant::now();
        let time = OperatingTime::default();
        for (from, to) in stretches {
            time.add(start + Duration::from_nanos(*from), start + Duration::from_nanos(*to));
        }
        let covered = time.take();
        assert_eq!(time.take(), 0, "taken once");
        covered
    }

    #[test]
    fn time_counts_once_however_many_threads_operate() {
        assert_eq!(covered(&[]), 0);
        assert_eq!(covered(&[(5, 15)]), 10);
        assert_eq!(covered(&[(0, 10), (0, 10)]), 10);
        assert_eq!(covered(&[(5, 15), (0, 10)]), 15);
        assert_eq!(covered(&[(0, 100), (20, 30)]), 100);
        // One after the other, with a gap in which no thread operates.
        assert_eq!(covered(&[(0, 10), (30, 40), (40, 50)]), 30);
    }
}
