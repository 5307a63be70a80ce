//! A session: one pass inside the child, from the first operation to the last.
//!
//! It owns the profiler of the pass and the records of its phases. Worker threads meet at a barrier at the end of each
//! phase; the first worker, which is the child's main thread, then reads the figures while nobody operates.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::driver::Operator;
use super::program::BatchClock;
use super::protocol::{Event, Pass};
use crate::capture::cpu::CpuSampler;
use crate::capture::heap::{HeapRecorder, JemallocSampler};
use crate::capture::ledger::{self, Counts, Enlisted};
use crate::capture::{mappings, resident};
use crate::error::{Error, Result};
use crate::record::{PassTotal, PhaseRecord};
use crate::workload::answer::Checksum;
use crate::workload::spec::Workload;
use crate::workload::stream::{Batch, Stream};

/// The least time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What a phase did, over one thread or all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timed {
    pub ops: u64,
    pub calls: u64,
    pub wall_ns: u64,
    pub cpu_ns: u64,
    pub span_ns: u64,
    pub counts: Counts,
}

impl Timed {
    /// Adds another thread's share.
    fn join(self, other: Timed) -> Timed {
        Timed {
            ops: self.ops + other.ops,
            calls: self.calls + other.calls,
            wall_ns: self.wall_ns + other.wall_ns,
            cpu_ns: self.cpu_ns + other.cpu_ns,
            span_ns: self.span_ns.max(other.span_ns),
            counts: self.counts + other.counts,
        }
    }
}

/// One pass inside the child.
pub struct Session<'r> {
    report: &'r mut dyn FnMut(&Event) -> Result<()>,
    seed: u64,
    threads: u16,
    enlisted: Enlisted,
    recorder: Option<Box<dyn HeapRecorder>>,
    sampler: Option<CpuSampler>,
    resident_before: u64,
    /// Place in the sequence of heap sample events at which the last phase ended.
    end_event: u64,
    wrong: Option<String>,
    phases: Vec<PhaseRecord>,
    total: PassTotal,
    last_progress: Instant,
}

impl<'r> Session<'r> {
    /// Begins a pass on the current thread, which becomes worker 0.
    pub(super) fn begin(
        pass: Pass,
        seed: u64,
        threads: u16,
        report: &'r mut dyn FnMut(&Event) -> Result<()>,
    ) -> Result<Self> {
        let enlisted = ledger::enlist(0, threads == 1);
        let mut recorder: Option<Box<dyn HeapRecorder>> = None;
        let mut sampler = None;
        match pass {
            Pass::Measure => {}
            Pass::Heap { sample_bytes } => recorder = Some(Box::new(JemallocSampler::new(sample_bytes))),
            Pass::Cpu { hertz } => sampler = Some(CpuSampler::start(hertz)?),
        }
        if let Some(recorder) = &mut recorder {
            recorder.start()?;
        }
        Ok(Session {
            report,
            seed,
            threads,
            enlisted,
            recorder,
            sampler,
            resident_before: resident::allocator().resident,
            end_event: 0,
            wrong: None,
            phases: Vec::new(),
            total: PassTotal::default(),
            last_progress: Instant::now(),
        })
    }

    /// The seed of the operation stream.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Worker threads.
    pub(super) fn threads(&self) -> u16 {
        self.threads
    }

    /// The main thread's place in the ledger.
    pub(super) fn enlisted(&self) -> Enlisted {
        self.enlisted
    }

    /// Says how far a phase is, now and then.
    pub(super) fn progress(&mut self, phase: &str, done: u64, total: u64) -> Result<()> {
        if self.last_progress.elapsed() < PROGRESS_EVERY {
            return Ok(());
        }
        self.last_progress = Instant::now();
        (self.report)(&Event::Progress { phase: phase.to_owned(), done, total })
    }

