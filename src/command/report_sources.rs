//! What a report is made from: runs, sweeps and failures that are found in folders.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::terminal::complain;
use crate::compare::Filter;
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::record::failed_case::{self, FailedCase};
use crate::record::folder_search::folders;
use crate::record::run_store::{self, RECORD, StoredRun};
use crate::sweep::{self, SWEEP_RECORD, SweepRecord};

/// What was found.
#[derive(Debug, Default)]
pub struct ReportSources {
    /// Runs, failed ones among them.
    pub runs: Vec<StoredRun>,
    /// Sweeps with their folders.
    pub sweeps: Vec<(PathBuf, SweepRecord)>,
    /// Cases that failed without a record.
    pub failed: Vec<FailedCase>,
    /// What of their figures is shown.
    pub filter: Filter,
}

/// The runs at a folder or below it. One that cannot be understood among others that can is left out, which is said.
///
/// # Errors
/// When the folder cannot be read, or none of its runs can be understood.
fn readable(root: &Path) -> Result<Vec<StoredRun>> {
    let folders = folders(root, |folder| folder.join(RECORD).is_file())?;
    let (good, bad): (Vec<_>, Vec<_>) =
        folders.iter().map(|folder| run_store::read(folder)).partition(Result::is_ok);
    let bad: Vec<Error> = bad.into_iter().filter_map(Result::err).collect();
    if good.is_empty() {
        return bad.into_iter().next().map_or(Ok(Vec::new()), Err);
    }
    bad.iter().for_each(|error| complain(&format!("left out: {error}")));
    Ok(good.into_iter().flatten().collect())
}

impl ReportSources {
    /// All that is at `paths` or below them, as far as `filter` lets it pass, each once.
    ///
    /// # Errors
    /// When there is nothing at a path, a record cannot be understood, or the filter leaves nothing.
    pub fn find(paths: &[PathBuf], filter: &Filter) -> Result<ReportSources> {
        let mut found = ReportSources::default();
        let mut places = BTreeSet::new();
        // A folder may hold a run and a sweep; a sweep may be named by its file.
        let mut is_new = |what: &'static str, path: &Path| {
            let folder = if path.is_file() { path.parent().unwrap_or(path) } else { path };
            places.insert((what, fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf())))
        };
        for path in paths {
            let one = ReportSources::at(path)?;
            if one.is_empty() {
                return Err(Error::input(format!(
                    "{}: no run and no sweep in this folder; a run lands in <out>/<workload>/<map>/{RECORD}",
                    path.shown()
                )));
            }
            found.runs.extend(one.runs.into_iter().filter(|run| is_new("run", &run.path)));
            found.sweeps.extend(one.sweeps.into_iter().filter(|(path, _)| is_new("sweep", path)));
            found.failed.extend(one.failed.into_iter().filter(|case| is_new("failure", &case.path)));
        }
        found.runs.retain(|run| filter.case(run.case()));
        found.sweeps.retain(|(_, record)| filter.case(&record.case));
        found.failed.retain(|case| case.failures.iter().any(|failure| filter.case(&failure.case)));
        if found.is_empty() {
            return Err(Error::input(
                "no run is left: --workload and --map leave none of those that were found",
            ));
        }
        found.filter = filter.clone();
        Ok(found)
    }

    /// What one path leads to: a record, or a folder.
    fn at(path: &Path) -> Result<ReportSources> {
        if path.is_file() {
            return match path.file_name().is_some_and(|name| name == SWEEP_RECORD) {
                true => Ok(ReportSources { sweeps: sweep::record::below(path)?, ..ReportSources::default() }),
                false => Ok(ReportSources { runs: run_store::below(path)?, ..ReportSources::default() }),
            };
        }
        Ok(ReportSources {
            runs: readable(path)?,
            sweeps: sweep::record::below(path)?,
            failed: failed_case::find(path)?,
            ..ReportSources::default()
        })
    }

    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.sweeps.is_empty() && self.failed.is_empty()
    }

    /// How much it is: `3 runs and 1 sweep`.
    pub fn counted(&self) -> String {
        let of = |number: usize, what: &str| match number {
            0 => None,
            1 => Some(format!("1 {what}")),
            _ => Some(format!("{number} {what}s")),
        };
        let runs = of(self.runs.len() + self.failed.len(), "run");
        runs.into_iter().chain(of(self.sweeps.len(), "sweep")).collect::<Vec<_>>().join(" and ")
    }
}
