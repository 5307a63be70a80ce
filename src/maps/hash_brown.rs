//! `hashbrown`: the table under the standard library's map, with its own default hasher.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::hash_map_adapter::hash_map_adapter;
use super::hashbrown_layout::Table;
use super::{ClosedForm, HashedMapOf, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
#[cfg(feature = "maps")]
use super::{further_pairs, hashed_pairs, record_pairs};
use crate::record::Shape;
use crate::workload::hashers::NamedHasher;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// hashbrown's HashMap, foldhash.
pub struct HashBrown;

impl MapFamily for HashBrown {
    const INFO: MapInfo = MapInfo {
        about: "hashbrown's HashMap, foldhash",
        package: ("hashbrown", env!("VERSION_HASHBROWN")),
        frames: &["hashbrown"],
        closed_form: Ok(ClosedForm::Table),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Reserve, StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("hashbrown")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
        #[cfg(feature = "maps")]
        further_pairs(pairs);
        #[cfg(feature = "maps")]
        record_pairs(pairs);
        #[cfg(feature = "maps")]
        hashed_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for HashBrown {
    type Map = HashMap<K, V, FixedState>;
}

impl<K: Key, V: Value, S: NamedHasher> HashedMapOf<K, V, S> for HashBrown {
    type Map = HashMap<K, V, S>;
}

hash_map_adapter!(HashMap, remove, map => {
    // The allocation says how many slots there are, whatever tombstones make of the capacity.
    let bytes = map.allocation_size() as u64;
    Shape {
        capacity: Some(map.capacity() as u64),
        slots: Table::of::<(K, V)>().buckets_in(bytes),
        slot_bytes: size_of::<(K, V)>() as u64,
        own_bytes: Some(bytes),
    }
});
