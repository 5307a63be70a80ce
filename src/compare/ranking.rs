//! How runs stand against each other: for each workload its rows, with what is best, ratios, and the front.
//!
//! A ratio is always one within a workload, whatever the comparison is grouped by: to the best figure there, to that of
//! one map, or to that of the same map in one folder.

use super::filter::Filter;
use super::geometric_mean::Means;
use super::median_interval::Spread;
use super::pareto;
use super::ranking_rows::{Cell, Column, RankedRun, Row, Series, Spot, WorkloadRanking};
use crate::record::METRICS;

/// The figures that are compared where nobody names any: time, space, and what explains them. A terminal has room for five
/// beside each other, so that a latency, where any was taken, is there in place of [`PAGES`].
const SHOWN: [&str; 5] = ["ns_per_op", "bytes_per_entry", "peak_ratio", PAGES, "allocs_per_op"];
const PAGES: &str = "resident_bytes";

/// The latency that is shown: that of look-ups, or of the first operation that has one.
const LATENCY: &str = "latency.get.p99";

/// The figures of the Pareto front.
pub const TIME: &str = "ns_per_op";
/// The other one.
pub const SPACE: &str = "bytes_per_entry";

/// What ratios are taken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// The best figure of the workload.
    Best,
    /// This map, or what else tells a row from the others of its workload, on the same side.
    Row(String),
    /// The same case on this side.
    Side(String),
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct Ranking<'a> {
    /// What ratios are taken to.
    pub baseline: Baseline,
    /// The figures.
    pub columns: Vec<Column>,
    /// What rows stand for: maps in the order in which they came, each with its sides; the floor last.
    pub series: Vec<Series>,
    /// The workloads, in the order in which they came.
    pub workloads: Vec<WorkloadRanking<'a>>,
    /// Geometric means of the ratios; of two workloads or more.
    pub means: Option<Means>,
}

impl<'a> Ranking<'a> {
    /// The ranking of `ranked_runs`, as far as `filter` lets them and their figures pass.
    pub fn new(ranked_runs: &[RankedRun<'a>], filter: &Filter, baseline: Baseline) -> Ranking<'a> {
        let mut ranked_runs: Vec<RankedRun<'a>> =
            ranked_runs.iter().filter(|e| filter.case(&e.record.case)).cloned().collect();
        let sided = matches!(baseline, Baseline::Side(_)) || has_twins(&ranked_runs);
        if filter.intersection {
            ranked_runs = in_all(&ranked_runs, sided);
        }
        let columns = columns(&ranked_runs, filter);
        let series = all_series(&ranked_runs, sided);
        let mut workloads: Vec<WorkloadRanking<'a>> = Vec::new();
        for name in distinct(ranked_runs.iter().map(|e| e.record.case.workload.as_str())) {
            let of_it = ranked_runs.iter().filter(|e| e.record.case.workload == name);
            workloads.push(of_workload(name, of_it, &columns, &series, &baseline, sided));
        }
        let means = Means::of(&workloads, &columns, &series);
        Ranking { baseline, columns, series, workloads, means }
    }
}

/// What is there, each once, in the order in which it came.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// Whether any case is there more than once.
fn has_twins(ranked_runs: &[RankedRun<'_>]) -> bool {
    distinct(ranked_runs.iter().map(|e| &e.record.case)).len() < ranked_runs.len()
}

/// The cases that every side has, or of one side alone the maps that every workload has.
fn in_all<'a>(ranked_runs: &[RankedRun<'a>], sided: bool) -> Vec<RankedRun<'a>> {
    let workloads = distinct(ranked_runs.iter().map(|e| e.record.case.workload.as_str()));
    let sides = distinct(ranked_runs.iter().map(|e| e.side.as_str()));
    let there = |workload: &str, row: &str, side: Option<&str>| {
        ranked_runs.iter().any(|e| {
            e.record.case.workload == workload
                && e.record.case.row() == row
                && side.is_none_or(|side| e.side == side)
        })
    };
    let kept = |e: &&RankedRun<'a>| {
        let row = e.record.case.row();
        if sided {
            sides.iter().all(|side| there(&e.record.case.workload, &row, Some(side)))
        } else {
            workloads.iter().all(|workload| there(workload, &row, None))
        }
    };
    ranked_runs.iter().filter(kept).cloned().collect()
}

