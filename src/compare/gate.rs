//! Whether a case is worse than its baseline, figure by figure.
//!
//! Exact figures are equal or not. All others are ratios with intervals: measured in turns, the ratios of the pairs;
//! measured apart, the ratio of both sides, and for times its interval is wider by the drift on either side. A figure is
//! worse if its whole interval lies above the limit, fine if none of it does, and undecided otherwise.

use super::Filter;
use super::bootstrap::{self, FEWEST, Interval};
use super::measurements::{floor, measurements, ratio, span};
use super::resident_few_runs;
use super::tolerance::{MOST_PERCENT, Tolerances};
use super::verdict::{Judgement, Verdict};
use crate::record::{CaseRecord, Metric, Noise, PassKind, Varies, middle, pass_of};

/// The most further measurements that are advised: what needs more is not settled by runs.
const MOST_MORE: f64 = 100.0;

/// What is advised where two sessions cannot tell.
const IN_TURNS: &str = "not decided across sessions: measure both in turns with --base-program";

/// What rounding may add to a logarithm.
const ROUNDING: f64 = 1e-9;

/// How cases are compared.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// How much worse figures may be.
    pub tolerances: Tolerances,
    /// How far times of two sessions may be apart for no reason, as a share.
    pub drift: f64,
    /// Whether figures of different machines are compared.
    pub allow_machine_mismatch: bool,
    /// The figures that are looked at.
    pub filter: &'a Filter,
}

impl Rules<'_> {
    /// Whether a figure is compared with its baseline. Where the user names none, those are left out that say what another
    /// one says (the operations per second of one thread) or that a single operation decides. CPU time is compared beside
    /// wall time: on a machine that others use it is the steadier of the two.
    fn compares(&self, metric: &str, threads: u16) -> bool {
        if self.filter.names_metrics() {
            return self.filter.metric(metric);
        }
        match metric {
            "ops_per_sec" => threads > 1,
            latency if latency.starts_with("latency.") => {
                !latency.ends_with(".p999") && !latency.ends_with(".max")
            }
            _ => true,
        }
    }
}

/// Compares the figures of a case with those of its baseline.
pub fn against_baseline(base: &CaseRecord, new: &CaseRecord, rules: &Rules) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    for (name, metric) in &base.metrics {
        if !rules.compares(name, base.case.threads.max(new.case.threads)) {
            continue;
        }
        match new.metrics.get(name) {
            Some(own) => judgements.push(Pair { base, new, name, metric, own, rules }.judged()),
            None if rules.filter.intersection => {}
            None => judgements.push(Judgement {
                unit: metric.unit.clone(),
                base: Some(metric.value),
                ..Judgement::of(&new.case, name, Verdict::Missing, unmeasured(name))
            }),
        }
    }
    for (name, own) in &new.metrics {
        if !base.metrics.contains_key(name)
            && rules.compares(name, new.case.threads)
            && !rules.filter.intersection
        {
            judgements.push(Judgement {
                unit: own.unit.clone(),
                new: Some(own.value),
                ..Judgement::of(&new.case, name, Verdict::New, "new: the baseline does not have it")
            });
        }
    }
    judgements
}

/// Why a figure is not there, and what would have it there.
pub(super) fn unmeasured(metric: &str) -> String {
    match pass_of(metric) {
        Some(PassKind::Latency) => "missing: not measured; --latency measures it".to_owned(),
        Some(PassKind::HugePages) => {
            format!("missing: not measured; --also {} measures it", PassKind::HugePages.name())
        }
        _ => "missing: the run does not have this metric".to_owned(),
    }
}

/// One figure on both sides.
struct Pair<'a> {
    base: &'a CaseRecord,
    new: &'a CaseRecord,
    name: &'a str,
    metric: &'a Metric,
    own: &'a Metric,
    rules: &'a Rules<'a>,
}

