//! Runs on disk: reading one, and finding all below a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::folder_search::folders;
use super::{CaseId, CaseRecord, FORMAT, Failure, MOST_REPEATS, middle};
use crate::error::{Error, Result};
use crate::printable::{PrintablePath, clean_json};

/// The record's file name in a run's folder.
pub const RECORD: &str = "run.json";

/// The file that says why a run failed.
pub const ERROR_RECORD: &str = "error.json";

/// The largest record that is read, bytes. With thousands of timeline points and latencies a record has some hundred KiB.
const LARGEST: u64 = 16 << 20;

/// A run that was found.
#[derive(Debug, Clone)]
pub struct StoredRun {
    /// Its folder.
    pub path: PathBuf,
    /// Its record.
    pub record: CaseRecord,
    /// Why it failed; empty if all is well.
    pub failures: Vec<Failure>,
}

impl StoredRun {
    /// Which case it is.
    pub fn case(&self) -> &CaseId {
        &self.record.case
    }
}

/// The run in `folder`, or the one whose `run.json` that is.
///
/// # Errors
/// When there is none, or its record cannot be understood.
pub fn read(folder: &Path) -> Result<StoredRun> {
    let (folder, record) = if folder.is_file() {
        (folder.parent().unwrap_or(Path::new("")), folder.to_path_buf())
    } else {
        (folder, folder.join(RECORD))
    };
    let failures = folder.join(ERROR_RECORD);
    let file = record;
    let record = record_of(&file)?;
    if let Some(wrong) = implausible(&record) {
        return Err(Error::input(format!("{}: not a record of mapprof: {wrong}", file.shown())));
    }
    Ok(StoredRun {
        path: folder.to_path_buf(),
        record,
        failures: if failures.is_file() { parsed(&failures, &bytes(&failures)?)? } else { Vec::new() },
    })
}

/// Every run at `root` or below it, in the order of their paths, failed ones among them. Half-written ones, whose names
/// begin with a dot, are not, nor is what symbolic links lead to.
///
/// # Errors
/// When the folder cannot be read, a record in it cannot be understood, or there is no run.
pub fn find(root: &Path) -> Result<Vec<StoredRun>> {
    let found = below(root)?;
    if found.is_empty() {
        return Err(Error::input(format!(
            "{}: no run in this folder; a run lands in <out>/<workload>/<map>/{RECORD}",
            root.shown()
        )));
    }
    Ok(found)
}

/// The same; nothing where there is no run.
///
/// # Errors
/// When the folder cannot be read, or a record in it cannot be understood.
pub fn below(root: &Path) -> Result<Vec<StoredRun>> {
    if root.is_file() {
        return Ok(vec![read(root)?]);
    }
    let has_record = |folder: &Path| folder.join(RECORD).is_file();
    folders(root, has_record)?.iter().map(|folder| read(folder)).collect()
}

/// What no run of mapprof has, if there is such a thing: what reads records may rely on the rest.
fn implausible(record: &CaseRecord) -> Option<String> {
    // A case that failed at once was measured not even once.
    if record.repeats > MOST_REPEATS {
        return Some(format!("repeats {}: {MOST_REPEATS} at the most are wanted", record.repeats));
    }
    record.metrics.iter().find_map(|(name, metric)| {
        let runs = metric.runs.len();
        if !metric.value.is_finite() || metric.runs.iter().any(|value| !value.is_finite()) {
            Some(format!("metric {name} is not a number"))
        } else if runs > 0 && runs != record.repeats as usize {
            Some(format!("metric {name} has {runs} runs, of {} measurements", record.repeats))
        } else if runs > 0 && middle(&metric.runs) != metric.value {
            Some(format!("metric {name} is not the median of its runs"))
        } else {
            None
        }
    })
}

