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
//! `clear`) have no one right answer then, and are refused ([`super::cross_checks::threads`]).
//!
//! Everything here lives in harness memory, and a stream allocates nothing of the measured kind.

use std::marker::PhantomData;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::access::Picker;
use super::answer::{self, Checksum};
use super::bit_mixer::{GOLDEN, below, mix};
use super::call_batch::{Batch, CallByte, Effect, VERSIONS};
use super::draw::Draw;
use super::entry_picker::EntryPicker;
use super::expiry::Expiry;
use super::key_ids::Ids;
use super::live_set::{Entry, LiveSet};
use super::live_sums::LiveSums;
use super::op::{About, Answers, OpInfo, Touch};
use super::operation_source::OperationSource;
use super::ordered_set::OrderedSet;
use super::payload::key_types::key_types;
use super::payload::{Key, KeyScratch, KeyStore};
use super::spec::{Access, Op, StepKind, Workload};
use crate::capture::{HarnessVec, harness_vec};

/// What one thread does to the map.
#[derive(Debug)]
pub struct Stream<K> {
    phases: HarnessVec<Plan>,
    /// The phase at work.
    phase: usize,
    /// Operations that it has left.
    left: u64,
    picker: EntryPicker,
    rng: Xoshiro256PlusPlus,
    ids: Ids,
    /// Bytes of a key on average.
    mean_length: usize,
    live: LiveSet,
    /// None where entries live until they are removed.
    expiry: Option<Expiry>,
    sums: LiveSums,
    /// The most entries that a scan visits.
    scan_entries: usize,
    /// The live entries in the order of their keys: only scans need them.
    ordered: Option<OrderedSet>,
    checksum: Checksum,
    trace: Checksum,
    hits: u64,
    /// The type of the keys, as they are written into a batch.
    keys: PhantomData<fn() -> K>,
}

/// One phase, ready to be run.
#[derive(Debug)]
struct Plan {
    ops: u64,
    access: Access,
    work: Draw,
}

/// The share of thread `thread` out of `threads` of a workload whose keys are of a built-in type; `None` if they are not.
pub fn open(
    workload: &Workload,
    seed: u64,
    thread: usize,
    threads: usize,
) -> Option<Box<dyn OperationSource>> {
    macro_rules! by_name {
        ($($key:ty),*) => {$(
            if workload.key.is_of(&<$key as Key>::INFO) {
                return Some(Box::new(Stream::<$key>::new(workload, seed, thread, threads)));
            }
        )*};
    }
    key_types!(by_name);
    None
}

impl<K: Key> OperationSource for Stream<K> {
    fn keys(&self) -> KeyScratch {
        KeyScratch::of::<K>()
    }

    fn begin_phase(&mut self, index: usize) {
        self.phase = index;
        self.left = 0;
        let Some(plan) = self.phases.get(index) else { return };
        if let Draw::Step(kind) = plan.work {
            self.step(kind);
            return;
        }
        self.left = plan.ops;
        self.picker.begin(plan.access);
    }

