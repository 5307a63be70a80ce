//! The book of samples: each with its stack, its birth and its death in the sequence of sample events.
//!
//! It is written from inside the allocator's hooks, so all its memory is the harness's own.

use std::hash::BuildHasher;

use hashbrown::{HashMap, HashTable};

use crate::capture::harness_memory::{Harness, HarnessVec, harness_vec};
use crate::capture::heap_intervals::{Turnover, Width};
use crate::capture::heap_recording::HeapRecording;
use crate::capture::ledger::Place;
use crate::capture::raw_samples::{RawHeap, RawHeapInterval, RawHeapIntervals, RawHeapRow, lifetime_class};

/// Not dead yet.
const ALIVE: u64 = u64::MAX;

struct Sample {
    stack: u32,
    /// Phase and worker; none if it was born outside of operations. Such a block is in no figure, but a reallocation
    /// in place must know that it was there.
    place: Option<Place>,
    size: u64,
    usable: u64,
    born: u64,
    born_call: u64,
    died: u64,
    died_call: u64,
    /// The phase in which it died; none if that was outside of operations.
    died_in: Option<u16>,
}

/// What is known of a block when it is sampled.
pub struct Birth {
    /// Its address.
    pub address: usize,
    /// Phase and worker; none outside of operations.
    pub place: Option<Place>,
    /// The call at work.
    pub call: u64,
    /// Bytes requested.
    pub size: u64,
    /// Bytes the size class gave.
    pub usable: u64,
    /// Its place in the sequence of sample events.
    pub event: u64,
}

/// All samples of a pass.
pub struct SampleBook {
    /// All stacks, one after the other.
    addresses: HarnessVec<u64>,
    /// Where each stack ends in `addresses`.
    ends: HarnessVec<usize>,
    /// Stack numbers by the hash of their addresses.
    by_stack: HashTable<u32, Harness>,
    samples: HarnessVec<Sample>,
    /// The live sample at an address.
    live: HashMap<usize, u32, foldhash::fast::FixedState, Harness>,
    /// Addresses whose next death belongs to a sample that was replaced in place. A reallocation announces the new
    /// block before it takes back the old one, even if both lie at the same address.
    replaced: HashMap<usize, u32, foldhash::fast::FixedState, Harness>,
}

impl SampleBook {
    /// An empty book.
    pub fn new() -> Self {
        SampleBook {
            addresses: harness_vec(),
            ends: harness_vec(),
            by_stack: HashTable::new_in(Harness),
            samples: harness_vec(),
            live: HashMap::with_hasher_in(Default::default(), Harness),
            replaced: HashMap::with_hasher_in(Default::default(), Harness),
        }
    }

    /// Enters the birth of a block.
    pub fn born(&mut self, stack: &[u64], birth: Birth) {
        let Birth { address, place, call, size, usable, event } = birth;
        let stack = self.intern(stack);
        let index = self.samples.len() as u32;
        self.samples.push(Sample {
            stack,
            place,
            size,
            usable,
            born: event,
            born_call: call,
            died: ALIVE,
            died_call: 0,
            died_in: None,
        });
        if let Some(old) = self.live.insert(address, index) {
            self.end(old, place, call, event);
            *self.replaced.entry(address).or_insert(0) += 1;
        }
    }

