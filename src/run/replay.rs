//! The operation loops: the calls of a batch on one map, compiled for each map, key and value type.
//!
//! Attribution knows the functions of this module whose names begin with `operations`: what lies inside them on a
//! stack belongs to the map or its payload, what lies outside is the harness. Each is a function of its own, so that its
//! frame stands where a stack walk ends.

use std::ops::Range;

use crate::capture::ledger::{self, Enlisted};
use crate::maps::Handle;
use crate::workload::answer::{self, Fold};
use crate::workload::batch::{Batch, CallByte};
use crate::workload::payload::{make_key, make_value, tag};
use crate::workload::spec::Op;
use crate::workload::{Key, Value};

/// Does the calls of `range` and nothing else: no counters, no numbers, no comparison. Returns `fold` with every answer
/// added.
#[inline(never)]
pub(super) fn operations_folded<K: Key, V: Value, H: Handle<K, V>>(
    handle: &mut H,
    batch: &Batch,
    range: Range<usize>,
    fold: Fold,
    enlisted: Enlisted,
) -> Fold {
    let _armed = ledger::arm(enlisted);
    match batch.only() {
        Some(op) => operations_of::<K, V, H>(op, handle, batch, range, fold),
        None => operations_mixed::<K, V, H>(handle, batch, range, fold),
    }
}

/// Does the calls of `range` of a checked batch, the first of which has the number `first`, and tells the ledger which
/// one is at work. Returns whether every answer was right.
#[inline(never)]
pub(super) fn operations_checked<K: Key, V: Value, H: Handle<K, V>>(
    handle: &mut H,
    batch: &Batch,
    range: Range<usize>,
    first: u64,
    enlisted: Enlisted,
) -> bool {
    let _armed = ledger::arm(enlisted);
    // Every bit in which an answer differs from the right one.
    let mut wrong = 0;
    let calls = batch.calls[range.clone()].iter().zip(&batch.answers[range.clone()]);
    for ((place, (call, right)), number) in range.zip(calls).zip(first..) {
        ledger::at(number);
        let fold = operations_of::<K, V, H>(call.op(), handle, batch, place..place + 1, Fold::default());
        wrong |= fold.difference(Fold::of(*right));
        ledger::call_ended(enlisted);
    }
    wrong == 0
}

/// The loop for calls of one kind.
#[inline(always)]
fn operations_of<K: Key, V: Value, H: Handle<K, V>>(
    op: Op,
    handle: &mut H,
    batch: &Batch,
    range: Range<usize>,
    fold: Fold,
) -> Fold {
    match op {
        Op::Get | Op::GetMissing => operations_get::<K, V, H>(handle, batch, range, fold),
        Op::Insert => operations_insert::<K, V, H>(handle, batch, range, fold),
        Op::Update => operations_update::<K, V, H>(handle, batch, range, fold),
        Op::Upsert => operations_upsert::<K, V, H>(handle, batch, range, fold),
        Op::Remove => operations_remove::<K, V, H>(handle, batch, range, fold),
        Op::Iterate => operations_iterate::<K, V, H>(handle, batch, range, fold),
        Op::Clear => operations_clear::<K, V, H>(handle, batch, range, fold),
    }
}

/// A loop for each kind of call, as a program has it that does only this. The checked loop calls them for single calls, so
/// that the code of a map is not compiled a third time.
macro_rules! loops_of_one_kind {
    ($($name:ident: $op:ident),*) => {$(
        #[inline(never)]
        fn $name<K: Key, V: Value, H: Handle<K, V>>(
            handle: &mut H,
            batch: &Batch,
            range: Range<usize>,
            fold: Fold,
        ) -> Fold {
            operations_each::<K, V, H>(handle, batch, range, fold, |_| Op::$op)
        }
    )*};
}

loops_of_one_kind! {
    operations_get: Get,
    operations_insert: Insert,
    operations_update: Update,
    operations_upsert: Upsert,
    operations_remove: Remove,
    operations_iterate: Iterate,
    operations_clear: Clear
}

/// The loop for calls of several kinds.
#[inline(never)]
fn operations_mixed<K: Key, V: Value, H: Handle<K, V>>(
    handle: &mut H,
    batch: &Batch,
    range: Range<usize>,
    fold: Fold,
) -> Fold {
    operations_each::<K, V, H>(handle, batch, range, fold, CallByte::op)
}

#[inline(always)]
fn operations_each<K: Key, V: Value, H: Handle<K, V>>(
    handle: &mut H,
    batch: &Batch,
    range: Range<usize>,
    mut fold: Fold,
    op: impl Fn(CallByte) -> Op,
) -> Fold {
    let (sizes, salt) = (batch.value_sizes(), batch.salt());
    let keys = K::range(&batch.keys, range.clone());
    for ((place, call), key) in range.clone().zip(&batch.calls[range]).zip(keys) {
        let value = || make_value::<V>(sizes.at(place), tag(K::digest(key), call.version(), salt));
        fold.add(match op(*call) {
            Op::Get | Op::GetMissing => answer::looked_up(handle.get(key, V::fingerprint)),
            Op::Insert => answer::inserted(handle.insert(make_key::<K>(key), value())),
            Op::Update => answer::found(handle.update(key, value())),
            Op::Upsert => answer::inserted(handle.upsert(make_key::<K>(key), value())),
            Op::Remove => answer::found(handle.remove(key)),
            Op::Iterate => {
                let mut sum = 0u64;
                handle.iterate(|_, value| {
                    sum = sum.wrapping_add(answer::visited(value.fingerprint()));
                });
                sum
            }
            Op::Clear => {
                handle.clear();
                answer::cleared()
            }
        });
    }
    fold
}
