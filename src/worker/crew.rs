//! The worker threads of a workload: each does its share of every phase, and they meet at its end.
//!
//! They wait for each other at a barrier twice in each phase: when all have done their share, and when the first worker has read the figures.
//! They also wait before each batch of a time pass, and where they hand their entries over. The first worker is the child's main thread; the
//! others do no operation while it reads.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};

use super::map_moment::{Holding, Moment};
use super::maps_of_run::Look;
use super::observer::holding_at_peak;
use super::operating_time::OperatingTime;
use super::pass_table::Replay;
use super::session::{Session, Timed};
use super::worker_thread::{Hand, Manner, Worker};
use crate::capture::clock::ClockSource;
use crate::capture::ledger::{self, Counts};
use crate::error::Result;
use crate::workload::OperationSource;
use crate::workload::answer::{Checksum, Fold};
use crate::workload::spec::{Phase, Workload};

/// Points of the timeline that a run has, about.
const POINTS: u64 = 300;

/// The most calls of a slice of a timed pass, which keeps a list of one slice's ticks.
const TIMED_SLICE: usize = 16_384;

/// Bytes that the operations of all threads may take before their clock starts, where they are folded. What the stream
/// knows of the live entries comes on top, at most 5 bytes each.
pub const OPERATION_BYTES: usize = 256 << 20;

/// Opens the source of the operations of the thread with this number, on that thread.
pub(super) type OpenSource<'w> = &'w (dyn Fn(usize) -> Box<dyn OperationSource> + Sync);

/// What the workers of one run share.
pub(super) struct Crew<'w> {
    pub(super) workload: &'w Workload,
    pub(super) open: OpenSource<'w>,
    pub(super) answers: bool,
    /// Bytes of the vector that several maps lie in.
    pub(super) vector_bytes: u64,
    pub(super) threads: usize,
    pub(super) manner: Manner,
    pub(super) barrier: Barrier,
    pub(super) stop: AtomicBool,
    pub(super) done: AtomicU64,
    /// Entries and payload bytes of all workers at the ends of their last slices.
    pub(super) entries: AtomicU64,
    pub(super) payload_bytes: AtomicU64,
    pub(super) block_bytes: AtomicU64,
    pub(super) held_bytes: AtomicU64,
    /// Calls in a slice; at its end a point of the timeline may be taken.
    pub(super) slice: usize,
    pub(super) deposits: Mutex<Vec<Deposit>>,
    /// By thread: what it hands over to the next one.
    handed_over: Vec<Mutex<Option<Share>>>,
    /// Of several threads, when they operated in the phase at work.
    pub(super) operating: OperatingTime,
    pub(super) wrong: Mutex<Option<String>>,
}

/// A thread's share of the entries.
struct Share {
    source: Box<dyn OperationSource>,
    holding: Holding,
}

/// What one worker leaves at the end of a phase.
#[derive(Clone, Copy)]
pub(super) struct Deposit {
    timed: Timed,
    entries: u64,
    payload_bytes: u64,
    hits: u64,
    checksum: Checksum,
    sizes: [u64; ledger::SIZE_CLASSES],
}

impl<'w> Crew<'w> {
    /// What the workers of a run share. See [`super::worker_pool::WorkerPool::new`].
    pub(super) fn new(
        workload: &'w Workload,
        open: OpenSource<'w>,
        answers: bool,
        vector_bytes: u64,
        session: &Session,
    ) -> Self {
        let threads = session.threads() as usize;
        let share = |phase: &Phase| phase.ops * phase.work.calls_per_op() / threads as u64;
        let calls: u64 = workload.phases.iter().map(share).sum();
        let row = session.row();
        let clock = (row.replay == Replay::Timed).then(ClockSource::best);
        Crew {
            workload,
            open,
            answers,
            vector_bytes,
            threads,
            manner: Manner {
                replay: row.replay,
                counting: session.counting(),
                clock,
                operation_bytes: OPERATION_BYTES / threads,
            },
            barrier: Barrier::new(threads),
            stop: AtomicBool::new(false),
            done: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            payload_bytes: AtomicU64::new(0),
            block_bytes: AtomicU64::new(0),
            held_bytes: AtomicU64::new(0),
            slice: match row.replay {
                Replay::Checked if row.observes => (calls / POINTS).max(1) as usize,
                Replay::Timed => TIMED_SLICE,
                Replay::Checked | Replay::Folded => usize::MAX / 2,
            },
            deposits: Mutex::new(Vec::new()),
            handed_over: (0..threads).map(|_| Mutex::default()).collect(),
            operating: OperatingTime::default(),
            wrong: Mutex::new(None),
        }
    }
}

