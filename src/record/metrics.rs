//! The case's figures: one table row each.
//!
//! A figure comes from one pass alone: times from the time pass, bytes and counts from the memory pass, latencies from the
//! latency pass. `full` is the end of the last phase that
//! leaves the most entries in the map: after serving, before draining.

use std::collections::BTreeMap;

use super::latency_metrics::latencies;
use super::memory::{Instances, Pages, Reading, SettleStep};
use super::metric::{Metric, Noise, metric};
use super::{CaseRecord, PassKind, PassRecord, PhaseRecord};

/// Bytes that every measurement of a case must free: a leak in one of many is one.
pub const LEAKED_BYTES: &str = "leaked_bytes";

/// The most bytes that leaked in a measurement, of the figures of a case.
pub fn leaked_bytes(metrics: &BTreeMap<String, Metric>) -> u64 {
    metrics.get(LEAKED_BYTES).map_or(0, |metric| metric.highest() as u64)
}

/// What is known of a figure before it is measured.
pub struct MetricInfo {
    /// Its name in records, budgets and claims.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Whether more is better.
    pub more_is_better: bool,
    /// How it may be compared.
    pub noise: Noise,
    /// One line: what it is.
    pub about: &'static str,
    /// The pass that it comes from.
    pub pass: PassKind,
    /// Its value; `None` where it has no meaning.
    pub of: fn(&PassRecord) -> Option<f64>,
}

/// A figure of the time pass.
const fn time(
    name: &'static str,
    unit: &'static str,
    about: &'static str,
    of: fn(&PassRecord) -> Option<f64>,
) -> MetricInfo {
    let pass = PassKind::Time;
    MetricInfo { name, unit, more_is_better: false, noise: Noise::Time, about, pass, of }
}

/// A figure of the memory pass.
const fn row(
    name: &'static str,
    unit: &'static str,
    noise: Noise,
    about: &'static str,
    of: fn(&PassRecord) -> Option<f64>,
) -> MetricInfo {
    MetricInfo { name, unit, more_is_better: false, noise, about, pass: PassKind::Memory, of }
}

