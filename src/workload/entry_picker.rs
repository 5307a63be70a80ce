//! Which live entry a call is about: a pick of the access distribution, with what the workload says of entries that are never picked and of
//! those that are removed.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use super::access::Picker;
use super::bit_mixer::{GOLDEN, mix};
use super::key_ids::Ids;
use super::live_set::LiveSet;
use super::spec::{Access, Removals, Workload};

/// The most draws of an entry that may be picked, while others may not, and how many entries are tried after these.
const MOST_PICKS: usize = 64;
const MOST_NEIGHBOURS: usize = 4096;

/// Picks live entries, of which there must be one.
#[derive(Debug)]
pub struct EntryPicker {
    picker: Picker,
    /// Entries whose number, mixed, is below it are only put in and removed.
    wonders_below: u64,
    /// Whether removals take the oldest entry.
    removes_oldest: bool,
}

impl EntryPicker {
    /// For a workload, before its first phase.
    pub fn new(workload: &Workload) -> Self {
        EntryPicker {
            picker: Picker::new(Access::Uniform),
            // The cast saturates.
            wonders_below: (workload.one_hit_wonders * 18_446_744_073_709_551_616.0) as u64,
            removes_oldest: workload.removals == Removals::Oldest,
        }
    }

    /// Starts over with the distribution of a phase.
    pub fn begin(&mut self, access: Access) {
        self.picker = Picker::new(access);
    }

    /// The rank of the entry that a removal takes.
    #[inline]
    pub fn removal(&mut self, live: &LiveSet, rng: &mut Xoshiro256PlusPlus) -> u64 {
        match self.removes_oldest {
            // All removals did, so ranks are ages.
            true => 0,
            false => self.picker.pick_removal(live.len(), live.ordered(), || rng.next_u64()),
        }
    }

    /// The rank of the entry that any other call is about.
    #[inline]
    pub fn pick(&mut self, live: &LiveSet, ids: &Ids, rng: &mut Xoshiro256PlusPlus) -> u64 {
        let rank = self.picker.pick(live.len(), || rng.next_u64());
        match self.wonders_below == 0 || !self.is_wonder(live, ids, rank) {
            true => rank,
            false => self.pick_again(live, ids, rng),
        }
    }

    /// Draws again, and if that does not help, goes on to the next entries. What is left then is one of a map with none or nearly
    /// none that may be picked.
    #[cold]
    fn pick_again(&mut self, live: &LiveSet, ids: &Ids, rng: &mut Xoshiro256PlusPlus) -> u64 {
        let mut rank = 0;
        for _ in 0..MOST_PICKS {
            rank = self.picker.pick(live.len(), || rng.next_u64());
            if !self.is_wonder(live, ids, rank) {
                return rank;
            }
        }
        for _ in 0..MOST_NEIGHBOURS {
            rank = if rank + 1 < live.len() { rank + 1 } else { 0 };
            if !self.is_wonder(live, ids, rank) {
                return rank;
            }
        }
        rank
    }

    /// Whether nothing but removals pick the entry.
    #[inline]
    fn is_wonder(&self, live: &LiveSet, ids: &Ids, rank: u64) -> bool {
        mix(ids.global(live.entry(rank).id).wrapping_add(GOLDEN)) < self.wonders_below
    }
}
