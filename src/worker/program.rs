//! Workloads as programs: a closure that brings its own map or other data and is measured like the built-in workloads.

use super::latency::{self, Timer};
use super::map_moment::Moment;
use super::pass_table::Replay;
use super::session::{BatchClock, Session, Timed};
use crate::capture::clock::{ClockSource, Scale};
use crate::capture::ledger::{self, Enlisted};
use crate::capture::{cpu, growth};
use crate::error::{Error, Result};
use crate::record::Settings;
use crate::workload::answer::Checksum;

/// The name that stands for the map in a program's cases: it brings its own.
pub const OWN_MAP: &str = "own";

/// Operations between two looks at the clock, where memory is read or each operation is timed.
const BATCH: u64 = 1024;

/// Slices of a phase of which only the time is taken: enough to tell how far it is.
const SLICES: u64 = 100;

/// Points of the timeline that a phase has at the most.
const POINTS: u64 = 150;

/// What a program's closure is handed: it says which phases there are and does them.
pub struct Bench<'s, 'r> {
    session: &'s mut Session<'r>,
    arguments: &'s [String],
    settings: &'s Settings,
    checksum: Checksum,
    phases: u16,
    /// Operations, and time inside them, of the phases before.
    calls: u64,
    ns: u64,
    /// Look-ups that found their key, of how many.
    hits: u64,
    look_ups: u64,
    /// What times each operation, in a latency pass.
    timer: Option<(Timer, Scale)>,
    outcome: Result<()>,
}

impl<'s, 'r> Bench<'s, 'r> {
    pub(super) fn new(session: &'s mut Session<'r>, arguments: &'s [String], settings: &'s Settings) -> Self {
        let timer = (session.row().replay == Replay::Timed).then(|| {
            let source = ClockSource::best();
            (Timer::new(source, 0), Scale::begin(source))
        });
        Bench {
            timer,
            session,
            arguments,
            settings,
            checksum: Checksum::EMPTY,
            phases: 0,
            calls: 0,
            ns: 0,
            hits: 0,
            look_ups: 0,
            outcome: Ok(()),
        }
    }

    /// The seed that the user gave; take all randomness from it.
    pub fn seed(&self) -> u64 {
        self.session.seed()
    }

    /// What the user gave after `--`, the same in every pass and in the record. What the program takes from its
    /// environment is recorded only if it was set with `--env`.
    pub fn arguments(&self) -> &[String] {
        self.arguments
    }

    /// How many entries the program is asked to put in: what [`crate::App::entries`] says, or `--entries`. 0 if the program
    /// says nothing of entries.
    pub fn entries(&self) -> u64 {
        self.settings.entries.unwrap_or(0)
    }

