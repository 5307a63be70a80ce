//! The figures of latencies: percentiles and maxima of each kind of operation, from a latency pass.

use std::collections::BTreeMap;

use super::metric::{Metric, Noise, metric};
use super::{KindLatency, Latency, PhaseRecord};

/// What is known of a latency figure before it is measured. There is one per operation, `latency.<op>.<name>`.
pub struct LatencyInfo {
    /// The last part of its name.
    pub name: &'static str,
    /// One line: what it is.
    pub about: &'static str,
    /// Its value, nanoseconds.
    pub of: fn(&KindLatency) -> u64,
    /// Whether it is the highest of all phases, rather than that of the phase with the most operations of that kind.
    pub over_all: bool,
}

const fn percentile(name: &'static str, about: &'static str, of: fn(&KindLatency) -> u64) -> LatencyInfo {
    LatencyInfo { name, about, of, over_all: false }
}

/// The slowest growth event, whatever its operation.
pub const SLOWEST_GROWTH: (&str, &str) = (
    "latency.growth.max",
    "the slowest operation that allocated more than an eighth of the live bytes, over all phases and kinds",
);

/// Every latency figure.
pub const LATENCY_METRICS: &[LatencyInfo] = &[
    LatencyInfo {
        name: "p50",
        about: "half of the operations of this kind took at most this, in the phase with the most of them",
        of: |kind| kind.p50_ns,
        over_all: false,
    },
    percentile("p90", "nine of ten took at most this, in that phase", |kind| kind.p90_ns),
    percentile("p99", "99 of 100 took at most this, in that phase", |kind| kind.p99_ns),
    percentile("p999", "999 of 1000 took at most this, in that phase", |kind| kind.p999_ns),
    LatencyInfo {
        name: "max",
        about: "the slowest operation of this kind, over all phases",
        of: |kind| kind.max_ns,
        over_all: true,
    },
];

/// The rows of [`LATENCY_METRICS`] for each kind of operation, and [`SLOWEST_GROWTH`]. None is below the clock's step:
/// what takes less is known to be below it, and no more.
pub(super) fn latencies(latency: &Latency, phases: &[PhaseRecord]) -> Vec<(String, Metric)> {
    let of = |ns: u64| metric((ns as f64).max(latency.resolution_ns.ceil()), "ns", "less", Noise::Time);
    let mut kinds: BTreeMap<&str, Vec<&KindLatency>> = BTreeMap::new();
    for kind in latency.kinds.iter().filter(|kind| kind.count > 0) {
        kinds.entry(&kind.op).or_default().push(kind);
    }
    let mut rows = Vec::new();
    for (op, kinds) in kinds {
        // The first one of several with as many.
        let Some(most) = kinds.iter().rev().max_by_key(|kind| kind.count) else { continue };
        let phase = phases.get(usize::from(most.phase)).map(|phase| phase.name.clone());
        rows.extend(LATENCY_METRICS.iter().map(|info| {
            let metric = match info.over_all {
                true => of(kinds.iter().map(|kind| (info.of)(kind)).max().unwrap_or(0)),
                false => Metric { phase: phase.clone(), ..of((info.of)(most)) },
            };
            (format!("latency.{op}.{}", info.name), metric)
        }));
    }
    rows.extend(latency.slowest_growth.as_ref().map(|slow| (SLOWEST_GROWTH.0.to_owned(), of(slow.ns))));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{fixtures, metrics_of};

    #[test]
    fn a_percentile_is_of_the_phase_with_the_most_of_its_kind_and_a_maximum_of_all() {
        let case = fixtures::case();
        let metrics = metrics_of(|kind| case.passes.get(&kind), false);
        let of_latencies: Vec<&str> =
            metrics.keys().map(String::as_str).filter(|name| name.starts_with("latency.")).collect();
        assert_eq!(of_latencies.len(), 3 * LATENCY_METRICS.len() + 1);
        assert_eq!(metrics["latency.insert.p50"].value, 90.0, "of a million, not of 50,000");
        assert_eq!(metrics["latency.insert.p50"].phase.as_deref(), Some("fill"));
        assert_eq!(metrics["latency.get.p99"].phase.as_deref(), Some("serve"));
        assert_eq!(metrics["latency.insert.max"].value, 19_000_000.0, "of the 50,000 of another phase");
        assert_eq!(metrics["latency.insert.max"].phase, None);
        assert_eq!(metrics["latency.growth.max"].value, 18_874_368.0);
        assert_eq!(metrics["latency.get.p999"].value, 360.0);
        assert_eq!(metrics["latency.remove.max"].noise, Noise::Time);
        let mut coarse = fixtures::latency();
        coarse.resolution_ns = 49.5;
        let rows: BTreeMap<String, Metric> = latencies(&coarse, &fixtures::phases()).into_iter().collect();
        assert_eq!(rows["latency.get.p50"].value, 50.0, "40 ns are below the clock's step");
        assert_eq!(rows["latency.get.p90"].value, 80.0);
        assert_eq!(metrics["usable_bytes"].noise, Noise::Interleaved);
    }
}
