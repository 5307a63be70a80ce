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
    },
    /// The standard library's B-tree.
    Tree,
    /// One of hashbrown's tables, of indexes into a vector of entries with their hashes.
    Indexed,
    /// A vector of entries.
    Vector,
}
