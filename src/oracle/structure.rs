//! The structures that maps are made of, as far as their bytes follow from the numbers of insertions and removals.
//!
//! Nothing here holds an entry. Look-ups and replaced values change no structure; insertions may make it grow, and no
//! structure shrinks by itself, except for the tree.

use super::bounds::Span;
use super::dense::{DenseVector, grown};
use super::doubled::{Change, Doubled};
use super::hash_table::{HashTable, TOMBSTONES, Unknown};
use super::tree::Nodes;
use crate::maps::closed_form::ShardLocks;
use crate::maps::cow_std::node_bytes;
use crate::maps::dash_map::lock_bytes;
use crate::maps::hashbrown_layout::{Table, capacity_of};

/// Why there is no exact form for several threads.
pub const INTERLEAVED: Unknown = "several threads interleave";

/// What the layout of an entry says of the structures that hold it.
#[derive(Debug, Clone, Copy)]
pub struct Layouts {
    /// A table of entries.
    pub table: Table,
    /// Bytes of an entry in a vector.
    pub entry: u64,
    /// Bytes of a value that may be absent.
    pub slot: u64,
    /// Bytes of an entry of indexmap's vector, with its hash.
    pub bucket: u64,
    /// The nodes of a tree.
    pub nodes: Nodes,
    /// Bytes of a change of an entry in a log.
    pub change: u64,
}

/// What tells a structure which of its parts a key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: the numbers of calls are enough.
    Nothing,
    /// The hash of the key.
    Hash,
    /// The number that the key is.
    Number,
}

/// The structures of one map.
#[derive(Debug, Clone)]
pub enum Structure {
    /// None: the map keeps nothing.
    Nothing,
    /// A hash table of entries.
    Table(HashTable),
    /// Hash tables of entries, chosen by hash, and the array that they lie in.
    Shards { tables: Vec<HashTable>, array_bytes: u64, locks: ShardLocks },
    /// A hash table of indexes into a vector of entries.
    Indexed { indexes: HashTable, capacity: u64, bucket: u64 },
    /// A vector of entries.
    Vector { entries: u64, capacity: u64, entry: u64 },
    /// A vector of values by the numbers of their keys.
    Dense(DenseVector),
    /// A hash table of entries in a block with `head` bytes beside it. Each write makes a copy of both.
    Copied { table: HashTable, head: u64 },
    /// Two hash tables of the same entries, which writes change in turn.
    Doubled(Doubled),
    /// A B-tree. Its nodes are known exactly if all its keys came in ascending order (`ascending`), as those of the workload do
    /// (`keys_ascend`).
    Tree { nodes: Nodes, entries: u64, ascending: bool, keys_ascend: bool, rooted: bool },
}

impl Structure {
    /// Bytes between two operations.
    pub fn bytes(&self) -> Span {
        match self {
            Structure::Nothing => Span::exactly(0),
            Structure::Table(table) => Span::exactly(table.bytes()),
            Structure::Shards { array_bytes, tables, .. } => {
                Span::exactly(array_bytes + tables.iter().map(HashTable::bytes).sum::<u64>())
            }
            Structure::Indexed { indexes, capacity, bucket } => {
                Span::exactly(indexes.bytes() + capacity * bucket)
            }
            Structure::Vector { capacity, entry, .. } => Span::exactly(capacity * entry),
            Structure::Dense(vector) => Span::exactly(vector.bytes()),
            Structure::Copied { table, head } => Span::exactly(head + table.bytes()),
            Structure::Doubled(both) => Span::exactly(both.bytes()),
            Structure::Tree { rooted: false, .. } => Span::exactly(0),
            Structure::Tree { nodes, entries, ascending: true, .. } => {
                Span::exactly(nodes.ascending(*entries))
            }
            Structure::Tree { nodes, entries, .. } => nodes.any(*entries),
        }
    }