/// Every figure.
pub const METRICS: &[MetricInfo] = &[
    MetricInfo {
        more_is_better: true,
        ..time(
            "ops_per_sec",
            "1/s",
            "operations per second over all phases, while the threads operate",
            |p| ratio(total(p, |ph| ph.ops) * 1e9, total(p, |ph| ph.span_ns)),
        )
    },
    time("ns_per_op", "ns", "time inside operations per operation, over all phases and threads", |p| {
        ratio(total(p, |ph| ph.wall_ns), total(p, |ph| ph.ops))
    }),
    time("cpu_ns_per_op", "ns", "CPU time inside operations per operation", |p| {
        ratio(total(p, |ph| ph.cpu_ns), total(p, |ph| ph.ops))
    }),
    MetricInfo {
        pass: PassKind::HugePages,
        ..time("huge_pages_ns_per_op", "ns", "ns_per_op with the map's memory in huge pages", |p| {
            ratio(total(p, |ph| ph.wall_ns), total(p, |ph| ph.ops))
        })
    },
    row("allocs_per_op", "1", Noise::Exact, "allocations per operation, over all phases", |p| {
        ratio(total(p, |ph| ph.counted().allocs), total(p, |ph| ph.ops))
    }),
    row("alloc_bytes_per_op", "bytes", Noise::Exact, "bytes allocated per operation, over all phases", |p| {
        ratio(total(p, |ph| ph.counted().alloc_bytes), total(p, |ph| ph.ops))
    }),
    row("live_bytes", "bytes", Noise::Exact, "requested bytes live while the map is full", |p| {
        full(p).map(|ph| ph.counted().live_bytes as f64)
    }),
    row(
        "peak_live_bytes",
        "bytes",
        Noise::Exact,
        "requested bytes live at the highest moment of the run",
        |p| Some(p.total.peak_live_bytes as f64),
    ),
    row(
        "peak_ratio",
        "1",
        Noise::Exact,
        "the highest live bytes over those at the end of the first phase",
        |p| ratio(p.total.peak_live_bytes as f64, p.phases.first()?.counted().live_bytes as f64),
    ),
    row(
        "bytes_per_entry",
        "bytes",
        Noise::Exact,
        "live bytes per entry while the map is full, key and value included",
        |p| full(p).and_then(|ph| ratio(ph.counted().live_bytes as f64, ph.entries as f64)),
    ),
    row(
        "bytes_per_instance",
        "bytes",
        Noise::Exact,
        "of several maps, live bytes of one while they are full: its own, those of its entries, and its place in their vector",
        |p| ratio(full(p)?.counted().live_bytes as f64, instances(p)?.count as f64),
    ),
    row(
        "empty_bytes_per_instance",
        "bytes",
        Noise::Exact,
        "of several maps, live bytes of one before the first entry: its own, and its place in their vector",
        |p| ratio(instances(p)?.empty_live_bytes as f64, instances(p)?.count as f64),
    ),
    row(
        "peak_bytes_per_entry",
        "bytes",
        Noise::Exact,
        "live bytes at the highest moment of the run per entry that the map held then",
        |p| {
            let peak = &p.memory.as_ref()?.peak.as_ref()?.reading;
            ratio(peak.live_bytes as f64, peak.entries as f64)
        },
    ),
    row(
        "payload_bytes",
        "bytes",
        Noise::Exact,
        "key and value bytes of the entries while the map is full",
        |p| full(p).map(|ph| ph.payload_bytes as f64).filter(|bytes| *bytes > 0.0),
    ),
    row("overhead_ratio", "1", Noise::Exact, "live bytes over payload bytes while the map is full", |p| {
        full(p).and_then(|ph| ratio(ph.counted().live_bytes as f64, ph.payload_bytes as f64))
    }),
    row(
        "retained_ratio",
        "1",
        Noise::Exact,
        "live bytes after the last phase over the highest live bytes, where entries were taken out",
        |p| {
            let last = p.phases.last()?;
            (last.entries < full(p)?.entries)
                .then(|| share(last.counted().live_bytes as f64, p.total.peak_live_bytes as f64))?
        },
    ),
    row(
        "resident_bytes",
        "bytes",
        Noise::Pages,
        "bytes that the allocator holds for the map while it is full: pages in use, free pages, its own structures",
        |p| full(p)?.counted().resident_bytes.map(|bytes| bytes as f64),
    ),
    MetricInfo {
        more_is_better: true,
        ..row(
            "hit_ratio",
            "1",
            Noise::Exact,
            "share of the look-ups counted by a program, such as those in a cache, that found their key",
            |p| share(p.total.hits as f64, p.total.look_ups as f64),
        )
    },
    row(
        "usable_bytes",
        "bytes",
        Noise::Exact,
        "live bytes as the allocator's size classes gave them, while the map is full",
        |p| full_reading(p).map(|reading| reading.usable_bytes as f64),
    ),
    row(
        "rounding_bytes",
        "bytes",
        Noise::Exact,
        "usable bytes less requested bytes while the map is full",
        |p| full_reading(p).map(|reading| reading.usable_bytes as f64 - reading.requested() as f64),
    ),
    row(
        "fragmentation",
        "1",
        Noise::Pages,
        "of the pages that hold a live block while the map is full, the share that is in no live block",
        |p| {
            let in_use = grown(p, full_reading(p)?, |pages| pages.in_use)?;
            share(in_use - full_reading(p)?.usable_bytes as f64, in_use)
        },
    ),
    row(
        "growth_events",
        "1",
        Noise::Exact,
        "operations that allocated more than an eighth of the live bytes",
        |p| p.memory.as_ref().map(|memory| memory.growth_events as f64),
    ),
    row(
        "garbage_bytes",
        "bytes",
        Noise::Exact,
        "live bytes after the last phase that the map's deferred reclamation had not freed yet",
        |p| {
            let [end, quiesced] = [SettleStep::End, SettleStep::Quiesced].map(|step| settled(p, step));
            Some((end?.live_bytes as f64 - quiesced?.live_bytes as f64).max(0.0))
        },
    ),
    row(
        LEAKED_BYTES,
        "bytes",
        Noise::Exact,
        "live bytes after the map was dropped and its reclamation driven to its end, beyond what its package keeps for the \
         process",
        |p| Some(p.memory.as_ref()?.leaked_bytes()? as f64),
    ),
    row(
        "settled_ratio",
        "1",
        Noise::Exact,
        "live bytes over the highest live bytes, once reclamation is done and the map is shrunk to its entries",
        |p| share(settled(p, SettleStep::Shrunk)?.live_bytes as f64, p.total.peak_live_bytes as f64),
    ),
    row(
        "retained_resident_ratio",
        "1",
        Noise::Pages,
        "of the highest bytes that the allocator held for the map, what the shrunk map keeps once free pages are returned",
        |p| {
            let memory = p.memory.as_ref()?;
            let held = |pages: &Pages| Some(pages.held_since(memory.baseline.as_ref()?) as f64);
            let kept = held(settled(p, SettleStep::ShrunkPurged)?.pages.as_ref()?)?;
            let readings = memory.phases.iter().chain(memory.settling.iter().map(|settled| &settled.reading));
            let near_peak = memory.peak.iter().filter_map(|peak| peak.nearest.as_ref());
            // Both of one account, page by page, and what is kept is among the readings: the share is one.
            let seen =
                readings.filter_map(|reading| reading.pages.as_ref()).chain(near_peak).filter_map(held);
            share(kept, seen.fold(0.0, f64::max))
        },
    ),
];