fn record_of(path: &Path) -> Result<CaseRecord> {
    let bytes = bytes(path)?;
    let other = |format: u64| {
        let then = match format > u64::from(FORMAT) {
            true => "a newer mapprof wrote it; use that one",
            false => "run the case again with it",
        };
        Error::input(format!(
            "{}: format {format}, and this mapprof reads format {FORMAT}; {then}",
            path.shown()
        ))
    };
    // A record of another format need not have the fields of this one: its number is looked at first.
    #[derive(serde::Deserialize)]
    struct Version {
        format: u64,
    }
    match serde_json::from_slice::<Version>(&bytes) {
        Ok(version) if version.format != u64::from(FORMAT) => Err(other(version.format)),
        _ => parsed(path, &bytes),
    }
}

/// What the JSON in `path` says, which should be `what`.
///
/// # Errors
/// When it cannot be read or understood.
pub(super) fn parsed_file<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|e| Error::input(format!("{}: not {what}: {e}", path.shown())))
}

fn parsed<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|e| Error::input(format!("{}: not a record of mapprof: {e}", path.shown())))
}

/// The JSON in a file, all text in it cleaned.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |e: std::io::Error| Error::input(format!("{}: cannot be read: {e}", path.shown()));
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::input(format!(
            "{}: larger than {} MiB, which no record is",
            path.shown(),
            LARGEST >> 20
        )));
    }
    clean_json(&mut bytes);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;
    use std::fs;

    fn put(root: &Path, place: &str) {
        let folder = root.join(place);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(RECORD), serde_json::to_vec(&fixtures::case()).unwrap()).unwrap();
    }

    #[test]
    fn runs_are_found_in_order_and_half_written_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        for place in ["w/std", "w/.std.1.partial", "a/deep/er/btree"] {
            put(root.path(), place);
        }
        let found = find(root.path()).unwrap();
        let places: Vec<_> = found.iter().map(|f| f.path.strip_prefix(root.path()).unwrap()).collect();
        assert_eq!(places, [Path::new("a/deep/er/btree"), Path::new("w/std")]);
        assert_eq!(found[0].record, fixtures::case());
        assert_eq!(read(&root.path().join("w/std/run.json")).unwrap().record, fixtures::case());
    }

    #[test]
    fn figures_that_no_run_has_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let said = |change: &dyn Fn(&mut CaseRecord)| {
            let mut record = fixtures::case();
            record.repeats = 3;
            change(&mut record);
            fs::write(root.path().join(RECORD), serde_json::to_vec(&record).unwrap()).unwrap();
            read(root.path()).map(drop).map_err(|error| error.to_string())
        };
        let runs = |runs: &[f64], value: f64| {
            let runs = runs.to_vec();
            move |record: &mut CaseRecord| {
                let metric = record.metrics.get_mut("ns_per_op").unwrap();
                (metric.runs, metric.value) = (runs.clone(), value);
            }
        };
        assert_eq!(said(&|_| {}), Ok(()));
        assert_eq!(said(&runs(&[3.0, 1.0, 2.0], 2.0)), Ok(()));
        assert!(said(&runs(&[3.0, 1.0, 2.0], 1e300)).unwrap_err().contains("not the median"));
        assert!(said(&runs(&[3.0, 1.0], 2.0)).unwrap_err().contains("has 2 runs, of 3"));
        assert!(said(&|record| record.repeats = u32::MAX).unwrap_err().contains("repeats 4294967295"));
    }

    #[test]
    fn what_is_no_run_is_refused_in_a_line() {
        let root = tempfile::tempdir().unwrap();
        let said = |path: &Path| find(path).unwrap_err().to_string();
        assert!(said(root.path()).contains("no run in this folder"));
        assert!(said(&root.path().join("none")).contains("no such folder"));
        fs::write(root.path().join(RECORD), b"{\"format\": 1}").unwrap();
        assert!(said(root.path()).contains("reads format"), "{}", said(root.path()));
        fs::write(root.path().join(RECORD), b"[]").unwrap();
        assert!(said(root.path()).contains("not a record of mapprof"));
    }
}
