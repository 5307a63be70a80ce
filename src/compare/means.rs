//! Geometric means of ratios over workloads: one figure for each row, over workloads that all rows have.
//!
//! Of ratios only the geometric mean ranks the same whatever they are taken to (Fleming and Wallace, How Not To Lie With
//! Statistics, CACM 29(3), 1986). A mean over other workloads than its neighbour's would rank workloads and not maps, so
//! a workload that some row lacks is left out for all.

use super::standing::{Board, Cell, Column, Contestant};

/// The means of all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Means {
    /// For each figure, in the order of the columns.
    pub columns: Vec<ColumnMeans>,
}

/// The means of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnMeans {
    /// The workloads that they are over, as places in the list of boards.
    pub over: Vec<usize>,
    /// For each contestant its mean; `None` if it lacks one of these workloads or its figure there.
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
    /// The means over `boards`; none over a single one.
    pub(super) fn of(boards: &[Board<'_>], columns: &[Column], contestants: &[Contestant]) -> Option<Means> {
        if boards.len() < 2 {
            return None;
        }
        let column = |(index, column): (usize, &Column)| {
            let ratios: Vec<Vec<Option<f64>>> = (0..contestants.len())
                .map(|contestant| boards.iter().map(|board| ratio(board, contestant, index)).collect())
                .collect();
            // Who has no ratio at all, as the baseline has nothing to hold against it, keeps nobody else from one.
            let heard: Vec<&Vec<Option<f64>>> = contestants
                .iter()
                .zip(&ratios)
                .filter(|(contestant, ratios)| !contestant.floor && ratios.iter().any(Option::is_some))
                .map(|(_, ratios)| ratios)
                .collect();
            let in_all =
                |board: &usize| heard.iter().all(|ratios| matches!(ratios.get(*board), Some(Some(_))));
            let over: Vec<usize> =
                if heard.is_empty() { Vec::new() } else { (0..boards.len()).filter(in_all).collect() };
            let means: Vec<Option<f64>> = ratios
                .iter()
                .map(|ratios| {
                    let chosen: Option<Vec<f64>> =
                        over.iter().map(|board| ratios.get(*board).copied().flatten()).collect();
                    geometric_mean(&chosen?)
                })
                .collect();
            let real = contestants.iter().zip(&means).filter(|(c, _)| !c.floor).filter_map(|(_, mean)| *mean);
            let best = if column.more { real.max_by(f64::total_cmp) } else { real.min_by(f64::total_cmp) };
            let mark = |(contestant, mean): (&Contestant, &Option<f64>)| {
                mean.map(|ratio| Mean { ratio, best: !contestant.floor && best == Some(ratio) })
            };
            ColumnMeans { over, means: contestants.iter().zip(&means).map(mark).collect() }
        };
        Some(Means { columns: columns.iter().enumerate().map(column).collect() })
    }
}

fn ratio(board: &Board<'_>, contestant: usize, column: usize) -> Option<f64> {
    let row = board.rows.iter().find(|row| row.contestant == contestant)?;
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
