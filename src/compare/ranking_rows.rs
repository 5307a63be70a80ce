//! The rows and columns of a ranking.

use std::path::Path;

use super::median_interval::Spread;
use crate::record::{CaseRecord, Noise};

/// A run that takes part.
#[derive(Debug, Clone)]
pub struct RankedRun<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// Its folder.
    pub path: &'a Path,
    /// The name of the side that it is on; the same for all runs if there is but one.
    pub side: String,
    /// Whether its map only shows what the harness costs: it is never best, and never on the front.
    pub floor: bool,
}

/// A figure that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Whether more is better.
    pub more: bool,
    /// How it may be compared.
    pub noise: Noise,
    /// The phases that it is of, if it is not of all of a run.
    pub phases: Vec<String>,
}

/// What stands for a row: a map with what else tells cases apart, and the side where that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What tells its runs from the others of their workloads (`CaseId::row`).
    pub row: String,
    /// The side; `None` where no case is there twice.
    pub side: Option<String>,
    /// Whether it only shows what the harness costs.
    pub floor: bool,
}

/// A figure of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its value.
    pub value: f64,
    /// The interval of a value that was measured several times, where measurements differ.
    pub spread: Option<Spread>,
    /// The value over the baseline's; `None` if there is none, or if it is zero.
    pub ratio: Option<f64>,
    /// Whether none of the workload is better.
    pub best: bool,
}

/// One run among those of its workload.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Its place in `Ranking::series`.
    pub series: usize,
    /// The run.
    pub ranked: RankedRun<'a>,
    /// Its figures, in the order of `Ranking::columns`.
    pub cells: Vec<Option<Cell>>,
    /// Time and space, if it has both and is more than the harness's floor.
    pub spot: Option<Spot>,
    /// Whether it is on the Pareto front of time and space.
    pub front: bool,
}

/// Where a run lies in the picture of time and space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Nanoseconds per operation.
    pub time: f64,
    /// Its interval, if it was measured several times.
    pub spread: Option<Spread>,
    /// Bytes per entry.
    pub space: f64,
}

/// The runs of one workload.
#[derive(Debug, Clone)]
pub struct WorkloadRanking<'a> {
    /// The workload.
    pub workload: String,
    /// Its runs, in the order of their series.
    pub rows: Vec<Row<'a>>,
}

impl Series {
    /// How it is called: `std`, or `std (main)`.
    pub fn label(&self) -> String {
        match &self.side {
            Some(side) => format!("{} ({side})", self.row),
            None => self.row.clone(),
        }
    }
}