    /// Puts a key in, a new one or one that is there; `hash` is what [`Structure::asks_for`]. If that changes the structure's bytes, returns them at the highest
    /// moment: where a table moves, old and new allocation are both there.
    pub fn insert(&mut self, hash: u64, new: bool) -> Result<Option<Span>, Unknown> {
        match self {
            Structure::Nothing => Ok(None),
            Structure::Table(table) => {
                let buckets = table.buckets;
                let highest = table.insert(new)?;
                Ok((table.buckets != buckets).then_some(Span::exactly(highest)))
            }
            Structure::Shards { tables, .. } => {
                let shard = shard_of(hash, tables.len());
                let buckets = tables[shard].buckets;
                let highest = tables[shard].insert(new)?;
                if tables[shard].buckets == buckets {
                    return Ok(None);
                }
                let alone = tables[shard].bytes();
                Ok(Some(self.bytes().plus(highest - alone)))
            }
            Structure::Indexed { indexes, capacity, bucket } => {
                let entries = indexes.entries;
                let buckets = indexes.buckets;
                let moving = indexes.insert(new)? + *capacity * *bucket;
                if new && entries == *capacity {
                    if indexes.gone > 0 {
                        return Err(TOMBSTONES);
                    }
                    // indexmap's `reserve_entries`: as many as the table of indexes can hold, by a reallocation in which
                    // live bytes change by the difference.
                    *capacity = capacity_of(indexes.buckets);
                } else if indexes.buckets == buckets {
                    return Ok(None);
                }
                let settled = indexes.bytes() + *capacity * *bucket;
                Ok(Some(Span::exactly(moving.max(settled))))
            }
            Structure::Vector { entries, capacity, entry } => {
                if !new {
                    return Ok(None);
                }
                if entries == capacity {
                    *capacity = grown(*capacity, *entries + 1, *entry);
                    *entries += 1;
                    return Ok(Some(Span::exactly(*capacity * *entry)));
                }
                *entries += 1;
                Ok(None)
            }
            Structure::Dense(vector) => Ok(vector.insert(hash, new).then(|| Span::exactly(vector.bytes()))),
            Structure::Copied { table, head } => {
                let old = *head + table.bytes();
                Ok(Some(Span::exactly(old + *head + table.insert(new)?)))
            }
            Structure::Doubled(both) => Ok(Some(Span::exactly(both.write(Change::Put { new })?))),
            Structure::Tree { entries, rooted, ascending, keys_ascend, .. } => {
                if !new {
                    return Ok(None);
                }
                *entries += 1;
                *rooted = true;
                // It was, if it was rebuilt from a sorted iteration.
                *ascending &= *keys_ascend;
                Ok(Some(self.bytes()))
            }
        }
    }

    /// The most bytes that the map's package may have allocated for the whole process after `threads` threads have used it.
    pub fn process_bytes(&self, threads: u64) -> u64 {
        match self {
            // The standard library's locks, which the others have, allocate nothing.
            Structure::Shards { locks: ShardLocks::Dash, .. } => lock_bytes(threads),
            Structure::Copied { .. } => node_bytes(threads),
            // Each thread's first call makes a reader, of which that of one is counted.
            Structure::Doubled(_) => Doubled::bytes_of_readers(threads) - Doubled::bytes_of_readers(1),
            _ => 0,
        }
    }

    /// Whether it makes room for an entry before it looks whether the key is there, where a look-up inserts what it does not
    /// find. Source: dashmap's `_entry` calls hashbrown's `find_or_find_insert_slot`, which reserves; the others' entries reserve
    /// when a key is absent.
    pub fn reserves_to_look(&self) -> bool {
        matches!(self, Structure::Shards { locks: ShardLocks::Dash, .. })
    }

    /// What beside the numbers of calls tells what a key changes.
    pub fn asks_for(&self) -> Asks {
        match self {
            Structure::Shards { .. } => Asks::Hash,
            Structure::Dense(_) => Asks::Number,
            _ => Asks::Nothing,
        }
    }

    /// Whether it holds each key and value twice, and each replaced value for a further write.
    pub fn is_doubled(&self) -> bool {
        matches!(self, Structure::Doubled(_))
    }

    /// A thread makes a call.
    #[inline]
    pub fn called(&mut self) {
        if let Structure::Doubled(both) = self {
            both.called();
        }
    }

    /// Bytes of the copy that a write makes first; none of a structure that is written in place.
    pub fn copy_bytes(&self) -> Option<u64> {
        match self {
            Structure::Copied { table, head } => Some(head + table.bytes()),
            _ => None,
        }
    }

    /// Whether the structure gives memory back when keys are taken out.
    pub fn shrinks(&self) -> bool {
        matches!(self, Structure::Tree { .. })
    }

    /// Takes a key out that is there. Returns the bytes at the highest moment, if that allocates anything.
    pub fn remove(&mut self, hash: u64) -> Result<Option<u64>, Unknown> {
        match self {
            Structure::Nothing => {}
            Structure::Table(table) | Structure::Indexed { indexes: table, .. } => table.remove(),
            Structure::Copied { table, .. } => table.remove(),
            Structure::Doubled(both) => return both.write(Change::Remove).map(Some),
            Structure::Dense(vector) => vector.remove(hash),
            Structure::Shards { tables, .. } => {
                let shard = shard_of(hash, tables.len());
                tables[shard].remove();
            }
            Structure::Vector { entries, .. } => *entries -= 1,
            Structure::Tree { entries, ascending, .. } => {
                *entries -= 1;
                // Nodes that are left with too few entries steal or merge; which ones do, the keys decide.
                *ascending = false;
            }
        }
        Ok(None)
    }

