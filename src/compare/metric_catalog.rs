//! The figures that a run can have, by name: what budgets and tolerances may speak of.

use glob::Pattern;

use crate::error::{nearest, unknown};
use crate::record::{LATENCY_METRICS, METRICS, Noise, SLOWEST_GROWTH};
use crate::workload::spec::Op;

/// What is known of a figure without a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MetricCatalog {
    /// Its name.
    pub name: String,
    /// Its unit: `ns`, `bytes`, `1` or `1/s`.
    pub unit: &'static str,
    /// How it may be compared, on one thread.
    pub noise: Noise,
}

/// Every figure.
fn all() -> Vec<MetricCatalog> {
    let counted = METRICS.iter().map(|info| MetricCatalog {
        name: info.name.into(),
        unit: info.unit,
        noise: info.noise,
    });
    let operations = Op::ALL.iter().map(|op| op.name()).chain(["operation"]);
    let timed = operations.flat_map(|op| {
        LATENCY_METRICS.iter().map(move |info| MetricCatalog {
            name: format!("latency.{op}.{}", info.name),
            unit: "ns",
            noise: Noise::Time,
        })
    });
    let growth = MetricCatalog { name: SLOWEST_GROWTH.0.into(), unit: "ns", noise: Noise::Time };
    counted.chain(timed).chain([growth]).collect()
}

/// Refuses a name that is no figure's.
///
/// # Errors
/// With what it may have been meant to be.
pub(super) fn named(name: &str) -> Result<(), String> {
    let all = all();
    match all.iter().any(|known| known.name == name) {
        true => Ok(()),
        false => Err(unknown("metric", name, all.iter().map(|known| known.name.as_str()))),
    }
}

/// The figures that `pattern` fits, one at the least.
///
/// # Errors
/// When it fits none: then what it may have been meant to be.
pub(super) fn fitting(pattern: &Pattern) -> Result<Vec<MetricCatalog>, String> {
    let all = all();
    let fitting: Vec<MetricCatalog> =
        all.iter().filter(|known| pattern.matches(&known.name)).cloned().collect();
    if fitting.is_empty() {
        let names = all.iter().map(|known| known.name.as_str());
        return Err(match nearest(pattern.as_str(), names.clone()).is_empty() {
            true => format!("unknown metric \"{}\": mapprof list metrics has all", pattern.as_str()),
            false => unknown("metric", pattern.as_str(), names),
        });
    }
    Ok(fitting)
}
