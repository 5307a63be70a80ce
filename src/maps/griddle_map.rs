//! `griddle`: hashbrown's table with amortised growth. A full table stays beside the new one, and each insertion moves a few
//! entries over.

use foldhash::fast::FixedState;
use griddle::HashMap;

use super::hash_map_adapter::hash_map_adapter;
use super::{Frees, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
use crate::record::Shape;
use crate::workload::hashers::NamedHasher;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// griddle's HashMap, foldhash.
pub struct Griddle;

impl MapFamily for Griddle {
    const INFO: MapInfo = MapInfo {
        about: "griddle's HashMap, foldhash; it grows a few entries at a time",
        package: ("griddle", env!("VERSION_GRIDDLE")),
        frames: &["griddle", "hashbrown"],
        frees: Frees::OnGrowth,
        closed_form: Err("keeps its old table until the last of its entries was moved"),
        offers: &[Op::Entry, Op::Modify],
        steps: &[StepKind::Reserve, StepKind::Shrink, StepKind::Swap],
        ..MapInfo::new("griddle")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Griddle {
    type Map = HashMap<K, V, FixedState>;
}

hash_map_adapter!(HashMap, remove, map => {
    Shape { capacity: Some(map.capacity() as u64), ..Shape::default() }
});