    fn next_batch(&mut self, batch: &mut Batch) -> u64 {
        let plan = self.phases.get(self.phase);
        let only = plan.and_then(|plan| plan.work.only()).filter(|_| self.expiry.is_none());
        batch.begin(only, self.sums.same_size(), self.sums.salt());
        batch.set_scan_entries(self.scan_entries);
        let Some(plan) = plan else {
            return 0;
        };
        if self.left == 0 {
            return 0;
        }
        let calls = plan.work.calls();
        let ops = self.left.min((batch.limit() / calls).max(1) as u64);
        self.left -= ops;
        for _ in 0..ops {
            if self.expiry.as_mut().is_some_and(Expiry::tick) {
                self.call(Op::Remove, batch);
                continue;
            }
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
                    self.call(op, batch);
                }
                Draw::Each(_) => {
                    for place in 0..calls {
                        if let Draw::Each(list) = &self.phases[self.phase].work
                            && let Some(&op) = list.get(place)
                        {
                            self.call(op, batch);
                        }
                    }
                }
                // It has no operations.
                Draw::Step(_) => {}
            }
        }
        ops
    }

    fn look_ups(&self, count: usize, batch: &mut Batch) {
        let access = self.phases.get(self.phase).map_or(Access::Uniform, |plan| plan.access);
        let (mut picker, mut rng) = (Picker::new(access), self.rng.clone());
        batch.begin(Some(Op::Get), Some(0), self.sums.salt());
        let live = self.live.len();
        for _ in 0..if live > 0 { count } else { 0 } {
            let entry = self.live.entry(picker.pick(live, || rng.next_u64()));
            let code = self.ids.present(entry.id);
            let Some(keys) = batch.keys.store_mut::<K>() else { return };
            let place = keys.len();
            keys.push(code, self.ids.least_length(), self.ids.length(code));
            let found = self.sums.fingerprint(|| K::digest(keys.get(place)), entry);
            batch.push(CallByte::new(Op::Get, 0));
            batch.answers.push(answer::looked_up(Some(found)));
        }
    }

    fn bytes_per_call(&self) -> usize {
        let size = if self.sums.same_size().is_none() { size_of::<u32>() } else { 0 };
        // Of several maps the next call is seldom about the same.
        let (instance, ends) = match self.ids.instances() {
            // An entry's end may come between any two.
            1 if self.expiry.is_some() => (0, 1.0),
            1 => (0, self.phases.iter().map(|phase| phase.work.run_ends_per_call()).fold(0.0, f64::max)),
            _ => (size_of::<u32>(), 1.0),
        };
        let run_ends = (ends * size_of::<u32>() as f64).ceil() as usize;
        // Where lengths differ, a batch has the end of each key.
        let key = self.ids.fixed_length().unwrap_or(self.mean_length + size_of::<u32>());
        size_of::<CallByte>() + key + size + instance + run_ends
    }

    fn checksum(&self) -> Checksum {
        self.checksum
    }

    fn trace(&self) -> Checksum {
        self.trace
    }

    fn entries(&self) -> u64 {
        self.live.len()
    }

    fn payload_bytes(&self) -> u64 {
        self.sums.payload_bytes(self.live.len())
    }

    fn block_bytes(&self) -> u64 {
        self.sums.block_bytes(self.live.len())
    }

    fn held_bytes(&self) -> u64 {
        self.sums.held_bytes()
    }

    fn hits(&self) -> u64 {
        self.hits
    }
}

impl<K: Key> Stream<K> {
    /// The share of thread `thread` out of `threads`, before the first phase. The workload must have passed
    /// [`super::cross_checks`].
    pub fn new(workload: &Workload, seed: u64, thread: usize, threads: usize) -> Stream<K> {
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
        let ids = Ids::new(workload, mix(base ^ 1), thread, threads);
        Stream {
            phases,
            phase: 0,
            left: 0,
            picker: EntryPicker::new(workload),
            rng: Xoshiro256PlusPlus::seed_from_u64(base ^ mix(thread)),
            sums: LiveSums::new(workload, mix(base ^ 2), ids.fixed_length()),
            ids,
            mean_length: workload.key.length.mean(),
            live: LiveSet::new(),
            expiry: Expiry::new(workload, threads),
            scan_entries: workload.scan_entries as usize,
            ordered: workload.calls(Op::Scan).then(OrderedSet::default),
            checksum: Checksum::EMPTY,
            trace: Checksum::EMPTY,
            hits: 0,
            keys: PhantomData,
        }
    }

    /// Has keys count as no payload, for a map that keeps none.
    pub fn without_keys(mut self) -> Stream<K> {
        self.sums.leave_keys_out();
        self
    }

