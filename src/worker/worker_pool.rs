//! The worker threads of a workload: each does its share of every phase, and they meet at its end.
//!
//! They meet at a barrier twice: when all have done their share, and when the first worker, which is the child's main
//! thread, has read the figures while nobody operates.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};

use super::latency::{self, Timer};
use super::map_moment::{Holding, Moment};
use super::observer::holding_at_peak;
use super::pass_table::Replay;
use super::session::{BatchClock, Session, Timed};
use crate::capture::clock::{ClockSource, Scale};
use crate::capture::ledger::{self, Counting, Counts, Enlisted};
use crate::capture::{arena, cpu, growth, thread_exit, thread_stacks};
use crate::error::{Error, Result};
use crate::record::Shape;
use crate::workload::answer::{Checksum, Fold};
use crate::workload::spec::{Phase, Workload};
use crate::workload::{Batch, OperationSource};

/// Points of the timeline that a run has, about.
const POINTS: u64 = 300;

/// The most calls of a slice of a timed pass, which keeps a list of one slice's ticks.
const TIMED_SLICE: usize = 16_384;

/// Bytes that the operations of all threads may take before their clock starts, where they are folded. What the stream
/// knows of the live entries comes on top, at most 5 bytes each.
pub const OPERATION_BYTES: usize = 256 << 20;

/// Calls of [`Operator::quiesce`] by a worker at its end. What is left is the main thread's to drive on.
const QUIESCE: usize = 8;

/// One worker thread's way to the map, with the types of keys and values behind it.
pub(super) trait Operator: Send {
    /// Does the calls of `range` of `batch` and nothing else. Returns `fold` with every answer added.
    fn replay(&mut self, batch: &Batch, range: Range<usize>, fold: Fold, enlisted: Enlisted) -> Fold;
    /// Does the calls of `range` of a checked batch, the first of which has the number `first`. Returns whether every
    /// answer was right.
    fn check(&mut self, batch: &Batch, range: Range<usize>, first: u64, enlisted: Enlisted) -> bool;
    /// Entries in the map.
    fn entries(&mut self, enlisted: Enlisted) -> u64;
    /// What the map says of its storage.
    fn shape(&mut self, enlisted: Enlisted) -> Shape;
    /// Drives deferred reclamation on.
    fn quiesce(&mut self, enlisted: Enlisted);
}

/// Opens the source of the operations of the thread with this number, on that thread.
pub(super) type OpenSource<'w> = &'w (dyn Fn(usize) -> Box<dyn OperationSource> + Sync);

/// What the workers of one run share.
struct Crew<'w> {
    workload: &'w Workload,
    open: OpenSource<'w>,
    answers: bool,
    threads: usize,
    counting: Counting,
    barrier: Barrier,
    stop: AtomicBool,
    done: AtomicU64,
    /// Entries and payload bytes of all workers at the ends of their last slices.
    entries: AtomicU64,
    payload_bytes: AtomicU64,
    block_bytes: AtomicU64,
    /// How operations are replayed.
    replay: Replay,
    /// Calls in a slice; at its end a point of the timeline may be taken.
    slice: usize,
    /// What times each call, in a latency pass.
    clock: Option<ClockSource>,
    deposits: Mutex<Vec<Deposit>>,
    wrong: Mutex<Option<String>>,
    /// What the workers' timers found, in a latency pass.
    found: Mutex<Vec<latency::WorkerLatencies>>,
}

/// What one worker leaves at the end of a phase.
#[derive(Clone, Copy)]
struct Deposit {
    timed: Timed,
    entries: u64,
    payload_bytes: u64,
    hits: u64,
    checksum: Checksum,
    sizes: [u64; ledger::SIZE_CLASSES],
}

