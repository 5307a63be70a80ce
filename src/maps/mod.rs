//! Maps: a named adapter over each implementation, and the table of them.
//!
//! An adapter is three things: a [`MapFamily`] (its name and what it can do), a [`Collection`] (one map of some key and
//! value type) and a [`Handle`] (what one worker thread calls). The operation loop is compiled for each handle type, so
//! that a call costs what it would cost in a hand-written loop.

pub mod b_tree;
pub mod closed_form;
pub mod dash_map;
pub mod hash;
pub mod hash_brown;
pub mod index_map;
pub mod mutex_std;
pub mod null;
pub mod papaya_map;
pub mod rwlock_std;
pub mod scc_map;
pub mod skip_list;
pub mod sorted_vec;
pub mod std_hash;
pub mod table;

// What an adapter names stands where its traits are.
pub use closed_form::ClosedForm;

pub use crate::record::{Shape, Varies};
use crate::workload::spec::{Op, Workload};
use crate::workload::{Key, Value};

/// What mapprof knows of a map before it runs it.
#[derive(Debug, Clone, Copy)]
pub struct MapInfo {
    /// The name users type.
    pub name: &'static str,
    /// One line: what it is.
    pub about: &'static str,
    /// The crate that it comes from, and its version.
    pub package: (&'static str, &'static str),
    /// Whether several threads may call it at once.
    pub concurrent: bool,
    /// Calls that it lacks.
    pub lacks: &'static [Op],
    /// Whether its answers mean anything; `null` answers nothing.
    pub answers: bool,
    /// What its package keeps for the whole process when every map is gone, if anything: no leak, since it is not kept
    /// again for the next map.
    pub process_wide: Option<ProcessWide>,
    /// What its exact figures depend on beside workload, sizes, seed and target.
    pub varies: Option<Varies>,
    /// What its memory follows; `Err` says why that cannot be worked out from the calls.
    pub closed_form: Result<ClosedForm, &'static str>,
    /// Why `--map all` had better skip it for a workload, if so.
    pub too_costly: fn(&Workload) -> Option<String>,
}

impl MapInfo {
    /// A map for one thread that has every call and tells the truth: what most adapters start from.
    pub const fn new(name: &'static str) -> Self {
        MapInfo {
            name,
            about: "",
            package: ("", ""),
            concurrent: false,
            lacks: &[],
            answers: true,
            process_wide: None,
            varies: None,
            closed_form: Err("has none that its adapter states"),
            too_costly: |_| None,
        }
    }
}

/// Storage that a package allocates while a map is used and keeps for the life of the process, such as the lists of a
/// collector of garbage.
#[derive(Debug, Clone, Copy)]
pub struct ProcessWide {
    /// The package.
    pub package: &'static str,
    /// The most bytes that it keeps after this many threads used a map. As near as its source lets one say: what a map
    /// loses below it goes unseen.
    pub most: fn(threads: u64) -> u64,
}

/// A map implementation, over all key and value types.
pub trait MapFamily: 'static {
    /// Name and abilities.
    const INFO: MapInfo;
    /// The map for one key and value type.
    type Map<K: Key, V: Value>: Collection<K, V>;
}

/// One map.
pub trait Collection<K: Key, V: Value>: Sized + Send {
    /// What a worker thread calls.
    type Handle<'a>: Handle<K, V> + Send
    where
        Self: 'a;

    /// Bytes that an empty map, once shrunk, may hold beyond those of a fresh one, such as a node that is kept.
    const SPARE_BYTES: u64 = 0;

    /// An empty map, pre-sized for `capacity` entries if that is given.
    fn new(capacity: Option<usize>) -> Self;

    /// Handles for `threads` worker threads; `threads` is 1 unless the map is concurrent.
    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>>;
}

/// What one worker thread calls. Answers are compared with the right ones, so each must be what the map really found.
#[allow(clippy::len_without_is_empty, reason = "nothing here asks whether a map is empty")]
pub trait Handle<K: Key, V: Value> {
    /// Puts `key` in. Returns whether it was new.
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

    /// What the map says of its own storage. The default says nothing: its memory is then shown as one structure.
    fn shape(&mut self) -> Shape {
        Shape::default()
    }
    /// Drives deferred reclamation on, as far as one call can: drops guards, flushes epochs. Called again while it helps.
    fn quiesce(&mut self) {}
    /// Gives back the storage that the entries do not need. Returns whether the map can; one that never has any to give
    /// back can.
    fn shrink(&mut self) -> bool {
        false
    }
    /// Inserts or replaces. Returns whether the key was new.
    fn upsert(&mut self, key: K, value: V) -> bool {
        self.insert(key, value)
    }
}

#[cfg(test)]
#[path = "storage_tests.rs"]
mod tests;
