//! The operation loops: the calls of a batch on one map, compiled for each map, key and value type.
//!
//! Attribution knows the functions of this module whose names begin with `operations`: what lies inside them on a
//! stack belongs to the map or its payload, what lies outside is the harness. Each is a function of its own, so that its
//! frame stands where a stack walk ends.

use std::ops::Range;

use crate::capture::ledger::{self, Enlisted};
use crate::maps::{Handle, MapFamily};
use crate::workload::answer::{self, Fold};
use crate::workload::call_batch::Batch;
use crate::workload::payload::{KeyStore, make_key, make_value, tag};
use crate::workload::spec::Op;
use crate::workload::{Key, Value};

/// What a loop does with the answers of its calls.
trait Witness: Sized {
    /// The call at `place` of the batch is about to be done.
    fn begin(&mut self, place: usize);
    /// The same of a call that puts nothing in.
    fn begin_untimed(&mut self, place: usize);
    /// It is done.
    fn end(&mut self, place: usize, answer: u64);
}

/// Adds the answers, and nothing else.
struct Folding(Fold);

impl Witness for Folding {
    #[inline(always)]
    fn begin(&mut self, _place: usize) {}

    #[inline(always)]
    fn begin_untimed(&mut self, _place: usize) {}

    #[inline(always)]
    fn end(&mut self, _place: usize, answer: u64) {
        self.0.add(answer);
    }
}

/// Compares each answer, and tells the ledger which call is at work.
struct Checking<'b> {
    answers: &'b [u64],
    /// The number of the batch's first call, over all phases; wraps around.
    first: u64,
    enlisted: Enlisted,
    /// Every bit in which an answer differs from the right one.
    wrong: u64,
}

impl Witness for Checking<'_> {
    #[inline(always)]
    fn begin(&mut self, place: usize) {
        ledger::at(self.first.wrapping_add(place as u64));
    }

    #[inline(always)]
    fn begin_untimed(&mut self, place: usize) {
        ledger::at_untimed(self.first.wrapping_add(place as u64));
    }

    #[inline(always)]
    fn end(&mut self, place: usize, answer: u64) {
        self.wrong |= self.answers.get(place).map_or(u64::MAX, |right| answer ^ right);
        ledger::call_ended(self.enlisted);
    }
}

/// The loops of a family of maps (see [`super::map_set`] for why they are the family's).
pub(super) trait Loops: MapFamily {
    /// Does the calls of `range` and nothing else: no counters, no numbers, no comparison. Returns `fold` with every answer
    /// added.
    #[inline(never)]
    fn operations_folded<K: Key, V: Value, H: Handle<K, V>>(
        handles: &mut [H],
        batch: &Batch,
        range: Range<usize>,
        fold: Fold,
        enlisted: Enlisted,
    ) -> Fold {
        let _armed = ledger::arm(enlisted);
        operations_in_runs::<Self, K, V, H, Folding>(handles, batch, range, Folding(fold)).0
    }

    /// Does the calls of `range` of a checked batch, the first of which has the number `first`, and tells the ledger which
    /// one is at work. Returns whether every answer was right.
    #[inline(never)]
    fn operations_checked<K: Key, V: Value, H: Handle<K, V>>(
        handles: &mut [H],
        batch: &Batch,
        range: Range<usize>,
        first: u64,
        enlisted: Enlisted,
    ) -> bool {
        let _armed = ledger::arm(enlisted);
        let first = first.wrapping_sub(range.start as u64);
        let witness = Checking { answers: &batch.answers, first, enlisted, wrong: 0 };
        operations_in_runs::<Self, K, V, H, Checking>(handles, batch, range, witness).wrong == 0
    }

    /// Visits every entry of every map. Not a part of the loops: to call it costs nothing beside what it does, and it is
    /// compiled once for both.
    #[inline(never)]
    fn operations_over_all<K: Key, V: Value, H: Handle<K, V>>(handles: &mut [H]) -> u64 {
        let mut sum = 0u64;
        for handle in handles {
            handle.iterate(|_, value| sum = sum.wrapping_add(answer::visited(value.fingerprint())));
        }
        sum
    }

    /// Takes every entry out of every map. Likewise.
    #[inline(never)]
    fn operations_empty_all<K: Key, V: Value, H: Handle<K, V>>(handles: &mut [H]) -> u64 {
        for handle in handles {
            handle.clear();
        }
        answer::cleared()
    }
}

impl<F: MapFamily> Loops for F {}

