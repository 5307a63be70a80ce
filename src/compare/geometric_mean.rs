//! Geometric means of ratios over workloads: one figure for each row, over workloads that all rows have.
//!
//! Of ratios only the geometric mean ranks the same whatever they are taken to (Fleming and Wallace, How Not To Lie With
//! Statistics, CACM 29(3), 1986). A mean over other workloads than its neighbour's would rank workloads and not maps, so
//! a workload that some row lacks is left out for all.

use super::ranking_rows::{Cell, Column, Series, WorkloadRanking};

/// The means of all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Means {
    /// For each figure, in the order of the columns.
    pub columns: Vec<ColumnMeans>,
}

/// The means of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnMeans {
    /// The workloads that they are over, as places in the list of workloads.
    pub over: Vec<usize>,
    /// For each series its mean; `None` if it lacks one of these workloads or its figure there.
    pub means: Vec<Option<Mean>>,
}

/// A mean of ratios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub ratio: f64,
    /// Whether none is better.
    pub best: bool,
}

impl Means {
    /// The means over `workloads`; none over a single one.
    pub(super) fn of(
        workloads: &[WorkloadRanking<'_>],
        columns: &[Column],
        series: &[Series],
    ) -> Option<Means> {
        if workloads.len() < 2 {
            return None;
        }
        let column = |(index, column): (usize, &Column)| {
            let ratios: Vec<Vec<Option<f64>>> = (0..series.len())
                .map(|series| workloads.iter().map(|of_workload| ratio(of_workload, series, index)).collect())
                .collect();
            // Who has no ratio at all, as the baseline has nothing to hold against it, keeps nobody else from one.
            let heard: Vec<&Vec<Option<f64>>> = series
                .iter()
                .zip(&ratios)
                .filter(|(series, ratios)| !series.floor && ratios.iter().any(Option::is_some))
                .map(|(_, ratios)| ratios)
                .collect();
            let in_all = |of_workload: &usize| {
                heard.iter().all(|ratios| matches!(ratios.get(*of_workload), Some(Some(_))))
            };
            let over: Vec<usize> =
                if heard.is_empty() { Vec::new() } else { (0..workloads.len()).filter(in_all).collect() };
            let means: Vec<Option<f64>> = ratios
                .iter()
                .map(|ratios| {
                    let chosen: Option<Vec<f64>> =
                        over.iter().map(|of_workload| ratios.get(*of_workload).copied().flatten()).collect();
                    geometric_mean(&chosen?)
                })
                .collect();
            let real = series.iter().zip(&means).filter(|(c, _)| !c.floor).filter_map(|(_, mean)| *mean);
            let best = if column.more { real.max_by(f64::total_cmp) } else { real.min_by(f64::total_cmp) };
            let mark = |(series, mean): (&Series, &Option<f64>)| {
                mean.map(|ratio| Mean { ratio, best: !series.floor && best == Some(ratio) })
            };
            ColumnMeans { over, means: series.iter().zip(&means).map(mark).collect() }
        };
        Some(Means { columns: columns.iter().enumerate().map(column).collect() })
    }
}

fn ratio(of_workload: &WorkloadRanking<'_>, series: usize, column: usize) -> Option<f64> {
    let row = of_workload.rows.iter().find(|row| row.series == series)?;
    row.cells.get(column)?.as_ref().and_then(|cell: &Cell| cell.ratio)
}

/// The geometric mean; none of no ratios, or of one below zero.
fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() || ratios.iter().any(|ratio| *ratio < 0.0) {
        return None;
    }
    if ratios.iter().all(|ratio| Some(ratio) == ratios.first()) {
        // What is the same everywhere must not come out beside it by a rounding: ties are ties.
        return ratios.first().copied();
    }
    Some((ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometric_mean_is_the_root_of_the_product() {
        let near = |ratios: &[f64], mean: f64| {
            let found = geometric_mean(ratios).unwrap();
            assert!((found - mean).abs() < 1e-12 * mean, "{ratios:?}: {found}");
        };
        near(&[2.0, 8.0], 4.0);
        near(&[1.0, 2.0, 4.0], 2.0);
        near(&[0.5, 2.0], 1.0);
        assert_eq!(geometric_mean(&[1.3, 1.3, 1.3]), Some(1.3));
        assert_eq!(geometric_mean(&[0.0, 4.0]), Some(0.0));
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[-1.0, 4.0]), None);
    }
}
