//! Blocks by time: a run of unknown length in at most [`INTERVALS`] intervals of equally many calls.
//!
//! An interval is one call long at first. When a call lies beyond the last interval, intervals are joined in pairs, so that
//! each is twice as long. So a run that reaches the last interval has at least half of them.
//!
//! Calls are those of one thread, by its own count. Intervals of several threads are compared by their numbers: threads
//! that do the same share of a workload are about equally far.

use std::collections::HashMap;

use super::harness_memory::{HarnessVec, harness_vec};
use super::raw_samples::RawHeapInterval;

/// The most intervals of a run.
pub(super) const INTERVALS: usize = 128;

/// What was allocated and freed in an interval: blocks and requested bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Turnover {
    pub(super) allocated: (u64, u64),
    pub(super) freed: (u64, u64),
}

impl Turnover {
    /// Both together.
    pub(super) fn joined(self, other: Turnover) -> Turnover {
        let sum = |one: (u64, u64), other: (u64, u64)| (one.0 + other.0, one.1 + other.1);
        Turnover { allocated: sum(self.allocated, other.allocated), freed: sum(self.freed, other.freed) }
    }
}

/// How many calls an interval has: a power of two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Width(u32);

impl Width {
    /// Calls of an interval.
    pub(super) fn calls(self) -> u64 {
        1 << self.0
    }

    /// The number of the interval that has this call, which may lie beyond the last one.
    #[inline(always)]
    pub(super) fn interval(self, call: u64) -> usize {
        (call >> self.0) as usize
    }

    /// The same or the next larger width at which this call is in one of the intervals.
    pub(super) fn reaching(self, call: u64) -> Width {
        let bits = u64::BITS - call.leading_zeros();
        Width(self.0.max(bits.saturating_sub(INTERVALS.ilog2())))
    }
}

/// The turnover of the blocks of one stack by interval. It has no memory before the first block.
pub(super) struct Turnovers(HarnessVec<Turnover>);

impl Turnovers {
    pub(super) fn new() -> Self {
        Turnovers(harness_vec())
    }

    #[inline(always)]
    fn at(&mut self, interval: usize) -> Option<&mut Turnover> {
        if self.0.is_empty() {
            self.make_room();
        }
        self.0.get_mut(interval)
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        self.0.resize(INTERVALS, Turnover::default());
    }

    /// Enters a block that was allocated in this interval.
    #[inline(always)]
    pub(super) fn allocated(&mut self, interval: usize, bytes: u64) {
        if let Some(turnover) = self.at(interval) {
            turnover.allocated.0 += 1;
            turnover.allocated.1 += bytes;
        }
    }

    /// Enters a block that was freed in this interval.
    #[inline(always)]
    pub(super) fn freed(&mut self, interval: usize, bytes: u64) {
        if let Some(turnover) = self.at(interval) {
            turnover.freed.0 += 1;
            turnover.freed.1 += bytes;
        }
    }

    /// Joins intervals of one width to intervals of another one that is not smaller.
    pub(super) fn widen(&mut self, from: Width, to: Width) {
        for _ in from.0..to.0 {
            // What is read lies at or behind the place that is written.
            for place in 0..self.0.len() {
                let half = |at: usize| self.0.get(at).copied().unwrap_or_default();
                let both = half(2 * place).joined(half(2 * place + 1));
                if let Some(turnover) = self.0.get_mut(place) {
                    *turnover = both;
                }
            }
        }
    }
}

/// The turnover of the blocks of one stack by interval, added up over the threads that freed them.
pub(super) struct TurnoverSums {
    width: Width,
    sums: [Turnover; INTERVALS],
}

impl TurnoverSums {
    /// No blocks, in intervals of this width.
    pub(super) fn new(width: Width) -> Self {
        TurnoverSums { width, sums: [Turnover::default(); INTERVALS] }
    }

    /// Adds blocks in intervals of a width that is not larger.
    pub(super) fn add(&mut self, turnovers: &Turnovers, width: Width) {
        for (interval, turnover) in turnovers.0.iter().enumerate() {
            if let Some(sum) = self.sums.get_mut(interval >> (self.width.0 - width.0)) {
                *sum = sum.joined(*turnover);
            }
        }
    }

