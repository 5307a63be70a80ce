//! `hashbrown`: the table under the standard library's map, with its own default hasher.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::table::Table;
use super::{ClosedForm, Collection, Handle, MapFamily, MapInfo};
use crate::record::Shape;
use crate::workload::{Key, Value};

/// hashbrown's HashMap, foldhash.
pub struct HashBrown;

impl MapFamily for HashBrown {
    const INFO: MapInfo = MapInfo {
        about: "hashbrown's HashMap, foldhash",
        package: ("hashbrown", env!("VERSION_HASHBROWN")),
        frames: &["hashbrown"],
        closed_form: Ok(ClosedForm::Table),
        ..MapInfo::new("hashbrown")
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

    /// The allocation says how many slots there are, whatever tombstones make of the capacity.
    fn shape(&mut self) -> Shape {
        let bytes = self.allocation_size() as u64;
        Shape {
            capacity: Some(self.capacity() as u64),
            slots: Table::of::<(K, V)>().buckets_in(bytes),
            slot_bytes: size_of::<(K, V)>() as u64,
            own_bytes: Some(bytes),
        }
    }

    fn shrink(&mut self) -> bool {
        self.shrink_to_fit();
        true
    }
}
