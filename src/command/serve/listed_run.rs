//! What the list shows of a run: a few figures of its record, which may be a thousand times as large.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use crate::output::{CPU_PROFILE, HEAP_PROFILE};
use crate::record::failed_case::FailedCase;
use crate::record::run_store::{ERROR_RECORD, RECORD, StoredRun};
use crate::record::{CaseId, Failure};

/// The figures that the list shows, with what stands above them.
pub(super) const FIGURES: [(&str, &str); 4] = [
    ("bytes_per_entry", "bytes per entry"),
    ("peak_ratio", "peak ratio"),
    ("resident_bytes", "resident"),
    ("ns_per_op", "time per operation"),
];

/// The names that Go's servers have for profiles and that are answered here, each with the file of a run.
pub(super) const PROFILES: [(&str, &str); 2] = [("heap", HEAP_PROFILE), ("profile", CPU_PROFILE)];

/// A row of the list.
pub(super) struct ListedRun {
    /// The run's name: its path below the folder, with slashes.
    pub(super) name: String,
    /// What is shown of it, or why it cannot be read.
    pub(super) summary: std::result::Result<Summary, String>,
}

impl ListedRun {
    /// The names of the profiles that it has.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &'static str> {
        let measured = self.summary.as_ref().ok().and_then(|summary| summary.measured.as_ref());
        let there = measured.map_or([false; PROFILES.len()], |measured| measured.profiles);
        PROFILES.into_iter().zip(there).filter(|(_, there)| *there).map(|((name, _), _)| name)
    }
}

/// What is shown of a run.
pub(super) struct Summary {
    /// The case.
    pub(super) case: CaseId,
    /// The first failure, in words.
    pub(super) failure: Option<String>,
    /// What its record tells; none of a case that failed without one.
    pub(super) measured: Option<Measured>,
}

/// What is shown of a record.
pub(super) struct Measured {
    /// The value and unit of each of [`FIGURES`] that it has.
    pub(super) figures: [Option<(f64, String)>; FIGURES.len()],
    /// Whether it has each of [`PROFILES`].
    pub(super) profiles: [bool; PROFILES.len()],
    /// The names of its pictures.
    pub(super) pictures: Vec<String>,
    /// When it began, since 1970.
    pub(super) begun: Duration,
}

impl Summary {
    /// Of a run with a record.
    pub(super) fn of_run(run: &StoredRun) -> Summary {
        let record = &run.record;
        let has = |name: &str| record.files.iter().any(|known| known == name);
        let measured = Measured {
            figures: FIGURES.map(|(metric, _)| {
                let found = record.metrics.get(metric)?;
                Some((found.value, found.unit.clone()))
            }),
            profiles: PROFILES.map(|(_, file)| has(file)),
            pictures: record.files.iter().filter(|file| file.ends_with(".svg")).cloned().collect(),
            begun: Duration::from_secs(record.started_unix_s),
        };
        let failure = run.failures.first().map(in_words);
        Summary { case: run.case().clone(), failure, measured: Some(measured) }
    }

    /// Of a case that failed without a record; none if nothing failed.
    pub(super) fn of_failed(failed: &FailedCase) -> Option<Summary> {
        let first = failed.failures.first()?;
        Some(Summary { case: first.case.clone(), failure: Some(in_words(first)), measured: None })
    }
}

fn in_words(failure: &Failure) -> String {
    format!("failed in the {} pass: {}", failure.pass, failure.message)
}

/// What tells whether the files that a row is made from have changed: their sizes, and when they were written.
pub(super) type Stamp = [Option<(u64, Duration)>; 2];

/// The stamp of a run's folder.
pub(super) fn stamp(folder: &Path) -> Stamp {
    [RECORD, ERROR_RECORD].map(|name| file_stamp(&folder.join(name)))
}

/// The size of a file, bytes, and when it was written, since 1970; none if there is no such file.
pub(super) fn file_stamp(file: &Path) -> Option<(u64, Duration)> {
    let meta = std::fs::metadata(file).ok()?;
    let written = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Some((meta.len(), written.unwrap_or_default()))
}