/// The figures that are compared.
fn columns(ranked_runs: &[RankedRun<'_>], filter: &Filter) -> Vec<Column> {
    let real: Vec<&RankedRun<'_>> = ranked_runs.iter().filter(|e| !e.floor).collect();
    let real = if real.is_empty() { ranked_runs.iter().collect() } else { real };
    let mut names: Vec<&str> =
        distinct(real.iter().flat_map(|e| e.record.metrics.keys().map(String::as_str)));
    if filter.names_metrics() {
        names.retain(|name| filter.metric(name));
        names.sort_by_key(|name| METRICS.iter().position(|info| info.name == *name).unwrap_or(usize::MAX));
    } else {
        let p99 = |name: &&&str| name.starts_with("latency.") && name.ends_with(".p99");
        let latency = names.iter().find(|name| **name == LATENCY).or_else(|| names.iter().filter(p99).min());
        let mut shown = SHOWN.to_vec();
        if let Some(latency) = latency.copied() {
            shown.retain(|name| *name != PAGES);
            shown.insert(1, latency);
        }
        names = shown.into_iter().filter(|name| names.contains(name)).collect();
    }
    if filter.intersection {
        names.retain(|name| real.iter().all(|e| e.record.metrics.contains_key(*name)));
    }
    let column = |name: &str| {
        let metric = real.iter().find_map(|e| e.record.metrics.get(name))?;
        Some(Column {
            name: name.to_owned(),
            unit: metric.unit.clone(),
            more: metric.better == "more",
            noise: metric.noise,
            phases: distinct(real.iter().filter_map(|e| e.record.metrics.get(name)?.phase.clone())),
        })
    };
    names.into_iter().filter_map(column).collect()
}

fn series_of(ranked: &RankedRun<'_>, sided: bool) -> Series {
    Series { row: ranked.record.case.row(), side: sided.then(|| ranked.side.clone()), floor: ranked.floor }
}

fn all_series(ranked_runs: &[RankedRun<'_>], sided: bool) -> Vec<Series> {
    let mut found = distinct(ranked_runs.iter().map(|e| series_of(e, sided)));
    let rows = distinct(ranked_runs.iter().map(|e| e.record.case.row()));
    // Stable: the sides of a row stay in the order in which they came.
    found.sort_by_key(|c| (c.floor, rows.iter().position(|row| *row == c.row)));
    found
}

fn of_workload<'a, 'e>(
    workload: &str,
    ranked_runs: impl Iterator<Item = &'e RankedRun<'a>>,
    columns: &[Column],
    series: &[Series],
    baseline: &Baseline,
    sided: bool,
) -> WorkloadRanking<'a>
where
    'a: 'e,
{
    let ranked_runs: Vec<&RankedRun<'a>> = ranked_runs.collect();
    let best: Vec<Option<f64>> = columns.iter().map(|column| best(&ranked_runs, column)).collect();
    let mut rows: Vec<Row<'a>> = ranked_runs
        .iter()
        .map(|ranked| {
            let base = ranked_runs.iter().find(|other| match baseline {
                Baseline::Best => false,
                Baseline::Row(row) => other.record.case.row() == *row && other.side == ranked.side,
                Baseline::Side(side) => other.side == *side && other.record.case == ranked.record.case,
            });
            let cell = |(column, best): (&Column, &Option<f64>)| {
                let metric = ranked.record.metrics.get(&column.name)?;
                let base = match baseline {
                    Baseline::Best => *best,
                    _ => base.and_then(|base| base.record.metrics.get(&column.name)).map(|base| base.value),
                };
                Some(Cell {
                    value: metric.value,
                    spread: Spread::of(&metric.runs),
                    ratio: base.and_then(|base| ratio(metric.value, base)),
                    best: !ranked.floor && *best == Some(metric.value),
                })
            };
            let own = series_of(ranked, sided);
            Row {
                series: series.iter().position(|c| *c == own).unwrap_or(0),
                ranked: (*ranked).clone(),
                cells: columns.iter().zip(&best).map(cell).collect(),
                spot: spot(ranked),
                front: false,
            }
        })
        .collect();
    rows.sort_by_key(|row| row.series);
    let place = |row: &Row<'_>| row.spot.map_or((f64::NAN, f64::NAN), |spot| (spot.time, spot.space));
    let front = pareto::front(&rows.iter().map(place).collect::<Vec<_>>());
    for (row, front) in rows.iter_mut().zip(front) {
        row.front = front;
    }
    WorkloadRanking { workload: workload.to_owned(), rows }
}

/// The best value of a figure among all maps that are more than the harness's floor.
fn best(ranked_runs: &[&RankedRun<'_>], column: &Column) -> Option<f64> {
    let values = ranked_runs.iter().filter(|e| !e.floor).filter_map(|e| e.record.metrics.get(&column.name));
    let values = values.map(|metric| metric.value);
    if column.more { values.max_by(f64::total_cmp) } else { values.min_by(f64::total_cmp) }
}

/// `value` over `base`, where that says anything.
fn ratio(value: f64, base: f64) -> Option<f64> {
    if value == base {
        return Some(1.0);
    }
    (base > 0.0 && value >= 0.0).then(|| value / base).filter(|ratio| ratio.is_finite())
}

fn spot(ranked: &RankedRun<'_>) -> Option<Spot> {
    let metric = |name| ranked.record.metrics.get(name).filter(|metric| metric.value.is_finite());
    let (time, space) = (metric(TIME)?, metric(SPACE)?);
    (!ranked.floor).then(|| Spot { time: time.value, spread: Spread::of(&time.runs), space: space.value })
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