    /// The value of a parameter: what [`crate::App::param`] says, its variant, or `--set`. One that the program was not
    /// given is empty, and the pass fails with a line that says so.
    pub fn param(&mut self, name: &str) -> &'s str {
        if let Some(value) = self.settings.parameters.get(name) {
            return value;
        }
        if self.outcome.is_ok() {
            self.outcome = Err(Error::input(format!(
                "the program asks for a parameter \"{name}\" that it was not given: add .param(\"{name}\", ...)"
            )));
        }
        ""
    }

    /// The value of a parameter that takes a whole number.
    pub(crate) fn whole(&mut self, name: &str) -> u64 {
        let text = self.param(name);
        text.parse().unwrap_or_else(|_| {
            self.wrong_number(name, "a whole number", text);
            0
        })
    }

    /// The value of a parameter that takes a number, which may have a fraction.
    #[cfg(feature = "maps")]
    pub(crate) fn number(&mut self, name: &str) -> f64 {
        let text = self.param(name);
        text.parse().unwrap_or_else(|_| {
            self.wrong_number(name, "a number", text);
            0.0
        })
    }

    /// The pass fails since a parameter is not what it must be, unless it failed before.
    fn wrong_number(&mut self, name: &str, must_be: &str, text: &str) {
        if self.outcome.is_ok() {
            let message = format!("the parameter \"{name}\" must be {must_be}, got \"{text}\"");
            self.outcome = Err(Error::input(message));
        }
    }

    /// Does `ops` operations as the phase `name`. `operation` is called with 0, 1, 2, … and its answers are folded into
    /// the checksum, which must come out the same in every pass. Only what happens inside is measured.
    pub fn phase(&mut self, name: &str, ops: u64, mut operation: impl FnMut(u64) -> u64) {
        if self.outcome.is_err() {
            return;
        }
        let enlisted = self.session.enlisted();
        let before = ledger::counts();
        ledger::enter_phase(self.phases);
        if let Some((timer, _)) = self.timer.as_mut().filter(|_| self.phases == 0) {
            // Operations of nothing are what one costs besides itself.
            timer.calibrate(|| {
                std::hint::black_box(operations_numbered(&mut operation, 0..0, 0, Checksum::EMPTY, enlisted));
            });
        }
        let mut timed = Timed { ops, calls: ops, ..Timed::default() };
        let mut next = 0;
        let alone = self.session.row().replay == Replay::Folded;
        let between_points = ops.div_ceil(POINTS).max(1);
        let slice = if alone { ops.div_ceil(SLICES).max(1) } else { between_points.min(BATCH) };
        let mut point = between_points;
        while next < ops {
            let end = ops.min(next + slice);
            growth::slice_begins(self.ns + timed.wall_ns);
            let clock = BatchClock::start();
            let (first, mut checksum) = (self.calls + next, self.checksum);
            match &mut self.timer {
                None if alone => {
                    let _sampled = cpu::arm();
                    checksum = operations_alone(&mut operation, next..end, checksum, enlisted);
                }
                None => checksum = operations_numbered(&mut operation, next..end, first, checksum, enlisted),
                Some((timer, _)) => timer.slice(first, (end - next) as usize, |place| {
                    let number = next + place as u64;
                    let call = first + place as u64;
                    checksum =
                        operations_numbered(&mut operation, number..number + 1, call, checksum, enlisted);
                }),
            }
            clock.stop(&mut timed);
            self.checksum = checksum;
            if let Some((timer, _)) = &mut self.timer {
                timer.enter(self.phases, |_| "operation");
            }
            next = end;
            if next >= point || next == ops {
                point = next + between_points;
                self.session.snapshot(&self.moment(next, timed.wall_ns));
            }
            self.outcome = self.session.progress(name, next, ops);
            if self.outcome.is_err() {
                return;
            }
        }
        timed.span_ns = timed.wall_ns;
        timed.counts = ledger::counts() - before;
        let moment = self.moment(ops, timed.wall_ns);
        self.outcome = self.session.end_phase(name, timed, 0, 0, moment, None);
        self.phases += 1;
        self.calls += ops;
        self.ns += timed.wall_ns;
    }

    /// The moment after `ops` operations of a phase, which took `ns`. What the map holds is not known.
    fn moment(&self, ops: u64, ns: u64) -> Moment {
        Moment {
            phase: self.phases,
            calls: self.calls + ops,
            own_calls: self.calls + ops,
            ns: self.ns + ns,
            ..Moment::default()
        }
    }

    /// Says how many entries the map holds now, and their key and value bytes, so that figures per entry can be given
    /// for the phase that ended last.
    pub fn holds(&mut self, entries: u64, payload_bytes: u64) {
        self.session.last_phase_holds(entries, payload_bytes);
    }

    /// Adds `hits` hits of `look_ups` look-ups to `hit_ratio` in the record. The counts must be the same in every pass: tell hits from
    /// misses in the answers of the operations, so that the checksum covers them.
    pub fn hits(&mut self, hits: u64, look_ups: u64) {
        self.hits = self.hits.saturating_add(hits);
        self.look_ups = self.look_ups.saturating_add(look_ups);
    }

    /// Says that the data structure answered wrongly, which fails the pass.
    #[cfg(feature = "maps")]
    pub(crate) fn answered_wrongly(&mut self, message: String) {
        self.session.answered_wrongly(message);
    }

    pub(super) fn finish(self) -> Result<()> {
        self.outcome?;
        if let Some((timer, scale)) = self.timer {
            self.session.timed(latency::report(vec![timer.finish()], scale));
        }
        self.session.answered(self.checksum, self.hits);
        self.session.looked_up(self.look_ups);
        self.session.allocated([&ledger::sizes()]);
        Ok(())
    }
}

/// Makes a key of a program's own map: what `make` allocates has the role `key`.
///
/// Without it, what a closure allocates is a `value`, unless the function that does it is called something like `make_key`.
#[inline(never)]
pub fn key<K>(make: impl FnOnce() -> K) -> K {
    // Not the last thing that it does: a jump to `make` would leave no frame.
    std::hint::black_box(make())
}

/// Makes a value of a program's own map: what `make` allocates has the role `value`, whatever its functions are called.
#[inline(never)]
pub fn value<V>(make: impl FnOnce() -> V) -> V {
    std::hint::black_box(make())
}

/// Does the operations and nothing else. Never inlined: its frame is where a stack walk ends.
#[inline(never)]
fn operations_alone(
    operation: &mut impl FnMut(u64) -> u64,
    numbers: std::ops::Range<u64>,
    mut checksum: Checksum,
    enlisted: Enlisted,
) -> Checksum {
    let _armed = ledger::arm(enlisted);
    for number in numbers {
        checksum.fold(operation(number));
    }
    checksum
}

/// Does the operations and tells the ledger which one is at work. Never inlined, for the same reason.
#[inline(never)]
fn operations_numbered(
    operation: &mut impl FnMut(u64) -> u64,
    numbers: std::ops::Range<u64>,
    first: u64,
    mut checksum: Checksum,
    enlisted: Enlisted,
) -> Checksum {
    let _armed = ledger::arm(enlisted);
    for (number, call) in numbers.zip(first..) {
        ledger::at(call);
        checksum.fold(operation(number));
        ledger::call_ended(enlisted);
    }
    checksum
}
