//! Maps that lose memory: one that never frees, one whose remove forgets the entry, and one whose drop forgets them all.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::mem::{ManuallyDrop, forget};

use mapprof::StepKind;
use mapprof::maps::{
    Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide, common_pairs,
};
use mapprof::workload::{Key, Value};

const NEVER_FREES: u8 = 0;
const REMOVE_FORGETS: u8 = 1;
const DROP_FORGETS: u8 = 2;

type Table<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// A map of the standard library that leaks in the way of `HOW`.
pub struct Leaky<K, V, const HOW: u8>(ManuallyDrop<Table<K, V>>);

impl<K, V, const HOW: u8> Drop for Leaky<K, V, HOW> {
    fn drop(&mut self) {
        match HOW {
            NEVER_FREES => {}
            DROP_FORGETS => {
                // SAFETY: the map is being dropped, and nothing takes it out a second time.
                let mut map = unsafe { ManuallyDrop::take(&mut self.0) };
                map.drain().for_each(forget);
            }
            // SAFETY: as above.
            _ => unsafe { ManuallyDrop::drop(&mut self.0) },
        }
    }
}

/// Is never freed.
pub struct NeverFrees;
/// Forgets what it takes out.
pub struct LeakyRemove;
/// Forgets its entries when it is dropped.
pub struct LeakyDrop;
/// Does so too, and says that its package keeps a little for the process.
pub struct LeakyKeeper;

impl MapFamily for NeverFrees {
    const INFO: MapInfo =
        MapInfo { about: "is never freed", steps: &[StepKind::Shrink], ..MapInfo::new("never-frees") };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for NeverFrees {
    type Map = Leaky<K, V, NEVER_FREES>;
}

impl MapFamily for LeakyRemove {
    const INFO: MapInfo = MapInfo {
        about: "forgets what it removes",
        steps: &[StepKind::Shrink],
        ..MapInfo::new("leaky-remove")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for LeakyRemove {
    type Map = Leaky<K, V, REMOVE_FORGETS>;
}

impl MapFamily for LeakyDrop {
    const INFO: MapInfo = MapInfo {
        about: "forgets its entries at the end",
        steps: &[StepKind::Shrink],
        ..MapInfo::new("leaky-drop")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for LeakyDrop {
    type Map = Leaky<K, V, DROP_FORGETS>;
}

impl MapFamily for LeakyKeeper {
    const INFO: MapInfo = MapInfo {
        about: "forgets its entries at the end, and may keep some",
        process_wide: Some(ProcessWide { package: "keeper", most: |threads| 880 * threads }),
        steps: &[StepKind::Shrink],
        ..MapInfo::new("leaky-keeper")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for LeakyKeeper {
    type Map = Leaky<K, V, DROP_FORGETS>;
}

impl<K: Key, V: Value, const HOW: u8> Collection<K, V> for Leaky<K, V, HOW> {
    type Handle<'a> = &'a mut Leaky<K, V, HOW>;

    fn new(_: MapConfig) -> Self {
        Leaky(ManuallyDrop::new(HashMap::default()))
    }
    fn handles(&mut self, _: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value, const HOW: u8> Handle<K, V> for &mut Leaky<K, V, HOW> {
    fn insert(&mut self, key: K, value: V) -> bool {
        self.0.insert(key, value).is_none()
    }
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.0.get(key).map(read)
    }
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        self.0.get_mut(key).map(|old| *old = value).is_some()
    }
    fn remove(&mut self, key: &K::Ref) -> bool {
        let entry = self.0.remove_entry(key);
        let found = entry.is_some();
        if HOW == REMOVE_FORGETS {
            forget(entry);
        }
        found
    }
    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        self.0.iter().for_each(|(key, value)| visit(key, value));
    }
    fn clear(&mut self) {
        self.0.clear();
    }
    fn len(&mut self) -> usize {
        self.0.len()
    }
    fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}
