//! The operation stream: the calls that a workload makes of a map, in batches, with the answers that a correct map
//! gives.
//!
//! A stream is a function of workload, seed, thread and number of threads and of nothing else: it is the same in
//! every pass, over every map and on every machine. Its generator is xoshiro256++ as the `rand` crate has it; the
//! tests hold golden checksums.
//!
//! The stream keeps a model of the map ([`LiveSet`]), so it knows the right answer of each call when it makes it.
//! That stays true with several threads because keys are dealt out: of all ids, thread t of n has those that are t
//! modulo n, and works on no others, though all share one map. Calls that see other threads' entries (`iterate`,
//! `clear`) have no one right answer then, and are refused ([`super::check::threads`]).
//!
//! Everything here lives in harness memory, and a stream allocates nothing of the measured kind.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::access::Picker;
use super::answer::{self, Checksum};
use super::ids::Ids;
use super::live::{Entry, LiveSet};
use super::mix::{GOLDEN, below, mix};
use super::payload::{Key, KeyScratch, fingerprint_of};
use super::size::Sizes;
use super::spec::{Access, Op, ValueKind, Work, Workload};
use crate::capture::{HarnessVec, harness_vec};

/// The most calls in a batch. The longer a batch, the less of it runs on a cache that the generator has been at; this
/// many take 13 MB with string keys of 24 bytes.
pub const BATCH: usize = 262_144;

/// One call of the map; its key is in the batch's scratch, at the call's own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub op: Op,
    /// Bytes of the value that is handed over, if one is.
    pub size: u32,
    /// What that value carries.
    pub tag: u64,
    /// What a correct map comes to (see [`answer`]). With it beside the call, the loop that is timed checks an answer in
    /// two instructions that wait for no other.
    pub answer: u64,
}

/// What a call does to the number of entries and to their key and value bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Entries more or fewer; [`Effect::NOTHING_LEFT`] has no number.
    pub entries: i32,
    /// Key and value bytes more or fewer.
    pub payload: i32,
}

impl Effect {
    /// No entry is left, however many there were.
    pub const NOTHING_LEFT: Effect = Effect { entries: i32::MIN, payload: i32::MIN };

    /// Adds the effect to entries and their bytes.
    pub fn apply(self, entries: &mut u64, payload: &mut u64) {
        if self == Effect::NOTHING_LEFT {
            (*entries, *payload) = (0, 0);
        } else {
            *entries = entries.wrapping_add_signed(self.entries.into());
            *payload = payload.wrapping_add_signed(self.payload.into());
        }
    }
}

/// Calls with their keys, written before the clock starts.
#[derive(Debug)]
pub struct Batch {
    /// The calls, in order.
    pub calls: HarnessVec<Call>,
    /// The key of each call. `iterate` and `clear` have one too, without meaning, so that places agree.
    pub keys: KeyScratch,
    /// The effect of each call, so that entries and payload are known at any of them.
    pub effects: HarnessVec<Effect>,
}

