//! A comparison for programs: JSON, and CSV in long form (docs/FORMAT.md describes both).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compare::{Baseline, Cell, Column, Ranking, Row, WorkloadRanking};
use crate::error::{Error, Result};
use crate::output::markdown_escape;
use crate::printable::PrintablePath;
use crate::record::Noise;

/// Version of the JSON's format.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Comparison<'a> {
    format: u32,
    baseline: Reference<'a>,
    metrics: Vec<MetricRow<'a>>,
    workloads: Vec<WorkloadRow<'a>>,
    /// Empty of fewer than two workloads.
    geometric_means: Vec<MeanRow<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "of", content = "name", rename_all = "kebab-case")]
enum Reference<'a> {
    Best,
    Map(&'a str),
    Side(&'a str),
}

#[derive(Serialize)]
struct MetricRow<'a> {
    name: &'a str,
    unit: &'a str,
    better: &'static str,
    noise: Noise,
}

#[derive(Serialize)]
struct WorkloadRow<'a> {
    workload: &'a str,
    runs: Vec<RunRow<'a>>,
}

#[derive(Serialize)]
struct RunRow<'a> {
    label: String,
    map: &'a str,
    side: Option<&'a str>,
    package: &'a str,
    version: &'a str,
    folder: String,
    seed: u64,
    threads: u16,
    repeats: u32,
    /// Whether it is on the Pareto front; null if it has no place there.
    front: Option<bool>,
    metrics: BTreeMap<&'a str, Figure>,
}

#[derive(Serialize)]
struct Figure {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
    ratio: Option<f64>,
    best: bool,
}

#[derive(Serialize)]
struct MeanRow<'a> {
    metric: &'a str,
    over: Vec<&'a str>,
    left_out: Vec<&'a str>,
    ratios: Vec<MeanOf>,
}

#[derive(Serialize)]
struct MeanOf {
    label: String,
    ratio: f64,
    best: bool,
}

/// The comparison as JSON.
///
/// # Errors
/// When it cannot be serialized.
pub fn json(ranking: &Ranking<'_>) -> Result<String> {
    let comparison = Comparison {
        format: FORMAT,
        baseline: match &ranking.baseline {
            Baseline::Best => Reference::Best,
            Baseline::Row(row) => Reference::Map(row),
            Baseline::Side(side) => Reference::Side(side),
        },
        metrics: ranking.columns.iter().map(metric_row).collect(),
        workloads: ranking.workloads.iter().map(|of_workload| workload_row(ranking, of_workload)).collect(),
        geometric_means: mean_rows(ranking),
    };
    let mut text = serde_json::to_string_pretty(&comparison).map_err(Error::case)?;
    text.push('\n');
    Ok(text)
}

fn metric_row(column: &Column) -> MetricRow<'_> {
    MetricRow {
        name: &column.name,
        unit: &column.unit,
        better: if column.more { "more" } else { "less" },
        noise: column.noise,
    }
}

fn workload_row<'s>(ranking: &'s Ranking<'_>, of_workload: &'s WorkloadRanking<'_>) -> WorkloadRow<'s> {
    let run = |row: &'s Row<'_>| {
        let series = ranking.series.get(row.series)?;
        let record = row.ranked.record;
        let figure = |(column, cell): (&'s Column, &Option<Cell>)| {
            let cell = cell.as_ref()?;
            let figure = Figure {
                value: cell.value,
                low: cell.spread.map(|spread| spread.low),
                high: cell.spread.map(|spread| spread.high),
                ratio: cell.ratio,
                best: cell.best,
            };
            Some((column.name.as_str(), figure))
        };
        Some(RunRow {
            label: series.label(),
            map: &record.case.map,
            side: series.side.as_deref(),
            package: &record.map.package,
            version: &record.map.version,
            folder: row.ranked.path.shown(),
            seed: record.seed,
            threads: record.case.threads,
            repeats: record.repeats,
            front: row.spot.map(|_| row.front),
            metrics: ranking.columns.iter().zip(&row.cells).filter_map(figure).collect(),
        })
    };
    WorkloadRow { workload: &of_workload.workload, runs: of_workload.rows.iter().filter_map(run).collect() }
}

fn mean_rows<'s>(ranking: &'s Ranking<'_>) -> Vec<MeanRow<'s>> {
    let Some(means) = &ranking.means else { return Vec::new() };
    let workloads = |over: &[usize], there: bool| -> Vec<&'s str> {
        let workloads = ranking.workloads.iter().enumerate();
        workloads
            .filter(|(n, _)| over.contains(n) == there)
            .map(|(_, of_workload)| of_workload.workload.as_str())
            .collect()
    };
    ranking
        .columns
        .iter()
        .zip(&means.columns)
        .map(|(column, means)| MeanRow {
            metric: &column.name,
            over: workloads(&means.over, true),
            left_out: workloads(&means.over, false),
            ratios: ranking
                .series
                .iter()
                .zip(&means.means)
                .filter_map(|(series, mean)| {
                    let mean = (*mean)?;
                    Some(MeanOf { label: series.label(), ratio: mean.ratio, best: mean.best })
                })
                .collect(),
        })
        .collect()
}

/// The comparison as CSV: a line for each figure of each run. What is not there is empty.
///
/// # Errors
/// When it cannot be written.
pub fn csv(ranking: &Ranking<'_>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["workload", "map", "label", "metric", "unit", "value", "ratio", "best", "low", "high"];
    writer.write_record(header).map_err(Error::case)?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for of_workload in &ranking.workloads {
        for row in &of_workload.rows {
            let Some(series) = ranking.series.get(row.series) else { continue };
            for (column, cell) in ranking.columns.iter().zip(&row.cells) {
                let Some(cell) = cell else { continue };
                let label = series.label();
                let texts =
                    [&of_workload.workload, &row.ranked.record.case.map, &label, &column.name, &column.unit];
                let texts = texts.map(|text| markdown_escape::csv(text));
                let figures = [
                    cell.value.to_string(),
                    number(cell.ratio),
                    cell.best.to_string(),
                    number(cell.spread.map(|spread| spread.low)),
                    number(cell.spread.map(|spread| spread.high)),
                ];
                writer.write_record(texts.iter().chain(&figures)).map_err(Error::case)?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(Error::case)?;
    String::from_utf8(bytes).map_err(Error::case)
}