    /// Adds one call to the batch, its right answer to the checksum, and its effect to the model.
    #[inline]
    fn call(&mut self, op: Op, batch: &mut Batch) {
        let (entries, payload, blocks) = (self.live.len(), self.payload_bytes(), self.block_bytes());
        let (info, held) = (op.info(), self.held_bytes());
        let subject = self.subject(info);
        let code = match subject {
            Subject::Fresh(id) => self.ids.present(id),
            Subject::Live(entry) | Subject::Removed(entry) => self.ids.present(entry.id),
            Subject::Replaced { entry, .. } => self.ids.present(entry.id),
            Subject::Absent(near) if info.about == About::Absent => self.ids.missing(near),
            Subject::Absent(id) => self.ids.present(id),
            Subject::All => 0,
        };
        let Some(keys) = batch.keys.store_mut::<K>() else {
            // A batch is made for the stream that fills it; in another one the calls would have no keys.
            return;
        };
        let place = keys.len();
        let length = self.ids.length(code);
        keys.push(code, self.ids.least_length(), length);
        let digest = || K::digest(keys.get(place));
        let mut size = 0;
        let mut version = 0;
        // What the look-up of a live key finds, if this is one.
        let mut found = None;
        match subject {
            Subject::Fresh(_) => {
                if let Some(expiry) = &mut self.expiry {
                    expiry.insert();
                }
                self.sums.hold_key(length, true);
                size = self.sums.weigh(digest, Entry::FRESH, true);
            }
            Subject::Replaced { entry, version: new } => {
                self.sums.weigh(digest, entry, false);
                size = self.sums.weigh(digest, Entry { version: new, ..Entry::FRESH }, true);
                version = new % VERSIONS;
            }
            Subject::Removed(entry) => {
                if let Some(expiry) = &mut self.expiry {
                    expiry.remove_oldest();
                }
                self.sums.hold_key(length, false);
                self.sums.weigh(digest, entry, false);
            }
            Subject::Live(entry) => {
                found = Some(self.sums.fingerprint(digest, entry));
                self.hits += u64::from(info.answers != Answers::ValuesFrom);
                if info.touch == Touch::Modifies && self.sums.iterates() {
                    self.sums.weigh(digest, entry, false);
                    let changes = (entry.changes + 1) % VERSIONS;
                    self.sums.weigh(digest, Entry { changes, ..entry }, true);
                }
            }
            // With nothing live, these ask for the key that comes next, which is not there yet.
            Subject::Absent(_) if info.hands_over => {
                version = 1;
                size = self.sums.size_of_value(digest, 1);
            }
            Subject::Absent(_) => {}
            Subject::All if info.touch == Touch::Removes => self.clear(),
            Subject::All => {}
        }
        if self.sums.has_holders() {
            self.follow_holders(info, subject, digest);
        }
        let map = self.map_of(subject);
        if self.ordered.is_some() {
            self.follow_order(info, subject, map, code, digest);
        }
        let answer = match info.answers {
            Answers::WhetherNew => answer::inserted(matches!(subject, Subject::Fresh(_))),
            Answers::WhetherThere => {
                answer::found(matches!(subject, Subject::Replaced { .. } | Subject::Removed(_)))
            }
            Answers::Value | Answers::ValueOrNew => answer::looked_up(found),
            Answers::AllValues => self.sums.all_values(self.live.len()),
            Answers::ValuesFrom => {
                self.ordered.as_ref().map_or(0, |ordered| ordered.scan(map, code, self.scan_entries))
            }
            Answers::Nothing => answer::cleared(),
        };
        let byte = CallByte::new(op, version);
        self.checksum.fold(answer);
        self.trace.fold(code.wrapping_add(u64::from(byte.byte()) + 1));
        batch.push(byte);
        if self.ids.instances() > 1 {
            batch.push_instance(map);
        }
        if self.sums.same_size().is_none() {
            batch.push_size(size);
        }
        if batch.is_checked() {
            batch.answers.push(answer);
            batch.effects.push(match subject {
                Subject::All if info.touch == Touch::Removes => Effect::NOTHING_LEFT,
                // One key and one value at most, each of 2^30 bytes at most.
                _ => Effect {
                    entries: self.live.len().wrapping_sub(entries) as i32,
                    payload: self.payload_bytes().wrapping_sub(payload) as i32,
                    blocks: self.block_bytes().wrapping_sub(blocks) as i32,
                },
            });
            if self.sums.has_holders() {
                batch.held.push(self.held_bytes().wrapping_sub(held) as i64);
            }
        } else {
            batch.fold.add(answer);
        }
    }

    /// Which of several maps a call is about; 0 if it is about all.
    #[inline]
    fn map_of(&self, subject: Subject) -> u32 {
        match subject {
            Subject::All => 0,
            Subject::Fresh(id) | Subject::Absent(id) => self.ids.instance(id),
            Subject::Live(entry) | Subject::Removed(entry) => self.ids.instance(entry.id),
            Subject::Replaced { entry, .. } => self.ids.instance(entry.id),
        }
    }

