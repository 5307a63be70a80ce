//! Joining what the shards of a run left in their folders: nothing twice, nothing missing, nothing of another run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::run_dir::{Staging, forget_failure};
use super::shard::MOST;
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::record::CaseId;
use crate::record::manifest::{MANIFEST_FORMAT, Manifest, manifests_in};
use crate::record::run_store::{self, RECORD, StoredRun};

/// What is to be joined, checked as a whole.
#[derive(Debug)]
pub struct Joining {
    /// The runs, by workload and map.
    pub runs: BTreeMap<CaseId, StoredRun>,
    /// Cases that a shard was to run and of which there is no run, with the shard.
    pub missing: Vec<(CaseId, u32)>,
    /// How many shards there are; 0 if the folders have no manifests.
    pub shards: u32,
}

/// A folder, with the manifest of the shard if it has one.
struct Part<'a> {
    folder: &'a Path,
    manifest: Option<(PathBuf, Manifest)>,
}

/// Looks through the folders of all shards.
///
/// # Errors
/// When a shard is missing or there twice, a case is there twice, or they are not of one run or one version of mapprof.
pub fn plan(folders: &[PathBuf]) -> Result<Joining> {
    let mut parts = Vec::new();
    for folder in folders {
        if !folder.is_dir() {
            return Err(Error::input(format!("{}: no such folder", folder.shown())));
        }
        let manifests = manifests_in(folder)?;
        if manifests.is_empty() {
            parts.push(Part { folder, manifest: None });
        }
        parts.extend(manifests.into_iter().map(|manifest| Part { folder, manifest: Some(manifest) }));
    }
    let shards = one_run(&parts)?;
    let mut joining = Joining { runs: BTreeMap::new(), missing: Vec::new(), shards };
    for part in &parts {
        for found in runs_of(part, &mut joining.missing)? {
            let key = found.case().clone();
            if let Some(other) = joining.runs.get(&key) {
                return Err(Error::input(format!(
                    "{} is there twice: {} and {}",
                    found.case(),
                    other.path.shown(),
                    found.path.shown()
                )));
            }
            joining.runs.insert(key, found);
        }
    }
    one_version(&joining)?;
    Ok(joining)
}

/// Checks that the manifests are all shards of one run. Returns how many there are.
fn one_run(parts: &[Part]) -> Result<u32> {
    let manifests: Vec<&(PathBuf, Manifest)> =
        parts.iter().filter_map(|part| part.manifest.as_ref()).collect();
    let Some((first_file, first)) = manifests.first() else { return Ok(0) };
    if let Some(part) = parts.iter().find(|part| part.manifest.is_none()) {
        return Err(Error::input(format!(
            "{}: has no shard-I-of-N.json, and the other folders are shards; give the folder that --out named",
            part.folder.shown()
        )));
    }
    let mut seen = BTreeMap::new();
    for (file, manifest) in &manifests {
        let differs = |what: &str| {
            Err(Error::input(format!(
                "{} and {} are not shards of one run: {what}",
                first_file.shown(),
                file.shown()
            )))
        };
        if manifest.format != MANIFEST_FORMAT {
            return Err(Error::input(format!(
                "{}: format {}, and this mapprof reads format {MANIFEST_FORMAT}",
                file.shown(),
                manifest.format
            )));
        }
        if let Some(wrong) = implausible(manifest) {
            return Err(Error::input(format!("{}: not a manifest of a shard: {wrong}", file.shown())));
        }
        if manifest.mapprof != first.mapprof {
            return differs(&format!("they are of mapprof {} and {}", first.mapprof, manifest.mapprof));
        }
        if manifest.of != first.of {
            return differs(&format!("one is of {} shards, the other of {}", first.of, manifest.of));
        }
        if manifest.cases != first.cases {
            let other = manifest.cases.iter().zip(&first.cases).find(|(a, b)| a != b);
            return differs(&match other {
                Some((a, b)) => format!("\"{}\" and \"{}\"", b.rerun, a.rerun),
                None => format!("one has {} cases, the other {}", first.cases.len(), manifest.cases.len()),
            });
        }
        if let Some(other) = seen.insert(manifest.shard, file) {
            return Err(Error::input(format!(
                "shard {} of {} is there twice: {} and {}",
                manifest.shard,
                manifest.of,
                other.shown(),
                file.shown()
            )));
        }
    }
    let missing: Vec<String> =
        (1..=first.of).filter(|shard| !seen.contains_key(shard)).map(|shard| shard.to_string()).collect();
    match missing.is_empty() {
        true => Ok(first.of),
        false => Err(Error::input(format!(
            "shard {} of {} is missing: give its folder too, or run it again with --shard",
            missing.join(", "),
            first.of
        ))),
    }
}

/// What no shard of mapprof says of itself, if there is such a thing.
fn implausible(manifest: &Manifest) -> Option<String> {
    let Manifest { shard, of, cases, .. } = manifest;
    if !(1..=MOST).contains(of) || !(1..=*of).contains(shard) {
        return Some(format!("shard {shard} of {of}"));
    }
    let lost = cases.iter().find(|case| !(1..=*of).contains(&case.shard))?;
    Some(format!("{} falls to shard {} of {of}", lost.case, lost.shard))
}

/// The runs that a part has: of a shard those that it was to run, of any other folder all.
fn runs_of(part: &Part, missing: &mut Vec<(CaseId, u32)>) -> Result<Vec<StoredRun>> {
    let Some((_, manifest)) = &part.manifest else { return run_store::find(part.folder) };
    let mut runs = Vec::new();
    for case in manifest.own() {
        case.case.check_names()?;
        let places = [case.case.folder(part.folder), case.case.failed_folder(part.folder)];
        let mut there = None;
        for place in places.iter().filter(|place| place.join(RECORD).is_file()) {
            let found = run_store::read(place)?;
            // A run of an earlier invocation lies in the same place.
            if found.record.session == manifest.session {
                there = Some(found);
            }
        }
        match there {
            Some(found) => runs.push(found),
            None => missing.push((case.case.clone(), manifest.shard)),
        }
    }
    Ok(runs)
}

fn one_version(joining: &Joining) -> Result<()> {
    let versions: BTreeSet<&str> = joining.runs.values().map(|found| found.record.mapprof.as_str()).collect();
    if versions.len() > 1 {
        let versions: Vec<&str> = versions.into_iter().collect();
        return Err(Error::input(format!(
            "the runs are of several versions of mapprof: {}; run all of them with one",
            versions.join(", ")
        )));
    }
    Ok(())
}

/// Copies a run below `root`, where it takes the place of the one before. Returns its place.
///
/// # Errors
/// When it cannot be read or written.
pub fn copy(found: &StoredRun, root: &Path) -> Result<PathBuf> {
    found.case().check_names()?;
    let staging = Staging::begin(root, found.case(), !found.failures.is_empty())?;
    let unreadable = |path: &Path, e: std::io::Error| Error::at(path, "cannot be read", &e);
    for entry in fs::read_dir(&found.path).map_err(|e| unreadable(&found.path, e))? {
        let entry = entry.map_err(|e| unreadable(&found.path, e))?;
        let path = entry.path();
        // A run's folder has plain files. What a link leads to is none of its own.
        if entry.file_type().map_err(|e| unreadable(&path, e))?.is_file() {
            staging.copy(&entry.file_name(), &path)?;
        }
    }
    let place = staging.commit()?;
    if found.failures.is_empty() {
        forget_failure(root, found.case());
    }
    Ok(place)
}
