//! What a report is of, whatever it is rendered to.

use std::path::Path;

use super::{Run, WorkloadClaims};
use crate::compare::Ranking;
use crate::record::Failure;
use crate::sweep::SweepRecord;

/// What a report is of.
pub struct Report<'a> {
    /// The runs, those of a workload beside each other.
    pub runs: Vec<ReportedRun<'a>>,
    /// The same runs, ranked: those of a workload whose figures may stand beside each other.
    pub rankings: Vec<Ranking<'a>>,
    /// The published claims of their workloads.
    pub claims: Vec<WorkloadClaims>,
    /// Sweeps, those of a workload beside each other.
    pub sweeps: Vec<ReportedSweep<'a>>,
    /// Cases that failed without a record.
    pub failed: Vec<ReportedFailure<'a>>,
}

/// A run of a report.
pub struct ReportedRun<'a> {
    /// The run, with its profiles.
    pub run: Run<'a>,
    /// What it is called: `skewed-keys/std`.
    pub label: String,
    /// Why files of it are left out, a sentence each.
    pub left_out: Vec<String>,
}

/// A sweep of a report.
pub struct ReportedSweep<'a> {
    /// Its record.
    pub record: &'a SweepRecord,
    /// What tells it from another sweep of the same case over the same settings; none if there is no other.
    pub side: Option<String>,
}

/// A case that failed without a record.
pub struct ReportedFailure<'a> {
    /// What it is called.
    pub label: String,
    /// What went wrong.
    pub failures: &'a [Failure],
    /// Its folder.
    pub place: &'a Path,
}

/// The heading above the claims of a workload.
pub(super) const CLAIMS: &str = "Published claims";

impl Report<'_> {
    /// What it is of: the names of the workloads, each once.
    pub fn title(&self) -> String {
        let of_runs = self.runs.iter().map(|run| run.run.record.case.workload.as_str());
        let of_sweeps = self.sweeps.iter().map(|sweep| sweep.record.case.workload.as_str());
        let of_failed = self.failed.iter().flat_map(|one| one.failures.first());
        let of_failed = of_failed.map(|failure| failure.case.workload.as_str());
        let mut names: Vec<&str> = Vec::new();
        for name in of_runs.chain(of_sweeps).chain(of_failed) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        format!("mapprof: {}", names.join(", "))
    }

    /// The claims that stand below a ranking, if it is the first of its workload: once, or once for each side.
    pub(super) fn claims_below(&self, ranking: usize) -> impl Iterator<Item = &WorkloadClaims> {
        let named =
            |ranking: &Ranking<'_>, name: &str| ranking.workloads.iter().any(|of| of.workload == name);
        let is_first =
            move |name: &str| self.rankings.iter().position(|one| named(one, name)) == Some(ranking);
        self.claims.iter().filter(move |claims| is_first(&claims.workload))
    }

    /// The sweeps that one chart shows: of one workload, over the same settings.
    pub(super) fn sweep_groups(&self) -> Vec<Vec<&ReportedSweep<'_>>> {
        let mut groups: Vec<Vec<&ReportedSweep<'_>>> = Vec::new();
        for sweep in &self.sweeps {
            let is_of = |group: &&mut Vec<&ReportedSweep<'_>>| {
                group.first().is_some_and(|first| {
                    first.record.case.workload == sweep.record.case.workload
                        && first.record.settings == sweep.record.settings
                })
            };
            match groups.iter_mut().find(is_of) {
                Some(group) => group.push(sweep),
                None => groups.push(vec![sweep]),
            }
        }
        groups
    }
}

impl ReportedSweep<'_> {
    /// What it is called: `churn/std by entries`.
    pub(super) fn label(&self) -> String {
        let side = self.side.as_ref().map_or(String::new(), |side| format!(" ({side})"));
        format!("{}{side} by {}", self.record.case, self.record.settings.join(" and "))
    }
}
