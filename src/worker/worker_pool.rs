//! The worker threads of a workload: each does its share of every phase, and they meet at its end.
//!
//! They meet at a barrier twice: when all have done their share, and when the first worker, which is the child's main
//! thread, has read the figures while nobody operates. A step of the maps' life cycle is the main thread's alone; the other
//! threads end before it and are started anew after it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};

use super::latency::{self, Timer};
use super::map_moment::{Holding, Moment};
use super::maps_of_run::Look;
use super::observer::holding_at_peak;
use super::pass_table::Replay;
use super::session::{Session, Timed};
use super::worker_thread::{Hand, Manner, Operator, Worker};
use crate::capture::clock::{ClockSource, Scale};
use crate::capture::ledger::{self, Counts, Enlisted};
use crate::capture::{arena, ended_threads, thread_exit, thread_stacks};
use crate::error::{Error, Result};
use crate::workload::OperationSource;
use crate::workload::answer::{Checksum, Fold};
use crate::workload::spec::{Phase, StepKind, Workload};

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
struct Crew<'w> {
    workload: &'w Workload,
    open: OpenSource<'w>,
    answers: bool,
    /// Bytes of the vector that several maps lie in.
    vector_bytes: u64,
    threads: usize,
    manner: Manner,
    barrier: Barrier,
    stop: AtomicBool,
    done: AtomicU64,
    /// Entries and payload bytes of all workers at the ends of their last slices.
    entries: AtomicU64,
    payload_bytes: AtomicU64,
    block_bytes: AtomicU64,
    /// Calls in a slice; at its end a point of the timeline may be taken.
    slice: usize,
    deposits: Mutex<Vec<Deposit>>,
    wrong: Mutex<Option<String>>,
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
    fn deposit(&self, hand: &Hand, timed: Timed, sizes: [u64; ledger::SIZE_CLASSES]) {
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
        let Some(effects) = worker.hand.batch.effects.get(range) else { return };
        // Of the peak's moment only the thread that reached it knows what the map held, and only if it is alone.
        worker.hand.at_peak = self
            .alone()
            .then(|| {
                let (live, first) =
                    (ledger::live(worker.hand.enlisted), worker.hand.calls - effects.len() as u64);
                holding_at_peak(live, 0, first, effects, before)
            })
            .flatten();
        for effect in effects {
            let Holding { entries, payload_bytes, block_bytes } = &mut worker.hand.holding;
            effect.apply(entries, payload_bytes, block_bytes);
        }
        let now = worker.hand.holding;
        self.entries.fetch_add(now.entries.wrapping_sub(before.entries), Relaxed);
        self.payload_bytes.fetch_add(now.payload_bytes.wrapping_sub(before.payload_bytes), Relaxed);
        self.block_bytes.fetch_add(now.block_bytes.wrapping_sub(before.block_bytes), Relaxed);
    }

    /// What the maps held at the highest moment of a step that was just taken, if that was a new high and it is known.
    fn at_peak_of_step(&self, index: usize, hand: &Hand, now: Holding) -> Option<Holding> {
        let Workload { phases, instances, key, value, .. } = self.workload;
        let live = ledger::live(hand.enlisted);
        // While a map is rebuilt all entries are there twice in the end. Of several it is one at a time, and which one made the
        // high is not known, nor is it known how much clones share.
        let doubles = phases[index].work.step().map(|step| step.kind) == Some(StepKind::Rebuild)
            && *instances == 1
            && !key.layout.clones_share()
            && !value.layout.clones_share();
        let is_here = live.peak_worker == 0 && live.peak_call + 1 == hand.calls;
        (doubles && is_here).then_some(Holding {
            entries: 2 * now.entries,
            payload_bytes: 2 * now.payload_bytes,
            block_bytes: 2 * now.block_bytes,
        })
    }

    fn alone(&self) -> bool {
        self.threads == 1
    }

    /// The moment between two slices of the first worker.
    fn moment(&self, index: usize, hand: &Hand) -> Moment {
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
            calls: hand.calls * self.threads as u64,
            own_calls: hand.calls,
            ns: hand.ns,
            holding,
            at_peak: hand.at_peak.filter(|_| self.answers),
            capacity: None,
        }
    }

    /// The phases `phases` on the first worker, which also reads the figures between them.
    fn lead(
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

    fn read_figures(
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
struct Owed {
    counts: Counts,
    sizes: [u64; ledger::SIZE_CLASSES],
}

impl Owed {
    fn take(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }
}

/// The workers of one run, with what they keep over the steps between its phases.
pub(super) struct WorkerPool<'w> {
    crew: Crew<'w>,
    /// By thread; none of a thread that has not worked yet.
    hands: Vec<Option<Hand>>,
    owed: Owed,
    /// What ended threads had deposited.
    deposited: Counts,
    scale: Option<Scale>,
}

impl<'w> WorkerPool<'w> {
    /// Workers for `workload`, each with a source that `open` opens. Every answer is checked if the map gives `answers`. Several maps
    /// lie in a vector of so many bytes.
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
        let crew = Crew {
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
            slice: match row.replay {
                Replay::Checked if row.observes => (calls / POINTS).max(1) as usize,
                Replay::Timed => TIMED_SLICE,
                Replay::Checked | Replay::Folded => usize::MAX / 2,
            },
            deposits: Mutex::new(Vec::new()),
            wrong: Mutex::new(None),
        };
        WorkerPool {
            crew,
            hands: (0..threads).map(|_| None).collect(),
            owed: Owed { counts: Counts::default(), sizes: [0; ledger::SIZE_CLASSES] },
            deposited: Counts::default(),
            scale: clock.map(Scale::begin),
        }
    }

    /// Takes the step that the phase `index` is, on this thread.
    pub(super) fn step(
        &mut self,
        index: usize,
        take: &mut dyn FnMut(Enlisted),
        session: &mut Session,
    ) -> Result<Timed> {
        let phase = &self.crew.workload.phases[index];
        session.begin_phase(&phase.name, 1)?;
        let crew = &self.crew;
        let hand = self.hands[0].get_or_insert_with(|| Hand::new((crew.open)(0), 0, crew.manner));
        let name = phase.work.step().map_or("step", |step| step.kind.name());
        Ok(hand.step(index as u16, name, take))
    }

    /// Reads the figures after that step; `look` is what the maps say of themselves.
    pub(super) fn step_done(
        &mut self,
        index: usize,
        timed: Timed,
        look: Look,
        session: &mut Session,
    ) -> Result<()> {
        let crew = &self.crew;
        for hand in self.hands.iter_mut().flatten() {
            hand.begin_phase(index);
            hand.holding = Holding {
                entries: hand.source.entries(),
                payload_bytes: hand.source.payload_bytes(),
                block_bytes: hand.source.block_bytes(),
            };
            hand.at_peak = None;
        }
        let sum = |of: fn(&Holding) -> u64| self.hands.iter().flatten().map(|hand| of(&hand.holding)).sum();
        let holding = Holding {
            entries: sum(|holding| holding.entries),
            payload_bytes: sum(|holding| holding.payload_bytes),
            block_bytes: sum(|holding| holding.block_bytes),
        };
        crew.entries.store(holding.entries, Relaxed);
        crew.payload_bytes.store(holding.payload_bytes, Relaxed);
        crew.block_bytes.store(holding.block_bytes, Relaxed);
        if let Some(hand) = &mut self.hands[0] {
            hand.at_peak = crew.at_peak_of_step(index, hand, holding);
        }
        for (thread, hand) in self.hands.iter().enumerate() {
            if let Some(hand) = hand {
                // What the threads counted that have ended is owed.
                match thread {
                    0 => crew.deposit(hand, timed, ledger::sizes()),
                    _ => crew.deposit(hand, Timed::default(), [0; ledger::SIZE_CLASSES]),
                }
            }
        }
        let Some(hand) = &mut self.hands[0] else { return Ok(()) };
        let capacity = look.shape.and_then(|shape| shape.capacity);
        session.snapshot(&Moment { capacity, ..crew.moment(index, hand) });
        crew.read_figures(index, hand, look, &mut self.owed, session)
    }

    /// Does the calls of the phases `phases`, one thread for each of the operators.
    pub(super) fn call(
        &mut self,
        phases: Range<usize>,
        operators: Vec<Box<dyn Operator + '_>>,
        session: &mut Session,
    ) -> Result<()> {
        let (crew, threads) = (&self.crew, self.crew.threads);
        if operators.len() != threads {
            return Err(Error::case(format!(
                "the map gave {} handles for {threads} threads",
                operators.len()
            )));
        }
        let (observes, settles) = (session.row().observes, session.settles());
        // What a thread's end frees counts, but not where nothing does; a pass that does not settle has no use for it at its end.
        let is_last = phases.end == crew.workload.phases.len();
        let counts_the_end = settles || !is_last && session.row().counts;
        let mut operators = operators.into_iter().zip(&mut self.hands);
        let (first, own_hand) = operators.next().ok_or_else(|| Error::case("the map gave no handle"))?;
        let owed = &mut self.owed;
        let outcome = std::thread::scope(|scope| {
            let mut others = Vec::with_capacity(threads);
            for (number, (operator, place)) in operators.enumerate() {
                let (thread, phases, parked) = (number + 1, phases.clone(), place.take());
                let spawned = std::thread::Builder::new().name(format!("worker-{thread}")).spawn_scoped(
                    scope,
                    move || {
                        // Where the map has arenas of its own.
                        arena::bind(thread as u16);
                        if observes {
                            thread_stacks::note();
                        }
                        thread_exit::prepare();
                        let mut hand = match parked {
                            None => Hand::new((crew.open)(thread), thread, crew.manner),
                            Some(hand) => hand,
                        };
                        hand.moved_to_thread(thread, crew.manner);
                        let mut worker = Worker::new(operator, hand);
                        for index in phases {
                            crew.work(index, &mut worker, |_, _| {});
                            crew.barrier.wait(); // all have deposited
                            crew.barrier.wait(); // the first worker has read the figures
                            if crew.stop.load(Relaxed) {
                                break;
                            }
                        }
                        if counts_the_end {
                            thread_exit::count(worker.hand.enlisted);
                        }
                        worker.end(counts_the_end)
                    },
                );
                match spawned {
                    Ok(handle) => others.push((handle, place)),
                    // The threads that did start wait for this one at the barrier, so there is no way back.
                    Err(error) => {
                        session.give_up(&format!("thread {thread} of {threads} cannot be started: {error}"));
                    }
                }
            }
            let hand = own_hand.take().unwrap_or_else(|| Hand::new((crew.open)(0), 0, crew.manner));
            let mut worker = Worker::new(first, hand);
            let outcome = crew.lead(phases, &mut worker, owed, session);
            *own_hand = Some(worker.end(settles && is_last));
            // The scope itself does not wait for thread-local storage to be torn down, in which a map may free what it held. A
            // worker that panicked has ended the process.
            let mut deposited = Counts::default();
            for (handle, place) in others {
                if let Ok(hand) = handle.join() {
                    deposited = deposited + hand.counted();
                    *place = Some(hand);
                }
            }
            outcome.map(|()| deposited)
        });
        self.deposited = self.deposited + outcome?;
        self.owed = Owed { counts: ended_threads::counts() - self.deposited, sizes: ended_threads::sizes() };
        self.deposited = ended_threads::counts();
        Ok(())
    }

    /// Tells the session how long calls took, in a latency pass.
    pub(super) fn finish(self, session: &mut Session) {
        if let Some(scale) = self.scale {
            let timers = self.hands.into_iter().flatten().filter_map(Hand::into_timer);
            session.timed(latency::report(timers.map(Timer::finish).collect(), scale));
        }
    }
}
