//! Reading the profiles of runs, and other files from outside, within limits.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::output::{CPU_PROFILE, HEAP_PROFILE};
use crate::printable::PrintablePath;
use crate::profile::{Limit, Profile, gzip, pprof};
use crate::record::CaseRecord;
use crate::record::run_store::RECORD;

/// The pprof file that a run's folder is read by: its heap profile, or its CPU profile if it has no other.
pub fn profile_in(folder: &Path) -> Result<PathBuf> {
    [HEAP_PROFILE, CPU_PROFILE].iter().map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(
        || {
            let hint = if folder.join(RECORD).is_file() {
                "this run took no profile; run it again with --heap or --cpu"
            } else {
                "no heap.pb.gz or cpu.pb.gz in this folder; a run lands in <out>/<workload>/<map>"
            };
            Error::input(format!("{}: {hint}", folder.shown()))
        },
    )
}

/// Reads the profile at `path`, or that of the run at `path`.
///
/// # Errors
/// When there is none, when it cannot be read, or when it is larger than `limit` allows.
pub fn read_profile(path: &Path, limit: Limit) -> Result<Profile> {
    let file = if path.is_dir() { profile_in(path)? } else { path.to_owned() };
    let profile = decoded(&file, limit)?;
    if profile.samples.is_empty() {
        return Err(Error::input(format!("{}: the profile has no samples", file.shown())));
    }
    Ok(profile)
}

/// Reads the profile `name` beside a record, empty or not; none if the run has no such file.
///
/// # Errors
/// When it cannot be read, or when it is larger than `limit` allows.
pub fn profile_beside(
    record: &CaseRecord,
    folder: &Path,
    name: &str,
    limit: Limit,
) -> Result<Option<Profile>> {
    record.files.iter().any(|file| file == name).then(|| decoded(&folder.join(name), limit)).transpose()
}

fn decoded(file: &Path, limit: Limit) -> Result<Profile> {
    let name = file.shown();
    let bytes =
        gzip::content(read_bytes(file, limit)?, limit).map_err(|error| Error::profile(&name, error))?;
    pprof::decode_plain(&bytes, limit).map_err(|error| Error::profile(&name, error))
}

/// The bytes of a file from outside; one more than `limit` allows, if it has more. Whatever the file is, no more of it
/// comes into memory.
///
/// # Errors
/// When it cannot be read.
pub fn read_bytes(file: &Path, limit: Limit) -> Result<Vec<u8>> {
    let unreadable = |e: std::io::Error| Error::input(format!("{}: cannot be read: {e}", file.shown()));
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    let most = limit.unpacked.saturating_add(1);
    let length = opened.metadata().map_or(0, |about| about.len()).min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    opened.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
