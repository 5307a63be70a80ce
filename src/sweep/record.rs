//! The record of a sweep (`sweep.json`): every point with its figures.
//!
//! These are wire types; docs/FORMAT.md describes them for other programs. A change of meaning raises [`SWEEP_FORMAT`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::setting;
use crate::error::{Error, Result};
use crate::printable::{PrintablePath, clean_json};
use crate::record::folder_search::folders;
use crate::record::{CaseId, Failure, Machine, MapRecord, Metric, PassKind, Settings};
use crate::workload::Workload;

/// Version of the record's format.
pub const SWEEP_FORMAT: u32 = 1;

/// The record's file name in a sweep's folder.
pub const SWEEP_RECORD: &str = "sweep.json";

/// The picture's.
pub const SWEEP_PICTURE: &str = "sweep.svg";

/// The largest record that is read, bytes. Five hundred points have some megabytes.
const LARGEST: u64 = 64 << 20;

/// A sweep of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRecord {
    /// [`SWEEP_FORMAT`].
    pub format: u32,
    /// Version of mapprof.
    pub mapprof: String,
    /// The case, without what is swept.
    pub case: CaseId,
    /// The settings that are swept.
    pub settings: Vec<String>,
    /// The workload without them; none of a program.
    pub definition: Option<Workload>,
    /// Where the map is from.
    pub map: MapRecord,
    /// Seed of the operation stream.
    pub seed: u64,
    /// The machine.
    pub machine: Machine,
    /// The environment variables that were set for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Arguments of a program of the user's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// What a program is run with, without what is swept.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub program: Settings,
    /// Where sizes at the doublings are from, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cliffs: Option<String>,
    /// The points, by their settings.
    pub points: Vec<PointRecord>,
}

/// One point of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointRecord {
    /// The value of each setting.
    pub settings: BTreeMap<String, String>,
    /// Whether it was added as a size beside a doubling.
    #[serde(default)]
    pub cliff: bool,
    /// The invocation that measured it.
    pub session: String,
    /// When its first pass began, seconds since 1970.
    pub started_unix_s: u64,
    /// How many times it was measured.
    pub repeats: u32,
    /// The passes that it has.
    pub passes: Vec<PassKind>,
    /// Its figures by name.
    pub metrics: BTreeMap<String, Metric>,
    /// The figures that the map's closed form gives.
    #[serde(default)]
    pub closed_form: BTreeMap<String, Bounds>,
    /// Why there is no closed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_closed_form: Option<String>,
    /// What went wrong; empty if all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// A command that runs this point as a case of its own.
    pub rerun: String,
}

/// A figure of a closed form.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower bound.
    pub low: f64,
    /// Upper bound; the same where the form is exact.
    pub high: f64,
}

impl PointRecord {
    /// The number that a setting of it is; none if it is a word.
    pub fn number(&self, name: &str) -> Option<f64> {
        setting::number(name, self.settings.get(name)?)
    }
}

impl SweepRecord {
    /// Puts a point in, in the place of one with the same settings, and all in the order of their settings.
    pub fn put(&mut self, point: PointRecord) {
        match self.points.iter_mut().find(|known| known.settings == point.settings) {
            Some(known) => *known = point,
            None => self.points.push(point),
        }
        let settings = self.settings.clone();
        let key = |point: &PointRecord| -> Vec<(f64, String)> {
            let one = |name: &String| {
                let text = point.settings.get(name).cloned().unwrap_or_default();
                (setting::number(name, &text).unwrap_or(f64::INFINITY), text)
            };
            settings.iter().map(one).collect()
        };
        let order = |a: &(f64, String), b: &(f64, String)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        self.points.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.iter()
                .zip(&b)
                .map(|(a, b)| order(a, b))
                .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
    }
}

/// The sweep in `path`, a folder or its record.
///
/// # Errors
/// When it cannot be read or understood.
pub fn read(path: &Path) -> Result<SweepRecord> {
    let path = if path.is_dir() { path.join(SWEEP_RECORD) } else { path.to_path_buf() };
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|e| Error::input(format!("{}: cannot be read: {e}", path.shown())))?;
    if bytes.len() as u64 > LARGEST {
        let most = LARGEST >> 20;
        return Err(Error::input(format!("{}: larger than {most} MiB, which no sweep is", path.shown())));
    }
    clean_json(&mut bytes);
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    if let Ok(version) = serde_json::from_slice::<Version>(&bytes)
        && version.format != SWEEP_FORMAT
    {
        return Err(Error::input(format!(
            "{}: format {}, and this mapprof reads format {SWEEP_FORMAT} of sweeps; sweep again with it",
            path.shown(),
            version.format
        )));
    }
    let record: SweepRecord = serde_json::from_slice(&bytes)
        .map_err(|e| Error::input(format!("{}: not a sweep of mapprof: {e}", path.shown())))?;
    match implausible(&record) {
        Some(wrong) => Err(Error::input(format!("{}: not a sweep of mapprof: {wrong}", path.shown()))),
        None => Ok(record),
    }
}

/// What no sweep has, if there is such a thing.
fn implausible(record: &SweepRecord) -> Option<String> {
    if record.settings.is_empty() {
        return Some("it has no settings".to_owned());
    }
    record.points.iter().find_map(|point| {
        if record.settings.iter().any(|name| !point.settings.contains_key(name)) {
            return Some("a point lacks a setting".to_owned());
        }
        let is_number = |metric: &Metric| metric.value.is_finite();
        let odd = point.metrics.iter().find(|(_, metric)| !is_number(metric));
        odd.map(|(name, _)| format!("metric {name} is not a number"))
    })
}

/// Every sweep at `path` or below it, in the order of their paths.
///
/// # Errors
/// When there is none, or one cannot be read.
pub fn find(path: &Path) -> Result<Vec<(PathBuf, SweepRecord)>> {
    let found = below(path)?;
    if found.is_empty() {
        return Err(Error::input(format!(
            "{}: no sweep in this folder; mapprof run WORKLOAD --sweep entries=1k..1M:13 makes one",
            path.shown()
        )));
    }
    Ok(found)
}

/// The same; nothing where there is no sweep.
///
/// # Errors
/// When a folder or a sweep in it cannot be read.
pub fn below(path: &Path) -> Result<Vec<(PathBuf, SweepRecord)>> {
    if path.is_file() {
        return Ok(vec![(path.to_path_buf(), read(path)?)]);
    }
    let has_record = |folder: &Path| folder.join(SWEEP_RECORD).is_file();
    folders(path, has_record)?
        .into_iter()
        .map(|folder| read(&folder).map(|record| (folder, record)))
        .collect()
}