/// Does the calls of `range`, each run of one kind on one map by the loop of that kind. `handles` has one for each map.
#[inline(always)]
fn operations_in_runs<F: Loops, K: Key, V: Value, H: Handle<K, V>, W: Witness>(
    handles: &mut [H],
    batch: &Batch,
    range: Range<usize>,
    mut witness: W,
) -> W {
    // A batch of other keys than the map's has no calls for it: its answers are then wrong.
    let Some(keys) = batch.keys.store::<K>() else { return witness };
    for (op, run) in batch.runs(range) {
        let instance = batch.instance(run.start);
        // Once, where all keys have one length; else for each stretch of keys that have.
        let mut rest = run;
        while !rest.is_empty() {
            let run = keys.alike(rest.clone());
            rest.start = run.end;
            let keys = keys.range(run.clone());
            let Some(handle) = handles.get_mut(instance) else { return witness };
            witness = match op {
                Op::Get | Op::GetMissing => {
                    operations_get::<F, K, V, H, W>(handle, batch, keys, run, witness)
                }
                // Whether the key is there makes no other call of it.
                Op::Insert | Op::Upsert => {
                    operations_insert::<F, K, V, H, W>(handle, batch, keys, run, witness)
                }
                Op::Update => operations_update::<F, K, V, H, W>(handle, batch, keys, run, witness),
                Op::Remove => operations_remove::<F, K, V, H, W>(handle, batch, keys, run, witness),
                // A map has no code for what it does not offer.
                Op::Entry if const { F::INFO.offers(Op::Entry) } => {
                    operations_entry::<F, K, V, H, W>(handle, batch, keys, run, witness)
                }
                Op::Modify if const { F::INFO.offers(Op::Modify) } => {
                    operations_modify::<F, K, V, H, W>(handle, batch, keys, run, witness)
                }
                Op::Scan if const { F::INFO.offers(Op::Scan) } => {
                    operations_scan::<K, V, H, W>(handle, batch, keys, run, witness)
                }
                // Its answers are then missing.
                Op::Entry | Op::Modify | Op::Scan => witness,
                Op::Iterate => operations_iterate::<F, K, V, H, W>(handles, batch, keys, run, witness),
                Op::Clear => operations_clear::<F, K, V, H, W>(handles, batch, keys, run, witness),
            };
        }
    }
    witness
}

/// A loop for each kind of call, as a program has it that does only this, on one map or on all. `$answer` is the call: of its
/// key, or of its key and a function that makes the value it hands over. `$begin` is how the witness is told.
macro_rules! loops {
    ($($name:ident, $begin:ident($handle:ident: $on:ty, $($passed:ident),+): $answer:expr;)*) => {$(
        #[inline(always)]
        fn $name<'k, F: Loops, K: Key, V: Value, H: Handle<K, V>, W: Witness>(
            $handle: &mut $on,
            batch: &Batch,
            keys: impl Iterator<Item = &'k K::Ref>,
            run: Range<usize>,
            mut witness: W,
        ) -> W {
            each_call!(batch, keys, run, witness, $begin, $($passed),+: $answer);
            witness
        }
    )*};
}

/// Does the calls of a run. What a value is made of is worked out before the call begins; the value is made inside of it.
macro_rules! each_call {
    ($batch:ident, $keys:ident, $run:ident, $witness:ident, $begin:ident, $key:ident: $answer:expr) => {
        debug_assert!($run.end <= $batch.len());
        for (place, $key) in $run.zip($keys) {
            $witness.$begin(place);
            let answer = $answer;
            $witness.end(place, answer);
        }
    };
    ($batch:ident, $keys:ident, $run:ident, $witness:ident, $begin:ident, $key:ident, $value:ident: $answer:expr) => {
        let (sizes, salt) = ($batch.value_sizes(), $batch.salt());
        for (place, (call, $key)) in ($run.start..).zip($batch.calls[$run].iter().zip($keys)) {
            let $value = || make_value::<V>(sizes.at(place), tag(K::digest($key), call.version(), salt));
            $witness.$begin(place);
            let answer = $answer;
            $witness.end(place, answer);
        }
    };
}

/// The loop of scans, which alone are of so many entries.
#[inline(always)]
fn operations_scan<'k, K: Key, V: Value, H: Handle<K, V>, W: Witness>(
    handle: &mut H,
    batch: &Batch,
    keys: impl Iterator<Item = &'k K::Ref>,
    run: Range<usize>,
    mut witness: W,
) -> W {
    for (place, key) in run.zip(keys) {
        witness.begin_untimed(place);
        let mut sum = 0u64;
        handle.scan(key, batch.scan_entries(), |_, value| {
            sum = sum.wrapping_add(answer::visited(value.fingerprint()));
        });
        witness.end(place, sum);
    }
    witness
}

loops! {
    operations_get, begin_untimed(handle: H, key): answer::looked_up(handle.get(key, V::fingerprint));
    operations_remove, begin_untimed(handle: H, key): answer::found(handle.remove(key));
    operations_iterate, begin(handles: [H], _key): F::operations_over_all::<K, V, H>(handles);
    operations_clear, begin(handles: [H], _key): F::operations_empty_all::<K, V, H>(handles);
    operations_insert, begin(handle: H, key, value): answer::inserted(handle.insert(make_key::<K>(key), value()));
    operations_update, begin(handle: H, key, value): answer::found(handle.update(key, value()));
    operations_entry, begin(handle: H, key, value): {
        answer::looked_up(handle.entry(make_key::<K>(key), value, V::fingerprint))
    };
    operations_modify, begin(handle: H, key): answer::looked_up(handle.modify(key, |value: &mut V| {
        let before = value.fingerprint();
        value.change();
        before
    }));
}
