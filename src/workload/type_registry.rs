//! The types of keys and values that workloads may name: the built-in ones, and those that the program adds before its command line
//! is read.

use std::sync::{PoisonError, RwLock};

use super::operation_source::OperationSource;
use super::payload::key_types::KEY_TYPES;
use super::payload::value_types::VALUE_TYPES;
use super::payload::{Key, KeyInfo, Value, ValueInfo};
use super::spec::Workload;
use super::stream::{self, Stream};

/// Opens the share of thread `thread` out of `threads` of a workload.
type Open = fn(&Workload, u64, usize, usize) -> Box<dyn OperationSource>;

/// Types that the program added.
struct Added {
    keys: Vec<(KeyInfo, Open)>,
    values: Vec<ValueInfo>,
}

static ADDED: RwLock<Added> = RwLock::new(Added { keys: Vec::new(), values: Vec::new() });

/// Adds a type of keys and one of values. A type that is there already stays as it is.
pub fn add<K: Key, V: Value>() {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    if !KEY_TYPES.contains(&K::INFO) && added.keys.iter().all(|(info, _)| *info != K::INFO) {
        let open: Open =
            |workload, seed, thread, threads| Box::new(Stream::<K>::new(workload, seed, thread, threads));
        added.keys.push((K::INFO, open));
    }
    if !VALUE_TYPES.contains(&V::INFO) && !added.values.contains(&V::INFO) {
        added.values.push(V::INFO);
    }
}

/// What is known of the types of keys.
pub fn keys() -> Vec<KeyInfo> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    KEY_TYPES.iter().copied().chain(added.keys.iter().map(|(info, _)| *info)).collect()
}

/// What is known of the types of values.
pub fn values() -> Vec<ValueInfo> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    VALUE_TYPES.iter().chain(&added.values).copied().collect()
}

/// The share of thread `thread` out of `threads` of a workload; `None` if its keys are of no type that is known.
pub fn open(
    workload: &Workload,
    seed: u64,
    thread: usize,
    threads: usize,
) -> Option<Box<dyn OperationSource>> {
    stream::open(workload, seed, thread, threads).or_else(|| {
        let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
        let is_of = |(info, _): &&(KeyInfo, Open)| workload.key.is_of(info);
        added.keys.iter().find(is_of).map(|(_, open)| open(workload, seed, thread, threads))
    })
}
