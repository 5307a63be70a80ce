//! `cow-std`: the standard library's map behind arc-swap. Look-ups take no lock; each write clones the map, changes the clone and puts it
//! in the place of the old one, which goes when its last reader lets it go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::cloned::{ClonedKey, ClonedKeyRef, ClonedValue};
use super::hashbrown_layout::shape_by_capacity;
use super::{
    ClosedForm, Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, ProcessWide, few_pairs,
};
use crate::record::Shape;
use crate::workload::hashers::FixedSip;
use crate::workload::op::Touch;
use crate::workload::spec::{StepKind, Work, Workload};
use crate::workload::{Key, Value};

/// the standard library's HashMap behind arc-swap, cloned by each write.
pub struct CowStd;

impl MapFamily for CowStd {
    const INFO: MapInfo = MapInfo {
        about: "the standard library's HashMap behind arc-swap, cloned by each write",
        // The map is the standard library's; what swaps it is arc-swap.
        package: ("arc-swap", env!("VERSION_ARC_SWAP")),
        frames: &["std::collections", "hashbrown", "arc_swap"],
        concurrent: true,
        // `arc_swap::debt::list` keeps a node for each thread at a time, which a later one takes over.
        process_wide: Some(ProcessWide { package: "arc-swap", most: node_bytes }),
        too_costly,
        closed_form: Ok(ClosedForm::Copied),
        steps: &[StepKind::Reserve, StepKind::Shrink],
        ..MapInfo::new("cow-std")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for CowStd {
    type Map = CowMap<K, V>;
}

/// The most bytes of the nodes of `threads` worker threads, and of the one that starts them.
pub(crate) fn node_bytes(threads: u64) -> u64 {
    (threads + 1) * NODE_BYTES
}

/// Bytes of a node of arc-swap's list: eight slots, and what helps a reader that finds none free, by cache lines.
const NODE_BYTES: u64 = 192;

/// Bytes of the block that a version lies in beside its table: the counters of the `Arc` and the map's head. The head depends on no
/// type of keys or values.
pub(crate) const HEAD_BYTES: u64 = (2 * size_of::<usize>() + size_of::<Table<u64, u64>>()) as u64;

/// Entries that a run may clone before it takes minutes.
const MOST_CLONES: f64 = 4e8;

fn too_costly(workload: &Workload) -> Option<String> {
    let writes = |work: &Work| match work {
        Work::Mix(odds) => odds
            .iter()
            .filter(|(op, _)| op.info().touch != Touch::Reads || op.info().inserts)
            .map(|(_, percent)| percent / 100.0)
            .sum(),
        Work::Each(ops) => {
            ops.iter().filter(|op| op.info().touch != Touch::Reads || op.info().inserts).count() as f64
        }
        Work::Step(_) => 0.0,
    };
    let writes: f64 = workload.phases.iter().map(|phase| phase.ops as f64 * writes(&phase.work)).sum();
    // The map is filled from empty: half of them on average.
    let clones = writes * workload.entries as f64 / 2.0;
    (clones > MOST_CLONES).then(|| {
        format!(
            "{writes:.0} writes clone about {clones:.0e} entries; name it in --map to run it all the same"
        )
    })
}

type Table<K, V> = HashMap<ClonedKey<K>, ClonedValue<V>, FixedSip>;

/// The version that is read now, and the lock of those who write the next one.
pub struct CowMap<K, V> {
    current: ArcSwap<Table<K, V>>,
    writer: Mutex<()>,
}

impl<K: Key, V: Value> CowMap<K, V> {
    /// Changes a clone of the map and puts it in its place, if `applies` to the map as it is.
    #[inline(always)]
    fn write<T>(
        &self,
        applies: impl FnOnce(&Table<K, V>) -> bool,
        change: impl FnOnce(&mut Table<K, V>) -> T,
    ) -> Option<T> {
        let _turn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = self.current.load_full();
        if !applies(&next) {
            return None;
        }
        // The current version holds it too, so this clones it.
        let done = change(Arc::make_mut(&mut next));
        self.current.store(next);
        Some(done)
    }
}

impl<K: Key, V: Value> Collection<K, V> for CowMap<K, V> {
    type Handle<'a> = &'a CowMap<K, V>;

    fn new(config: MapConfig) -> Self {
        let table = HashMap::with_capacity_and_hasher(config.capacity.unwrap_or(0), FixedSip::default());
        CowMap { current: ArcSwap::from_pointee(table), writer: Mutex::new(()) }
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        vec![&*self; threads]
    }
}

impl<K: Key, V: Value> Handle<K, V> for &CowMap<K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        self.write(|_| true, |map| map.insert(ClonedKey(key), ClonedValue(value)).is_none()).unwrap_or(false)
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.current.load().get(ClonedKeyRef::of(key)).map(|value| read(&value.0))
    }

    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let put = |map: &mut Table<K, V>| match map.get_mut(ClonedKeyRef::of(key)) {
            Some(slot) => {
                slot.0 = value;
                true
            }
            None => false,
        };
        self.write(|map| map.contains_key(ClonedKeyRef::of(key)), put).unwrap_or(false)
    }

    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.write(
            |map| map.contains_key(ClonedKeyRef::of(key)),
            |map| map.remove(ClonedKeyRef::of(key)).is_some(),
        )
        .unwrap_or(false)
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        for (key, value) in self.current.load().iter() {
            visit(&key.0, &value.0);
        }
    }

    /// An empty map takes the place of the old one.
    fn clear(&mut self) {
        let _turn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.current.store(Arc::default());
    }

    fn len(&mut self) -> usize {
        self.current.load().len()
    }

    /// The table, and the block that its head lies in.
    fn shape(&mut self) -> Shape {
        let shape = shape_by_capacity::<K, V>(self.current.load().capacity());
        Shape { own_bytes: shape.own_bytes.map(|table| table + HEAD_BYTES), ..shape }
    }

    fn reserve(&mut self, additional: usize) {
        self.write(|_| true, |map| map.reserve(additional));
    }

    fn shrink(&mut self) {
        self.write(|_| true, HashMap::shrink_to_fit);
    }
}
