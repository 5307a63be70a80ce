//! The steps of a map's life cycle, compiled for each map, key and value type as the operation loops are
//! ([`super::replay::Loops`]).
//!
//! Attribution knows the functions of this module whose names begin with `operations`, as those of the loops. What is compiled
//! here is there once for each combination of types, so it is little: [`super::driver`] and [`super::settling`] decide.

use super::maps_of_run::{Look, Maps};
use super::replay::Loops;
use crate::capture::ledger::{self, Enlisted};
use crate::maps::{Collection, Handle, MapConfig};
use crate::workload::payload::{clone_key, clone_value};
use crate::workload::{Key, Value};

/// What is done with the maps of a run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// They are dropped, and so many empty ones made.
    Make { count: usize, config: MapConfig },
    /// They are dropped.
    Drop,
    /// Each is filled anew with clones of its entries, and the old one dropped. The new one is made like this, and for as many
    /// entries.
    Rebuild(MapConfig),
    /// Something is done with each.
    Each(Upkeep),
}

/// What is done with a map that no call of a workload does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Upkeep {
    /// It is asked for its storage and its entries.
    Look,
    /// Its deferred reclamation is driven on.
    Quiesce,
    /// It makes room for so many further entries.
    Reserve(usize),
    /// It gives back the storage that its entries do not need.
    Shrink,
}

/// The steps of a family of maps.
pub(super) trait LifeCycle: Loops {
    /// Drops the maps, and makes `count` empty ones.
    #[inline(never)]
    fn operations_new<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        count: usize,
        config: MapConfig,
        enlisted: Enlisted,
    ) {
        let _armed = ledger::arm(enlisted);
        maps.make(count, || C::new(config));
    }

    /// Drops the maps.
    #[inline(never)]
    fn operations_drop<K: Key, V: Value, C: Collection<K, V>>(maps: &mut Maps<C>, enlisted: Enlisted) {
        let _armed = ledger::arm(enlisted);
        maps.drop_all();
    }

    /// Does something with a map. Only [`Upkeep::Look`] has an answer.
    #[inline(never)]
    fn operations_upkeep<K: Key, V: Value, H: Handle<K, V>>(
        handle: &mut H,
        upkeep: Upkeep,
        look: &mut Look,
        enlisted: Enlisted,
    ) {
        let _armed = ledger::arm(enlisted);
        match upkeep {
            Upkeep::Look => look.add(handle.shape(), handle.len() as u64),
            Upkeep::Quiesce => handle.quiesce(),
            Upkeep::Reserve(additional) => handle.reserve(additional),
            Upkeep::Shrink => handle.shrink(),
        }
    }

    /// Does something with the maps.
    fn act<K: Key, V: Value, C: Collection<K, V>>(maps: &mut Maps<C>, act: Act, enlisted: Enlisted) -> Look {
        match act {
            Act::Make { count, config } => {
                Self::operations_new::<K, V, C>(maps, count, config, enlisted);
            }
            Act::Drop => Self::operations_drop::<K, V, C>(maps, enlisted),
            Act::Rebuild(config) => Self::rebuild::<K, V, C>(maps, config, enlisted),
            Act::Each(upkeep) => return Self::upkeep::<K, V, C>(maps, upkeep, enlisted),
        }
        Look::default()
    }

    /// Does something with each map. The handles are the harness's.
    fn upkeep<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        upkeep: Upkeep,
        enlisted: Enlisted,
    ) -> Look {
        let mut look = Look::default();
        for map in maps.as_mut_slice() {
            if let Some(mut handle) = Self::handle::<K, V, C>(map) {
                Self::operations_upkeep::<K, V, _>(&mut handle, upkeep, &mut look, enlisted);
            }
        }
        look
    }

    /// Fills fresh maps, each pre-sized for the live entries of an old one, with clones of them; each old one is then dropped.
    fn rebuild<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        config: MapConfig,
        enlisted: Enlisted,
    ) {
        for map in maps.as_mut_slice() {
            let mut fresh = Maps::none();
            if let Some(mut from) = Self::handle::<K, V, C>(map) {
                let entries = Self::operations_len::<K, V, _>(&mut from, enlisted);
                let config = MapConfig { capacity: Some(entries), ..config };
                Self::operations_new::<K, V, C>(&mut fresh, 1, config, enlisted);
                if let Some(mut to) = fresh.as_mut_slice().first_mut().and_then(Self::handle::<K, V, C>) {
                    Self::operations_copy::<K, V, _, _>(&mut from, &mut to, enlisted);
                }
            }
            if let Some(fresh) = fresh.as_mut_slice().first_mut() {
                std::mem::swap(map, fresh);
            }
            Self::operations_drop::<K, V, C>(&mut fresh, enlisted);
        }
    }

    /// Counts the entries of a map. A map may free garbage whenever it is called, and that counts.
    #[inline(never)]
    fn operations_len<K: Key, V: Value, H: Handle<K, V>>(handle: &mut H, enlisted: Enlisted) -> usize {
        let _armed = ledger::arm(enlisted);
        handle.len()
    }

    /// A handle of a map.
    #[inline(never)]
    fn handle<K: Key, V: Value, C: Collection<K, V>>(map: &mut C) -> Option<C::Handle<'_>> {
        map.handles(1).pop()
    }

    /// Puts clones of all entries of a map into another one.
    #[inline(never)]
    fn operations_copy<K: Key, V: Value, A: Handle<K, V>, B: Handle<K, V>>(
        from: &mut A,
        to: &mut B,
        enlisted: Enlisted,
    ) {
        let _armed = ledger::arm(enlisted);
        from.iterate(|key, value| _ = to.insert(clone_key(key), clone_value(value)));
    }

    /// Puts clones of all entries of a map into the first of others, while other threads may look keys up in the former.
    fn copy_shared<K: Key, V: Value, C: Collection<K, V>>(from: &C, to: &mut Maps<C>, enlisted: Enlisted) {
        if let Some(mut to) = to.as_mut_slice().first_mut().and_then(Self::handle::<K, V, C>) {
            Self::operations_copy_shared::<K, V, C, _>(from, &mut to, enlisted);
        }
    }

    /// The same into a map.
    #[inline(never)]
    fn operations_copy_shared<K: Key, V: Value, C: Collection<K, V>, B: Handle<K, V>>(
        from: &C,
        to: &mut B,
        enlisted: Enlisted,
    ) {
        let _armed = ledger::arm(enlisted);
        from.iterate_shared(|key, value| _ = to.insert(clone_key(key), clone_value(value)));
    }

    /// The handles of the maps for a single thread.
    fn handles_of_one<K: Key, V: Value, C: Collection<K, V>>(maps: &mut Maps<C>) -> Vec<C::Handle<'_>> {
        let mut handles = Vec::new();
        for map in maps.as_mut_slice() {
            handles.append(&mut map.handles(1));
        }
        handles
    }

    /// The handles of the maps, by thread.
    fn handles_by_thread<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        threads: usize,
    ) -> Vec<Vec<C::Handle<'_>>> {
        let mut by_thread: Vec<Vec<C::Handle<'_>>> = Vec::new();
        for map in maps.as_mut_slice() {
            // Chains of iterators would be compiled anew for every combination of types.
            for (thread, handle) in map.handles(threads).into_iter().enumerate() {
                if thread == by_thread.len() {
                    by_thread.push(Vec::new());
                }
                by_thread[thread].push(handle);
            }
        }
        by_thread
    }
}

impl<F: Loops> LifeCycle for F {}