    /// Takes every key out. Returns the bytes at the highest moment, if that allocates anything.
    pub fn clear(&mut self) -> Result<Option<u64>, Unknown> {
        match self {
            Structure::Nothing => {}
            Structure::Table(table) | Structure::Indexed { indexes: table, .. } => table.clear(),
            // dashmap's `_clear` retains nothing: it removes entry by entry.
            Structure::Shards { tables, locks: ShardLocks::Dash, .. } => {
                for table in tables {
                    table.gone += table.entries;
                    table.entries = 0;
                }
            }
            Structure::Shards { tables, .. } => tables.iter_mut().for_each(HashTable::clear),
            Structure::Dense(vector) => vector.clear(),
            // A fresh table takes the place of the old one.
            Structure::Copied { table, head } => {
                let old = *head + table.bytes();
                *table = HashTable::new(table.table, 0);
                return Ok(Some(old + *head));
            }
            Structure::Doubled(both) => return both.write(Change::Clear).map(Some),
            Structure::Vector { entries, .. } => *entries = 0,
            Structure::Tree { entries, ascending, keys_ascend, rooted, .. } => {
                *entries = 0;
                *rooted = false;
                *ascending = *keys_ascend;
            }
        }
        Ok(None)
    }
}

/// The steps of a map's life cycle.
impl Structure {
    /// The number of entries.
    pub fn entries(&self) -> u64 {
        match self {
            Structure::Nothing => 0,
            Structure::Table(table)
            | Structure::Indexed { indexes: table, .. }
            | Structure::Copied { table, .. } => table.entries,
            Structure::Dense(vector) => vector.entries(),
            Structure::Doubled(both) => both.entries(),
            Structure::Shards { tables, .. } => tables.iter().map(|table| table.entries).sum(),
            Structure::Vector { entries, .. } | Structure::Tree { entries, .. } => *entries,
        }
    }

    /// Bytes beside its own while it is iterated over.
    pub fn bytes_to_iterate(&self) -> u64 {
        // The next shard's guard is there before the last one's goes.
        match self {
            Structure::Shards { locks: ShardLocks::Dash, .. } => 2 * LOCK_GUARD,
            _ => 0,
        }
    }

    /// Makes room for further entries. Returns the bytes at the highest moment.
    pub fn reserve(&mut self, additional: u64) -> Result<Span, Unknown> {
        match self {
            Structure::Table(table) => Ok(Span::exactly(table.reserve_for(additional)?)),
            Structure::Indexed { indexes, capacity, bucket } => {
                let moving = indexes.reserve_for(additional)? + *capacity * *bucket;
                if indexes.entries + additional > *capacity {
                    // indexmap's `reserve_entries`: as many as the table of indexes can hold.
                    if indexes.gone > 0 {
                        return Err(TOMBSTONES);
                    }
                    *capacity = capacity_of(indexes.buckets).max(indexes.entries + additional);
                }
                Ok(Span::exactly(moving.max(indexes.bytes() + *capacity * *bucket)))
            }
            Structure::Vector { entries, capacity, entry } => {
                if *entries + additional > *capacity {
                    *capacity = grown(*capacity, *entries + additional, *entry);
                }
                Ok(Span::exactly(*capacity * *entry))
            }
            Structure::Dense(vector) => {
                vector.reserve(additional);
                Ok(Span::exactly(vector.bytes()))
            }
            Structure::Copied { table, head } => {
                let old = *head + table.bytes();
                Ok(Span::exactly(old + *head + table.reserve_for(additional)?))
            }
            Structure::Doubled(both) => Ok(Span::exactly(both.write_both(Change::Reserve(additional))?)),
            // Maps of these structures do not offer the step.
            Structure::Nothing | Structure::Shards { .. } | Structure::Tree { .. } => Ok(self.bytes()),
        }
    }

