//! A hash table of hashbrown's, without its entries: its bytes follow from the numbers of insertions and removals, as long as tombstones
//! decide nothing.

use crate::maps::hashbrown_layout::{Table, buckets_for, capacity_of};

/// Why there is no form from some moment on.
pub type Unknown = &'static str;

/// A hash table that is full, as far as one can tell, and may have slots to win back.
pub const TOMBSTONES: Unknown =
    "entries were inserted after a removal: tombstones decide when the table grows";

/// A hash table that only grows.
#[derive(Debug, Clone)]
pub struct HashTable {
    /// How its entries lie.
    pub table: Table,
    /// Its slots.
    pub buckets: u64,
    /// Its entries.
    pub entries: u64,
    /// Removals since the table was made: each may have left a tombstone.
    pub gone: u64,
}

impl HashTable {
    /// A table that was made for `capacity` entries.
    pub fn new(table: Table, capacity: u64) -> Self {
        HashTable { table, buckets: buckets_for(capacity), entries: 0, gone: 0 }
    }

    /// Bytes of its allocation.
    pub fn bytes(&self) -> u64 {
        self.table.bytes(self.buckets)
    }

    /// Makes room for one entry more, as every insertion does before it looks for the key. Returns the bytes at the highest
    /// moment: while entries move, the old allocation is there too.
    ///
    /// Source: hashbrown's `find_or_find_insert_index` and `reserve_rehash_inner`: a table without a free slot and without
    /// tombstones grows to hold one entry more than it did.
    fn reserve(&mut self) -> Result<u64, Unknown> {
        let full = capacity_of(self.buckets);
        // Not more slots can be taken than there were insertions.
        if self.entries + self.gone < full {
            return Ok(self.bytes());
        }
        if self.gone > 0 {
            return Err(TOMBSTONES);
        }
        let old = self.bytes();
        self.buckets = buckets_for(full + 1);
        Ok(old + self.bytes())
    }

    /// Puts a key in, a new one or one that is there. Returns the bytes at the highest moment.
    pub fn insert(&mut self, new: bool) -> Result<u64, Unknown> {
        let highest = self.reserve()?;
        self.entries += u64::from(new);
        Ok(highest)
    }

    /// Takes a key out that is there.
    pub fn remove(&mut self) {
        self.entries -= 1;
        self.gone += 1;
    }

    /// Makes room for so many entries beside those that are there. Returns the bytes at the highest moment.
    ///
    /// Source: hashbrown's `reserve` and `reserve_rehash_inner`: a table with too few free slots is made anew for all entries,
    /// but not smaller than the next size up; if all need at most half of it, tombstones are won back in place.
    pub fn reserve_for(&mut self, additional: u64) -> Result<u64, Unknown> {
        let full = capacity_of(self.buckets);
        let wanted = self.entries + additional;
        if wanted + self.gone <= full {
            return Ok(self.bytes());
        }
        if wanted <= full {
            return Err(TOMBSTONES);
        }
        let old = self.bytes();
        self.buckets = buckets_for(wanted.max(full + 1));
        self.gone = 0;
        Ok(old + self.bytes())
    }

    /// Gives back the slots that the entries do not need. Returns the bytes at the highest moment.
    ///
    /// Source: hashbrown's `RawTable::shrink_to`: a smaller table takes the entries over, and an empty one is freed.
    pub fn shrink(&mut self) -> u64 {
        let (old, fewest) = (self.bytes(), buckets_for(self.entries));
        if fewest >= self.buckets {
            return old;
        }
        self.buckets = fewest;
        self.gone = 0;
        old + self.bytes()
    }

    /// Clearing a table that is not empty makes every slot free; one that is empty is left alone with its tombstones.
    pub fn clear(&mut self) {
        if self.entries > 0 {
            self.entries = 0;
            self.gone = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Table {
        Table::of::<(u64, u64)>()
    }

    #[test]
    fn a_table_grows_when_an_insertion_finds_it_full_even_of_a_key_that_is_there() {
        let mut table = HashTable::new(entry(), 0);
        for _ in 0..7 {
            table.insert(true).unwrap();
        }
        assert_eq!(table.buckets, 8);
        table.insert(false).unwrap();
        assert_eq!((table.buckets, table.entries), (16, 7));
    }

    #[test]
    fn insertions_after_removals_are_known_until_tombstones_could_fill_the_table() {
        let mut table = HashTable::new(entry(), 100);
        assert_eq!(table.buckets, 128);
        for _ in 0..50 {
            table.insert(true).unwrap();
            table.remove();
        }
        for _ in 0..62 {
            assert_eq!(table.insert(true), Ok(entry().bytes(128)));
        }
        assert_eq!(table.insert(true), Err(TOMBSTONES));
        table.clear();
        assert_eq!(table.insert(true), Ok(entry().bytes(128)));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn tables_cost_what_was_measured_elsewhere() {
        for (entries, live, peak) in [
            (917_504, 17_825_808, 26_738_720),
            (917_505, 35_651_600, 53_477_408),
            (10_000_000, 285_212_688, 427_819_040),
        ] {
            let mut table = HashTable::new(entry(), 0);
            let highest = (0..entries).map(|_| table.insert(true).unwrap()).max();
            assert_eq!((table.bytes(), highest), (live, Some(peak)));
        }
    }
}