impl Crew<'_> {
    fn refuse(&self, message: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
        self.stop.store(true, Relaxed);
    }

    /// One phase on one worker. `at_slice` is called after every slice with the worker and the operations that all have
    /// done in this phase.
    pub(super) fn work(
        &self,
        index: usize,
        worker: &mut Worker<'_>,
        mut at_slice: impl FnMut(&mut Worker<'_>, u64),
    ) {
        let phase = &self.workload.phases[index];
        let calls_per_op = phase.work.calls_per_op();
        ledger::enter_phase(index as u16);
        if phase.hand_over && !self.alone() {
            // So that all sources know as much when they change threads.
            if let Some(before) = index.checked_sub(1) {
                worker.hand.begin_phase(before);
            }
            self.hand_over(&mut worker.hand);
        }
        worker.hand.begin_phase(index);
        let mut timed = Timed::default();
        for _ in 0..self.batches(phase, worker.hand.batch.limit()) {
            // After a stop the others still meet this thread at the barrier.
            let ops = match self.stop.load(Relaxed) {
                true => 0,
                false => worker.hand.source.next_batch(&mut worker.hand.batch),
            };
            if self.manner.replay == Replay::Folded && !self.alone() {
                self.barrier.wait();
            }
            if ops == 0 {
                continue;
            }
            let mut right = true;
            let mut fold = Fold::default();
            let mut from = 0;
            while from < worker.hand.batch.len() && !self.stop.load(Relaxed) {
                let range = from..worker.hand.batch.len().min(from + self.slice);
                from = range.end;
                right &= worker.slice(index as u16, range.clone(), &mut fold, &mut timed);
                if let (Replay::Folded, false, Some((began, ended))) =
                    (self.manner.replay, self.alone(), timed.last_stretch)
                {
                    self.operating.add(began, ended);
                }
                self.hold(worker, range);
                let done = self.done.load(Relaxed) + from as u64 / calls_per_op;
                at_slice(worker, done);
            }
            if self.manner.replay == Replay::Folded && !self.stop.load(Relaxed) {
                right &= fold == worker.hand.batch.fold;
            }
            if self.answers && !right {
                self.refuse(format!(
                    "wrong answer in phase {}, among operations {} to {} of this thread",
                    phase.name,
                    timed.ops + 1,
                    timed.ops + ops
                ));
            }
            timed.ops += ops;
            timed.calls += ops * calls_per_op;
            self.done.fetch_add(ops, Relaxed);
        }
        timed.span_ns = timed.wall_ns;
        timed.counts = worker.hand.count();
        self.deposit(&worker.hand, timed, ledger::sizes());
    }

    /// Leaves what a worker has done in a phase.
    pub(super) fn deposit(&self, hand: &Hand, timed: Timed, sizes: [u64; ledger::SIZE_CLASSES]) {
        let deposit = Deposit {
            timed,
            entries: hand.source.entries(),
            payload_bytes: hand.source.payload_bytes(),
            hits: hand.source.hits(),
            // All answers were the right ones, or the pass is void; a map that gives none has its calls alone.
            checksum: Checksum::combine(
                self.answers.then(|| hand.source.checksum()).into_iter().chain([hand.source.trace()]),
            ),
            sizes,
        };
        self.deposits.lock().unwrap_or_else(PoisonError::into_inner).push(deposit);
    }

    /// Gives this thread's share of the entries to the next thread, and takes that of the thread before. All threads call it.
    fn hand_over(&self, hand: &mut Hand) {
        let place = |thread: usize| {
            let place = &self.handed_over[thread % self.threads];
            place.lock().unwrap_or_else(PoisonError::into_inner)
        };
        // A fresh source is the placeholder until the other thread's source is taken.
        let source = std::mem::replace(&mut hand.source, (self.open)(hand.thread));
        *place(hand.thread) = Some(Share { source, holding: hand.holding });
        self.barrier.wait();
        // No thread gives its next share before all have taken this one: they meet at the end of the phase.
        if let Some(share) = place(hand.thread + self.threads - 1).take() {
            hand.source = share.source;
            hand.holding = share.holding;
        }
    }

    /// How often a batch of at most `limit` calls is filled until a phase is done: as often on every thread, so that they
    /// can wait for each other. A thread's last batch may be empty.
    fn batches(&self, phase: &Phase, limit: usize) -> u64 {
        let share = phase.ops.div_ceil(self.threads as u64);
        share.div_ceil((limit as u64 / phase.work.calls_per_op()).max(1))
    }

    /// Follows what a slice did to entries and payload.
    fn hold(&self, worker: &mut Worker<'_>, range: Range<usize>) {
        let before = worker.hand.holding;
        // A folded batch does not know; the stream says what is left at the end of the phase.
        let Some(effects) = worker.hand.batch.effects.get(range.clone()) else { return };
        let held = worker.hand.batch.held.get(range).unwrap_or_default();
        // Of the peak's moment only the thread that reached it knows what the map held, and only if it is alone.
        worker.hand.at_peak = self
            .alone()
            .then(|| {
                let (live, first) =
                    (ledger::live(worker.hand.enlisted), worker.hand.calls - effects.len() as u64);
                holding_at_peak(live, 0, first, effects, held, before)
            })
            .flatten();
        for effect in effects {
            let Holding { entries, payload_bytes, block_bytes, .. } = &mut worker.hand.holding;
            effect.apply(entries, payload_bytes, block_bytes);
        }
        for more in held {
            let held = &mut worker.hand.holding.held_bytes;
            *held = held.wrapping_add_signed(*more);
        }
        let now = worker.hand.holding;
        self.entries.fetch_add(now.entries.wrapping_sub(before.entries), Relaxed);
        self.payload_bytes.fetch_add(now.payload_bytes.wrapping_sub(before.payload_bytes), Relaxed);
        self.block_bytes.fetch_add(now.block_bytes.wrapping_sub(before.block_bytes), Relaxed);
        self.held_bytes.fetch_add(now.held_bytes.wrapping_sub(before.held_bytes), Relaxed);
    }

    /// What the maps held at the highest moment of a step that was just taken, if that was a new high and it is known.
    pub(super) fn at_peak_of_step(&self, index: usize, hand: &Hand, now: Holding) -> Option<Holding> {
        let Workload { phases, instances, key, value, .. } = self.workload;
        let live = ledger::live(hand.enlisted);
        // All entries are there twice in the end. Of several it is one at a time, and which one made the
        // high is not known, nor is it known how much clones share.
        let doubles = phases[index].work.step().is_some_and(|step| step.kind.info().doubles)
            && *instances == 1
            && !key.layout.clones_share()
            && !value.layout.clones_share();
        let is_here = live.peak_worker == 0 && live.peak_call + 1 == hand.calls;
        (doubles && is_here).then_some(Holding {
            entries: 2 * now.entries,
            payload_bytes: 2 * now.payload_bytes,
            block_bytes: 2 * now.block_bytes,
            held_bytes: now.held_bytes,
        })
    }

    fn alone(&self) -> bool {
        self.threads == 1
    }

    /// The moment between two slices of the first worker.
    pub(super) fn moment(&self, index: usize, hand: &Hand) -> Moment {
        // A map that answers nothing holds nothing.
        let holding = if self.answers {
            Holding {
                entries: self.entries.load(Relaxed),
                payload_bytes: self.payload_bytes.load(Relaxed),
                block_bytes: self.block_bytes.load(Relaxed),
                held_bytes: self.held_bytes.load(Relaxed),
            }
        } else {
            Holding::default()
        };
        Moment {
            phase: index as u16,
            calls: hand.calls * self.threads as u64,
            own_calls: hand.calls,
            ns: hand.ns,
            holding,
            at_peak: hand.at_peak.filter(|_| self.answers),
            capacity: None,
        }
    }

    /// The phases `phases` on the first worker, which also reads the figures between them.
    pub(super) fn lead(
        &self,
        phases: Range<usize>,
        worker: &mut Worker<'_>,
        owed: &mut Owed,
        session: &mut Session,
    ) -> Result<()> {
        for index in phases {
            let phase = &self.workload.phases[index];
            let mut outcome = session.begin_phase(&phase.name, phase.ops);
            if outcome.is_err() {
                self.stop.store(true, Relaxed);
            }
            self.work(index, worker, |worker, done| {
                if session.row().observes {
                    // To ask each of many at each point would take longer than the calls between two.
                    let look = (self.workload.instances == 1).then(|| worker.look());
                    let capacity = look.and_then(|look| look.shape?.capacity);
                    session.snapshot(&Moment { capacity, ..self.moment(index, &worker.hand) });
                }
                if let Err(error) = session.progress(&phase.name, done, phase.ops) {
                    outcome = Err(error);
                    self.stop.store(true, Relaxed);
                }
            });
            self.barrier.wait();
            let outcome = outcome.and_then(|()| {
                let look = worker.look();
                self.read_figures(index, &mut worker.hand, look, owed, session)
            });
            self.done.store(0, Relaxed);
            if outcome.is_err() || session.is_void() {
                self.stop.store(true, Relaxed);
            }
            self.barrier.wait();
            outcome?;
            if session.is_void() {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn read_figures(
        &self,
        index: usize,
        hand: &mut Hand,
        mut look: Look,
        owed: &mut Owed,
        session: &mut Session,
    ) -> Result<()> {
        look.add_vector(self.vector_bytes);
        let phase = &self.workload.phases[index];
        let deposits = std::mem::take(&mut *self.deposits.lock().unwrap_or_else(PoisonError::into_inner));
        let sum = |of: fn(&Deposit) -> u64| deposits.iter().map(of).sum::<u64>();
        let mut timed = deposits.iter().fold(Timed::default(), |all, d| all.join(d.timed));
        if self.manner.replay == Replay::Folded && !self.alone() && phase.work.step().is_none() {
            timed.span_ns = self.operating.take();
        }
        let entries = sum(|d| d.entries);
        let moment = self.moment(index, hand);
        let shape = look.shape.filter(|_| self.answers);
        // Saying so, a map may free garbage: it is no longer live, so it is freed in this phase.
        timed.counts = timed.counts + hand.count() + owed.take();
        session.end_phase(&phase.name, timed, entries, sum(|d| d.payload_bytes), moment, shape)?;
        if index + 1 == self.workload.phases.len() {
            session.end_phases();
        }
        session.allocated(deposits.iter().map(|deposit| &deposit.sizes).chain([&owed.sizes]));
        session.answered(Checksum::combine(deposits.iter().map(|d| d.checksum)), sum(|d| d.hits));
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(message) = wrong {
            session.answered_wrongly(message);
        } else if self.answers && look.entries != entries {
            session.answered_wrongly(format!(
                "wrong length after phase {}: the map holds {} entries, {entries} were left in it",
                phase.name, look.entries
            ));
        }
        Ok(())
    }
}

/// What threads that have ended counted after they left their last deposits.
pub(super) struct Owed {
    pub(super) counts: Counts,
    pub(super) sizes: [u64; ledger::SIZE_CLASSES],
}

impl Default for Owed {
    fn default() -> Self {
        Owed { counts: Counts::default(), sizes: [0; ledger::SIZE_CLASSES] }
    }
}

impl Owed {
    fn take(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }
}
