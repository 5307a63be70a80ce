//! What a shard of a run says of itself, so that all shards can be joined without a gap and without an overlap.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::CaseId;
use super::run_store::parsed_file;
use crate::error::Result;

/// Version of the manifest's format.
pub const MANIFEST_FORMAT: u32 = 2;

/// A shard of a run: `shard-2-of-8.json` in the folder that it was written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: u32,
    /// Version of mapprof.
    pub mapprof: String,
    /// Which shard, from 1.
    pub shard: u32,
    /// Of how many.
    pub of: u32,
    /// The invocation; its runs name the same one.
    pub session: String,
    /// When it began, seconds since 1970.
    pub started_unix_s: u64,
    /// Every case of the whole run, in order.
    pub cases: Vec<ShardedCase>,
}

/// A case of a run in shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardedCase {
    /// The case.
    pub case: CaseId,
    /// The shard that runs it.
    pub shard: u32,
    /// The command that runs it alone: two runs whose cases say the same ask for the same.
    pub rerun: String,
}

impl Manifest {
    /// The file's name.
    pub fn file_name(&self) -> String {
        format!("shard-{}-of-{}.json", self.shard, self.of)
    }

    /// The cases that this shard runs.
    pub fn own(&self) -> impl Iterator<Item = &ShardedCase> {
        self.cases.iter().filter(|case| case.shard == self.shard)
    }
}

/// The manifests in a folder, in the order of their names, each with its file.
///
/// # Errors
/// When one of them cannot be read or understood.
pub fn manifests_in(folder: &Path) -> Result<Vec<(PathBuf, Manifest)>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let is_manifest = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("shard-") && name.ends_with(".json") && path.is_file()
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_manifest).collect();
    files.sort();
    files.into_iter().map(|file| Ok((file.clone(), parsed_file(&file, "a manifest of a shard")?))).collect()
}
