//! The worker threads of a run: they are started for a stretch of phases, and what they keep is here over the steps between two
//! stretches. A step of the maps' life cycle is the main thread's alone; the other threads end before it and are started anew
//! after it.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use super::crew::{Crew, OpenSource, Owed};
use super::latency::{self, Timer};
use super::map_moment::{Holding, Moment};
use super::maps_of_run::Look;
use super::session::{Session, Timed};
use super::worker_thread::{Hand, Operator, Worker};
use crate::capture::clock::Scale;
use crate::capture::ledger::{self, Counts, Enlisted};
use crate::capture::{arena, ended_threads, thread_exit, thread_stacks};
use crate::error::{Error, Result};
use crate::workload::Batch;
use crate::workload::spec::Workload;

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
        let crew = Crew::new(workload, open, answers, vector_bytes, session);
        let (threads, clock) = (crew.threads, crew.manner.clock);
        WorkerPool {
            crew,
            hands: (0..threads).map(|_| None).collect(),
            owed: Owed::default(),
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

    /// Look-ups of so many live keys, at the beginning of the phase `index`. They are no calls of the stream.
    pub(super) fn look_ups(&mut self, index: usize, count: usize) -> Batch {
        let crew = &self.crew;
        let hand = self.hands[0].get_or_insert_with(|| Hand::new((crew.open)(0), 0, crew.manner));
        hand.begin_phase(index);
        let mut batch = Batch::checked_up_to(hand.source.keys(), count);
        hand.source.look_ups(count, &mut batch);
        batch
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
                held_bytes: hand.source.held_bytes(),
            };
            hand.at_peak = None;
        }
        let sum = |of: fn(&Holding) -> u64| self.hands.iter().flatten().map(|hand| of(&hand.holding)).sum();
        let holding = Holding {
            entries: sum(|holding| holding.entries),
            payload_bytes: sum(|holding| holding.payload_bytes),
            block_bytes: sum(|holding| holding.block_bytes),
            held_bytes: sum(|holding| holding.held_bytes),
        };
        crew.entries.store(holding.entries, Relaxed);
        crew.payload_bytes.store(holding.payload_bytes, Relaxed);
        crew.block_bytes.store(holding.block_bytes, Relaxed);
        crew.held_bytes.store(holding.held_bytes, Relaxed);
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