    /// Lets the ordered set follow a call.
    #[cold]
    fn follow_order(
        &mut self,
        info: &OpInfo,
        subject: Subject,
        map: u32,
        code: u64,
        digest: impl Fn() -> u64,
    ) {
        let now = match subject {
            Subject::Fresh(_) => Entry::FRESH,
            Subject::Replaced { version, .. } => Entry { version, ..Entry::FRESH },
            Subject::Live(entry) if info.touch == Touch::Modifies => {
                Entry { changes: (entry.changes + 1) % VERSIONS, ..entry }
            }
            Subject::Removed(_) => {
                if let Some(ordered) = &mut self.ordered {
                    ordered.remove(map, code);
                }
                return;
            }
            Subject::Live(_) | Subject::Absent(_) | Subject::All => return,
        };
        let fingerprint = self.sums.fingerprint(digest, now);
        if let Some(ordered) = &mut self.ordered {
            ordered.put(map, code, fingerprint);
        }
    }

    /// Follows which values others hold too, and which of these the map lets go.
    #[cold]
    fn follow_holders(&mut self, info: &OpInfo, subject: Subject, digest: impl Fn() -> u64) {
        let version = |version| Entry { version, ..Entry::FRESH };
        match subject {
            Subject::Fresh(_) => self.sums.share(&digest, Entry::FRESH, false),
            Subject::Replaced { entry, version: new } => {
                self.sums.share(&digest, entry, true);
                self.sums.share(&digest, version(new), false);
            }
            Subject::Removed(entry) => self.sums.share(&digest, entry, true),
            // Changing a held value in place copies it first.
            Subject::Live(entry) if info.touch == Touch::Modifies => self.sums.share(&digest, entry, true),
            // Made, and not put in.
            Subject::Absent(_) if info.hands_over => {
                self.sums.share(&digest, version(1), false);
                self.sums.share(&digest, version(1), true);
            }
            Subject::Live(_) | Subject::Absent(_) | Subject::All => {}
        }
    }

    /// Lets the model follow a step of the life cycle.
    fn step(&mut self, kind: StepKind) {
        if kind.info().empties {
            self.clear();
        }
        // No byte of a call is as large.
        self.trace.fold(1 + (1 << 8) + kind as u64);
    }

    /// Forgets every entry.
    fn clear(&mut self) {
        self.live.clear();
        if let Some(ordered) = &mut self.ordered {
            ordered.clear();
        }
        self.sums.clear();
        if let Some(expiry) = &mut self.expiry {
            expiry.clear();
        }
    }

    /// Chooses what a call is about, and lets the model follow.
    #[inline]
    fn subject(&mut self, info: &OpInfo) -> Subject {
        let live = !self.live.is_empty();
        match info.about {
            About::Absent if info.inserts => Subject::Fresh(self.live.insert()),
            About::Absent => {
                let near = below(self.rng.next_u64(), u64::from(self.live.next_id()));
                Subject::Absent(near as u32)
            }
            About::Either if live && self.rng.next_u64() >> 63 == 0 => self.touched(info.touch),
            About::Either => Subject::Fresh(self.live.insert()),
            About::Live | About::From if live => self.touched(info.touch),
            About::Live | About::From => Subject::Absent(self.live.next_id()),
            About::All => Subject::All,
        }
    }

    /// Chooses a live entry, of which there must be one, and does to it what an operation does.
    #[inline]
    fn touched(&mut self, touch: Touch) -> Subject {
        if touch == Touch::Removes {
            let rank = self.picker.removal(&self.live, &mut self.rng);
            return Subject::Removed(self.live.remove(rank));
        }
        let rank = self.picker.pick(&self.live, &self.ids, &mut self.rng);
        let entry = self.live.entry(rank);
        match touch {
            Touch::Replaces => return Subject::Replaced { entry, version: self.live.bump(rank) },
            Touch::Modifies => self.live.change(rank),
            Touch::Reads | Touch::Removes => {}
        }
        Subject::Live(entry)
    }
}

/// What a call is about.
#[derive(Debug, Clone, Copy)]
enum Subject {
    /// A key that is put in.
    Fresh(u32),
    /// A live entry that is read, or changed in place: as it was.
    Live(Entry),
    /// A live entry whose value was replaced: as it was, and its new version.
    Replaced { entry: Entry, version: u8 },
    /// An entry that was taken out.
    Removed(Entry),
    /// A key that is not there: of an entry that comes next where no entry is live, else one that is never inserted, near that of
    /// the entry.
    Absent(u32),
    /// All entries.
    All,
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
