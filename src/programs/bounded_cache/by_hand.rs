//! The LRU cache as it is written by hand: a hash map from keys to slots, and a list through the slots, the most recently used first.

use std::collections::HashMap;

use super::caches::Cache;
use super::keys_and_values::Value;
use crate::workload::hashers::FixedSip;

/// The number of no slot.
const NONE: u32 = u32::MAX;

/// An entry, and its neighbours in the list.
struct Slot {
    key: u64,
    value: Value,
    newer: u32,
    older: u32,
}

/// The cache.
pub struct ByHand {
    places: HashMap<u64, u32, FixedSip>,
    slots: Vec<Slot>,
    newest: u32,
    oldest: u32,
    capacity: usize,
}

impl ByHand {
    /// Takes a slot out of the list.
    fn unlink(&mut self, place: u32) {
        let Slot { newer, older, .. } = self.slots[place as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older as usize].newer = newer,
        }
    }

    /// Puts a slot at the head of the list.
    fn link(&mut self, place: u32) {
        let older = std::mem::replace(&mut self.newest, place);
        let slot = &mut self.slots[place as usize];
        (slot.newer, slot.older) = (NONE, older);
        match older {
            NONE => self.oldest = place,
            older => self.slots[older as usize].newer = place,
        }
    }
}

impl Cache for ByHand {
    fn of_capacity(capacity: usize) -> Self {
        ByHand {
            places: HashMap::with_capacity_and_hasher(capacity, FixedSip::default()),
            slots: Vec::with_capacity(capacity),
            newest: NONE,
            oldest: NONE,
            capacity,
        }
    }

    fn get<T>(&mut self, key: u64, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let place = *self.places.get(&key)?;
        if place != self.newest {
            self.unlink(place);
            self.link(place);
        }
        Some(look(&self.slots[place as usize].value))
    }

    fn put(&mut self, key: u64, value: Value) {
        let fresh = Slot { key, value, newer: NONE, older: NONE };
        let place = if self.slots.len() < self.capacity {
            self.slots.push(fresh);
            self.slots.len() as u32 - 1
        } else {
            let place = self.oldest;
            self.unlink(place);
            let evicted = std::mem::replace(&mut self.slots[place as usize], fresh);
            self.places.remove(&evicted.key);
            place
        };
        self.link(place);
        self.places.insert(key, place);
    }

    fn entries(&self) -> u64 {
        // By the list, so that what it lost is not counted.
        let older = |place: &u32| Some(self.slots.get(*place as usize)?.older);
        std::iter::successors(Some(self.newest), older).take_while(|place| *place != NONE).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys, the most recently used first.
    fn keys(cache: &ByHand) -> Vec<u64> {
        let slot = |place: u32| cache.slots.get(place as usize);
        std::iter::successors(slot(cache.newest), |one| slot(one.older)).map(|slot| slot.key).collect()
    }

    #[test]
    fn what_was_used_longest_ago_is_evicted() {
        let mut cache = ByHand::of_capacity(3);
        assert_eq!((cache.entries(), cache.get(1, <[u8]>::len)), (0, None));
        for key in 1..=3 {
            cache.put(key, vec![0; key as usize].into());
        }
        assert_eq!(cache.get(1, <[u8]>::len), Some(1));
        assert_eq!(cache.get(1, <[u8]>::len), Some(1), "the newest may be used again");
        assert_eq!(cache.get(2, <[u8]>::len), Some(2));
        assert_eq!(keys(&cache), [2, 1, 3]);
        cache.put(4, vec![].into());
        assert_eq!((keys(&cache), cache.get(3, <[u8]>::len)), (vec![4, 2, 1], None));
        let mut backwards: Vec<u64> = Vec::new();
        let mut place = cache.oldest;
        while let Some(slot) = cache.slots.get(place as usize) {
            backwards.push(slot.key);
            place = slot.newer;
        }
        assert_eq!(backwards, [1, 2, 4]);
    }

    #[test]
    fn one_entry_is_a_cache_too() {
        let mut cache = ByHand::of_capacity(1);
        for key in 1..=3 {
            cache.put(key, vec![].into());
            assert_eq!((keys(&cache), cache.entries(), cache.places.len()), (vec![key], 1, 1));
        }
    }
}
