//! A moment between two operations: how far the stream is, and what the map holds then.

/// What the map holds at a moment, as the stream knows it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Holding {
    pub entries: u64,
    pub payload_bytes: u64,
    /// Requested bytes of the blocks of keys and values.
    pub block_bytes: u64,
    /// Those of the blocks of values that it let go and others still hold.
    pub held_bytes: u64,
}

/// A moment between two operations.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moment {
    /// Index of the phase.
    pub phase: u16,
    /// Calls done so far, over all phases and threads.
    pub calls: u64,
    /// Calls done so far by the first worker.
    pub own_calls: u64,
    /// Time inside operations so far, of the first worker, nanoseconds.
    pub ns: u64,
    /// What the map holds.
    pub holding: Holding,
    /// What it held at the highest moment of the operations since the last call of this, if that is known exactly.
    pub at_peak: Option<Holding>,
    /// What the map says it can hold.
    pub capacity: Option<u64>,
}
