//! What an adapter implements.

use super::info::MapInfo;
use crate::record::Shape;
use crate::workload::hashers::NamedHasher;
use crate::workload::{Key, Value};

/// A map implementation.
pub trait MapFamily: Sized + 'static {
    /// Name and abilities.
    const INFO: MapInfo;

    /// Names each pair of a key and a value type that the map is compiled for: [`super::common_pairs`], and
    /// [`Pairs::add`] for more.
    fn pairs(pairs: &mut impl Pairs<Self>);
}

/// A map implementation for one key and value type. Its bounds are those that the map needs: any key, or `u64` alone.
pub trait MapOf<K: Key, V: Value>: MapFamily {
    /// The map.
    type Map: Collection<K, V>;
}

/// A map implementation for one key and value type that takes a hasher.
pub trait HashedMapOf<K: Key, V: Value, S: NamedHasher>: MapFamily {
    /// The map.
    type Map: Collection<K, V>;
}

/// The pairs of a key and a value type that a map is compiled for.
pub trait Pairs<F: MapFamily> {
    /// Adds a pair with a hasher that is not the map's own.
    fn add_hashed<K: Key, V: Value, S: NamedHasher>(&mut self)
    where
        F: HashedMapOf<K, V, S>;

    /// Adds a pair.
    fn add<K: Key, V: Value>(&mut self)
    where
        F: MapOf<K, V>;
}

/// How a map is made.
// Not `non_exhaustive`, so that tests of an adapter can write `MapConfig { capacity: Some(9), ..MapConfig::default() }`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MapConfig {
    /// Entries that it is pre-sized for; none if the workload does not say.
    pub capacity: Option<usize>,
    /// Shards, of a map whose `MapInfo::shards` says that it takes a number; none if the workload does not say.
    pub shards: Option<usize>,
}

/// One map. It is `Sync`, because other threads look keys up in it while it is swapped; a map with interior mutability for one thread
/// alone needs a wrapper.
pub trait Collection<K: Key, V: Value>: Sized + Send + Sync + 'static {
    /// What a worker thread calls.
    type Handle<'a>: Handle<K, V> + Send
    where
        Self: 'a;

    /// Bytes that an empty map, once shrunk, may hold beyond those of a fresh one, such as a node that is kept.
    const SPARE_BYTES: u64 = 0;

    /// The same for each thread that used it, such as what its readers are registered with.
    const SPARE_BYTES_PER_THREAD: u64 = 0;

    /// Whether it keeps the keys that it is given. Of a map that does not, keys are no payload.
    const KEEPS_KEYS: bool = true;

    /// An empty map.
    fn new(config: MapConfig) -> Self;

    /// Handles for `threads` worker threads; `threads` is 1 unless the map is concurrent.
    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>>;

    /// Looks `key` up and reads its value, while other threads may do the same.
    ///
    /// Optional: called only of a map whose `MapInfo::steps` has [`crate::workload::spec::StepKind::Swap`].
    fn get_shared(&self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let _ = (key, read);
        None
    }

    /// Visits every entry once, in any order, while other threads may look keys up.
    ///
    /// Optional: called only of a map whose `MapInfo::steps` has [`crate::workload::spec::StepKind::Swap`].
    fn iterate_shared(&self, visit: impl FnMut(&K, &V)) {
        let _ = visit;
    }
}

/// What one worker thread calls. Answers are compared with the right ones, so each must be what the map really found.
#[allow(clippy::len_without_is_empty, reason = "nothing here asks whether a map is empty")]
pub trait Handle<K: Key, V: Value> {
    /// Puts `key` in, or replaces its value if it is there. Returns whether it was new.
    fn insert(&mut self, key: K, value: V) -> bool;

    /// Looks `key` up and reads its value.
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64>;

    /// Replaces the value of `key` if it is there. Returns whether it was.
    fn update(&mut self, key: &K::Ref, value: V) -> bool;

    /// Takes `key` out. Returns whether it was there.
    fn remove(&mut self, key: &K::Ref) -> bool;

    /// Visits every entry once, in any order.
    fn iterate(&mut self, visit: impl FnMut(&K, &V));

    /// Takes every entry out.
    fn clear(&mut self);

    /// The number of entries.
    fn len(&mut self) -> usize;

    /// Looks `key` up, and puts what `value` makes in if it is absent. Reads the value that was there; `None` if it was put in.
    ///
    /// Optional: called only of a map whose `MapInfo::offers` has [`crate::workload::spec::Op::Entry`].
    fn entry(&mut self, key: K, value: impl FnOnce() -> V, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        let _ = (key, value, read);
        None
    }

    /// Looks `key` up and changes its value in place. Returns what `change` returned; `None` if it is absent.
    ///
    /// Optional: called only of a map whose `MapInfo::offers` has [`crate::workload::spec::Op::Modify`].
    fn modify(&mut self, key: &K::Ref, change: impl FnOnce(&mut V) -> u64) -> Option<u64> {
        let _ = (key, change);
        None
    }

    /// Visits the entries from `from` on in the order of the keys, at most so many.
    ///
    /// Optional: called only of a map whose `MapInfo::offers` has [`crate::workload::spec::Op::Scan`].
    fn scan(&mut self, from: &K::Ref, entries: usize, visit: impl FnMut(&K, &V)) {
        let _ = (from, entries, visit);
    }

    /// What the map says of its own storage. The default says nothing: its memory is then shown as one structure.
    fn shape(&mut self) -> Shape {
        Shape::default()
    }
    /// Drives deferred reclamation on, as far as one call can: drops guards, flushes epochs. Called again while it helps.
    fn quiesce(&mut self) {}

    /// Makes room for so many further entries.
    ///
    /// Optional: called only of a map whose `MapInfo::steps` has [`crate::workload::spec::StepKind::Reserve`].
    fn reserve(&mut self, additional: usize) {
        let _ = additional;
    }

    /// Gives back the storage that the entries do not need. A map that never has any to give back has this too.
    ///
    /// Optional: called only of a map whose `MapInfo::steps` has [`crate::workload::spec::StepKind::Shrink`].
    fn shrink(&mut self) {}
}
