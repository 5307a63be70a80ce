//! What a map's memory follows, for the oracle: the kinds of structures whose bytes can be worked out from the calls alone.

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
            _ => "closed form",
        }
    }
}