    /// Gives back what the entries do not need. Returns the bytes at the highest moment.
    pub fn shrink(&mut self) -> Span {
        match self {
            Structure::Table(table) => Span::exactly(table.shrink()),
            Structure::Shards { tables, array_bytes, .. } => {
                // One after the other.
                let mut all = *array_bytes + tables.iter().map(HashTable::bytes).sum::<u64>();
                let mut highest = all;
                for table in tables {
                    let before = table.bytes();
                    highest = highest.max(all - before + table.shrink());
                    all = all - before + table.bytes();
                }
                Span::exactly(highest)
            }
            Structure::Indexed { indexes, capacity, bucket } => {
                let moving = indexes.shrink() + *capacity * *bucket;
                *capacity = indexes.entries;
                Span::exactly(moving)
            }
            Structure::Vector { entries, capacity, entry } => {
                let before = *capacity * *entry;
                *capacity = *entries;
                Span::exactly(before)
            }
            Structure::Dense(vector) => {
                let before = vector.bytes();
                vector.shrink();
                Span::exactly(before)
            }
            Structure::Copied { table, head } => {
                let old = *head + table.bytes();
                Span::exactly(old + *head + table.shrink())
            }
            Structure::Doubled(both) => {
                let before = both.bytes();
                Span::exactly(both.write_both(Change::Shrink).unwrap_or(before))
            }
            // A tree gives its nodes back as their entries go.
            Structure::Nothing | Structure::Tree { .. } => self.bytes(),
        }
    }

    /// Puts into this one, which was made for as many entries and has none, those of `old`, in the order of an iteration.
    /// Returns its bytes at the moment at which they are highest together with the clones of keys and values; of each entry
    /// those have `clone` bytes.
    pub fn take_over(&mut self, old: &Structure, clone: Span) -> Result<Span, Unknown> {
        match (&mut *self, old) {
            (Structure::Shards { tables, array_bytes, locks }, Structure::Shards { tables: old, .. }) => {
                let guard = if *locks == ShardLocks::Dash { LOCK_GUARD } else { 0 };
                // Shard by shard: an iteration leaves a shard before it goes to the next, and a hash has the same shard in both.
                let mut all = *array_bytes + tables.iter().map(HashTable::bytes).sum::<u64>();
                let mut highest = all;
                for (table, old) in tables.iter_mut().zip(old) {
                    for _ in 0..old.entries {
                        let before = table.bytes();
                        highest = highest.max(all - before + table.insert(true)?);
                        all = all - before + table.bytes();
                    }
                }
                // At the end all clones are there, and one guard; when the iteration goes on to the last shard, two guards are,
                // and not yet the clones of that shard's entries.
                let last = old.last().map_or(0, |table| table.entries);
                let guards = |clone: u64| guard.max((2 * guard).saturating_sub(last.saturating_mul(clone)));
                // While a shard grows, its old table is there too, and fewer clones.
                let moving = if highest > all { highest + 2 * guard } else { 0 };
                let settled = Span { low: all + guards(clone.high), high: all + guards(clone.low) };
                Ok(Span { high: settled.high.max(moving), ..settled })
            }
            (Structure::Tree { entries, ascending, rooted, .. }, old) => {
                *entries = old.entries();
                *ascending = true;
                *rooted = *entries > 0;
                Ok(self.bytes())
            }
            (Structure::Table(table) | Structure::Indexed { indexes: table, .. }, old) => {
                table.entries = old.entries();
                Ok(self.bytes())
            }
            (Structure::Vector { entries, .. }, old) => {
                *entries = old.entries();
                Ok(self.bytes())
            }
            (Structure::Dense(vector), Structure::Dense(old)) => {
                vector.take_over(old);
                Ok(self.bytes())
            }
            (Structure::Copied { table, .. }, old) => {
                table.entries = old.entries();
                let bytes = self.bytes();
                if old.entries() == 0 {
                    return Ok(bytes);
                }
                // The last entry goes into a copy that all others were cloned into once more.
                let others = clone.times(old.entries() - 1);
                Ok(bytes.times(2).and(others))
            }
            (Structure::Doubled(both), old) => {
                both.called();
                let mut highest = both.bytes();
                for _ in 0..old.entries() {
                    highest = highest.max(both.write(Change::Put { new: true })?);
                }
                // Up to here only the one copy's are counted; it was made for as many entries, so nothing is outgrown.
                Ok(Span::exactly(highest).and(clone.times(old.entries())))
            }
            (Structure::Nothing | Structure::Dense(_) | Structure::Shards { .. }, _) => Ok(self.bytes()),
        }
    }
}

/// Bytes of the guard of a shard that an iteration of dashmap holds, in an `Arc` of its own: two counters and a reference.
const LOCK_GUARD: u64 = 24;

/// The shard of a hash: dashmap's `determine_shard` leaves the 7 highest bits to the table and takes the next ones.
fn shard_of(hash: u64, shards: usize) -> usize {
    let shift = u64::BITS - shards.trailing_zeros();
    ((hash << 7) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_waiting_threads_cost_what_was_counted() {
        assert_eq!([1, 2, 5, 6, 16].map(lock_bytes), [0, 1056, 1056, 3136, 7264]);
    }
}
