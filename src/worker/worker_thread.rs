//! A worker thread: its handles, its source of operations, and what it has done and counted so far.

use std::ops::Range;

use super::latency::Timer;
use super::life_cycle::Upkeep;
use super::map_moment::Holding;
use super::maps_of_run::Look;
use super::pass_table::Replay;
use super::session::{BatchClock, Timed};
use crate::capture::clock::ClockSource;
use crate::capture::ledger::{self, Counting, Counts, Enlisted};
use crate::capture::{cpu, growth};
use crate::workload::answer::Fold;
use crate::workload::{Batch, OperationSource};

/// How often a worker drives reclamation on at its end. What is left is the main thread's to drive on.
const QUIESCE: usize = 8;

/// One worker thread's way to the maps, with the types of keys and values behind it.
pub(super) trait Operator: Send {
    /// Does the calls of `range` of `batch` and nothing else. Returns `fold` with every answer added.
    fn replay(&mut self, batch: &Batch, range: Range<usize>, fold: Fold, enlisted: Enlisted) -> Fold;
    /// Does the calls of `range` of a checked batch, the first of which has the number `first`. Returns whether every
    /// answer was right.
    fn check(&mut self, batch: &Batch, range: Range<usize>, first: u64, enlisted: Enlisted) -> bool;
    /// Does something with each map. Only [`Upkeep::Look`] has an answer, without the vector that several lie in.
    fn upkeep(&mut self, upkeep: Upkeep, enlisted: Enlisted) -> Look;
}

/// How the workers of a run do their calls.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// How operations are replayed.
    pub replay: Replay,
    /// How they are counted.
    pub counting: Counting,
    /// What times each call, in a latency pass.
    pub clock: Option<ClockSource>,
    /// Bytes that the operations of a thread may take before their clock starts, where they are folded.
    pub operation_bytes: usize,
}

/// A worker's own things, which it keeps over the steps between its phases.
pub(super) struct Hand {
    pub(super) source: Box<dyn OperationSource>,
    /// The number of the thread that it is the hand of.
    pub(super) thread: usize,
    pub(super) batch: Batch,
    pub(super) enlisted: Enlisted,
    /// The first phase whose beginning the source was not told yet.
    pub(super) next_phase: usize,
    /// Calls done so far, over all phases.
    pub(super) calls: u64,
    /// What was counted when counts were last taken.
    counted: Counts,
    /// Time inside operations so far, nanoseconds.
    pub(super) ns: u64,
    /// Entries and payload of the share that it has at the end of its last slice.
    pub(super) holding: Holding,
    /// What was held at the highest moment of the last slice, if that was a new high.
    pub(super) at_peak: Option<Holding>,
    replay: Replay,
    timer: Option<Timer>,
    is_calibrated: bool,
}

impl Hand {
    /// The things of the worker with this number, on its thread.
    pub(super) fn new(source: Box<dyn OperationSource>, thread: usize, manner: Manner) -> Self {
        let batch = match manner.replay {
            Replay::Folded => Batch::folded(source.keys(), manner.operation_bytes / source.bytes_per_call()),
            Replay::Checked | Replay::Timed => Batch::checked(source.keys()),
        };
        Hand {
            source,
            thread,
            batch,
            replay: manner.replay,
            enlisted: ledger::enlist(thread as u16, manner.counting),
            next_phase: 0,
            calls: 0,
            counted: Counts::default(),
            ns: 0,
            holding: Holding::default(),
            at_peak: None,
            timer: manner.clock.map(|source| Timer::new(source, thread as u16)),
            is_calibrated: false,
        }
    }

    /// Goes on, on a thread that takes the place of the one that ended.
    pub(super) fn moved_to_thread(&mut self, thread: usize, manner: Manner) {
        self.enlisted = ledger::enlist(thread as u16, manner.counting);
        self.counted = Counts::default();
        // Until its first call, this thread is where the other one ended.
        ledger::at_untimed(self.calls.saturating_sub(1));
    }

