//! The latency pass: each call timed by the cycle counter.
//!
//! One reading lies between two calls, so that reading the clock costs once per call. What it costs, with all that lies
//! between two readings besides the call, is measured with calls of nothing and taken off every figure. The ticks of a
//! slice are kept in a list, and go into histograms while the clock stands.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

use crate::capture::clock::{Scale, Source};
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
    source: Source,
    worker: u16,
    ticks: HarnessVec<u64>,
    slow: HarnessVec<SlowCall>,
    found: Found,
}

/// What one worker's timer found.
pub(super) struct Found {
    /// By phase and kind of call.
    kinds: Vec<(u16, &'static str, Ticks)>,
    /// Phase, kind, call and worker.
    slowest: Vec<(u16, &'static str, SlowCall, u16)>,
    empty_ticks: f64,
    backwards: u64,
}

struct Ticks {
    histogram: Histogram<u64>,
    sum: u128,
    max: u64,
}

impl Timer {
    pub(super) fn new(source: Source, worker: u16) -> Self {
        Timer {
            source,
            worker,
            ticks: harness_vec(),
            slow: harness_vec(),
            found: Found { kinds: Vec::new(), slowest: Vec::new(), empty_ticks: 0.0, backwards: 0 },
        }
    }

    /// Measures what a call of nothing takes: `nothing` must do all that a call does but the call.
    pub(super) fn calibrate(&mut self, mut nothing: impl FnMut()) {
        // The same way as for calls. The best of several rounds: what disturbs a round makes it longer, never shorter.
        let mut round = || {
            self.slice(0, EMPTY_CALLS / ROUNDS, |_| nothing());
            self.slow.clear();
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
            if ticks > limit && (ticks as i64) >= 0 {
                limit = self.note_slow(SlowCall {
                    ticks,
                    place,
                    call: first + place as u64,
                    allocated: bytes - allocated,
                    growth: ledger::grew(first + place as u64),
                });
                last = self.source.read();
            }
            allocated = bytes;
        }
    }

    /// Keeps a slow call. Returns the ticks that the next one must exceed.
    #[cold]
    #[inline(never)]
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
    }

    pub(super) fn finish(self) -> Found {
        self.found
    }
}

fn keep_the_slowest(slowest: &mut Vec<(u16, &'static str, SlowCall, u16)>) {
    slowest.sort_by_key(|(_, _, call, worker)| (std::cmp::Reverse(call.ticks), *worker, call.call));
    slowest.truncate(SLOWEST);
}

/// Joins what the workers found and turns ticks into nanoseconds.
pub(super) fn report(found: Vec<Found>, scale: Scale) -> Latency {
    let ns_per_tick = scale.ns_per_tick();
    let overhead_ns = found.iter().map(|one| one.empty_ticks).fold(0.0, f64::max) * ns_per_tick;
    let ns = |ticks: f64| (ticks * ns_per_tick - overhead_ns).max(0.0);
    let whole = |ticks: u64| ns(ticks as f64).round() as u64;
    let backwards = found.iter().map(|one| one.backwards).sum();
    let mut kinds: Vec<(u16, &'static str, Ticks)> = Vec::new();
    let mut slowest = Vec::new();
    for one in found {
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
    Latency {
        clock: scale.source().name().to_owned(),
        overhead_ns,
        backwards,
        kinds: kinds
            .into_iter()
            .map(|(phase, op, ticks)| {
                let count = ticks.histogram.len();
                let at = |quantile: f64| whole(ticks.histogram.value_at_quantile(quantile).min(ticks.max));
                KindLatency {
                    phase,
                    op: op.to_owned(),
                    count,
                    mean_ns: if count == 0 { 0.0 } else { ns(ticks.sum as f64 / count as f64) },
                    p50_ns: at(0.5),
                    p90_ns: at(0.9),
                    p99_ns: at(0.99),
                    p999_ns: at(0.999),
                    max_ns: whole(ticks.max),
                    histogram: in_nanoseconds(&ticks.histogram, whole).unwrap_or_default(),
                }
            })
            .collect(),
        slowest: slowest
            .into_iter()
            .map(|(phase, op, slow, thread)| Slow {
                phase,
                thread,
                call: slow.call,
                op: op.to_owned(),
                ns: whole(slow.ticks),
                allocated: slow.allocated,
                growth: slow.growth,
            })
            .collect(),
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