/// The pass that a figure comes from; none of a name that no figure has.
pub fn pass_of(metric: &str) -> Option<PassKind> {
    if metric.starts_with("latency.") {
        return Some(PassKind::Latency);
    }
    METRICS.iter().find(|info| info.name == metric).map(|info| info.pass)
}

/// Free bytes of the map's pages while the map is full: resident, without a live block, and on their way back to the
/// system. None where pages were not read.
pub fn free_bytes(pass: &PassRecord) -> Option<f64> {
    grown(pass, full_reading(pass)?, |pages| pages.free)
}

fn total(pass: &PassRecord, of: impl Fn(&PhaseRecord) -> u64) -> f64 {
    pass.phases.iter().map(of).sum::<u64>() as f64
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b)
}

/// `part` of `whole`; none if it is no part of it, or the whole is nothing.
fn share(part: f64, whole: f64) -> Option<f64> {
    ratio(part, whole).filter(|share| (0.0..=1.0).contains(share))
}

/// The end of the last phase with the most entries.
fn full(pass: &PassRecord) -> Option<&PhaseRecord> {
    pass.phases.iter().max_by_key(|phase| phase.entries)
}

/// The memory reading that belongs to [`full`].
fn full_reading(pass: &PassRecord) -> Option<&Reading> {
    let memory = pass.memory.as_ref()?;
    pass.phases.iter().zip(&memory.phases).max_by_key(|(phase, _)| phase.entries).map(|(_, reading)| reading)
}

/// The maps, if there are several.
fn instances(pass: &PassRecord) -> Option<Instances> {
    pass.memory.as_ref()?.instances
}

/// The reading after a step of the settling.
fn settled(pass: &PassRecord, step: SettleStep) -> Option<&Reading> {
    let memory = pass.memory.as_ref()?;
    memory.settling.iter().find(|settled| settled.step == step).map(|settled| &settled.reading)
}

/// A figure of the allocator in this reading, less what it was before the map was made.
fn grown(pass: &PassRecord, reading: &Reading, of: fn(&Pages) -> u64) -> Option<f64> {
    let baseline = pass.memory.as_ref()?.baseline.as_ref()?;
    Some(of(reading.pages.as_ref()?) as f64 - of(baseline) as f64)
}

