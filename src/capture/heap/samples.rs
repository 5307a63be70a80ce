//! The book of samples: each with its stack, its birth and its death in the sequence of sample events.
//!
//! It is written from inside the allocator's hooks, so all its memory comes from the C library's allocator.

use std::alloc::System;
use std::hash::BuildHasher;

use hashbrown::{HashMap, HashTable};

use crate::capture::raw::{RawHeap, RawHeapRow};
use crate::capture::{HarnessVec, harness_vec};

/// Not dead yet.
const ALIVE: u64 = u64::MAX;

struct Sample {
    stack: u32,
    phase: u16,
    worker: u16,
    size: u64,
    usable: u64,
    born: u64,
    died: u64,
}

/// All samples of a pass.
pub struct SampleBook {
    /// All stacks, one after the other.
    addresses: HarnessVec<u64>,
    /// Where each stack ends in `addresses`.
    ends: HarnessVec<usize>,
    /// Stack numbers by the hash of their addresses.
    by_stack: HashTable<u32, System>,
    samples: HarnessVec<Sample>,
    /// The live sample at an address.
    live: HashMap<usize, u32, foldhash::fast::FixedState, System>,
    /// Addresses whose next death belongs to a sample that was replaced in place. A reallocation announces the new
    /// block before it takes back the old one, even if both lie at the same address.
    replaced: HashMap<usize, u32, foldhash::fast::FixedState, System>,
}

impl SampleBook {
    /// An empty book.
    pub fn new() -> Self {
        SampleBook {
            addresses: harness_vec(),
            ends: harness_vec(),
            by_stack: HashTable::new_in(System),
            samples: harness_vec(),
            live: HashMap::with_hasher_in(Default::default(), System),
            replaced: HashMap::with_hasher_in(Default::default(), System),
        }
    }

    /// Enters the birth of the block at `address`.
    #[allow(clippy::too_many_arguments, reason = "one argument per field of a sample, entered in one place")]
    pub fn born(
        &mut self,
        address: usize,
        stack: &[u64],
        phase: u16,
        worker: u16,
        size: u64,
        usable: u64,
        event: u64,
    ) {
        let stack = self.intern(stack);
        let index = self.samples.len() as u32;
        self.samples.push(Sample { stack, phase, worker, size, usable, born: event, died: ALIVE });
        if let Some(old) = self.live.insert(address, index) {
            if let Some(sample) = self.samples.get_mut(old as usize) {
                sample.died = event;
            }
            *self.replaced.entry(address).or_insert(0) += 1;
        }
    }

    /// Enters the death of the block at `address`. Blocks that are not in the book are passed over.
    pub fn died(&mut self, address: usize, event: u64) {
        if let Some(count) = self.replaced.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.replaced.remove(&address);
            }
            return;
        }
        if let Some(index) = self.live.remove(&address)
            && let Some(sample) = self.samples.get_mut(index as usize)
        {
            sample.died = event;
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

    /// The samples born up to `end`, grouped, and which of them were live at `end` and at `peak`.
    pub fn into_raw(self, sample_bytes: u64, unwinder: &str, end: u64, peak: u64) -> RawHeap {
        type Group = (u32, u16, u16, u64, u64);
        let mut groups: std::collections::BTreeMap<Group, (u64, u64, u64)> = Default::default();
        for s in self.samples.iter().filter(|s| s.born <= end) {
            let group = groups.entry((s.stack, s.phase, s.worker, s.size, s.usable)).or_default();
            let live_at = |moment: u64| u64::from(s.born <= moment && s.died > moment);
            group.0 += 1;
            group.1 += live_at(end);
            group.2 += live_at(peak);
        }
        let rows = groups
            .into_iter()
            .map(|((stack, phase, thread, size, usable), (allocated, in_use, at_peak))| RawHeapRow {
                stack,
                phase,
                thread,
                size,
                usable,
                allocated,
                in_use,
                at_peak,
                temporary: 0,
                lifetime: None,
            })
            .collect();
        let stacks = (0..self.ends.len() as u32)
            .map(|number| Self::stack(&self.addresses, &self.ends, number).to_vec())
            .collect();
        RawHeap {
            sample_bytes,
            unwinder: unwinder.to_owned(),
            stacks,
            rows,
            sums: Vec::new(),
            peak_gap_bytes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_totals(raw: &RawHeap) -> (u64, u64, u64) {
        raw.rows.iter().fold((0, 0, 0), |t, r| (t.0 + r.allocated, t.1 + r.in_use, t.2 + r.at_peak))
    }

    #[test]
    fn a_block_lives_from_its_birth_to_its_death() {
        let mut book = SampleBook::new();
        book.born(0x10, &[1, 2], 0, 0, 8, 8, 1);
        book.born(0x20, &[1, 2], 0, 0, 8, 8, 2);
        book.died(0x10, 3);
        book.died(0x99, 4);
        let raw = book.into_raw(64, "test", 4, 2);
        assert_eq!(raw.stacks, vec![vec![1, 2]]);
        assert_eq!(row_totals(&raw), (2, 1, 2));
    }

    #[test]
    fn a_reallocation_in_place_keeps_the_fresh_sample() {
        let mut book = SampleBook::new();
        book.born(0x10, &[1], 0, 0, 8, 8, 1);
        book.born(0x10, &[2], 0, 0, 16, 16, 2);
        book.died(0x10, 3);
        let raw = book.into_raw(64, "test", 3, 1);
        let live: Vec<u64> = raw.rows.iter().map(|r| r.in_use).collect();
        assert_eq!(live, [0, 1]);
        assert_eq!(row_totals(&raw).2, 1, "the old block was the live one at the peak");
    }

    #[test]
    fn births_after_the_end_do_not_count() {
        let mut book = SampleBook::new();
        book.born(0x10, &[1], 0, 0, 8, 8, 1);
        book.born(0x20, &[1], 0, 0, 8, 8, 5);
        assert_eq!(row_totals(&book.into_raw(64, "test", 4, 4)), (1, 1, 1));
    }
}
