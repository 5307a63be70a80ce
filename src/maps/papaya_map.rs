//! `papaya`: a lock-free table of pointers to entries. Removed entries are reclaimed later.
//!
//! flurry is not here beside it: its own README names memory under load as a fault, and papaya and dashmap as better.

use papaya::{Guard, HashMap};

use super::{
    Collection, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide, common_pairs,
};
use crate::record::Varies;
use crate::workload::hashers::FixedSip;
use crate::workload::payload::make_key;
use crate::workload::spec::{Op, StepKind};
use crate::workload::{Key, Value};

/// a lock-free table of boxed entries with deferred reclamation, SipHash 1-3.
pub struct Papaya;

impl MapFamily for Papaya {
    const INFO: MapInfo = MapInfo {
        about: "a lock-free table of boxed entries with deferred reclamation, SipHash 1-3",
        package: ("papaya", env!("VERSION_PAPAYA")),
        frames: &["papaya", "seize"],
        concurrent: true,
        // `seize::raw::tls::thread_id` has a heap of the numbers of threads that ended, and a vector for it that doubles.
        process_wide: Some(ProcessWide {
            package: "seize",
            most: |threads| 8 * threads.next_power_of_two().max(4),
        }),
        varies: Some(Varies::Cores),
        frees: Frees::Deferred,
        closed_form: Err("resizes and frees at times of its own"),
        offers: &[Op::Entry],
        steps: &[StepKind::Reserve],
        ..MapInfo::new("papaya")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Papaya {
    type Map = HashMap<K, V, FixedSip>;
}

impl<K: Key, V: Value> Collection<K, V> for HashMap<K, V, FixedSip> {
    type Handle<'a> = &'a HashMap<K, V, FixedSip>;

    fn new(config: MapConfig) -> Self {
        match config.capacity {
            Some(entries) => HashMap::with_capacity_and_hasher(entries, FixedSip::default()),
            None => HashMap::with_hasher(FixedSip::default()),
        }
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &HashMap<K, V, FixedSip> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.pin().insert(key, value).is_none()
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.pin().get(key).map(read)
    }

    /// Entries are immutable: replacing a value makes a new entry, and with it a new key. Each thread writes keys of its own
    /// alone, so nothing comes between the look-up and the insertion.
    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let map = self.pin();
        let present = map.contains_key(key);
        if present {
            map.insert(make_key::<K>(key), value);
        }
        present
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.pin().remove(key).is_some()
    }

    #[inline(always)]
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let mut is_new = false;
        let map = self.pin();
        let slot = map.get_or_insert_with(key, || {
            is_new = true;
            value()
        });
        if is_new { None } else { Some(read(slot)) }
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.pin().iter() {
            visit(key, value);
        }
    }

    fn clear(&mut self) {
        self.pin().clear();
    }

    fn len(&mut self) -> usize {
        self.pin().len()
    }

    fn reserve(&mut self, additional: usize) {
        self.pin().reserve(additional);
    }

    /// Hands this thread's batch of retired entries and tables over; what no other thread reads any more is freed when the
    /// guard goes. Batches of other threads (fewer than 32 or the number of processors each) wait for those threads.
    fn quiesce(&mut self) {
        self.guard().flush();
    }
}
