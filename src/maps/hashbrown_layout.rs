//! The table under std's `HashMap`, hashbrown, indexmap and dashmap: its slots and bytes in closed form.
//!
//! Source: hashbrown's `raw` module, the same in 0.14 (dashmap's) and 0.17 for entries of 4 bytes and more:
//! `capacity_to_buckets`, `bucket_mask_to_capacity` and `TableLayout::calculate_layout_for`.

use crate::record::Shape;

/// Control bytes that hashbrown looks at in one step, `Group::WIDTH`: an SSE2 register or half a NEON one. That many
/// more than there are buckets lie behind the entries, and they are aligned to it.
pub const GROUP: u64 = if cfg!(target_arch = "x86_64") { 16 } else { 8 };

/// The fewest buckets of a table that has any.
const FEWEST_BUCKETS: u64 = 4;

/// A table by the layout of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Bytes of an entry.
    entry: u64,
    /// Alignment of the control bytes: the group's, or the entry's if that is larger.
    align: u64,
}

impl Table {
    /// The table with entries of type `T`.
    pub const fn of<T>() -> Table {
        Table::of_entries(size_of::<T>() as u64, align_of::<T>() as u64)
    }

    /// The table with entries of that size and alignment, bytes.
    pub const fn of_entries(size: u64, align: u64) -> Table {
        Table { entry: size, align: if align > GROUP { align } else { GROUP } }
    }

    /// Bytes of the allocation of a table with `buckets`: the entries, rounded up to the alignment, a control byte for
    /// each bucket, and one group more. A table without buckets allocates nothing.
    pub const fn bytes(self, buckets: u64) -> u64 {
        if buckets == 0 {
            return 0;
        }
        (buckets * self.entry).next_multiple_of(self.align) + buckets + GROUP
    }

    /// The buckets of a table whose allocation has `bytes`; none if no table of these entries has.
    pub fn buckets_in(self, bytes: u64) -> Option<u64> {
        if bytes == 0 {
            return Some(0);
        }
        let mut buckets = FEWEST_BUCKETS;
        // A bucket takes its control byte at the least.
        while buckets <= bytes && self.bytes(buckets) < bytes {
            buckets *= 2;
        }
        (self.bytes(buckets) == bytes).then_some(buckets)
    }
}

/// The buckets of the smallest table that can hold `entries`: 8/7 of them, rounded up to a power of two.
pub const fn buckets_for(entries: u64) -> u64 {
    match entries {
        0 => 0,
        1..=3 => FEWEST_BUCKETS,
        4..=7 => 8,
        _ => (entries.saturating_mul(8) / 7).next_power_of_two(),
    }
}

/// The entries that a table with `buckets` can hold: seven eighths, or all but one in the smallest ones.
pub const fn capacity_of(buckets: u64) -> u64 {
    match buckets {
        0 => 0,
        1..=8 => buckets - 1,
        _ => buckets / 8 * 7,
    }
}

/// What a table of `(K, V)` says of itself by its `capacity()` alone.
///
/// That is the number of its entries and of the slots that it may still fill, so tombstones lower it. The slots are those
/// of the smallest table with that capacity: the true ones, unless tombstones take up more than half of it. The counted
/// bytes tell.
pub fn shape_by_capacity<K, V>(capacity: usize) -> Shape {
    let buckets = buckets_for(capacity as u64);
    Shape {
        capacity: Some(capacity as u64),
        slots: Some(buckets),
        slot_bytes: size_of::<(K, V)>() as u64,
        own_bytes: Some(Table::of::<(K, V)>().bytes(buckets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn capacity_and_buckets_are_each_others_inverse() {
        for power in 2..40 {
            let buckets = 1 << power;
            assert_eq!(buckets_for(capacity_of(buckets)), buckets);
            assert_eq!(buckets_for(capacity_of(buckets) + 1), 2 * buckets);
        }
        assert_eq!((buckets_for(0), capacity_of(0)), (0, 0));
        assert_eq!([1, 3, 4, 7, 8, 14, 15, 28].map(buckets_for), [4, 4, 8, 8, 16, 16, 32, 32]);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn bytes_are_those_that_were_counted_elsewhere() {
        let table = Table::of::<(u64, u64)>();
        for (entries, bytes) in [(917_504, 17_825_808), (917_505, 35_651_600), (10_000_000, 285_212_688)] {
            assert_eq!(table.bytes(buckets_for(entries)), bytes);
        }
        assert_eq!(Table::of::<(u64, ())>().bytes(4), 32 + 4 + 16);
        assert_eq!(
            Table::of::<((), ())>().bytes(16),
            16 + 16,
            "entries without bytes have control bytes alone"
        );
        #[repr(align(64))]
        struct Wide(#[allow(dead_code, reason = "only its size is asked for")] [u8; 64]);
        assert_eq!(Table::of::<(Wide, u8)>().bytes(4), 4 * 128 + 4 + 16);
    }

    #[test]
    fn the_closed_form_is_what_hashbrown_says_of_its_allocation() {
        fn agree<K: std::hash::Hash + Eq, V: Clone>(key: impl Fn(u64) -> K, value: V) {
            let mut map = hashbrown::HashMap::new();
            for n in 0..2000 {
                let bytes = map.allocation_size() as u64;
                let table = Table::of::<(K, V)>();
                assert_eq!(table.bytes(buckets_for(map.capacity() as u64)), bytes);
                assert_eq!(table.buckets_in(bytes), Some(buckets_for(map.capacity() as u64)));
                map.insert(key(n), value.clone());
            }
        }
        agree(|n| n, 0u64);
        agree(|n| n, ());
        agree(|n| n.to_string(), [0u8; 16]);
        agree(|n| n as u16, ());
        #[repr(align(32))]
        #[derive(Clone)]
        struct Wide(#[allow(dead_code, reason = "only its size is asked for")] u8);
        agree(|n| n, Wide(0));
        assert_eq!(Table::of::<(u64, u64)>().buckets_in(1000), None);
    }

    #[test]
    fn the_smallest_table_of_a_capacity_is_the_true_one_under_few_tombstones() {
        let mut map: HashMap<u64, u64> = (0..20_000).map(|key| (key, key)).collect();
        let before = shape_by_capacity::<u64, u64>(map.capacity());
        assert_eq!(before.slots, Some(32_768));
        map.retain(|key, _| key % 3 != 0);
        assert_eq!(shape_by_capacity::<u64, u64>(map.capacity()).own_bytes, before.own_bytes);
        map.shrink_to_fit();
        assert_eq!(shape_by_capacity::<u64, u64>(map.capacity()).slots, Some(16_384));
    }
}
