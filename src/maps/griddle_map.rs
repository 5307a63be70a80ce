//! `griddle`: hashbrown's table with amortised growth. A full table stays beside the new one, and each insertion moves a few
//! entries over.

use foldhash::fast::FixedState;
use griddle::HashMap;

use super::{Collection, Handle, MapFamily, MapInfo};
use crate::record::Shape;
use crate::workload::{Key, Value};

/// griddle's HashMap, foldhash.
pub struct Griddle;

impl MapFamily for Griddle {
    const INFO: MapInfo = MapInfo {
        about: "griddle's HashMap, foldhash; it grows a few entries at a time",
        package: ("griddle", env!("VERSION_GRIDDLE")),
        frames: &["griddle", "hashbrown"],
        closed_form: Err("keeps its old table until the last of its entries was moved"),
        ..MapInfo::new("griddle")
    };
    type Map<K: Key, V: Value> = HashMap<K, V, FixedState>;
}

impl<K: Key, V: Value> Collection<K, V> for HashMap<K, V, FixedState> {
    type Handle<'a> = &'a mut HashMap<K, V, FixedState>;

    fn new(capacity: Option<usize>) -> Self {
        HashMap::with_capacity_and_hasher(capacity.unwrap_or(0), FixedState::default())
    }

    fn handles(&mut self, _threads: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut HashMap<K, V, FixedState> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        HashMap::insert(self, key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        HashMap::get(self, key).map(read)
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        match HashMap::get_mut(self, key) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        HashMap::remove(self, key).is_some()
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.iter() {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        HashMap::clear(self);
    }

    fn len(&mut self) -> usize {
        HashMap::len(self)
    }

    fn shape(&mut self) -> Shape {
        Shape { capacity: Some(self.capacity() as u64), ..Shape::default() }
    }

    fn shrink(&mut self) -> bool {
        self.shrink_to_fit();
        true
    }
}