    /// The intervals that have something, as the rows of this stack, phase and thread.
    pub(super) fn rows(
        &self,
        stack: u32,
        phase: u16,
        thread: u16,
    ) -> impl Iterator<Item = RawHeapInterval> + '_ {
        let some = |(_, turnover): &(u32, &Turnover)| **turnover != Turnover::default();
        (0..).zip(&self.sums).filter(some).map(move |(interval, Turnover { allocated, freed })| {
            let (allocated, freed) = (*allocated, *freed);
            RawHeapInterval { stack, phase, thread, interval, usable: None, allocated, freed }
        })
    }
}

/// Rows whose stacks have numbers in `stacks`, with the numbers that the same stacks have in `others`.
pub(super) fn renumbered(
    rows: &[RawHeapInterval],
    stacks: &[Vec<u64>],
    others: &[Vec<u64>],
) -> Vec<RawHeapInterval> {
    let numbers: HashMap<&[u64], u32> = others.iter().map(Vec::as_slice).zip(0..).collect();
    let renumbered = |row: &RawHeapInterval| {
        let stack = *numbers.get(stacks.get(row.stack as usize)?.as_slice())?;
        Some(RawHeapInterval { stack, ..*row })
    };
    rows.iter().filter_map(renumbered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the number of the interval, blocks and bytes.
    type Allocated = Vec<(u32, (u64, u64))>;

    /// Enters blocks by the calls that allocated them as the recorder does, and returns what is in each interval.
    fn entered(blocks: &[(u64, u64)]) -> (u64, Allocated) {
        let (mut width, mut turnovers) = (Width::default(), Turnovers::new());
        for (call, bytes) in blocks {
            let reaching = width.reaching(*call);
            turnovers.widen(width, reaching);
            width = reaching;
            turnovers.allocated(width.interval(*call), *bytes);
        }
        let mut sums = TurnoverSums::new(width);
        sums.add(&turnovers, width);
        (width.calls(), sums.rows(0, 0, 0).map(|row| (row.interval, row.allocated)).collect())
    }

    #[test]
    fn each_call_has_an_interval_of_its_own_while_there_are_enough() {
        let (width, found) = entered(&[(0, 10), (127, 20), (127, 30)]);
        assert_eq!((width, found), (1, vec![(0, (1, 10)), (127, (2, 50))]));
    }

    #[test]
    fn a_call_beyond_the_last_interval_doubles_them() {
        let (width, found) = entered(&[(0, 10), (1, 5), (2, 7), (127, 20), (128, 30)]);
        assert_eq!((width, found), (2, vec![(0, (2, 15)), (1, (1, 7)), (63, (1, 20)), (64, (1, 30))]));
        // Late entries find their interval, and a far call doubles more than once.
        let (width, found) = entered(&[(0, 10), (1000, 5), (3, 7), (1023, 1), (1024, 2)]);
        assert_eq!((width, found), (16, vec![(0, (2, 17)), (62, (1, 5)), (63, (1, 1)), (64, (1, 2))]));
    }

    #[test]
    fn every_run_fits_and_fills_at_least_half_of_the_intervals() {
        for last in (1..=128).map(|n| n * 1013).chain([1 << 40, (1 << 40) - 1, u64::MAX]) {
            let width = Width::default().reaching(last);
            let intervals = width.interval(last) + 1;
            assert!((INTERVALS / 2..=INTERVALS).contains(&intervals), "{last}: {intervals}");
        }
    }

    #[test]
    fn turnovers_of_different_widths_are_added_up() {
        let (mut fine, mut coarse) = (Turnovers::new(), Turnovers::new());
        fine.allocated(5, 10);
        fine.freed(7, 10);
        coarse.freed(1, 3);
        let mut sums = TurnoverSums::new(Width(3));
        sums.add(&fine, Width(1));
        sums.add(&coarse, Width(3));
        sums.add(&Turnovers::new(), Width(0));
        let rows: Vec<RawHeapInterval> = sums.rows(7, 2, 3).collect();
        let (allocated, freed) = ((1, 10), (2, 13));
        assert_eq!(
            rows,
            [RawHeapInterval { stack: 7, phase: 2, thread: 3, interval: 1, usable: None, allocated, freed }]
        );
    }

    #[test]
    fn rows_find_their_stacks_among_more() {
        let row = |stack| RawHeapInterval { stack, ..RawHeapInterval::default() };
        let (stacks, others) = ([vec![1], vec![2, 3]], [vec![9], vec![2, 3], vec![1]]);
        assert_eq!(renumbered(&[row(0), row(1), row(5)], &stacks, &others), [row(2), row(1)]);
    }
}
