//! The live set: which entries a correct map holds at this moment, in as little memory as that takes.

use super::call_batch::VERSIONS;
use crate::capture::{HarnessVec, harness_vec};

/// The live entries of one thread, by rank. An entry is a local id, counted from 0 in the order of insertion, and a
/// version, raised by each update.
///
/// While nothing but the oldest entry was ever removed, the ids are a range and ranks are ages. The first other
/// removal writes them out, 4 bytes an entry; from then on the newest entry takes over the rank of each removed one,
/// until the set runs empty and is a range again. Versions are kept from the first update on, 4 bytes an entry.
#[derive(Debug)]
pub struct LiveSet {
    /// Whether the ids are `oldest..next`; otherwise they are in `ids`.
    ranged: bool,
    oldest: u32,
    /// The id of the next insertion.
    next: u32,
    /// Ids by rank.
    ids: HarnessVec<u32>,
    /// Whether `versions` are kept; otherwise all are 0.
    versioned: bool,
    /// Versions and changes by rank, behind the first `gone`.
    // A byte each: what the generator touches between two batches, it takes out of the cache that the map had warmed.
    versions: HarnessVec<u8>,
    /// Versions of entries that left a range at its old end and were not yet dropped.
    gone: usize,
}

/// A live entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its place in this thread's order of insertion.
    pub id: u32,
    /// How often its value was replaced, modulo [`VERSIONS`].
    pub version: u8,
    /// How often that value was changed in place, modulo [`VERSIONS`].
    pub changes: u8,
    /// Whether that value was ever changed in place.
    pub is_changed: bool,
}

impl Entry {
    /// One that was just put in; its id has no meaning.
    pub const FRESH: Entry = Entry { id: 0, version: 0, changes: 0, is_changed: false };
}

/// Bits of a version or a number of changes.
const BITS: u32 = VERSIONS.trailing_zeros();

/// The bit behind a version and a number of changes that says that there were any: the number comes round to 0.
const CHANGED: u8 = 1 << (2 * BITS);

impl LiveSet {
    /// No entries, and none ever inserted.
    pub fn new() -> Self {
        LiveSet {
            ranged: true,
            oldest: 0,
            next: 0,
            ids: harness_vec(),
            versioned: false,
            versions: harness_vec(),
            gone: 0,
        }
    }

