//! The latency pass: each call timed by the cycle counter.
//!
//! One reading lies between two calls, so that reading the clock costs once per call. What it costs, with all that lies
//! between two readings besides the call, is measured with calls of nothing and taken off every figure. The ticks of a
//! slice are kept in a list, and go into histograms while the clock stands.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

use crate::capture::clock::{ClockSource, Scale};
use crate::capture::{HarnessVec, harness_vec, ledger};
use crate::record::{KindLatency, Latency, Slow};

/// Slow calls that are told of.
const SLOWEST: usize = 10;

/// Calls of nothing that measure what a reading costs.
const EMPTY_CALLS: usize = 200_000;

/// Rounds in which they are made.
const ROUNDS: usize = 10;

/// Significant decimal digits of the histograms.
const DIGITS: u8 = 3;

/// A call that was slow.
#[derive(Debug, Clone, Copy)]
struct SlowCall {
    ticks: u64,
    place: usize,
    call: u64,
    allocated: u64,
    growth: bool,
}

/// Latencies of one worker.
pub(super) struct Timer {
    source: ClockSource,
    worker: u16,
    ticks: HarnessVec<u64>,
    slow: HarnessVec<SlowCall>,
    /// The slowest growth event of the slice.
    growth: Option<SlowCall>,
    found: WorkerLatencies,
}