/// The figures of a case by name, from the passes that it had. `repeatable` says whether its counts are the same in every
/// run: with several threads they depend on how these interleave, and some maps free at times of their own.
pub fn metrics_of<'p>(
    pass: impl Fn(PassKind) -> Option<&'p PassRecord>,
    repeatable: bool,
) -> BTreeMap<String, Metric> {
    let counted = METRICS.iter().filter_map(|info| {
        let noise = match info.noise {
            Noise::Exact if !repeatable => Noise::Interleaved,
            noise => noise,
        };
        let better = if info.more_is_better { "more" } else { "less" };
        let value = (info.of)(pass(info.pass)?)?;
        Some((info.name.to_owned(), metric(value, info.unit, better, noise)))
    });
    let timed = pass(PassKind::Latency).and_then(|pass| Some((pass.latency.as_ref()?, &pass.phases)));
    counted.chain(timed.into_iter().flat_map(|(latency, phases)| latencies(latency, phases))).collect()
}

/// The figures that a phase has of its own.
pub const PHASE_METRICS: [&str; 7] = [
    "allocs_per_op",
    "alloc_bytes_per_op",
    "live_bytes",
    "bytes_per_entry",
    "payload_bytes",
    "overhead_ratio",
    "resident_bytes",
];

/// A figure of one phase of a case, one of [`PHASE_METRICS`]: of what its operations did, or of its end.
pub fn metric_of_phase(record: &CaseRecord, phase: &str, name: &str) -> Option<Metric> {
    let pass = record.passes.get(&PassKind::Memory)?;
    let info = METRICS.iter().find(|info| info.name == name && PHASE_METRICS.contains(&name))?;
    let phase = pass.phases.iter().find(|one| one.name == phase)?.clone();
    // A figure that is said to be exact is so in every phase; where it is not, the case's says it.
    let noise = record.metrics.get(name).map_or(info.noise, |metric| metric.noise);
    let value = (info.of)(&PassRecord { phases: vec![phase.clone()], ..PassRecord::default() })?;
    let better = if info.more_is_better { "more" } else { "less" };
    Some(Metric { phase: Some(phase.name), ..metric(value, info.unit, better, noise) })
}

/// One figure of each name from several measurements: the median of each, and all of them where they differ. A figure
/// that one of the measurements lacks is left out. A count that was said to be exact and is not is marked as what it is.
pub fn medians(rounds: Vec<BTreeMap<String, Metric>>) -> BTreeMap<String, Metric> {
    let Some(first) = rounds.first() else { return BTreeMap::new() };
    let median = |name: &String, metric: &Metric| {
        let runs: Vec<f64> =
            rounds.iter().map(|round| round.get(name).map(|metric| metric.value)).collect::<Option<_>>()?;
        if runs.iter().all(|value| *value == metric.value) {
            return Some((name.clone(), metric.clone()));
        }
        let noise = if metric.noise == Noise::Exact { Noise::Interleaved } else { metric.noise };
        Some((name.clone(), Metric { value: middle(&runs), noise, runs, ..metric.clone() }))
    };
    first.iter().filter_map(|(name, metric)| median(name, metric)).collect()
}