    /// Turns the source to the phase `index`, after all that came before.
    pub(super) fn begin_phase(&mut self, index: usize) {
        // A source follows the steps of the life cycle too.
        for phase in self.next_phase..=index {
            self.source.begin_phase(phase);
        }
        self.next_phase = index + 1;
    }

    /// What this thread allocated and freed since the last call of this. What making the map allocated belongs to the first
    /// phase, and what happens between two phases to the second.
    pub(super) fn count(&mut self) -> Counts {
        let before = std::mem::replace(&mut self.counted, ledger::counts());
        self.counted - before
    }

    /// What was counted when counts were last taken.
    pub(super) fn counted(&self) -> Counts {
        self.counted
    }

    /// Takes a step of the life cycle, which is one call, and times it.
    pub(super) fn step(&mut self, phase: u16, name: &'static str, take: &mut dyn FnMut(Enlisted)) -> Timed {
        growth::slice_begins(self.ns);
        ledger::enter_phase(phase);
        let (call, enlisted) = (self.calls, self.enlisted);
        self.calls += 1;
        let mut timed = Timed { ops: 1, calls: 1, ..Timed::default() };
        let mut take = || {
            ledger::at(call);
            take(enlisted);
            ledger::call_ended(enlisted);
        };
        let clock = BatchClock::start();
        match &mut self.timer {
            Some(timer) => timer.slice(call, 1, |_| take()),
            None => {
                let _sampled = (self.replay == Replay::Folded).then(cpu::arm);
                take();
            }
        }
        clock.stop(&mut timed);
        if let Some(timer) = &mut self.timer {
            timer.enter(phase, |_| name);
        }
        self.ns += timed.wall_ns;
        timed.span_ns = timed.wall_ns;
        timed.counts = self.count();
        timed
    }

    /// What the timer found, in a latency pass.
    pub(super) fn into_timer(self) -> Option<Timer> {
        self.timer
    }
}

/// A worker at its calls.
pub(super) struct Worker<'m> {
    pub(super) operator: Box<dyn Operator + 'm>,
    pub(super) hand: Hand,
}

impl<'m> Worker<'m> {
    pub(super) fn new(mut operator: Box<dyn Operator + 'm>, mut hand: Hand) -> Self {
        if let Some(timer) = &mut hand.timer
            && !std::mem::replace(&mut hand.is_calibrated, true)
        {
            // A slice without calls is what a call costs besides the call.
            let (batch, enlisted) = (&hand.batch, hand.enlisted);
            timer.calibrate(|| {
                ledger::at(0);
                std::hint::black_box(operator.replay(batch, 0..0, Fold::default(), enlisted));
                ledger::call_ended(enlisted);
            });
        }
        Worker { operator, hand }
    }

    /// Does the calls of `range` and times them. Returns whether every answer was right, as far as answers are compared one
    /// by one; adds them to `fold` otherwise.
    pub(super) fn slice(
        &mut self,
        phase: u16,
        range: Range<usize>,
        fold: &mut Fold,
        timed: &mut Timed,
    ) -> bool {
        let Worker { operator, hand } = self;
        growth::slice_begins(hand.ns);
        let (first, before) = (hand.calls, timed.wall_ns);
        hand.calls += range.len() as u64;
        let (batch, enlisted) = (&hand.batch, hand.enlisted);
        let mut right = true;
        match (&mut hand.timer, hand.replay) {
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
        hand.ns += timed.wall_ns - before;
        right
    }

    /// What the maps say of themselves.
    pub(super) fn look(&mut self) -> Look {
        let mut look = Look::default();
        // A map may free garbage whenever it is called, and that counts; but it is no call's.
        ledger::between(|| look = self.operator.upkeep(Upkeep::Look, self.hand.enlisted));
        look
    }

    /// Ends the work on this thread: with `settle`, drives its deferred reclamation on, which no other thread can.
    pub(super) fn end(mut self, settle: bool) -> Hand {
        if settle {
            for _ in 0..QUIESCE {
                ledger::between(|| _ = self.operator.upkeep(Upkeep::Quiesce, self.hand.enlisted));
            }
        }
        self.hand
    }
}
