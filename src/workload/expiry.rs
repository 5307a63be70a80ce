//! The time to live of entries, counted in operations.

use super::spec::Workload;
use crate::capture::{HarnessVec, harness_vec};

/// Insertion times of one thread's live entries, oldest first. Only the oldest is ever removed.
#[derive(Debug)]
pub struct Expiry {
    /// Operations of this thread that an entry lives.
    after: u32,
    /// Operations that have begun; wraps around, and a difference is right for as many as `after` can be.
    now: u32,
    /// When each entry was put in, behind the first `gone`.
    put_in: HarnessVec<u32>,
    /// Entries that were removed and not yet dropped from the list.
    gone: usize,
}

impl Expiry {
    /// The expiry of one thread of `threads`; none where entries live until they are removed.
    pub fn new(workload: &Workload, threads: u64) -> Option<Expiry> {
        let after = workload.time_to_live?.div_ceil(threads.max(1));
        let after = after.try_into().unwrap_or(u32::MAX);
        Some(Expiry { after, now: 0, put_in: harness_vec(), gone: 0 })
    }

    /// An operation begins. Returns whether the oldest entry's time is over.
    #[inline]
    pub fn tick(&mut self) -> bool {
        self.now = self.now.wrapping_add(1);
        self.put_in.get(self.gone).is_some_and(|at| self.now.wrapping_sub(*at) >= self.after)
    }

    /// An entry was put in by the operation at work.
    #[inline]
    pub fn insert(&mut self) {
        self.put_in.push(self.now);
    }

    /// The oldest entry was taken out.
    #[inline]
    pub fn remove_oldest(&mut self) {
        self.gone += 1;
        // Now and then, so that moving the others costs little.
        if self.gone > 4096 && self.gone > self.put_in.len() / 2 {
            self.put_in.drain(..self.gone);
            self.gone = 0;
        }
    }

    /// Every entry was taken out.
    pub fn clear(&mut self) {
        self.put_in.clear();
        self.gone = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_lives_as_many_operations_as_it_was_given() {
        let mut expiry = Expiry { after: 3, now: u32::MAX - 10, put_in: harness_vec(), gone: 0 };
        let mut live = std::collections::VecDeque::new();
        for op in 0..50_000 {
            let is_over = expiry.tick();
            // Its time is over at the third operation after that which put it in, or as soon as no other's is over.
            assert_eq!(is_over, live.front().is_some_and(|at| op - at >= 3), "operation {op}");
            if is_over {
                live.pop_front();
                expiry.remove_oldest();
            } else if op % 7 != 0 {
                live.push_back(op);
                expiry.insert();
            }
        }
        assert!(expiry.put_in.len() < 10_000, "what is gone is dropped now and then");
        expiry.clear();
        assert!(!expiry.tick());
    }
}