/// The median; the mean of the middle two of an even number. 0 of none.
pub fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(half), half.checked_sub(1).and_then(|below| sorted.get(below))) {
        (1, Some(value), _) => *value,
        (_, Some(above), Some(below)) => (above + below) / 2.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PassTotal, PhaseCounts, fixtures};

    /// The figures of a case of which every pass reported the same.
    fn all_of(pass: &PassRecord) -> BTreeMap<String, Metric> {
        metrics_of(|_| Some(pass), true)
    }

    fn phase(name: &str, entries: u64, live: u64) -> PhaseRecord {
        PhaseRecord {
            name: name.into(),
            ops: 10,
            calls: 10,
            wall_ns: 1000,
            span_ns: 500,
            entries,
            payload_bytes: entries * 4,
            counts: Some(PhaseCounts { allocs: 5, live_bytes: live, ..PhaseCounts::default() }),
            ..PhaseRecord::default()
        }
    }

    #[test]
    fn figures_follow_their_definitions() {
        let pass = PassRecord {
            phases: vec![phase("fill", 100, 1000), phase("serve", 100, 1100), phase("drain", 50, 600)],
            total: PassTotal { peak_live_bytes: 1500, ..PassTotal::default() },
            ..PassRecord::default()
        };
        let metrics = all_of(&pass);
        let value = |name: &str| metrics[name].value;
        assert_eq!(value("live_bytes"), 1100.0, "the last of the fullest phases");
        assert_eq!(value("bytes_per_entry"), 11.0);
        assert_eq!(value("overhead_ratio"), 2.75);
        assert_eq!(value("peak_ratio"), 1.5);
        assert_eq!(value("retained_ratio"), 0.4);
        assert_eq!(value("ns_per_op"), 100.0);
        assert_eq!(value("ops_per_sec"), 20e6);
        assert_eq!(value("allocs_per_op"), 0.5);
    }

    #[test]
    fn hits_are_a_share_of_the_look_ups_that_were_counted() {
        let ratio = |hits, look_ups| {
            let total = PassTotal { hits, look_ups, ..PassTotal::default() };
            let metrics = all_of(&PassRecord { total, ..PassRecord::default() });
            metrics.get("hit_ratio").map(|metric| metric.value)
        };
        assert_eq!((ratio(3, 4), ratio(0, 4)), (Some(0.75), Some(0.0)));
        assert_eq!((ratio(3, 0), ratio(5, 4)), (None, None));
    }

    #[test]
    fn a_figure_without_meaning_is_left_out() {
        let pass = PassRecord { phases: vec![phase("fill", 0, 0)], ..PassRecord::default() };
        let metrics = all_of(&pass);
        assert!(!metrics.contains_key("bytes_per_entry"));
        assert!(!metrics.contains_key("retained_ratio"));
    }

    #[test]
    fn figures_of_memory_follow_their_definitions() {
        let metrics = all_of(&fixtures::memory_pass());
        let value = |name: &str| metrics[name].value;
        assert_eq!(value("usable_bytes"), 41_943_040.0);
        assert_eq!(value("rounding_bytes"), 6_291_440.0);
        assert_eq!(value("fragmentation"), 50_007.0 / (41_943_040.0 + 50_007.0));
        assert_eq!(value("growth_events"), 19.0);
        assert_eq!(value("garbage_bytes"), 0.0);
        assert_eq!(value("settled_ratio"), 2_228_240.0 / 53_477_408.0);
        // 2.6 MB in use and what the kernel has of the allocator's own; the 600 kB of free pages were returned.
        let held = |usable: u64, free: u64| {
            let pages = fixtures::pages(usable);
            let free = fixtures::BASELINE.free + free;
            Pages { free, ..pages }.held_since(&fixtures::BASELINE) as f64
        };
        let kept = fixtures::purged(2_621_440).held_since(&fixtures::BASELINE) as f64;
        assert_eq!(value("retained_resident_ratio"), kept / held(fixtures::USABLE, 600_000));
        assert!(kept < held(2_621_440, 600_000));
    }

    #[test]
    fn several_measurements_are_their_medians() {
        let round = |ns: f64, live: f64, exact: f64| -> BTreeMap<String, Metric> {
            [("ns", ns, Noise::Time), ("live", live, Noise::Exact), ("same", exact, Noise::Exact)]
                .into_iter()
                .map(|(name, value, noise)| (name.to_owned(), metric(value, "", "less", noise)))
                .collect()
        };
        let rounds = vec![round(3.0, 10.0, 7.0), round(1.0, 12.0, 7.0), round(8.0, 10.0, 7.0)];
        let metrics = medians(rounds.clone());
        assert_eq!((metrics["ns"].value, &metrics["ns"].runs[..]), (3.0, &[3.0, 1.0, 8.0][..]));
        assert_eq!(metrics["live"].noise, Noise::Interleaved, "it was not the same each time");
        assert_eq!((metrics["same"].noise, metrics["same"].runs.len()), (Noise::Exact, 0));
        assert_eq!(medians(rounds[..2].to_vec())["ns"].value, 2.0);
        assert!(medians(Vec::new()).is_empty());
        let mut lacking = rounds;
        lacking[1].remove("ns");
        assert!(!medians(lacking).contains_key("ns"));
    }
}