    /// Enters the death of the block at `address`. Blocks that are not in the book are passed over.
    pub fn died(&mut self, address: usize, place: Option<Place>, call: u64, event: u64) {
        if let Some(count) = self.replaced.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.replaced.remove(&address);
            }
            return;
        }
        if let Some(index) = self.live.remove(&address) {
            self.end(index, place, call, event);
        }
    }

    fn end(&mut self, index: u32, place: Option<Place>, call: u64, event: u64) {
        if let Some(sample) = self.samples.get_mut(index as usize) {
            sample.died = event;
            sample.died_call = call;
            sample.died_in = place.map(|place| place.phase);
        }
    }

    fn stack<'a>(addresses: &'a [u64], ends: &[usize], number: u32) -> &'a [u64] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { ends[number - 1] };
        &addresses[start..ends[number]]
    }

    fn intern(&mut self, stack: &[u64]) -> u32 {
        let hasher = foldhash::fast::FixedState::default();
        let hash = hasher.hash_one(stack);
        let (addresses, ends) = (&self.addresses, &self.ends);
        if let Some(number) =
            self.by_stack.find(hash, |number| Self::stack(addresses, ends, *number) == stack)
        {
            return *number;
        }
        let number = self.ends.len() as u32;
        self.addresses.extend_from_slice(stack);
        self.ends.push(self.addresses.len());
        let (addresses, ends) = (&self.addresses, &self.ends);
        self.by_stack
            .insert_unique(hash, number, |number| hasher.hash_one(Self::stack(addresses, ends, *number)));
        number
    }

    /// What was born and died up to `end`, by time.
    fn intervals(&self, end: u64) -> RawHeapIntervals {
        let born = || {
            let samples = self.samples.iter().filter(move |s| s.born <= end);
            samples.filter_map(|s| Some((s, s.place?)))
        };
        // Nothing is freed before it was made, though another thread may count fewer calls.
        let died = |s: &Sample| (s.died <= end).then(|| s.died_call.max(s.born_call));
        let last = born().map(|(s, _)| died(s).unwrap_or(s.born_call)).max().unwrap_or_default();
        let width = Width::default().reaching(last);
        let mut groups: std::collections::BTreeMap<_, Turnover> = Default::default();
        for (s, Place { phase, worker }) in born() {
            let mut add = |call: u64, turnover: Turnover| {
                let interval = width.interval(call) as u32;
                let sum = groups.entry((s.stack, phase, worker, s.usable, interval)).or_default();
                *sum = sum.joined(turnover);
            };
            let one = (1, s.size);
            add(s.born_call, Turnover { allocated: one, ..Turnover::default() });
            if let Some(call) = died(s) {
                add(call, Turnover { freed: one, ..Turnover::default() });
            }
        }
        let row = |((stack, phase, thread, usable, interval), turnover)| {
            let Turnover { allocated, freed } = turnover;
            RawHeapInterval { stack, phase, thread, interval, usable: Some(usable), allocated, freed }
        };
        RawHeapIntervals { calls: width.calls(), rows: groups.into_iter().map(row).collect() }
    }

    /// The samples born up to `end`, grouped, and which of them were live at `end` and at `peak`.
    pub fn into_raw(self, recording: HeapRecording, unwinder: &str, end: u64, peak: u64) -> RawHeap {
        type Group = (u32, u16, u16, u64, u64, Option<u64>);
        let mut groups: std::collections::BTreeMap<Group, (u64, u64, u64, u64)> = Default::default();
        for s in self.samples.iter().filter(|s| s.born <= end) {
            let Some(Place { phase, worker }) = s.place else { continue };
            let dead = s.died <= end;
            let lifetime = dead.then(|| lifetime_class(s.died_call.saturating_sub(s.born_call)));
            let group = groups.entry((s.stack, phase, worker, s.size, s.usable, lifetime)).or_default();
            let live_at = |moment: u64| u64::from(s.born <= moment && s.died > moment);
            group.0 += 1;
            group.1 += live_at(end);
            group.2 += live_at(peak);
            group.3 += u64::from(dead && s.died_in == Some(phase));
        }
        let rows = groups
            .into_iter()
            .map(|((stack, phase, thread, size, usable, lifetime), counts)| {
                let (allocated, in_use, at_peak, temporary) = counts;
                RawHeapRow {
                    stack,
                    phase,
                    thread,
                    size,
                    usable,
                    allocated,
                    in_use,
                    at_peak,
                    temporary,
                    lifetime,
                }
            })
            .collect();
        let stacks = (0..self.ends.len() as u32)
            .map(|number| Self::stack(&self.addresses, &self.ends, number).to_vec())
            .collect();
        let intervals = Some(self.intervals(end));
        RawHeap {
            recording,
            unwinder: unwinder.to_owned(),
            stacks,
            rows,
            sums: Vec::new(),
            peak_gap_bytes: 0,
            phase_ends: None,
            intervals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLED: HeapRecording = HeapRecording::Sampled { sample_bytes: Some(4096) };

    const PLACE: Option<Place> = Some(Place { phase: 0, worker: 0 });

    fn birth(address: usize, size: u64, event: u64) -> Birth {
        Birth { address, place: PLACE, call: event, size, usable: size, event }
    }

    fn row_totals(raw: &RawHeap) -> (u64, u64, u64) {
        raw.rows.iter().fold((0, 0, 0), |t, r| (t.0 + r.allocated, t.1 + r.in_use, t.2 + r.at_peak))
    }

    #[test]
    fn a_block_lives_from_its_birth_to_its_death() {
        let mut book = SampleBook::new();
        book.born(&[1, 2], birth(0x10, 8, 1));
        book.born(&[1, 2], birth(0x20, 8, 2));
        book.died(0x10, PLACE, 3, 3);
        book.died(0x99, PLACE, 4, 4);
        let raw = book.into_raw(SAMPLED, "test", 4, 2);
        assert_eq!(raw.stacks, vec![vec![1, 2]]);
        assert_eq!(row_totals(&raw), (2, 1, 2));
    }

    #[test]
    fn births_and_deaths_are_in_the_intervals_of_their_calls() {
        let mut book = SampleBook::new();
        let born = |call, event| Birth { call, ..birth(0x10 * event as usize, 24, event) };
        book.born(&[1], born(1, 1));
        book.born(&[1], Birth { usable: 32, ..born(250, 2) });
        book.born(&[1], born(200, 3));
        book.died(0x10, PLACE, 3, 4);
        // By a thread that is not as far as the one that made it.
        book.died(0x20, Some(Place { phase: 0, worker: 1 }), 100, 5);
        // After the end: neither of them counts.
        book.died(0x30, PLACE, 5000, 7);
        book.born(&[1], born(9000, 8));
        let intervals = book.into_raw(SAMPLED, "test", 6, 2).intervals.unwrap();
        assert_eq!(intervals.calls, 2);
        let of = |row: &RawHeapInterval| (row.interval, row.usable.unwrap(), row.allocated, row.freed);
        let (none, one) = ((0, 0), (1, 24));
        assert_eq!(
            intervals.rows.iter().map(of).collect::<Vec<_>>(),
            [(0, 24, one, none), (1, 24, none, one), (100, 24, one, none), (125, 32, one, one)]
        );
    }

    #[test]
    fn a_reallocation_in_place_keeps_the_fresh_sample() {
        let mut book = SampleBook::new();
        book.born(&[1], birth(0x10, 8, 1));
        book.born(&[2], birth(0x10, 16, 2));
        book.died(0x10, PLACE, 3, 3);
        let raw = book.into_raw(SAMPLED, "test", 3, 1);
        let live: Vec<u64> = raw.rows.iter().map(|r| r.in_use).collect();
        assert_eq!(live, [0, 1]);
        assert_eq!(row_totals(&raw).2, 1, "the old block was the live one at the peak");
    }

    #[test]
    fn births_after_the_end_do_not_count() {
        let mut book = SampleBook::new();
        book.born(&[1], birth(0x10, 8, 1));
        book.born(&[1], birth(0x20, 8, 5));
        assert_eq!(row_totals(&book.into_raw(SAMPLED, "test", 4, 4)), (1, 1, 1));
    }

    #[test]
    fn what_died_in_the_phase_of_its_birth_was_temporary() {
        let mut book = SampleBook::new();
        book.born(&[1], birth(0x10, 8, 1));
        book.born(&[1], birth(0x20, 8, 2));
        book.died(0x10, PLACE, 10, 3);
        book.died(0x20, Some(Place { phase: 1, worker: 0 }), 20, 4);
        let rows = book.into_raw(SAMPLED, "test", 5, 2).rows;
        let of = |row: &RawHeapRow| (row.lifetime, row.temporary);
        assert_eq!(rows.iter().map(of).collect::<Vec<_>>(), [(Some(8), 1), (Some(16), 0)]);
    }

    #[test]
    fn a_block_from_outside_that_grows_in_place_is_replaced() {
        let mut book = SampleBook::new();
        book.born(&[9], Birth { place: None, ..birth(0x10, 8, 1) });
        book.born(&[1], birth(0x10, 16, 2));
        book.died(0x10, PLACE, 2, 3);
        let raw = book.into_raw(SAMPLED, "test", 3, 3);
        assert_eq!(row_totals(&raw), (1, 1, 1), "the fresh block alone, and it lives");
    }
}
