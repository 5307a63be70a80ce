//! Percentile curves of latencies, read from the histograms of a record.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use serde::Serialize;

use crate::record::{KindLatency, Latency, PhaseRecord};

/// Points of a curve for each nine: 90 % is one nine, 99 % are two.
const PER_NINE: u32 = 12;

/// A curve: how long the calls of one kind took, by percentile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Curve {
    /// Phase and operation.
    pub name: String,
    /// Nines of the percentile, and nanoseconds.
    pub points: Vec<(f64, u64)>,
}

/// The curves of the kinds of operations in `latency`.
pub(super) fn curves(latency: &Latency, phases: &[PhaseRecord]) -> Vec<Curve> {
    let curve = |kind: &KindLatency| {
        let phase = phases.get(usize::from(kind.phase)).map_or("?", |phase| phase.name.as_str());
        Curve { name: format!("{phase} {}", kind.op), points: points(kind) }
    };
    latency.kinds.iter().map(curve).collect()
}

fn points(kind: &KindLatency) -> Vec<(f64, u64)> {
    let Some(histogram) = histogram(kind) else {
        // A worker in another language need not tell its histogram.
        let known = [(0.5, kind.p50_ns), (0.9, kind.p90_ns), (0.99, kind.p99_ns), (0.999, kind.p999_ns)];
        return known.iter().map(|(quantile, ns)| (nines(*quantile), *ns)).collect();
    };
    let deepest = (kind.count.max(1) as f64).log10();
    let steps = (deepest * f64::from(PER_NINE)).ceil() as u32;
    let mut points: Vec<(f64, u64)> = Vec::new();
    for step in 0..=steps {
        let nines = (f64::from(step) / f64::from(PER_NINE)).min(deepest);
        let ns = histogram.value_at_quantile(1.0 - 10f64.powf(-nines));
        points.push(((nines * 1e4).round() / 1e4, ns));
    }
    points
}

fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).log10()
}

fn histogram(kind: &KindLatency) -> Option<Histogram<u64>> {
    if kind.histogram.is_empty() {
        return None;
    }
    let bytes = STANDARD.decode(&kind.histogram).ok()?;
    Deserializer::new().deserialize(&mut bytes.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

    #[test]
    fn a_curve_runs_from_the_least_to_the_slowest_call() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        (1..=1000u64).for_each(|ns| histogram.record(ns).unwrap());
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&histogram, &mut bytes).unwrap();
        let kind = KindLatency { count: 1000, histogram: STANDARD.encode(bytes), ..KindLatency::default() };
        let points = points(&kind);
        assert_eq!(points.first(), Some(&(0.0, 1)));
        assert_eq!(points.last(), Some(&(3.0, 999)));
        assert!(points.contains(&(1.0, 900)) && points.is_sorted_by(|a, b| a.1 <= b.1), "{points:?}");
    }

    #[test]
    fn without_a_histogram_the_percentiles_are_the_curve() {
        for histogram in ["", "not base64", "AAAA"] {
            let kind = KindLatency {
                p50_ns: 10,
                p999_ns: 90,
                histogram: histogram.to_owned(),
                ..KindLatency::default()
            };
            let points = points(&kind);
            assert_eq!((points.len(), points[0].1, points[3].1), (4, 10, 90), "{histogram}");
        }
    }
}