impl Pair<'_> {
    fn judged(&self) -> Judgement {
        // A count that is exact on one side alone is none.
        let noise = if self.metric.noise == Noise::Exact { self.own.noise } else { self.metric.noise };
        let blank = Judgement {
            unit: self.own.unit.clone(),
            noise: Some(noise),
            base: Some(self.metric.value),
            new: Some(self.own.value),
            ..Judgement::of(&self.new.case, self.name, Verdict::Fine, "fine")
        };
        if !self.rules.allow_machine_mismatch
            && let Some(words) = self.incomparable(noise)
        {
            return Judgement { verdict: Verdict::Skipped, words, ..blank };
        }
        match noise {
            Noise::Exact => self.exactly(blank),
            Noise::Interleaved | Noise::Pages | Noise::Time => self.by_ratio(blank, noise),
        }
    }

    /// Why figures of these two machines cannot be compared, if so.
    fn incomparable(&self, noise: Noise) -> Option<String> {
        let (a, b) = (&self.base.machine, &self.new.machine);
        let cores = a.cores != b.cores;
        let depends = [self.base, self.new].iter().any(|record| record.map.varies == Some(Varies::Cores));
        let what = if a.arch != b.arch {
            format!("{} and {}", a.arch, b.arch)
        } else if cores && (noise != Noise::Exact && noise != Noise::Pages || depends) {
            format!("{} and {} cores", a.cores, b.cores)
        } else if noise == Noise::Time && a.cpu != b.cpu {
            format!("{} and {}", a.cpu, b.cpu)
        } else {
            return None;
        };
        Some(format!("skipped: the machines differ: {what}; --allow-mismatch machine compares all the same"))
    }

    fn more_is_better(&self) -> bool {
        self.own.better == "more"
    }

    fn exactly(&self, blank: Judgement) -> Judgement {
        let (base, new) = (self.metric.value, self.own.value);
        let room = 1.0 + self.rules.tolerances.of(self.name, Noise::Exact);
        let (verdict, words) = match (new == base, (new > base) != self.more_is_better()) {
            (true, _) => (Verdict::Fine, "fine: the same".to_owned()),
            (false, false) => (Verdict::Better, format!("better: {}", change(base, new))),
            (false, true) => {
                let within = if self.more_is_better() { new * room >= base } else { new <= base * room };
                match within {
                    true => (Verdict::Fine, format!("fine: within the tolerance, {}", change(base, new))),
                    false => (Verdict::Worse, format!("worse: {}", change(base, new))),
                }
            }
        };
        let interval = ratio(base, new).map(Interval::exactly);
        Judgement { runs: 1, interval, limit: Some(self.raw(room)), verdict, words, ..blank }
    }

    /// A limit of how many times as bad a figure may be, as one of the ratio of new to base.
    fn raw(&self, limit: f64) -> f64 {
        if self.more_is_better() { 1.0 / limit } else { limit }
    }

    fn by_ratio(&self, blank: Judgement, noise: Noise) -> Judgement {
        let base = measurements(self.metric, self.base.repeats);
        let new = measurements(self.own, self.new.repeats);
        let floor = floor(self.name);
        let session = !self.new.session.is_empty() && self.new.session == self.base.session;
        let paired = session && base.len() == new.len();
        let runs = base.len().min(new.len()) as u32;
        let median = middle(&base);
        let tolerance = self.rules.tolerances.of(self.name, noise);
        let limit = 1.0 + if median > 0.0 { tolerance.max(floor / median) } else { tolerance };
        let blank = Judgement { runs, paired, limit: Some(self.raw(limit)), ..blank };

        let spread = span(base.iter().chain(&new));
        if noise != Noise::Time && spread <= floor {
            let words = if spread == 0.0 { "fine: the same" } else { "fine: no difference that counts" };
            return Judgement { words: words.to_owned(), ..blank };
        }
        let drift = if noise == Noise::Time && !paired { 1.0 + self.rules.drift } else { 1.0 };
        if (runs as usize) < FEWEST {
            if let Some(judgement) = resident_few_runs::judged(&blank, self.base, self.new, limit) {
                return judgement;
            }
            if drift > 1.0 && !session && drift >= limit {
                return Judgement { verdict: Verdict::Undecided, words: IN_TURNS.to_owned(), ..blank };
            }
            let short = |side: &[f64]| side.len() < FEWEST;
            let whose = match (short(&base), short(&new)) {
                (true, false) => " of the baseline",
                _ => "",
            };
            return undecided(blank, FEWEST as u32 - runs, runs, whose);
        }
        let interval = if paired { bootstrap::of_pairs(&base, &new) } else { bootstrap::of_two(&base, &new) };
        let Some(interval) = interval else { return self.without_ratio(blank, &base, &new, floor) };
        let held = Held {
            // How many times as bad.
            ratio: if self.more_is_better() { interval.inverse() } else { interval }.map(f64::ln),
            limit: limit.ln(),
            drift: drift.ln(),
            falls: self.more_is_better(),
        };
        let shown = Interval { low: interval.low / drift, high: interval.high * drift, ..interval };
        held.judged(Judgement { interval: Some(shown), ..blank })
    }

    /// Figures of which some are 0: they have no ratio. What no two runs of both sides leave in doubt is said.
    fn without_ratio(&self, blank: Judgement, base: &[f64], new: &[f64], floor: f64) -> Judgement {
        let sign = if self.more_is_better() { -1.0 } else { 1.0 };
        let ends = |side: &[f64]| {
            side.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(sign * value), high.max(sign * value))
            })
        };
        let ((base_low, base_high), (new_low, new_high)) = (ends(base), ends(new));
        let (verdict, words) = if new_high < base_low {
            (Verdict::Better, "better: in every run")
        } else if new_high <= base_low + floor {
            (Verdict::Fine, "fine: in every run")
        } else if new_low > base_high + floor {
            (Verdict::Worse, "worse: in every run")
        } else {
            (Verdict::Undecided, "not decided: a metric of 0 has no ratio; give it a budget")
        };
        Judgement { verdict, words: words.to_owned(), ..blank }
    }
}