/// What one worker's timer found.
pub(super) struct WorkerLatencies {
    /// By phase and kind of call.
    kinds: Vec<(u16, &'static str, Ticks)>,
    /// Phase, kind, call and worker.
    slowest: Vec<(u16, &'static str, SlowCall, u16)>,
    /// The slowest growth event, likewise.
    growth: Option<(u16, &'static str, SlowCall, u16)>,
    empty_ticks: f64,
    backwards: u64,
}

struct Ticks {
    histogram: Histogram<u64>,
    sum: u128,
    max: u64,
}

impl Timer {
    pub(super) fn new(source: ClockSource, worker: u16) -> Self {
        Timer {
            source,
            worker,
            ticks: harness_vec(),
            slow: harness_vec(),
            growth: None,
            found: WorkerLatencies {
                kinds: Vec::new(),
                slowest: Vec::new(),
                growth: None,
                empty_ticks: 0.0,
                backwards: 0,
            },
        }
    }

    /// Measures what a call of nothing takes: `nothing` must do all that a call does but the call.
    pub(super) fn calibrate(&mut self, mut nothing: impl FnMut()) {
        // The same way as for calls. The best of several rounds: what disturbs a round makes it longer, never shorter.
        let mut round = || {
            self.slice(0, EMPTY_CALLS / ROUNDS, |_| nothing());
            self.slow.clear();
            self.growth = None;
            let sum: u64 = self.ticks.iter().filter(|ticks| (**ticks as i64) >= 0).sum();
            sum as f64 / (EMPTY_CALLS / ROUNDS) as f64
        };
        let best = (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min);
        self.found.empty_ticks = best;
    }

    /// Times `count` calls; `operate` does the one at a place of the slice, which begins at the call `first`.
    #[inline]
    pub(super) fn slice(&mut self, first: u64, count: usize, mut operate: impl FnMut(usize)) {
        self.ticks.clear();
        self.ticks.reserve(count);
        self.slow.clear();
        self.growth = None;
        let mut limit =
            if self.found.slowest.len() < SLOWEST { 0 } else { self.found.slowest[SLOWEST - 1].2.ticks };
        let mut last = self.source.read();
        let mut allocated = ledger::allocated_bytes();
        for place in 0..count {
            operate(place);
            let now = self.source.read();
            let ticks = now.wrapping_sub(last);
            self.ticks.push(ticks);
            last = now;
            let bytes = ledger::allocated_bytes();
            // A call that allocated may be a growth event; no other need be asked.
            if (ticks > limit || bytes != allocated) && (ticks as i64) >= 0 {
                let call = first + place as u64;
                let growth = bytes != allocated && ledger::grew(call);
                if ticks > limit || growth {
                    let call = SlowCall { ticks, place, call, allocated: bytes - allocated, growth };
                    limit = self.note(call, limit);
                    last = self.source.read();
                }
            }
            allocated = bytes;
        }
    }

    /// Keeps a call that is slow or a growth event. Returns the ticks that the next slow one must exceed.
    #[cold]
    #[inline(never)]
    fn note(&mut self, call: SlowCall, limit: u64) -> u64 {
        if call.growth && self.growth.is_none_or(|known| known.ticks < call.ticks) {
            self.growth = Some(call);
        }
        if call.ticks > limit { self.note_slow(call) } else { limit }
    }

    /// Keeps a slow call. Returns the ticks that the next one must exceed.
    fn note_slow(&mut self, call: SlowCall) -> u64 {
        let at = self.slow.partition_point(|known| known.ticks >= call.ticks);
        self.slow.insert(at, call);
        self.slow.truncate(SLOWEST);
        let full = self.slow.len() == SLOWEST;
        let known = self.found.slowest.get(SLOWEST - 1).map_or(0, |slowest| slowest.2.ticks);
        if full { self.slow[SLOWEST - 1].ticks.max(known) } else { known }
    }

    /// Enters the slice that was just timed, given the kind of each call.
    pub(super) fn enter(&mut self, phase: u16, kind_of: impl Fn(usize) -> &'static str) {
        for (place, ticks) in self.ticks.iter().enumerate() {
            let name = kind_of(place);
            if (*ticks as i64) < 0 {
                // The counter went backwards, or two processors' counters disagree.
                self.found.backwards += 1;
                continue;
            }
            let known = self.found.kinds.iter().position(|(of, op, _)| (*of, *op) == (phase, name));
            let index = known.unwrap_or_else(|| {
                if let Ok(histogram) = Histogram::new(DIGITS) {
                    self.found.kinds.push((phase, name, Ticks { histogram, sum: 0, max: 0 }));
                }
                self.found.kinds.len().saturating_sub(1)
            });
            if let Some((_, _, kind)) = self.found.kinds.get_mut(index) {
                // It grows as it must; what it cannot hold would be a call of centuries.
                let _ = kind.histogram.record(*ticks);
                kind.sum += u128::from(*ticks);
                kind.max = kind.max.max(*ticks);
            }
        }
        for slow in self.slow.drain(..) {
            self.found.slowest.push((phase, kind_of(slow.place), slow, self.worker));
        }
        keep_the_slowest(&mut self.found.slowest);
        let grown = self.growth.take().map(|call| (phase, kind_of(call.place), call, self.worker));
        self.found.growth = slower(self.found.growth, grown);
    }

    pub(super) fn finish(self) -> WorkerLatencies {
        self.found
    }
}

/// The slower one of two calls.
fn slower(
    one: Option<(u16, &'static str, SlowCall, u16)>,
    other: Option<(u16, &'static str, SlowCall, u16)>,
) -> Option<(u16, &'static str, SlowCall, u16)> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.2.ticks > one.2.ticks { other } else { one }),
        (one, other) => one.or(other),
    }
}

fn keep_the_slowest(slowest: &mut Vec<(u16, &'static str, SlowCall, u16)>) {
    slowest.sort_by_key(|(_, _, call, worker)| (std::cmp::Reverse(call.ticks), *worker, call.call));
    slowest.truncate(SLOWEST);
}

/// Joins what the workers found and turns ticks into nanoseconds.
pub(super) fn report(found: Vec<WorkerLatencies>, scale: Scale) -> Latency {
    let ns_per_tick = scale.ns_per_tick();
    let overhead_ns = found.iter().map(|one| one.empty_ticks).fold(0.0, f64::max) * ns_per_tick;
    let ns = |ticks: f64| (ticks * ns_per_tick - overhead_ns).max(0.0);
    let whole = |ticks: u64| ns(ticks as f64).round() as u64;
    let backwards = found.iter().map(|one| one.backwards).sum();
    let mut kinds: Vec<(u16, &'static str, Ticks)> = Vec::new();
    let mut slowest = Vec::new();
    let mut slowest_growth = None;
    for one in found {
        slowest_growth = slower(slowest_growth, one.growth);
        for (phase, op, ticks) in one.kinds {
            match kinds.iter_mut().find(|(of, known, _)| (*of, *known) == (phase, op)) {
                Some((_, _, all)) => {
                    // Both have the same bounds and digits, so there is no reason to refuse.
                    let _ = all.histogram.add(&ticks.histogram);
                    all.sum += ticks.sum;
                    all.max = all.max.max(ticks.max);
                }
                None => kinds.push((phase, op, ticks)),
            }
        }
        slowest.extend(one.slowest);
    }
    keep_the_slowest(&mut slowest);
    kinds.sort_by_key(|(phase, op, _)| (*phase, *op));
    let slow = |(phase, op, slow, thread): (u16, &'static str, SlowCall, u16)| Slow {
        phase,
        thread,
        call: slow.call,
        op: op.to_owned(),
        ns: whole(slow.ticks),
        allocated: slow.allocated,
        growth: slow.growth,
        cause: None,
    };
    Latency {
        clock: scale.source().name().to_owned(),
        overhead_ns,
        resolution_ns: scale.source().step() as f64 * ns_per_tick,
        backwards,
        kinds: kinds
            .into_iter()
            .map(|(phase, op, ticks)| {
                let count = ticks.histogram.len();
                let at = |quantile: f64| whole(ticks.histogram.value_at_quantile(quantile).min(ticks.max));
                let max_ns = whole(ticks.max);
                // The mean of one call, or of equal ones, is its whole nanoseconds too: no mean is above the maximum.
                let mean_ns = (ns(ticks.sum as f64 / count.max(1) as f64)).min(max_ns as f64);
                KindLatency {
                    phase,
                    op: op.to_owned(),
                    count,
                    mean_ns,
                    p50_ns: at(0.5),
                    p90_ns: at(0.9),
                    p99_ns: at(0.99),
                    p999_ns: at(0.999),
                    max_ns,
                    histogram: in_nanoseconds(&ticks.histogram, whole).unwrap_or_default(),
                }
            })
            .collect(),
        slowest: slowest.into_iter().map(slow).collect(),
        slowest_growth: slowest_growth.map(slow),
    }
}

/// The histogram with nanoseconds in place of ticks, compressed, base64.
fn in_nanoseconds(ticks: &Histogram<u64>, ns: impl Fn(u64) -> u64) -> Option<String> {
    let mut histogram = Histogram::<u64>::new(DIGITS).ok()?;
    for value in ticks.iter_recorded() {
        histogram.record_n(ns(value.value_iterated_to()), value.count_since_last_iteration()).ok()?;
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&histogram, &mut bytes).ok()?;
    use base64::Engine;
    Some(base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monotonic ticks are nanoseconds.
    const SOURCE: ClockSource = ClockSource::Monotonic;

    /// What a worker found in one slice of `calls` that took `ticks`, where a reading alone takes `empty_ticks`.
    fn found(worker: u16, phase: u16, calls: &[(&'static str, u64)], empty_ticks: f64) -> WorkerLatencies {
        let mut timer = Timer::new(SOURCE, worker);
        timer.found.empty_ticks = empty_ticks;
        for (place, (_, ticks)) in calls.iter().enumerate() {
            timer.ticks.push(*ticks);
            if *ticks as i64 >= 0 {
                let growth = *ticks > 100_000;
                let call = SlowCall { ticks: *ticks, place, call: 1000 + place as u64, allocated: 7, growth };
                if growth {
                    timer.note(call, u64::MAX);
                }
                timer.note_slow(call);
            }
        }
        timer.enter(phase, |place| calls[place].0);
        timer.finish()
    }

    fn reported(found: Vec<WorkerLatencies>) -> Latency {
        report(found, Scale::begin(SOURCE))
    }

    fn unpacked(kind: &KindLatency) -> Histogram<u64> {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::STANDARD.decode(&kind.histogram).unwrap();
        hdrhistogram::serialization::Deserializer::new().deserialize(&mut &bytes[..]).unwrap()
    }

    #[test]
    fn planted_ticks_come_out_less_what_a_reading_costs() {
        let mut calls = vec![("get", 110); 900];
        calls.extend([("get", 1_010); 99]);
        calls.extend([("get", 500_010), ("insert", 60), ("insert", 70)]);
        let latency = reported(vec![found(0, 2, &calls, 10.0)]);
        assert_eq!((latency.clock.as_str(), latency.overhead_ns, latency.backwards), ("monotonic", 10.0, 0));
        let kinds: Vec<_> = latency.kinds.iter().map(|k| (k.phase, k.op.as_str(), k.count)).collect();
        assert_eq!(kinds, [(2, "get", 1000), (2, "insert", 2)]);
        let get = &latency.kinds[0];
        let mean = (900.0 * 100.0 + 99.0 * 1_000.0 + 500_000.0) / 1000.0;
        assert!((get.mean_ns - mean).abs() < 1e-6, "{}", get.mean_ns);
        assert_eq!((get.p50_ns, get.p90_ns, get.max_ns), (100, 100, 500_000));
        // Three significant digits.
        assert!(get.p99_ns.abs_diff(1_000) <= 1 && get.p999_ns.abs_diff(1_000) <= 1, "{get:?}");
        assert_eq!(unpacked(get).len(), 1000);
        assert!(unpacked(get).max().abs_diff(500_000) <= 500);
        let slow = &latency.slowest[0];
        assert_eq!((slow.call, slow.op.as_str(), slow.ns, slow.growth), (1999, "get", 500_000, true));
        assert_eq!(latency.slowest.len(), SLOWEST);
        assert!(latency.slowest.is_sorted_by_key(|slow| std::cmp::Reverse(slow.ns)));
    }

    #[test]
    fn a_clock_that_steps_back_takes_its_operations_out_of_every_figure() {
        let back = 0u64.wrapping_sub(5_000);
        let calls = [("get", 50), ("get", back), ("get", 0), ("get", 52), ("remove", back)];
        let latency = reported(vec![found(0, 0, &calls, 0.0)]);
        assert_eq!(latency.backwards, 2);
        let kinds: Vec<_> = latency.kinds.iter().map(|k| (k.op.as_str(), k.count, k.max_ns)).collect();
        assert_eq!(kinds, [("get", 3, 52)], "a coarse clock may stand still");
        assert_eq!(latency.kinds[0].mean_ns, 34.0);
        assert_eq!(unpacked(&latency.kinds[0]).len(), 3);
        assert_eq!(latency.slowest.iter().map(|slow| slow.ns).collect::<Vec<_>>(), [52, 50, 0]);
    }

    #[test]
    fn a_call_that_took_no_longer_than_a_reading_took_nothing() {
        let latency = reported(vec![found(0, 0, &[("get", 3), ("get", 8)], 10.0)]);
        let get = &latency.kinds[0];
        assert_eq!((get.count, get.mean_ns, get.p50_ns, get.max_ns), (2, 0.0, 0, 0));
    }

    #[test]
    fn workers_are_joined_by_phase_and_operation() {
        let one = found(0, 0, &[("insert", 100), ("get", 30)], 4.0);
        let two = found(1, 0, &[("insert", 300)], 6.0);
        let three = found(2, 1, &[("insert", 200)], 5.0);
        let latency = reported(vec![one, two, three]);
        assert_eq!(latency.overhead_ns, 6.0, "the dearest reading is taken off: no figure may be too high");
        let kinds: Vec<_> =
            latency.kinds.iter().map(|k| (k.phase, k.op.as_str(), k.count, k.max_ns)).collect();
        assert_eq!(kinds, [(0, "get", 1, 24), (0, "insert", 2, 294), (1, "insert", 1, 194)]);
        assert_eq!(latency.kinds[1].mean_ns, 194.0);
        let slowest: Vec<_> = latency.slowest.iter().map(|slow| (slow.thread, slow.ns)).collect();
        assert_eq!(slowest, [(1, 294), (2, 194), (0, 94), (0, 24)]);
    }

    #[test]
    fn the_slowest_growth_event_is_known_even_if_ten_other_calls_were_slower() {
        let grown = |worker, ns| {
            let mut one = found(worker, 1, &[("insert", 20)], 0.0);
            let call = SlowCall { ticks: ns, place: 0, call: 77, allocated: 4096, growth: true };
            one.growth = Some((1, "insert", call, worker));
            one
        };
        let slower = found(2, 0, &[("get", 90_000); 12], 0.0);
        let latency = reported(vec![grown(0, 500), grown(1, 700), slower]);
        assert!(latency.slowest.iter().all(|slow| slow.op == "get"), "{:?}", latency.slowest);
        let growth = latency.slowest_growth.unwrap();
        assert_eq!((growth.op.as_str(), growth.ns, growth.thread, growth.call), ("insert", 700, 1, 77));
        assert_eq!(reported(vec![found(0, 0, &[("get", 9)], 0.0)]).slowest_growth, None);
        let planted = reported(vec![found(0, 2, &[("insert", 200_000), ("insert", 300_000)], 0.0)]);
        assert_eq!(planted.slowest_growth.map(|slow| (slow.phase, slow.ns)), Some((2, 300_000)));
    }

    #[test]
    fn a_pass_without_calls_reports_nothing() {
        let latency = reported(vec![found(0, 0, &[], 10.0)]);
        assert_eq!((latency.kinds.len(), latency.slowest.len()), (0, 0));
        assert_eq!(reported(Vec::new()).overhead_ns, 0.0);
    }
}
