//! `indexmap`: entries in a vector, a hash table of indexes beside it. Removal swaps the last entry in.

use indexmap::IndexMap;

use super::hash_map_adapter::hash_map_adapter;
use super::hashbrown_layout::{Table, buckets_for};
use super::{ClosedForm, EntryOrder, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
use crate::record::Shape;
use crate::workload::hashers::{FixedSip, NamedHasher};
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// What lies in indexmap's vector, its private `Bucket`: the same fields, and so the same size.
#[allow(dead_code, reason = "only its size is asked for")]
pub(crate) struct Bucket<K, V> {
    hash: usize,
    key: K,
    value: V,
}

/// a hash table of indexes into a vector of entries, SipHash 1-3.
pub struct IndexMapFamily;

impl MapFamily for IndexMapFamily {
    const INFO: MapInfo = MapInfo {
        about: "a hash table of indexes into a vector of entries, SipHash 1-3",
        package: ("indexmap", env!("VERSION_INDEXMAP")),
        frames: &["indexmap"],
        closed_form: Ok(ClosedForm::Indexed),
        order: EntryOrder::Insertion,
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Reserve, StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("indexmap")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for IndexMapFamily {
    type Map = IndexMap<K, V, FixedSip>;
}

hash_map_adapter!(IndexMap, swap_remove, map => {
    // Of both parts only the smaller capacity can be asked for. It is that of the vector, which grows to what the table of
    // indexes can hold, until tombstones lower the table's; then these bytes are not those that were counted.
    let entries = map.capacity() as u64;
    let slot_bytes = size_of::<Bucket<K, V>>() as u64;
    Shape {
        capacity: Some(entries),
        slots: Some(entries),
        slot_bytes,
        own_bytes: Some(entries * slot_bytes + Table::of::<usize>().bytes(buckets_for(entries))),
    }
});
