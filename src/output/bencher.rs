//! The figures of runs in the Bencher Metric Format, which continuous benchmarking services read: a benchmark for each case,
//! a measure for each metric.
//!
//! Format: bencher.dev/docs/reference/bencher-metric-format.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compare::Spread;
use crate::error::{Error, Result};
use crate::record::{CaseRecord, Metric, Noise};

/// A figure with the interval of its measurements.
#[derive(Debug, PartialEq, Serialize)]
struct Figure {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

impl Figure {
    /// None of a value that JSON has no number for.
    fn of(metric: &Metric) -> Option<Figure> {
        let spread = match metric.noise {
            Noise::Exact => None,
            _ => Spread::of(&metric.runs),
        };
        let figure = Figure {
            value: metric.value,
            lower_value: spread.map(|spread| spread.low),
            upper_value: spread.map(|spread| spread.high),
        };
        let all = [Some(figure.value), figure.lower_value, figure.upper_value];
        all.into_iter().flatten().all(f64::is_finite).then_some(figure)
    }
}

/// The metrics of `records` that `is_wanted` takes by their names, as JSON. A case without any is left out.
///
/// # Errors
/// When it cannot be serialized.
pub fn render<'a>(
    records: impl IntoIterator<Item = &'a CaseRecord>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<String> {
    let mut benchmarks: BTreeMap<String, BTreeMap<&str, Figure>> = BTreeMap::new();
    for record in records {
        let wanted = record.metrics.iter().filter(|(name, _)| is_wanted(name));
        let measures: BTreeMap<&str, Figure> =
            wanted.filter_map(|(name, metric)| Some((name.as_str(), Figure::of(metric)?))).collect();
        if !measures.is_empty() {
            benchmarks.insert(record.case.to_string(), measures);
        }
    }
    let mut text = serde_json::to_string_pretty(&benchmarks).map_err(Error::case)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn metric(value: f64, noise: Noise, runs: &[f64]) -> Metric {
        Metric {
            value,
            unit: "ns".to_owned(),
            better: "less".to_owned(),
            noise,
            runs: runs.to_vec(),
            phase: None,
        }
    }

    #[test]
    fn a_figure_has_the_interval_of_its_measurements() {
        let bounds = |metric: &Metric| {
            let figure = Figure::of(metric).unwrap();
            (figure.value, figure.lower_value, figure.upper_value)
        };
        let time = metric(81.0, Noise::Time, &[80.0, 81.0, 95.0]);
        assert_eq!(bounds(&time), (81.0, Some(80.0), Some(95.0)));
        assert_eq!(bounds(&metric(81.0, Noise::Time, &[])), (81.0, None, None));
        let exact = metric(64.0, Noise::Exact, &[]);
        assert_eq!(bounds(&exact), (64.0, None, None));
        assert_eq!(Figure::of(&metric(f64::NAN, Noise::Time, &[])), None);
    }

    #[test]
    fn a_case_is_a_benchmark_and_a_metric_a_measure() {
        let runs = crate::compare::fixtures::two_sides();
        let records = || runs.iter().map(|(record, _, _)| record);
        let text = render(records(), |name| name == "ns_per_op").unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        let all = read.as_object().unwrap();
        assert!(all.contains_key("churn/std"), "{text}");
        assert!(
            all.values().all(|measures| measures.as_object().unwrap().keys().eq(["ns_per_op"])),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&render(records(), |_| false).unwrap()).unwrap(), json!({}));
    }
}
