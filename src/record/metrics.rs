//! The case's figures: one table row each.
//!
//! A figure comes from the measure pass alone. `full` is the end of the last phase that leaves the most entries in the
//! map: after serving, before draining.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PassRecord, PhaseRecord};

/// A figure of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Whether `more` or `less` is better.
    pub better: String,
    /// How it may be compared.
    pub noise: Noise,
}

/// How a figure may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// The same in every run of the same case: compare for equality.
    Exact,
    /// A count that depends on how threads interleave: exact in itself, and not the same in every run.
    Interleaved,
    /// Pages: the same up to the allocator's and the kernel's timing.
    Pages,
    /// Times: compare by ratio and interval.
    Time,
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
    /// Its value; `None` where it has no meaning.
    pub of: fn(&PassRecord) -> Option<f64>,
}

const fn row(
    name: &'static str,
    unit: &'static str,
    noise: Noise,
    about: &'static str,
    of: fn(&PassRecord) -> Option<f64>,
) -> MetricInfo {
    MetricInfo { name, unit, more_is_better: false, noise, about, of }
}

/// Every figure.
pub const METRICS: &[MetricInfo] = &[
    MetricInfo {
        more_is_better: true,
        ..row(
            "ops_per_sec",
            "1/s",
            Noise::Time,
            "operations per second over all phases, while the threads operate",
            |p| ratio(total(p, |ph| ph.ops) * 1e9, total(p, |ph| ph.span_ns)),
        )
    },
    row(
        "ns_per_op",
        "ns",
        Noise::Time,
        "time inside operations per operation, over all phases and threads",
        |p| ratio(total(p, |ph| ph.wall_ns), total(p, |ph| ph.ops)),
    ),
    row("cpu_ns_per_op", "ns", Noise::Time, "CPU time inside operations per operation", |p| {
        ratio(total(p, |ph| ph.cpu_ns), total(p, |ph| ph.ops))
    }),
    row("allocs_per_op", "1", Noise::Exact, "allocations per operation, over all phases", |p| {
        ratio(total(p, |ph| ph.allocs), total(p, |ph| ph.ops))
    }),
    row("alloc_bytes_per_op", "bytes", Noise::Exact, "bytes allocated per operation, over all phases", |p| {
        ratio(total(p, |ph| ph.alloc_bytes), total(p, |ph| ph.ops))
    }),
    row("live_bytes", "bytes", Noise::Exact, "requested bytes live while the map is full", |p| {
        full(p).map(|ph| ph.live_bytes as f64)
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
        |p| ratio(p.total.peak_live_bytes as f64, p.phases.first()?.live_bytes as f64),
    ),
    row(
        "bytes_per_entry",
        "bytes",
        Noise::Exact,
        "live bytes per entry while the map is full, key and value included",
        |p| full(p).and_then(|ph| ratio(ph.live_bytes as f64, ph.entries as f64)),
    ),
    row(
        "payload_bytes",
        "bytes",
        Noise::Exact,
        "key and value bytes of the entries while the map is full",
        |p| full(p).map(|ph| ph.payload_bytes as f64).filter(|bytes| *bytes > 0.0),
    ),
    row("overhead_ratio", "1", Noise::Exact, "live bytes over payload bytes while the map is full", |p| {
        full(p).and_then(|ph| ratio(ph.live_bytes as f64, ph.payload_bytes as f64))
    }),
    row(
        "retained_ratio",
        "1",
        Noise::Exact,
        "live bytes after the last phase over the highest live bytes, where entries were taken out",
        |p| {
            let last = p.phases.last()?;
            (last.entries < full(p)?.entries)
                .then(|| ratio(last.live_bytes as f64, p.total.peak_live_bytes as f64))?
        },
    ),
    row(
        "resident_bytes",
        "bytes",
        Noise::Pages,
        "resident bytes of the allocator while the map is full, less those before the first operation",
        |p| full(p).map(|ph| ph.resident_bytes as f64),
    ),
];

fn total(pass: &PassRecord, of: impl Fn(&PhaseRecord) -> u64) -> f64 {
    pass.phases.iter().map(of).sum::<u64>() as f64
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b)
}

/// The end of the last phase with the most entries.
fn full(pass: &PassRecord) -> Option<&PhaseRecord> {
    pass.phases.iter().max_by_key(|phase| phase.entries)
}

/// The figures of a measure pass by name. With several `threads`, counts depend on how these interleave.
pub fn metrics_of(measure: &PassRecord, threads: u16) -> BTreeMap<String, Metric> {
    METRICS
        .iter()
        .filter_map(|info| {
            let value = (info.of)(measure)?;
            let metric = Metric {
                value,
                unit: info.unit.to_owned(),
                better: if info.more_is_better { "more" } else { "less" }.to_owned(),
                noise: match info.noise {
                    Noise::Exact if threads > 1 => Noise::Interleaved,
                    noise => noise,
                },
            };
            Some((info.name.to_owned(), metric))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::PassTotal;

    fn phase(name: &str, entries: u64, live: u64) -> PhaseRecord {
        PhaseRecord {
            name: name.into(),
            ops: 10,
            calls: 10,
            wall_ns: 1000,
            span_ns: 500,
            allocs: 5,
            entries,
            live_bytes: live,
            payload_bytes: entries * 4,
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
        let metrics = metrics_of(&pass, 1);
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
    fn a_figure_without_meaning_is_left_out() {
        let pass = PassRecord { phases: vec![phase("fill", 0, 0)], ..PassRecord::default() };
        let metrics = metrics_of(&pass, 1);
        assert!(!metrics.contains_key("bytes_per_entry"));
        assert!(!metrics.contains_key("retained_ratio"));
    }
}
