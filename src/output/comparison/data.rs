//! A comparison for programs: JSON, and CSV in long form (docs/FORMAT.md describes both).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compare::{Baseline, Board, Cell, Column, Row, Standing};
use crate::error::{Error, Result};
use crate::output::escaped;
use crate::printable::Shown;
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
pub fn json(standing: &Standing<'_>) -> Result<String> {
    let comparison = Comparison {
        format: FORMAT,
        baseline: match &standing.baseline {
            Baseline::Best => Reference::Best,
            Baseline::Row(row) => Reference::Map(row),
            Baseline::Side(side) => Reference::Side(side),
        },
        metrics: standing.columns.iter().map(metric_row).collect(),
        workloads: standing.boards.iter().map(|board| workload_row(standing, board)).collect(),
        geometric_means: mean_rows(standing),
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

fn workload_row<'s>(standing: &'s Standing<'_>, board: &'s Board<'_>) -> WorkloadRow<'s> {
    let run = |row: &'s Row<'_>| {
        let contestant = standing.contestants.get(row.contestant)?;
        let record = row.entrant.record;
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
            label: contestant.label(),
            map: &record.case.map,
            side: contestant.side.as_deref(),
            package: &record.map.package,
            version: &record.map.version,
            folder: row.entrant.path.shown(),
            seed: record.seed,
            threads: record.case.threads,
            repeats: record.repeats,
            front: row.spot.map(|_| row.front),
            metrics: standing.columns.iter().zip(&row.cells).filter_map(figure).collect(),
        })
    };
    WorkloadRow { workload: &board.workload, runs: board.rows.iter().filter_map(run).collect() }
}

fn mean_rows<'s>(standing: &'s Standing<'_>) -> Vec<MeanRow<'s>> {
    let Some(means) = &standing.means else { return Vec::new() };
    let workloads = |over: &[usize], there: bool| -> Vec<&'s str> {
        let boards = standing.boards.iter().enumerate();
        boards.filter(|(n, _)| over.contains(n) == there).map(|(_, board)| board.workload.as_str()).collect()
    };
    standing
        .columns
        .iter()
        .zip(&means.columns)
        .map(|(column, means)| MeanRow {
            metric: &column.name,
            over: workloads(&means.over, true),
            left_out: workloads(&means.over, false),
            ratios: standing
                .contestants
                .iter()
                .zip(&means.means)
                .filter_map(|(contestant, mean)| {
                    let mean = (*mean)?;
                    Some(MeanOf { label: contestant.label(), ratio: mean.ratio, best: mean.best })
                })
                .collect(),
        })
        .collect()
}

/// The comparison as CSV: a line for each figure of each run. What is not there is empty.
///
/// # Errors
/// When it cannot be written.
pub fn csv(standing: &Standing<'_>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["workload", "map", "label", "metric", "unit", "value", "ratio", "best", "low", "high"];
    writer.write_record(header).map_err(Error::case)?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for board in &standing.boards {
        for row in &board.rows {
            let Some(contestant) = standing.contestants.get(row.contestant) else { continue };
            for (column, cell) in standing.columns.iter().zip(&row.cells) {
                let Some(cell) = cell else { continue };
                let label = contestant.label();
                let texts =
                    [&board.workload, &row.entrant.record.case.map, &label, &column.name, &column.unit];
                let texts = texts.map(|text| escaped::csv(text));
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
