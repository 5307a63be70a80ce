//! What the ledger tells: counts of allocations and frees, and the live heap.

/// What armed threads allocated and freed. Bytes are those that were requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations; a reallocation is one.
    pub allocs: u64,
    /// Frees; a reallocation is one.
    pub frees: u64,
    /// Bytes allocated; a reallocation adds its whole new size, as heap profilers count it.
    pub alloc_bytes: u64,
    /// Bytes freed; a reallocation adds its whole old size.
    pub freed_bytes: u64,
}

impl std::ops::Add for Counts {
    type Output = Counts;
    fn add(self, other: Counts) -> Counts {
        Counts {
            allocs: self.allocs + other.allocs,
            frees: self.frees + other.frees,
            alloc_bytes: self.alloc_bytes + other.alloc_bytes,
            freed_bytes: self.freed_bytes + other.freed_bytes,
        }
    }
}

impl std::ops::Sub for Counts {
    type Output = Counts;
    fn sub(self, other: Counts) -> Counts {
        Counts {
            allocs: self.allocs - other.allocs,
            frees: self.frees - other.frees,
            alloc_bytes: self.alloc_bytes - other.alloc_bytes,
            freed_bytes: self.freed_bytes - other.freed_bytes,
        }
    }
}

/// Classes of sizes that are told apart: one for each number of bits, from 0 to 64.
pub const SIZE_CLASSES: usize = usize::BITS as usize + 1;

/// The live heap of the operations: now, and at its highest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Live {
    /// Requested bytes live now.
    pub bytes: i64,
    /// What their size classes gave.
    pub usable: i64,
    /// Requested bytes live at the highest moment.
    pub peak: i64,
    /// What their size classes gave.
    pub peak_usable: i64,
    /// The call at work at that moment, of the thread that reached it.
    pub peak_call: u64,
    /// That thread.
    pub peak_worker: u16,
    /// The number of the heap sample event before which that moment lies (see [`super::ledger`]).
    pub peak_event: u64,
}
