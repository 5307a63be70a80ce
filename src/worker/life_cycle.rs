//! The steps of a map's life cycle, compiled for each map, key and value type as the operation loops are
//! ([`super::replay::Loops`]): the making of the maps, the steps that a phase may be, and the end.
//!
//! Attribution knows the functions of this module whose names begin with `operations`, as those of the loops.

use super::maps_of_run::Maps;
use super::replay::Loops;
use crate::capture::ledger::{self, Enlisted};
use crate::maps::{Collection, Handle};
use crate::workload::payload::{clone_key, clone_value};
use crate::workload::spec::{Step, StepKind};
use crate::workload::{Key, Value};

/// The steps of a family of maps.
pub(super) trait LifeCycle: Loops {
    /// Makes the maps of a run: what they allocate before the first operation is their own too.
    #[inline(never)]
    fn operations_begin<K: Key, V: Value, C: Collection<K, V>>(
        count: usize,
        capacity: Option<usize>,
        enlisted: Enlisted,
    ) -> Maps<C> {
        let _armed = ledger::arm(enlisted);
        ledger::at(0);
        let mut maps = Maps::Gone;
        maps.make(count, || C::new(capacity));
        ledger::map_is_made(enlisted);
        maps
    }

    /// Takes a step with each map.
    fn take_step<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        step: Step,
        count: usize,
        enlisted: Enlisted,
    ) {
        let entries = step.entries.map(|entries| entries as usize);
        match step.kind {
            StepKind::New => Self::operations_new::<K, V, C>(maps, count, entries, enlisted),
            StepKind::Drop => Self::operations_drop::<K, V, C>(maps, enlisted),
            StepKind::Reserve => Self::with_each::<K, V, C>(maps, |handle| {
                Self::operations_reserve::<K, V, _>(handle, entries.unwrap_or(0), enlisted);
            }),
            StepKind::Shrink => Self::with_each::<K, V, C>(maps, |handle| {
                Self::operations_shrink::<K, V, _>(handle, enlisted);
            }),
            StepKind::Rebuild => {
                for map in maps.as_mut_slice() {
                    Self::rebuild::<K, V, C>(map, enlisted);
                }
            }
        }
    }

    /// Does something with a handle of each map. The handles are the harness's.
    fn with_each<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        mut act: impl FnMut(&mut C::Handle<'_>),
    ) {
        for map in maps.as_mut_slice() {
            if let Some(mut handle) = map.handles(1).into_iter().next() {
                act(&mut handle);
            }
        }
    }

    /// Drops the maps, and makes as many empty ones.
    #[inline(never)]
    fn operations_new<K: Key, V: Value, C: Collection<K, V>>(
        maps: &mut Maps<C>,
        count: usize,
        capacity: Option<usize>,
        enlisted: Enlisted,
    ) {
        let _armed = ledger::arm(enlisted);
        maps.make(count, || C::new(capacity));
    }

    /// Drops the maps.
    #[inline(never)]
    fn operations_drop<K: Key, V: Value, C: Collection<K, V>>(maps: &mut Maps<C>, enlisted: Enlisted) {
        let _armed = ledger::arm(enlisted);
        *maps = Maps::Gone;
    }

    /// Makes room in a map.
    #[inline(never)]
    fn operations_reserve<K: Key, V: Value, H: Handle<K, V>>(
        handle: &mut H,
        additional: usize,
        enlisted: Enlisted,
    ) {
        let _armed = ledger::arm(enlisted);
        handle.reserve(additional);
    }

    /// Shrinks a map.
    #[inline(never)]
    fn operations_shrink<K: Key, V: Value, H: Handle<K, V>>(handle: &mut H, enlisted: Enlisted) {
        let _armed = ledger::arm(enlisted);
        handle.shrink();
    }

    /// Fills a fresh map, pre-sized for the live entries, with clones of them, and then drops the old one.
    fn rebuild<K: Key, V: Value, C: Collection<K, V>>(map: &mut C, enlisted: Enlisted) {
        let mut fresh = {
            let Some(mut from) = map.handles(1).into_iter().next() else { return };
            let mut fresh = Self::operations_make::<K, V, C>(from.len(), enlisted);
            if let Some(mut to) = fresh.handles(1).into_iter().next() {
                Self::operations_copy::<K, V, _, _>(&mut from, &mut to, enlisted);
            }
            fresh
        };
        std::mem::swap(map, &mut fresh);
        Self::operations_end::<K, V, C>(fresh, enlisted);
    }

    /// Makes a map, pre-sized for so many entries.
    #[inline(never)]
    fn operations_make<K: Key, V: Value, C: Collection<K, V>>(entries: usize, enlisted: Enlisted) -> C {
        let _armed = ledger::arm(enlisted);
        C::new(Some(entries))
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

    /// Drops a map.
    #[inline(never)]
    fn operations_end<K: Key, V: Value, C: Collection<K, V>>(map: C, enlisted: Enlisted) {
        let _armed = ledger::arm(enlisted);
        drop(map);
    }
}

impl<F: Loops> LifeCycle for F {}
