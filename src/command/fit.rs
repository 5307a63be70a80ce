//! `mapprof fit`: how the figures of sweeps grow.

use std::path::Path;

use super::atomic_file;
use super::terminal::{print, print_json, width};
use crate::cli::FitArgs;
use crate::compare::filter::{known_metric, pattern};
use crate::error::{Error, Result};
use crate::output::growth_table::{self, Growth};
use crate::output::sweep_chart;
use crate::sweep::{FEWEST_POINTS, Series, SweepRecord, fits, record};

/// The metrics that are fitted if none are named: those that the picture shows.
pub fn default_metrics() -> Vec<String> {
    sweep_chart::METRICS.map(str::to_owned).to_vec()
}

/// Says which law each figure of the sweeps follows.
///
/// # Errors
/// When something is no sweep, no metric fits, or a sweep has too few points.
pub fn fit(args: &FitArgs) -> Result<()> {
    for text in &args.metric {
        known_metric(text)?;
    }
    if let Some(path) = &args.svg {
        atomic_file::check(path)?;
    }
    let mut sweeps = Vec::new();
    for path in &args.sweep {
        sweeps.extend(record::find(path)?);
    }
    let metrics = match args.metric.as_slice() {
        [] => default_metrics(),
        named => named.to_vec(),
    };
    let growth = growths(sweeps.iter().map(|(path, record)| (path.as_path(), record)), &metrics)?;
    if growth.is_empty() {
        return Err(Error::input(match args.metric.as_slice() {
            [] => format!("no figure has {FEWEST_POINTS} points or more of different sizes; sweep over more"),
            named => {
                format!("--metric {}: no sweep has {FEWEST_POINTS} points or more with it", named.join(","))
            }
        }));
    }
    if args.json {
        print_json(&growth_table::data(&growth))?;
    } else {
        print(&growth_table::render(&growth, width()))?;
    }
    if let Some(path) = &args.svg {
        let series: Vec<Series<'_>> = sweeps.iter().flat_map(|(_, record)| Series::of(record)).collect();
        let mut workloads: Vec<&str> =
            sweeps.iter().map(|(_, record)| record.case.workload.as_str()).collect();
        workloads.dedup();
        atomic_file::write(path, &sweep_chart::render(&workloads.join(", "), &series)?)?;
    }
    Ok(())
}

/// The growth of these sweeps as text; empty where there are too few points.
///
/// # Errors
/// When a metric is no pattern.
pub fn growth<'a>(
    sweeps: impl Iterator<Item = (&'a Path, &'a SweepRecord)>,
    metrics: &[String],
    width: u16,
) -> Result<String> {
    let numeric = sweeps.filter(|(_, record)| !Series::of(record).is_empty());
    let growth = growths(numeric, metrics)?;
    Ok(if growth.is_empty() { String::new() } else { format!("\n{}", growth_table::render(&growth, width)) })
}

fn growths<'a>(
    sweeps: impl Iterator<Item = (&'a Path, &'a SweepRecord)>,
    metrics: &[String],
) -> Result<Vec<Growth>> {
    let patterns = metrics.iter().map(|text| pattern("--metric", text)).collect::<Result<Vec<_>>>()?;
    let mut all = Vec::new();
    for (path, record) in sweeps {
        let series = Series::of(record);
        if series.is_empty() {
            return Err(Error::input(format!(
                "{}: the values of {} are words, and growth is by a number; compare shows such runs",
                path.display(),
                record.settings.join(" and ")
            )));
        }
        for one in &series {
            let mut names: Vec<&String> =
                one.points.iter().flat_map(|(_, point)| point.metrics.keys()).collect();
            names.sort_unstable();
            names.dedup();
            // In the order in which they were named.
            for pattern in &patterns {
                for name in names.iter().filter(|name| pattern.matches(name)) {
                    let points = one.figure(name);
                    let fits = fits(&points);
                    if fits.is_empty() {
                        continue;
                    }
                    all.push(Growth {
                        case: one.label.clone(),
                        axis: one.axis.to_owned(),
                        metric: (*name).clone(),
                        unit: one.unit(name).unwrap_or_default().to_owned(),
                        points,
                        fits,
                    });
                }
            }
        }
    }
    Ok(all)
}