    /// Reads the figures at the end of a phase. Nobody operates meanwhile.
    pub(super) fn end_phase(
        &mut self,
        index: u16,
        name: &str,
        timed: Timed,
        entries: u64,
        payload_bytes: u64,
    ) -> Result<()> {
        self.end_event = ledger::events();
        if let Some(sampler) = &mut self.sampler {
            sampler.end_phase(index)?;
        }
        let live = ledger::live(self.enlisted);
        let peak = live.peak.max(0) as u64;
        if peak > self.total.peak_live_bytes {
            self.total.peak_live_bytes = peak;
            self.total.peak_phase = name.to_owned();
        }
        self.phases.push(PhaseRecord {
            name: name.to_owned(),
            ops: timed.ops,
            calls: timed.calls,
            wall_ns: timed.wall_ns,
            cpu_ns: timed.cpu_ns,
            span_ns: timed.span_ns,
            allocs: timed.counts.allocs,
            frees: timed.counts.frees,
            alloc_bytes: timed.counts.alloc_bytes,
            freed_bytes: timed.counts.freed_bytes,
            live_bytes: live.bytes.max(0) as u64,
            peak_live_bytes: peak,
            entries,
            payload_bytes,
            resident_bytes: resident::allocator().resident.saturating_sub(self.resident_before),
        });
        Ok(())
    }

    /// Adds what only the workload knows to the phase that ended last.
    pub(super) fn last_phase_holds(&mut self, entries: u64, payload_bytes: u64) {
        if let Some(phase) = self.phases.last_mut() {
            phase.entries = entries;
            phase.payload_bytes = payload_bytes;
        }
    }

    /// Notes what all calls and their answers came to.
    pub(super) fn answered(&mut self, checksum: Checksum, hits: u64) {
        self.total.checksum = checksum.to_string();
        self.total.hits = hits;
    }

    /// Notes how large the allocations of a thread were, over all phases so far.
    pub(super) fn allocated(&mut self, sizes: &[u64]) {
        let largest = sizes.iter().rposition(|count| *count > 0).map_or(0, |class| class + 1);
        let sums = &mut self.total.allocs_by_size;
        sums.resize(sums.len().max(largest), 0);
        for (sum, count) in sums.iter_mut().zip(sizes) {
            *sum += count;
        }
    }

    /// Notes that the map answered wrongly, which voids the pass.
    fn answered_wrongly(&mut self, message: String) {
        self.wrong = Some(message);
    }

    /// Ends the child at once, with a reason.
    fn give_up(&mut self, message: &str) -> ! {
        let _ = (self.report)(&Event::Failed { kind: "refused".to_owned(), message: message.to_owned() });
        std::process::exit(3)
    }

    /// Reports all that the pass found.
    pub(super) fn finish(mut self) -> Result<()> {
        let raw_cpu = self.sampler.take().map(CpuSampler::finish);
        let (end, peak) = (self.end_event, ledger::live(self.enlisted).peak_event);
        let raw_heap = self.recorder.take().map(|mut recorder| recorder.finish(end, peak));
        if let Some(message) = self.wrong {
            return (self.report)(&Event::Failed { kind: "wrong-answer".to_owned(), message });
        }
        for phase in std::mem::take(&mut self.phases) {
            (self.report)(&Event::Phase(phase))?;
        }
        if raw_heap.is_some() || raw_cpu.is_some() {
            (self.report)(&Event::Mappings { mappings: mappings::executable()? })?;
        }
        if let Some(heap) = raw_heap {
            (self.report)(&Event::Heap(heap))?;
        }
        if let Some(cpu) = raw_cpu {
            (self.report)(&Event::Cpu(cpu))?;
        }
        // Read last, so that what reporting takes is in it too: it is the child's figure, not the map's.
        self.total.max_rss_bytes = resident::max_rss().unwrap_or(0);
        (self.report)(&Event::Done(self.total))
    }
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
            if outcome.is_err() || session.wrong.is_some() {
                self.stop.store(true, Relaxed);
            }
            self.barrier.wait();
            outcome?;
            if session.wrong.is_some() {
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
        session.total.allocs_by_size.clear();
        for deposit in &deposits {
            session.allocated(&deposit.sizes);
        }
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
