//! The worker threads of a workload: each does its share of every phase, and they meet at its end.
//!
//! They meet at a barrier twice: when all have done their share, and when the first worker, which is the child's main
//! thread, has read the figures while nobody operates.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};

use super::session::{BatchClock, Session, Timed};
use crate::capture::ledger::{self, Counts, Enlisted};
use crate::error::{Error, Result};
use crate::workload::answer::Checksum;
use crate::workload::spec::Workload;
use crate::workload::stream::{Batch, Stream};

/// One worker thread's way to the map, with the types of keys and values behind it.
pub(super) trait Operator: Send {
    /// Lets the stream fill `batch`. Returns the operations in it; 0 at the end of the phase.
    fn next_batch(&self, stream: &mut Stream, batch: &mut Batch) -> u64;

    /// Does the calls of `batch`. Returns whether every answer was right.
    fn operate(&mut self, batch: &Batch, enlisted: Enlisted) -> bool;

    /// Entries in the map.
    fn entries(&mut self) -> u64;
}

/// What the workers of one run share.
struct Crew<'w> {
    workload: &'w Workload,
    answers: bool,
    barrier: Barrier,
    stop: AtomicBool,
    done: AtomicU64,
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

    /// One phase on one worker.
    fn work(&self, index: usize, worker: &mut Worker<'_>, mut progress: impl FnMut(u64)) {
        let phase = &self.workload.phases[index];
        let calls_per_op = phase.work.calls_per_op();
        // What making the map allocated belongs to the first phase.
        let before = if index == 0 { Counts::default() } else { ledger::counts() };
        ledger::enter_phase(index as u16);
        worker.stream.begin_phase(index);
        let mut timed = Timed::default();
        while !self.stop.load(Relaxed) {
            let ops = worker.operator.next_batch(&mut worker.stream, &mut worker.batch);
            if ops == 0 {
                break;
            }
            let clock = BatchClock::start();
            let right = worker.operator.operate(&worker.batch, worker.enlisted);
            clock.stop(&mut timed);
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
            progress(self.done.fetch_add(ops, Relaxed) + ops);
        }
        timed.span_ns = timed.wall_ns;
        timed.counts = ledger::counts() - before;
        let deposit = Deposit {
            timed,
            entries: worker.stream.entries(),
            payload_bytes: worker.stream.payload_bytes(),
            hits: worker.stream.hits(),
            // All answers were the right ones, or the pass is void; a map that gives none has its calls alone.
            checksum: Checksum::combine(
                self.answers.then(|| worker.stream.checksum()).into_iter().chain([worker.stream.trace()]),
            ),
            sizes: ledger::sizes(),
        };
        self.deposits.lock().unwrap_or_else(PoisonError::into_inner).push(deposit);
    }

    /// All phases on the first worker, which also reads the figures between them.
    fn lead(&self, mut worker: Worker<'_>, session: &mut Session) -> Result<()> {
        for (index, phase) in self.workload.phases.iter().enumerate() {
            let mut outcome = Ok(());
            self.work(index, &mut worker, |done| {
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
        Ok(())
    }

    fn read_figures(&self, index: usize, worker: &mut Worker<'_>, session: &mut Session) -> Result<()> {
        let phase = &self.workload.phases[index];
        let deposits = std::mem::take(&mut *self.deposits.lock().unwrap_or_else(PoisonError::into_inner));
        let sum = |of: fn(&Deposit) -> u64| deposits.iter().map(of).sum::<u64>();
        let timed = deposits.iter().fold(Timed::default(), |all, d| all.join(d.timed));
        let entries = sum(|d| d.entries);
        session.end_phase(index as u16, &phase.name, timed, entries, sum(|d| d.payload_bytes))?;
        session.allocated(deposits.iter().map(|deposit| &deposit.sizes));
        session.answered(Checksum::combine(deposits.iter().map(|d| d.checksum)), sum(|d| d.hits));
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(message) = wrong {
            session.answered_wrongly(message);
        } else if self.answers && worker.operator.entries() != entries {
            session.answered_wrongly(format!(
                "wrong length after phase {}: the map holds {} entries, {entries} were left in it",
                phase.name,
                worker.operator.entries()
            ));
        }
        Ok(())
    }
}

/// One worker thread's own things.
struct Worker<'m> {
    operator: Box<dyn Operator + 'm>,
    stream: Stream,
    batch: Batch,
    enlisted: Enlisted,
}

impl<'m> Worker<'m> {
    fn new(
        operator: Box<dyn Operator + 'm>,
        workload: &Workload,
        seed: u64,
        thread: usize,
        threads: usize,
    ) -> Self {
        Worker {
            operator,
            stream: Stream::new(workload, seed, thread, threads),
            batch: Batch::new(),
            enlisted: ledger::enlist(thread as u16, threads == 1),
        }
    }
}

/// Runs every phase of `workload`, one worker per operator, and checks every answer if the map gives `answers`.
pub(super) fn run_workload(
    workload: &Workload,
    answers: bool,
    operators: Vec<Box<dyn Operator + '_>>,
    session: &mut Session,
) -> Result<()> {
    let threads = operators.len();
    let crew = Crew {
        workload,
        answers,
        barrier: Barrier::new(threads),
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        deposits: Mutex::new(Vec::new()),
        wrong: Mutex::new(None),
    };
    let seed = session.seed();
    let mut operators = operators.into_iter();
    let first = operators.next().ok_or_else(|| Error::case("the map gave no handle"))?;
    std::thread::scope(|scope| {
        for (number, operator) in operators.enumerate() {
            let (crew, thread) = (&crew, number + 1);
            let spawned =
                std::thread::Builder::new().name(format!("worker-{thread}")).spawn_scoped(scope, move || {
                    let mut worker = Worker::new(operator, crew.workload, seed, thread, threads);
                    for index in 0..crew.workload.phases.len() {
                        crew.work(index, &mut worker, |_| {});
                        crew.barrier.wait(); // all have deposited
                        crew.barrier.wait(); // the first worker has read the figures
                        if crew.stop.load(Relaxed) {
                            return;
                        }
                    }
                });
            if let Err(error) = spawned {
                // The threads that did start wait for this one at the barrier, so there is no way back.
                session.give_up(&format!("thread {thread} of {threads} cannot be started: {error}"));
            }
        }
        crew.lead(Worker::new(first, workload, seed, 0, threads), session)
    })
}