impl Crew<'_> {
    fn refuse(&self, message: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
        self.stop.store(true, Relaxed);
    }

    /// One phase on one worker. `at_slice` is called after every slice with the worker and the operations that all have
    /// done in this phase.
    fn work(&self, index: usize, worker: &mut Worker<'_>, mut at_slice: impl FnMut(&mut Worker<'_>, u64)) {
        let phase = &self.workload.phases[index];
        let calls_per_op = phase.work.calls_per_op();
        ledger::enter_phase(index as u16);
        worker.source.begin_phase(index);
        let mut timed = Timed::default();
        for _ in 0..self.batches(phase, worker.batch.limit()) {
            // After a stop the others still meet this thread at the barrier.
            let ops = match self.stop.load(Relaxed) {
                true => 0,
                false => worker.source.next_batch(&mut worker.batch),
            };
            if self.replay == Replay::Folded && !self.alone() {
                self.barrier.wait();
            }
            if ops == 0 {
                continue;
            }
            let mut right = true;
            let mut fold = Fold::default();
            let mut from = 0;
            while from < worker.batch.len() && !self.stop.load(Relaxed) {
                let range = from..worker.batch.len().min(from + self.slice);
                from = range.end;
                right &= worker.slice(index as u16, range.clone(), &mut fold, &mut timed);
                self.hold(worker, range);
                let done = self.done.load(Relaxed) + from as u64 / calls_per_op;
                at_slice(worker, done);
            }
            if self.replay == Replay::Folded && !self.stop.load(Relaxed) {
                right &= fold == worker.batch.fold;
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
        timed.counts = worker.count();
        let deposit = Deposit {
            timed,
            entries: worker.source.entries(),
            payload_bytes: worker.source.payload_bytes(),
            hits: worker.source.hits(),
            // All answers were the right ones, or the pass is void; a map that gives none has its calls alone.
            checksum: Checksum::combine(
                self.answers.then(|| worker.source.checksum()).into_iter().chain([worker.source.trace()]),
            ),
            sizes: ledger::sizes(),
        };
        self.deposits.lock().unwrap_or_else(PoisonError::into_inner).push(deposit);
    }

    /// How often a batch of at most `limit` calls is filled until a phase is done: as often on every thread, so that they
    /// can wait for each other. A thread's last batch may be empty.
    fn batches(&self, phase: &Phase, limit: usize) -> u64 {
        let share = phase.ops.div_ceil(self.threads as u64);
        share.div_ceil((limit as u64 / phase.work.calls_per_op()).max(1))
    }

    /// Follows what a slice did to entries and payload.
    fn hold(&self, worker: &mut Worker<'_>, range: Range<usize>) {
        let before = worker.holding;
        // A folded batch does not know; the stream says what is left at the end of the phase.
        let Some(effects) = worker.batch.effects.get(range) else { return };
        // Of the peak's moment only the thread that reached it knows what the map held, and only if it is alone.
        worker.at_peak = self
            .alone()
            .then(|| {
                let (live, first) = (ledger::live(worker.enlisted), worker.calls - effects.len() as u64);
                holding_at_peak(live, 0, first, effects, before)
            })
            .flatten();
        for effect in effects {
            let Holding { entries, payload_bytes, block_bytes } = &mut worker.holding;
            effect.apply(entries, payload_bytes, block_bytes);
        }
        self.entries.fetch_add(worker.holding.entries.wrapping_sub(before.entries), Relaxed);
        self.payload_bytes
            .fetch_add(worker.holding.payload_bytes.wrapping_sub(before.payload_bytes), Relaxed);
        self.block_bytes.fetch_add(worker.holding.block_bytes.wrapping_sub(before.block_bytes), Relaxed);
    }

    fn alone(&self) -> bool {
        self.threads == 1
    }

    /// The moment between two slices of the first worker.
    fn moment(&self, index: usize, worker: &Worker<'_>) -> Moment {
        // A map that answers nothing holds nothing.
        let holding = if self.answers {
            Holding {
                entries: self.entries.load(Relaxed),
                payload_bytes: self.payload_bytes.load(Relaxed),
                block_bytes: self.block_bytes.load(Relaxed),
            }
        } else {
            Holding::default()
        };
        Moment {
            phase: index as u16,
            calls: worker.calls * self.threads as u64,
            own_calls: worker.calls,
            ns: worker.ns,
            holding,
            at_peak: worker.at_peak.filter(|_| self.answers),
            capacity: None,
        }
    }

    /// All phases on the first worker, which also reads the figures between them.
    fn lead(&self, mut worker: Worker<'_>, session: &mut Session) -> Result<()> {
        for (index, phase) in self.workload.phases.iter().enumerate() {
            let mut outcome = session.begin_phase(&phase.name, phase.ops);
            if outcome.is_err() {
                self.stop.store(true, Relaxed);
            }
            self.work(index, &mut worker, |worker, done| {
                if session.row().observes {
                    let capacity = worker.operator.shape(worker.enlisted).capacity;
                    session.snapshot(&Moment { capacity, ..self.moment(index, worker) });
                }
                if let Err(error) = session.progress(&phase.name, done, phase.ops) {
                    outcome = Err(error);
                    self.stop.store(true, Relaxed);
                }
            });
            self.barrier.wait();
            let outcome = outcome.and_then(|()| self.read_figures(index, &mut worker, session));
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
        if let Some(timer) = worker.end(session.settles()) {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push(timer.finish());
        }
        Ok(())
    }

    fn read_figures(&self, index: usize, worker: &mut Worker<'_>, session: &mut Session) -> Result<()> {
        let phase = &self.workload.phases[index];
        let deposits = std::mem::take(&mut *self.deposits.lock().unwrap_or_else(PoisonError::into_inner));
        let sum = |of: fn(&Deposit) -> u64| deposits.iter().map(of).sum::<u64>();
        let mut timed = deposits.iter().fold(Timed::default(), |all, d| all.join(d.timed));
        let entries = sum(|d| d.entries);
        let moment = self.moment(index, worker);
        let shape = self.answers.then(|| worker.operator.shape(worker.enlisted));
        // Saying so, a map may free garbage: it is no longer live, so it is freed in this phase.
        timed.counts = timed.counts + worker.count();
        session.end_phase(&phase.name, timed, entries, sum(|d| d.payload_bytes), moment, shape)?;
        if index + 1 == self.workload.phases.len() {
            session.end_phases();
        }
        session.allocated(deposits.iter().map(|deposit| &deposit.sizes));
        session.answered(Checksum::combine(deposits.iter().map(|d| d.checksum)), sum(|d| d.hits));
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(message) = wrong {
            session.answered_wrongly(message);
        } else if self.answers && worker.operator.entries(worker.enlisted) != entries {
            session.answered_wrongly(format!(
                "wrong length after phase {}: the map holds {} entries, {entries} were left in it",
                phase.name,
                worker.operator.entries(worker.enlisted)
            ));
        }
        Ok(())
    }
}

/// One worker thread's own things.
struct Worker<'m> {
    operator: Box<dyn Operator + 'm>,
    source: Box<dyn OperationSource>,
    batch: Batch,
    enlisted: Enlisted,
    /// Calls done so far, over all phases.
    calls: u64,
    /// What was counted when counts were last taken.
    counted: Counts,
    /// Time inside operations so far, nanoseconds.
    ns: u64,
    /// Entries and payload of this worker's share at the end of its last slice.
    holding: Holding,
    /// What was held at the highest moment of the last slice, if that was a new high.
    at_peak: Option<Holding>,
    replay: Replay,
    timer: Option<Timer>,
}

impl<'m> Worker<'m> {
    fn new(operator: Box<dyn Operator + 'm>, crew: &Crew<'_>, thread: usize) -> Self {
        let source = (crew.open)(thread);
        let batch = match crew.replay {
            Replay::Folded => {
                Batch::folded(source.keys(), OPERATION_BYTES / crew.threads / source.bytes_per_call())
            }
            Replay::Checked | Replay::Timed => Batch::checked(source.keys()),
        };
        let mut worker = Worker {
            operator,
            source,
            batch,
            replay: crew.replay,
            enlisted: ledger::enlist(thread as u16, crew.counting),
            calls: 0,
            counted: Counts::default(),
            ns: 0,
            holding: Holding::default(),
            at_peak: None,
            timer: crew.clock.map(|source| Timer::new(source, thread as u16)),
        };
        if let Some(timer) = &mut worker.timer {
            // A slice without calls is what a call costs besides the call.
            let (operator, batch, enlisted) = (&mut worker.operator, &worker.batch, worker.enlisted);
            timer.calibrate(|| {
                ledger::at(0);
                std::hint::black_box(operator.replay(batch, 0..0, Fold::default(), enlisted));
                ledger::call_ended(enlisted);
            });
        }
        worker
    }

    /// What this thread allocated and freed since the last call of this. What making the map allocated belongs to the first
    /// phase, and what happens between two phases to the second.
    fn count(&mut self) -> Counts {
        let before = std::mem::replace(&mut self.counted, ledger::counts());
        self.counted - before
    }

    /// Does the calls of `range` and times them. Returns whether every answer was right, as far as answers are compared one
    /// by one; adds them to `fold` otherwise.
    fn slice(&mut self, phase: u16, range: Range<usize>, fold: &mut Fold, timed: &mut Timed) -> bool {
        growth::slice_begins(self.ns);
        let (first, before) = (self.calls, timed.wall_ns);
        self.calls += range.len() as u64;
        let (operator, batch, enlisted) = (&mut self.operator, &self.batch, self.enlisted);
        let mut right = true;
        match (&mut self.timer, self.replay) {
            (Some(timer), _) => {
                let clock = BatchClock::start();
                timer.slice(first, range.len(), |place| {
                    let at = range.start + place;
                    ledger::at(first + place as u64);
                    let answer = operator.replay(batch, at..at + 1, Fold::default(), enlisted);
                    ledger::call_ended(enlisted);
                    right &= answer == Fold::of(batch.answers[at]);
                });
                clock.stop(timed);
                let calls = &batch.calls[range];
                timer.enter(phase, |place| calls[place].op().name());
            }
            (None, Replay::Folded) => {
                let clock = BatchClock::start();
                {
                    let _sampled = cpu::arm();
                    *fold = operator.replay(batch, range, *fold, enlisted);
                }
                clock.stop(timed);
            }
            (None, Replay::Checked | Replay::Timed) => {
                let clock = BatchClock::start();
                right = operator.check(batch, range, first, enlisted);
                clock.stop(timed);
            }
        }
        self.ns += timed.wall_ns - before;
        right
    }

    /// Ends the work on this thread: with `settle`, drives its deferred reclamation on, which no other thread can.
    fn end(mut self, settle: bool) -> Option<Timer> {
        if settle {
            for _ in 0..QUIESCE {
                self.operator.quiesce(self.enlisted);
            }
        }
        self.timer
    }
}

/// Runs every phase of `workload`, one worker per operator, each with a source that `open` opens, and checks every answer if the map gives `answers`.
pub(super) fn run_workload(
    workload: &Workload,
    open: OpenSource<'_>,
    answers: bool,
    operators: Vec<Box<dyn Operator + '_>>,
    session: &mut Session,
) -> Result<()> {
    let threads = operators.len();
    let share = |phase: &Phase| phase.ops * phase.work.calls_per_op() / threads as u64;
    let calls: u64 = workload.phases.iter().map(share).sum();
    let row = session.row();
    let clock = (row.replay == Replay::Timed).then(ClockSource::best);
    let crew = Crew {
        workload,
        open,
        answers,
        threads,
        counting: session.counting(),
        barrier: Barrier::new(threads),
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        entries: AtomicU64::new(0),
        payload_bytes: AtomicU64::new(0),
        block_bytes: AtomicU64::new(0),
        replay: row.replay,
        slice: match row.replay {
            Replay::Checked if row.observes => (calls / POINTS).max(1) as usize,
            Replay::Timed => TIMED_SLICE,
            Replay::Checked | Replay::Folded => usize::MAX / 2,
        },
        clock,
        deposits: Mutex::new(Vec::new()),
        wrong: Mutex::new(None),
        found: Mutex::new(Vec::new()),
    };
    let scale = clock.map(Scale::begin);
    let (observes, settles) = (row.observes, session.settles());
    let mut operators = operators.into_iter();
    let first = operators.next().ok_or_else(|| Error::case("the map gave no handle"))?;
    std::thread::scope(|scope| {
        let mut others = Vec::with_capacity(threads);
        for (number, operator) in operators.enumerate() {
            let (crew, thread) = (&crew, number + 1);
            let spawned =
                std::thread::Builder::new().name(format!("worker-{thread}")).spawn_scoped(scope, move || {
                    // Where the map has arenas of its own.
                    arena::bind(thread as u16);
                    if observes {
                        thread_stacks::note();
                    }
                    if settles {
                        thread_exit::prepare();
                    }
                    let mut worker = Worker::new(operator, crew, thread);
                    for index in 0..crew.workload.phases.len() {
                        crew.work(index, &mut worker, |_, _| {});
                        crew.barrier.wait(); // all have deposited
                        crew.barrier.wait(); // the first worker has read the figures
                        if crew.stop.load(Relaxed) {
                            return;
                        }
                    }
                    if settles {
                        thread_exit::count(worker.enlisted);
                    }
                    if let Some(timer) = worker.end(settles) {
                        crew.found.lock().unwrap_or_else(PoisonError::into_inner).push(timer.finish());
                    }
                });
            match spawned {
                Ok(handle) => others.push(handle),
                // The threads that did start wait for this one at the barrier, so there is no way back.
                Err(error) => {
                    session.give_up(&format!("thread {thread} of {threads} cannot be started: {error}"));
                }
            }
        }
        let outcome = crew.lead(Worker::new(first, &crew, 0), session);
        // The scope itself does not wait for thread-local storage to be torn down, in which a map may free what it held. A
        // worker that panicked has ended the process.
        others.into_iter().for_each(|handle| drop(handle.join()));
        outcome
    })?;
    if let Some(scale) = scale {
        let found = crew.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        session.timed(latency::report(found, scale));
    }
    Ok(())
}
