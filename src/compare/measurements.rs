//! What the measurements of a figure gave, and which differences of it are none.

use crate::record::Metric;

/// Differences that are none, in the figure's unit: what one page or one tick of a clock makes is no finding. Where the
/// baseline is so small that its tolerance is less than this, this is the limit.
const FLOORS: [(&str, f64); 4] = [
    // What the allocator takes from the kernel, or gives back, at a time.
    ("resident_bytes", 262_144.0),
    ("fragmentation", 0.005),
    ("retained_resident_ratio", 0.005),
    // Latencies are whole nanoseconds.
    ("latency.", 1.0),
];

/// The difference of a figure up to which it is none.
pub(super) fn floor(metric: &str) -> f64 {
    FLOORS.iter().find(|(name, _)| metric.starts_with(name)).map_or(0.0, |(_, floor)| *floor)
}

/// What each measurement gave. A metric keeps them only where they differ.
pub(super) fn measurements(metric: &Metric, repeats: u32) -> Vec<f64> {
    match metric.runs.is_empty() {
        true => vec![metric.value; repeats.max(1) as usize],
        false => metric.runs.clone(),
    }
}

/// How far the values are apart.
pub(super) fn span<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    high - low
}

/// The ratio of two values that have one.
pub(super) fn ratio(base: f64, new: f64) -> Option<f64> {
    (base > 0.0 && new > 0.0).then(|| new / base).filter(|ratio| ratio.is_finite() && *ratio > 0.0)
}