/// A ratio, its limit, and what two sessions may differ by: logarithms, and more is worse.
struct Held {
    ratio: Interval,
    limit: f64,
    drift: f64,
    /// Whether the figure itself falls when it gets worse.
    falls: bool,
}

impl Held {
    fn judged(&self, blank: Judgement) -> Judgement {
        let Held { ratio, limit, drift, falls } = self;
        let (low, high) = (ratio.low - drift, ratio.high + drift);
        // By how much the figure changed, of the baseline: what falls cannot fall by more than all of it.
        let change = if *falls { -ratio.value } else { ratio.value };
        let percent = format!("{:.1} %", change.exp_m1().abs() * 100.0);
        let say = |verdict, words: String, blank| Judgement { verdict, words, ..blank };
        if low > limit + ROUNDING {
            return say(Verdict::Worse, format!("worse by {percent}"), blank);
        }
        if high < -limit - ROUNDING {
            return say(Verdict::Better, format!("better by {percent}"), blank);
        }
        if high <= limit + ROUNDING {
            return say(Verdict::Fine, "fine".to_owned(), blank);
        }
        let runs = blank.runs;
        match more_runs(*ratio, *limit, *drift, runs) {
            // Hardly a number of runs makes up for sessions that may be further apart than the figure may move.
            _ if *drift > 0.0 && drift >= limit => say(Verdict::Undecided, IN_TURNS.to_owned(), blank),
            Some(more) => undecided(blank, more, runs, ""),
            None if *drift > 0.0 => say(Verdict::Undecided, IN_TURNS.to_owned(), blank),
            None => {
                // Wider than what the figure may move: a few runs that are far off do this wherever its middle is.
                let why = match ratio.high - ratio.value > *limit {
                    true => "its runs vary by more than the tolerance",
                    false => "it lies at the limit",
                };
                let words = unsettled(why, &accepting(&blank.metric, high));
                say(Verdict::Undecided, words, blank)
            }
        }
    }
}

/// That no number of runs tells: why not, and what would settle it.
pub(super) fn unsettled(why: &str, what: &str) -> String {
    format!("not decided, and more runs will not settle it: {why}; {what} would")
}

/// What settles a figure that may be as bad as `high` (the logarithm of a ratio).
fn accepting(metric: &str, high: f64) -> String {
    let percent = (high.exp_m1() * 100.0).ceil();
    let longer = "a longer run, on an idle machine";
    match percent <= MOST_PERCENT {
        true => format!("{longer}, or --tolerance {metric}={percent}%"),
        false => format!("{longer}, or a budget"),
    }
}

/// How many more measurements would bring an interval clear of its limit, if its middle stays and its width shrinks with
/// the root of their number. `None` if not within reason.
pub(super) fn more_runs(interval: Interval, limit: f64, drift: f64, runs: u32) -> Option<u32> {
    let side =
        if interval.value > limit { interval.value - interval.low } else { interval.high - interval.value };
    let room = (interval.value - limit).abs() - drift;
    if room <= 0.0 {
        return None;
    }
    let more = (f64::from(runs) * ((side / room).powi(2) - 1.0)).ceil().max(1.0);
    (more <= MOST_MORE).then_some(more as u32)
}

/// The judgement that `more` measurements are needed.
pub(super) fn undecided(blank: Judgement, more: u32, runs: u32, whose: &str) -> Judgement {
    let s = if more == 1 { "" } else { "s" };
    let words = format!("not decided, needs {more} more run{s}{whose} (--repeat {})", runs + more);
    Judgement { verdict: Verdict::Undecided, words, more_runs: Some(more), ..blank }
}

/// By how much an exact figure changed: `3.00 % more`.
fn change(base: f64, new: f64) -> String {
    let way = if new > base { "more" } else { "less" };
    if base == 0.0 {
        return format!("{new} {way}");
    }
    let percent = ((new - base) / base * 100.0).abs();
    match percent {
        small if small < 0.005 => format!("{} {way}", (new - base).abs()),
        percent => format!("{percent:.2} % {way}"),
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