impl Batch {
    /// A batch without calls.
    pub fn new() -> Self {
        let (mut calls, mut effects) = (harness_vec(), harness_vec());
        calls.reserve_exact(BATCH);
        effects.reserve_exact(BATCH);
        Batch { calls, keys: KeyScratch::new(), effects }
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

/// What one thread does to the map.
#[derive(Debug)]
pub struct Stream {
    phases: HarnessVec<Plan>,
    /// The phase at work.
    phase: usize,
    /// Operations that it has left.
    left: u64,
    picker: Picker,
    rng: Xoshiro256PlusPlus,
    ids: Ids,
    kind: ValueKind,
    sizes: Sizes,
    /// What makes tags differ between seeds.
    salt: u64,
    live: LiveSet,
    /// Whether the sum of live fingerprints is kept: only iterations need it.
    iterates: bool,
    /// Whether the sizes of live values are added up; not if all are the same.
    weighs: bool,
    fingerprints: u64,
    value_bytes: u64,
    checksum: Checksum,
    trace: Checksum,
    hits: u64,
}

/// One phase, ready to be run.
#[derive(Debug)]
struct Plan {
    ops: u64,
    access: Access,
    work: Draw,
}

/// How a phase's calls are chosen.
#[derive(Debug)]
enum Draw {
    /// One of these; each holds 64 random bits below its bound that are not below the one before.
    Mix(HarnessVec<(u64, Op)>),
    /// All of these.
    Each(HarnessVec<Op>),
}

impl Stream {
    /// The share of thread `thread` out of `threads`, before the first phase. The workload must have passed
    /// [`super::check`].
    pub fn new(workload: &Workload, seed: u64, thread: usize, threads: usize) -> Stream {
        let (thread, threads) = (thread as u64, threads.max(1) as u64);
        let base = mix(seed.wrapping_add(GOLDEN));
        let mut phases = harness_vec();
        for phase in &workload.phases {
            phases.push(Plan {
                ops: phase.ops / threads + u64::from(thread < phase.ops % threads),
                access: phase.access,
                work: Draw::new(&phase.work),
            });
        }
        let sizes = Sizes::new(match workload.value.kind {
            ValueKind::Unit => super::spec::Size::Fixed(0),
            ValueKind::U64 => super::spec::Size::Fixed(8),
            ValueKind::Array | ValueKind::Boxed | ValueKind::Vec => workload.value.size,
        });
        Stream {
            phases,
            phase: 0,
            left: 0,
            picker: Picker::new(Access::Uniform),
            rng: Xoshiro256PlusPlus::seed_from_u64(base ^ mix(thread)),
            ids: Ids::new(workload, mix(base ^ 1), thread, threads),
            kind: workload.value.kind,
            sizes,
            salt: mix(base ^ 2),
            live: LiveSet::new(),
            iterates: workload.calls(Op::Iterate),
            weighs: !matches!(sizes, Sizes::Fixed(_)),
            fingerprints: 0,
            value_bytes: 0,
            checksum: Checksum::EMPTY,
            trace: Checksum::EMPTY,
            hits: 0,
        }
    }

    /// Turns to the phase `index`: this thread's share of its operations comes next.
    pub fn begin_phase(&mut self, index: usize) {
        self.phase = index;
        self.left = 0;
        if let Some(plan) = self.phases.get(index) {
            self.left = plan.ops;
            self.picker = Picker::new(plan.access);
        }
    }

    /// Fills the batch with the next calls of the phase, under the key type `K` of the workload. Returns the
    /// operations in it, 0 at the end of the phase. Once the batch has been full, all that still grows is the
    /// model, and that in harness memory.
    pub fn next_batch<K: Key>(&mut self, batch: &mut Batch) -> u64 {
        batch.calls.clear();
        batch.keys.clear();
        batch.effects.clear();
        let Some(plan) = self.phases.get(self.phase) else {
            return 0;
        };
        let calls = match &plan.work {
            Draw::Mix(_) => 1,
            Draw::Each(ops) => ops.len().max(1),
        };
        let ops = self.left.min((BATCH / calls).max(1) as u64);
        self.left -= ops;
        for _ in 0..ops {
            // Looked up anew for each operation, since a call needs all of the stream. It is one load.
            match &self.phases[self.phase].work {
                Draw::Mix(odds) => {
                    let op = match odds.as_slice() {
                        [(_, only)] => *only,
                        odds => {
                            let bits = self.rng.next_u64();
                            let chosen = odds.iter().find(|(bound, _)| bits < *bound);
                            match chosen.or(odds.last()) {
                                Some((_, op)) => *op,
                                None => continue,
                            }
                        }
                    };
                    self.call::<K>(op, batch);
                }
                Draw::Each(_) => {
                    for place in 0..calls {
                        if let Draw::Each(list) = &self.phases[self.phase].work
                            && let Some(&op) = list.get(place)
                        {
                            self.call::<K>(op, batch);
                        }
                    }
                }
            }
        }
        ops
    }

    /// The checksum of the right answers to all calls so far.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// The checksum of all calls so far, whatever their answers: operation, key and value of each. Insertions and
    /// removals are answered alike under any seed, so it is this that tells two streams apart where
    /// [`Stream::checksum`] cannot.
    pub fn trace(&self) -> Checksum {
        self.trace
    }

    /// Live entries of this thread's share.
    pub fn entries(&self) -> u64 {
        self.live.len()
    }

    /// Bytes of the keys and values of the live entries of this thread's share; a `u64` counts 8, a unit 0.
    pub fn payload_bytes(&self) -> u64 {
        let values = match self.sizes {
            Sizes::Fixed(bytes) => self.live.len() * u64::from(bytes),
            Sizes::Uniform { .. } | Sizes::Pareto(_) => self.value_bytes,
        };
        self.live.len() * self.ids.length() as u64 + values
    }

    /// Calls of `get` that found their key, so far.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Adds one call to the batch, its right answer to the checksum, and its effect to the model.
    #[inline]
    fn call<K: Key>(&mut self, op: Op, batch: &mut Batch) {
        let nothing = |op| Call { op, size: 0, tag: 0, answer: 0 };
        let live = !self.live.is_empty();
        let (entries, payload) = (self.live.len(), self.payload_bytes());
        let (call, code, answer) = match op {
            Op::Insert => self.insert(op),
            Op::Upsert => {
                if live && self.rng.next_u64() >> 63 == 0 {
                    let (call, code) = self.replace(op);
                    (call, code, answer::inserted(false))
                } else {
                    self.insert(op)
                }
            }
            Op::Get if live => {
                let entry = self.pick();
                let tag = self.tag(entry);
                let fingerprint = fingerprint_of(self.kind, self.sizes.of(tag) as usize, tag);
                self.hits += 1;
                (nothing(op), self.ids.present(entry.id), answer::looked_up(Some(fingerprint)))
            }
            Op::Update if live => {
                let (call, code) = self.replace(op);
                (call, code, answer::found(true))
            }
            Op::Remove if live => {
                let (ordered, rng) = (self.live.ordered(), &mut self.rng);
                let rank = self.picker.pick_removal(self.live.len(), ordered, || rng.next_u64());
                let entry = self.live.remove(rank);
                self.weigh(entry, false);
                (nothing(op), self.ids.present(entry.id), answer::found(true))
            }
            // With nothing live, these ask for the key that comes next, which is not there yet.
            Op::Get => (nothing(op), self.ids.present(self.live.next_id()), answer::looked_up(None)),
            Op::Update => {
                let id = self.live.next_id();
                let tag = self.tag(Entry { id, version: 1 });
                let size = self.sizes.of(tag);
                (Call { op, size, tag, answer: 0 }, self.ids.present(id), answer::found(false))
            }
            Op::Remove => (nothing(op), self.ids.present(self.live.next_id()), answer::found(false)),
            Op::GetMissing => {
                let near = below(self.rng.next_u64(), u64::from(self.live.next_id()));
                (nothing(op), self.ids.missing(near as u32), answer::looked_up(None))
            }
            Op::Iterate => {
                let entries = self.live.len().wrapping_mul(answer::ENTRY);
                (nothing(op), 0, self.fingerprints.wrapping_add(entries))
            }
            Op::Clear => {
                self.live.clear();
                self.fingerprints = 0;
                self.value_bytes = 0;
                (nothing(op), 0, answer::cleared())
            }
        };
        self.checksum.fold(answer);
        self.trace.fold(code ^ call.tag.wrapping_add(call.op as u64 + 1));
        batch.calls.push(Call { answer, ..call });
        batch.effects.push(match op {
            Op::Clear => Effect::NOTHING_LEFT,
            // One key and one value at the most, each of 2^30 bytes at the most.
            _ => Effect {
                entries: self.live.len().wrapping_sub(entries) as i32,
                payload: self.payload_bytes().wrapping_sub(payload) as i32,
            },
        });
        K::write(&mut batch.keys, code, self.ids.length());
    }

    /// Puts a fresh entry in.
    #[inline]
    fn insert(&mut self, op: Op) -> (Call, u64, u64) {
        let id = self.live.insert();
        let (size, tag) = self.weigh(Entry { id, version: 0 }, true);
        (Call { op, size, tag, answer: 0 }, self.ids.present(id), answer::inserted(true))
    }

    /// Gives a live entry a new value.
    #[inline]
    fn replace(&mut self, op: Op) -> (Call, u64) {
        let rng = &mut self.rng;
        let rank = self.picker.pick(self.live.len(), || rng.next_u64());
        let old = self.live.entry(rank);
        self.weigh(old, false);
        let version = self.live.bump(rank);
        let (size, tag) = self.weigh(Entry { id: old.id, version }, true);
        (Call { op, size, tag, answer: 0 }, self.ids.present(old.id))
    }

    /// A live entry; there must be one.
    #[inline]
    fn pick(&mut self) -> Entry {
        let rng = &mut self.rng;
        let rank = self.picker.pick(self.live.len(), || rng.next_u64());
        self.live.entry(rank)
    }

    /// What the entry's value carries. No two entries' values carry the same, nor do two of 256 versions in a row of one
    /// entry, so a lost update and a value under a wrong key both show.
    #[inline]
    fn tag(&self, entry: Entry) -> u64 {
        mix((self.ids.global(entry.id) | u64::from(entry.version) << 32) ^ self.salt)
    }

    /// Size and tag of an entry's value, added to the sums or taken from them where those are kept.
    #[inline]
    fn weigh(&mut self, entry: Entry, add: bool) -> (u32, u64) {
        if !add && !self.iterates && !self.weighs {
            return (0, 0);
        }
        let tag = self.tag(entry);
        let size = self.sizes.of(tag);
        let signed = |sum: u64, part: u64| {
            if add { sum.wrapping_add(part) } else { sum.wrapping_sub(part) }
        };
        if self.weighs {
            self.value_bytes = signed(self.value_bytes, u64::from(size));
        }
        if self.iterates {
            let fingerprint = fingerprint_of(self.kind, size as usize, tag);
            self.fingerprints = signed(self.fingerprints, fingerprint);
        }
        (size, tag)
    }
}

impl Draw {
    fn new(work: &Work) -> Self {
        match work {
            Work::Each(list) => {
                let mut ops = harness_vec();
                ops.extend_from_slice(list);
                Draw::Each(ops)
            }
            Work::Mix(mix) => {
                let mut odds = harness_vec();
                let mut sum = 0.0;
                for (op, percent) in mix {
                    if *percent > 0.0 {
                        sum += percent;
                        // The cast saturates; the last one takes what rounding leaves.
                        odds.push(((sum / 100.0 * 18_446_744_073_709_551_616.0) as u64, *op));
                    }
                }
                Draw::Mix(odds)
            }
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