    /// The number of entries.
    #[inline]
    pub fn len(&self) -> u64 {
        if self.ranged { u64::from(self.next.wrapping_sub(self.oldest)) } else { self.ids.len() as u64 }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether ranks are ages.
    #[inline]
    pub fn ordered(&self) -> bool {
        self.ranged
    }

    /// The id that the next insertion will give: one that was never live.
    #[inline]
    pub fn next_id(&self) -> u32 {
        self.next
    }

    /// The entry of `rank`, which must be below [`LiveSet::len`].
    #[inline]
    pub fn entry(&self, rank: u64) -> Entry {
        let rank = rank as usize;
        let packed = if self.versioned { self.versions[self.gone + rank] } else { 0 };
        Entry {
            id: if self.ranged { self.oldest.wrapping_add(rank as u32) } else { self.ids[rank] },
            version: packed % VERSIONS,
            changes: (packed >> BITS) % VERSIONS,
            is_changed: packed & CHANGED != 0,
        }
    }

    /// Puts a fresh entry in and returns its id.
    #[inline]
    pub fn insert(&mut self) -> u32 {
        let id = self.next;
        // Validation keeps the number of insertions below 2^32; past that, ids would come again and the checksum
        // would tell.
        self.next = self.next.wrapping_add(1);
        if !self.ranged {
            self.ids.push(id);
        }
        if self.versioned {
            self.versions.push(0);
        }
        id
    }

    /// Raises the version of the entry of `rank`, and returns the new one. The new value has no changes yet.
    #[inline]
    pub fn bump(&mut self, rank: u64) -> u8 {
        let packed = self.packed(rank);
        *packed = (*packed + 1) % VERSIONS;
        *packed
    }

    /// Counts a change of the value of the entry of `rank`.
    #[inline]
    pub fn change(&mut self, rank: u64) {
        let packed = self.packed(rank);
        let changes = ((*packed >> BITS) + 1) % VERSIONS;
        *packed = CHANGED | (changes << BITS) | (*packed % VERSIONS);
    }

    /// Version and changes of the entry of `rank`.
    #[inline]
    fn packed(&mut self, rank: u64) -> &mut u8 {
        if !self.versioned {
            self.versioned = true;
            self.versions.clear();
            self.versions.resize(self.len() as usize, 0);
            self.gone = 0;
        }
        &mut self.versions[self.gone + rank as usize]
    }

    /// Takes out the entry of `rank`, which must be below [`LiveSet::len`].
    #[inline]
    pub fn remove(&mut self, rank: u64) -> Entry {
        let entry = self.entry(rank);
        if self.ranged && rank == 0 {
            self.oldest = self.oldest.wrapping_add(1);
            if self.versioned {
                self.gone += 1;
                self.drop_gone(false);
            }
        } else {
            if self.ranged {
                self.write_out();
            }
            self.ids.swap_remove(rank as usize);
            if self.versioned {
                self.versions.swap_remove(rank as usize);
            }
            if self.ids.is_empty() {
                self.clear();
            }
        }
        entry
    }

    /// Takes every entry out.
    pub fn clear(&mut self) {
        self.ranged = true;
        self.oldest = self.next;
        self.ids.clear();
        self.versions.clear();
        self.versioned = false;
        self.gone = 0;
    }

    /// Turns the range into a list of ids.
    #[cold]
    fn write_out(&mut self) {
        self.ids.clear();
        self.ids.extend(self.oldest..self.next);
        self.drop_gone(true);
        self.ranged = false;
    }

    /// Drops the versions of entries that are gone, unless there are so few that moving the others costs more.
    fn drop_gone(&mut self, all: bool) {
        if self.gone > 0 && (all || self.gone > 4096 && self.gone > self.versions.len() / 2) {
            self.versions.drain(..self.gone);
            self.gone = 0;
        }
    }
}

impl Default for LiveSet {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(live: &LiveSet) -> Vec<(u32, u32)> {
        (0..live.len()).map(|rank| live.entry(rank)).map(|e| (e.id, u32::from(e.version))).collect()
    }

    #[test]
    fn removing_the_oldest_keeps_a_range_and_the_versions() {
        let mut live = LiveSet::new();
        for _ in 0..20_000 {
            live.insert();
        }
        live.bump(9999);
        for _ in 0..9998 {
            live.remove(0);
        }
        assert!(live.ordered());
        assert_eq!(live.entry(1), Entry { id: 9999, version: 1, ..Entry::FRESH });
        live.insert();
        assert_eq!(live.entry(live.len() - 1), Entry { id: 20_000, version: 0, ..Entry::FRESH });
        assert!(live.ids.is_empty());
        for _ in 0..8000 {
            live.remove(0);
        }
        assert!(live.gone < 17_998, "gone versions are dropped now and then");
        live.bump(0);
        assert_eq!(live.entry(0), Entry { id: 17_998, version: 1, ..Entry::FRESH });
    }

    #[test]
    fn a_removal_from_the_middle_hands_its_rank_to_the_newest() {
        let mut live = LiveSet::new();
        for _ in 0..5 {
            live.insert();
        }
        live.remove(0);
        live.bump(3);
        live.bump(3);
        assert_eq!(live.remove(1), Entry { id: 2, version: 0, ..Entry::FRESH });
        assert!(!live.ordered());
        assert_eq!(ids(&live), [(1, 0), (4, 2), (3, 0)]);
        live.insert();
        assert_eq!(ids(&live), [(1, 0), (4, 2), (3, 0), (5, 0)]);
        for _ in 0..4 {
            live.remove(live.len() - 1);
        }
        assert!(live.is_empty() && live.ordered());
        assert_eq!(live.insert(), 6);
        assert_eq!(ids(&live), [(6, 0)]);
    }

    #[test]
    fn clearing_never_gives_an_id_again() {
        let mut live = LiveSet::new();
        live.insert();
        live.bump(0);
        live.clear();
        assert_eq!((live.len(), live.insert()), (0, 1));
        assert_eq!(live.entry(0), Entry { id: 1, version: 0, ..Entry::FRESH });
    }
}
