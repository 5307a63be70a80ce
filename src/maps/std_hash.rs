//! `std`: the standard library's hash map.

use std::collections::HashMap;

use super::hash_map_adapter::hash_map_adapter;
use super::hashbrown_layout::shape_by_capacity;
use super::{ClosedForm, HashedMapOf, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
#[cfg(feature = "maps")]
use super::{further_pairs, hashed_pairs, record_pairs};
use crate::record::Shape;
use crate::workload::hashers::{FixedSip, NamedHasher};
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// the standard library's HashMap, SipHash 1-3.
pub struct StdHash;

impl MapFamily for StdHash {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's HashMap, SipHash 1-3",
        package: ("std", env!("VERSION_RUSTC")),
        frames: &["std::collections", "hashbrown"],
        closed_form: Ok(ClosedForm::Table),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Reserve, StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("std")
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

impl<K: Key, V: Value> MapOf<K, V> for StdHash {
    type Map = HashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value, S: NamedHasher> HashedMapOf<K, V, S> for StdHash {
    type Map = HashMap<K, V, S>;
}

hash_map_adapter!(HashMap, remove, map => shape_by_capacity::<K, V>(map.capacity()));
