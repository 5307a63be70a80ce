//! The maps of a run without their types: what the driver and the settling, which are compiled once, know of them.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;

use super::life_cycle::{Act, LifeCycle, Upkeep};
use super::maps_of_run::{Look, Maps};
use super::worker_thread::Operator;
use crate::capture::ledger::Enlisted;
use crate::maps::Collection;
use crate::workload::answer::{self, Fold};
use crate::workload::payload::{KeyScratch, KeyStore};
use crate::workload::spec::StepKind;
use crate::workload::{Batch, Key, OperationSource, Stream, Value, Workload};

/// Maps of one combination of types.
#[derive(Clone, Copy)]
pub(super) struct MapKind {
    /// A set without maps.
    pub none_yet: fn() -> Box<dyn MapSet>,
    /// Opens the stream of a thread, of so many, by the seed.
    pub open_stream: fn(&Workload, u64, usize, usize) -> Box<dyn OperationSource>,
    /// Bytes of a map, where it lies.
    pub map_bytes: usize,
    /// Bytes of a key and a value in a slot; of the value, if the map keeps no keys.
    pub entry_bytes: usize,
    /// Bytes that an empty map, once shrunk, may hold beyond a fresh one, and further ones for each thread.
    pub spare_bytes: u64,
    /// See `spare_bytes`.
    pub spare_bytes_per_thread: u64,
}

impl MapKind {
    /// The kind of maps of these types.
    pub(super) fn of<F: LifeCycle, K: Key, V: Value, C: Collection<K, V>>() -> MapKind {
        MapKind {
            none_yet: || Box::new(Typed::<F, K, V, C> { maps: Maps::none(), types: PhantomData }),
            open_stream: |workload, seed, thread, threads| {
                let stream = Stream::<K>::new(workload, seed, thread, threads);
                Box::new(if C::KEEPS_KEYS { stream } else { stream.without_keys() })
            },
            map_bytes: size_of::<C>(),
            entry_bytes: if C::KEEPS_KEYS { size_of::<(K, V)>() } else { size_of::<V>() },
            spare_bytes: C::SPARE_BYTES,
            spare_bytes_per_thread: C::SPARE_BYTES_PER_THREAD,
        }
    }
}

/// The maps of a run.
pub(super) trait MapSet: Send + Sync {
    /// Does something with the maps. Only [`Upkeep::Look`] has an answer, without the vector that several lie in.
    fn act(&mut self, act: Act, enlisted: Enlisted) -> Look;
    /// The way to the maps for each thread; fewer than `threads` if the maps are not for so many.
    fn operators(&mut self, threads: usize) -> Vec<Box<dyn Operator + '_>>;
    /// What a look-up of the key at `place` in a single map answers ([`answer::looked_up`]), while other threads may look keys up too.
    /// Always a miss if the family cannot be swapped.
    fn look_up(&self, keys: &KeyScratch, place: usize) -> u64;
    /// Puts clones of all entries of a single map, of the same types, into the single one, while other threads may look keys up in
    /// the former. Does nothing if the family cannot be swapped.
    fn copy_from(&mut self, other: &dyn MapSet, enlisted: Enlisted);
    /// With its type.
    fn as_any(&self) -> &dyn Any;
}

/// The maps of a run with their types.
struct Typed<F, K, V, C> {
    maps: Maps<C>,
    types: PhantomData<fn(F, K, V)>,
}

// Each method hands over to one of the family, with which it is compiled in one piece: after a change of one adapter, an
// incremental build makes that map's code anew and no other's.
impl<F: LifeCycle, K: Key, V: Value, C: Collection<K, V>> MapSet for Typed<F, K, V, C> {
    fn act(&mut self, act: Act, enlisted: Enlisted) -> Look {
        F::act::<K, V, C>(&mut self.maps, act, enlisted)
    }

    fn operators(&mut self, threads: usize) -> Vec<Box<dyn Operator + '_>> {
        let mut operators: Vec<Box<dyn Operator + '_>> = Vec::with_capacity(threads);
        // Known when it is compiled, so that most maps have the code of one branch alone.
        if F::INFO.concurrent {
            for handles in F::handles_by_thread::<K, V, C>(&mut self.maps, threads) {
                operators.push(operator::<F, K, V, C>(handles));
            }
        } else {
            let handles = F::handles_of_one::<K, V, C>(&mut self.maps);
            if !handles.is_empty() {
                operators.push(operator::<F, K, V, C>(handles));
            }
        }
        operators
    }

    fn look_up(&self, keys: &KeyScratch, place: usize) -> u64 {
        if const { !F::INFO.can(StepKind::Swap) } {
            return answer::looked_up(None);
        }
        let found = match (self.maps.single(), keys.store::<K>()) {
            (Some(map), Some(keys)) => map.get_shared(keys.get(place), V::fingerprint),
            _ => None,
        };
        answer::looked_up(found)
    }

    fn copy_from(&mut self, other: &dyn MapSet, enlisted: Enlisted) {
        if const { F::INFO.can(StepKind::Swap) }
            && let Some(from) = other.as_any().downcast_ref::<Self>().and_then(|other| other.maps.single())
        {
            F::copy_shared::<K, V, C>(from, &mut self.maps, enlisted);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The way to the maps of a thread with these handles.
fn operator<'m, F: LifeCycle, K: Key, V: Value, C: Collection<K, V>>(
    handles: Vec<C::Handle<'m>>,
) -> Box<dyn Operator + 'm> {
    let calls = Calls {
        replay: F::operations_folded::<K, V, C::Handle<'m>>,
        check: F::operations_checked::<K, V, C::Handle<'m>>,
        upkeep: F::operations_upkeep::<K, V, C::Handle<'m>>,
    };
    Box::new(Lane { handles, calls })
}

/// One worker thread's handles, one of each map, and the calls that take them.
struct Lane<H> {
    handles: Vec<H>,
    calls: Calls<H>,
}

/// The calls of a map, compiled with its family.
struct Calls<H> {
    replay: fn(&mut [H], &Batch, Range<usize>, Fold, Enlisted) -> Fold,
    check: fn(&mut [H], &Batch, Range<usize>, u64, Enlisted) -> bool,
    upkeep: fn(&mut H, Upkeep, &mut Look, Enlisted),
}

impl<H: Send> Operator for Lane<H> {
    fn replay(&mut self, batch: &Batch, range: Range<usize>, fold: Fold, enlisted: Enlisted) -> Fold {
        (self.calls.replay)(&mut self.handles, batch, range, fold, enlisted)
    }

    fn check(&mut self, batch: &Batch, range: Range<usize>, first: u64, enlisted: Enlisted) -> bool {
        (self.calls.check)(&mut self.handles, batch, range, first, enlisted)
    }

    fn upkeep(&mut self, upkeep: Upkeep, enlisted: Enlisted) -> Look {
        let mut look = Look::default();
        for handle in &mut self.handles {
            (self.calls.upkeep)(handle, upkeep, &mut look, enlisted);
        }
        look
    }
}
