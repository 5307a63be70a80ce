//! Two hash tables of the same entries that are written in turn: each write makes the change that the last one left to do to the table that is
//! not read, then its own, and puts that table in the place of the other.
//!
//! Source: left-right's `WriteHandle::publish` and the adapter, which publishes each write.

use super::hash_table::{HashTable, Unknown};
use crate::maps::left_right_map::{LOGGED, reader_bytes};

/// What a write does to each table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Puts a key in, a new one or one that is there.
    Put { new: bool },
    /// Takes a key out that is there.
    Remove,
    /// Takes all out.
    Clear,
    /// Makes room for so many further entries.
    Reserve(u64),
    /// Gives back what the entries do not need.
    Shrink,
}

/// The tables with all that lies beside them, keys and values apart.
#[derive(Debug, Clone)]
pub struct Doubled {
    read: HashTable,
    behind: HashTable,
    /// What the table that is behind has not done yet.
    due: Option<Change>,
    /// Bytes of a change in the log, which has no room for any before the first.
    change: u64,
    has_logged: bool,
    /// Whether a thread has a reader: one that has made a call does.
    has_reader: bool,
}

impl Doubled {
    /// Two such tables, with a log of changes of so many bytes each.
    pub fn new(table: HashTable, change: u64) -> Self {
        Doubled {
            behind: table.clone(),
            read: table,
            due: None,
            change,
            has_logged: false,
            has_reader: false,
        }
    }

    /// Bytes between two operations.
    pub fn bytes(&self) -> u64 {
        let log = if self.has_logged { LOGGED * self.change } else { 0 };
        self.read.bytes() + self.behind.bytes() + log + reader_bytes(self.has_reader.into())
    }

    /// The number of entries.
    pub fn entries(&self) -> u64 {
        self.read.entries
    }

    /// A thread makes its first call, or a further one.
    pub fn called(&mut self) {
        self.has_reader = true;
    }

    /// The bytes by which the readers of `threads` may go beyond those of one that has none.
    pub fn bytes_of_readers(threads: u64) -> u64 {
        reader_bytes(threads) - reader_bytes(0)
    }

    /// Makes a change. Returns the bytes at the highest moment.
    pub fn write(&mut self, change: Change) -> Result<u64, Unknown> {
        self.has_logged = true;
        self.publish(Some(change))
    }

    /// Makes a change to both tables at once. Returns the bytes at the highest moment.
    pub fn write_both(&mut self, change: Change) -> Result<u64, Unknown> {
        Ok(self.write(change)?.max(self.publish(None)?))
    }

    fn publish(&mut self, change: Option<Change>) -> Result<u64, Unknown> {
        let mut highest = self.bytes();
        for change in [self.due.take(), change].into_iter().flatten() {
            let beside = self.bytes() - self.behind.bytes();
            highest = highest.max(beside + make(&mut self.behind, change)?);
        }
        self.due = change;
        std::mem::swap(&mut self.read, &mut self.behind);
        Ok(highest)
    }
}

/// Makes a change to one table. Returns its bytes at the highest moment.
fn make(table: &mut HashTable, change: Change) -> Result<u64, Unknown> {
    match change {
        Change::Put { new } => return table.insert(new),
        Change::Reserve(additional) => return table.reserve_for(additional),
        Change::Shrink => return Ok(table.shrink()),
        Change::Remove => table.remove(),
        Change::Clear => table.clear(),
    }
    Ok(table.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maps::hashbrown_layout::Table;

    #[test]
    fn the_table_that_is_behind_grows_a_write_later() {
        let table = Table::of::<(u64, u64)>();
        let [small, large] = [8, 16].map(|buckets| table.bytes(buckets));
        let mut both = Doubled::new(HashTable::new(table, 7), 24);
        let heads = both.bytes() - 2 * small;
        for _ in 0..7 {
            assert_eq!(both.write(Change::Put { new: true }), Ok(heads + 4 * 24 + 2 * small));
        }
        assert_eq!(both.write(Change::Put { new: true }), Ok(heads + 4 * 24 + 2 * small + large));
        assert_eq!(both.bytes(), heads + 4 * 24 + small + large);
        assert_eq!(both.write(Change::Remove), Ok(heads + 4 * 24 + small + 2 * large));
        assert_eq!((both.bytes(), both.entries()), (heads + 4 * 24 + 2 * large, 7));
        assert_eq!(both.write_both(Change::Shrink), Ok(heads + 4 * 24 + small + 2 * large));
        assert_eq!(both.bytes(), heads + 4 * 24 + 2 * small);
    }
}
