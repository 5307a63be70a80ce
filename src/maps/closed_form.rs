//! What a map's memory follows, for the oracle: the kinds of structures whose bytes can be worked out from the calls alone.

use serde::{Deserialize, Serialize};

/// The structure that holds a map's entries, where its bytes follow from the calls.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ClosedForm {
    /// It keeps nothing.
    Nothing,
    /// One of hashbrown's tables, of entries.
    Table,
    /// Such tables in shards, by the hash of the key, in one array.
    Shards {
        /// How many there are on so many processors.
        count: fn(cores: usize) -> usize,
        /// Bytes of one in the array.
        bytes: u64,
        /// What guards them.
        locks: ShardLocks,
    },
    /// The standard library's B-tree.
    Tree,
    /// One of hashbrown's tables, of indexes into a vector of entries with their hashes.
    Indexed,
    /// A vector of entries.
    Vector,
    /// A vector of values that may be absent, by the numbers of their keys.
    Dense,
    /// One of hashbrown's tables, of entries, in an `Arc`; each write makes a copy of all.
    Copied,
    /// Two of hashbrown's tables, of the same entries, which writes change in turn.
    Doubled,
    /// A map of Go's, in the bytes of size classes.
    Go(GoForm),
}

/// The structure of a map of Go's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoForm {
    /// What holds the entries.
    pub storage: GoStorage,
    /// The number of the Go release: 19 of Go 1.19.
    pub release: u32,
    /// Bytes of the blocks that lead to the storage.
    pub head: u64,
}

/// What holds the entries of a map of Go's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoStorage {
    /// Nothing: it keeps none.
    Nothing,
    /// Go's own map up to 1.23: buckets of eight entries.
    Buckets,
    /// Go's own map from 1.24 on: Swiss tables.
    Swiss,
    /// A slice of entries.
    Slice,
}

/// The locks of shards, which have bytes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardLocks {
    /// dashmap's. Waiting threads have tables of their own, an iteration holds guards in `Arc`s, an entry makes room before it looks for
    /// its key, and clearing removes entry by entry.
    Dash,
    /// The standard library's, which allocate nothing, around its maps.
    Std,
}

impl ClosedForm {
    /// What is known of the bytes, in a few words.
    pub fn knows(self) -> &'static str {
        match self {
            ClosedForm::Tree => "closed form if keys ascend, else bounds",
            // Of the nodes of arc-swap only the most are known.
            ClosedForm::Copied => "bounds",
            ClosedForm::Go(GoForm { storage: GoStorage::Buckets | GoStorage::Swiss, .. }) => {
                "closed form, but bounds where the random seed decides"
            }
            _ => "closed form",
        }
    }
}
