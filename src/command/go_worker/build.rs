//! Building the worker: once for each toolchain and each version of the sources, into the user's cache.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::sources;
use super::toolchain::{Toolchain, command};
use crate::command::terminal::note;
use crate::error::{Error, Result};
use crate::printable::{PrintablePath, printable};

/// Lines of the compiler that are shown when a build fails.
const MOST_LINES: usize = 5;

/// The worker built with a toolchain. `quiet`: nothing is said of a build that goes well.
///
/// # Errors
/// When it cannot be built, or the cache cannot be written.
pub(super) fn built(toolchain: &Toolchain, quiet: bool) -> Result<PathBuf> {
    let folder = cache()?.join("mapprof").join("go").join(sources::fingerprint());
    let place = folder.join(format!("{}-{}", toolchain.version, sources::digest(&toolchain.identity)));
    let worker = place.join("mapprof-go");
    if worker.is_file() {
        return Ok(worker);
    }
    let unwritable = |path: &Path, error: std::io::Error| {
        Error::case(format!(
            "{}: the worker for Go cannot be written: {error}; XDG_CACHE_HOME names another folder",
            path.shown()
        ))
    };
    // What is run from here later must be this user's alone.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| unwritable(&folder, error))?;
    remove_dead_builds(&folder);
    // Two builds at once are in each other's way in nothing: each has a folder of its own, and the last one's worker stays.
    let staging = tempfile::Builder::new()
        .prefix(STAGING)
        .tempdir_in(&folder)
        .map_err(|error| unwritable(&folder, error))?;
    sources::write_to(staging.path())?;
    if !quiet {
        note(&format!("building the worker with {}, once", toolchain.version));
    }
    let binary = staging.path().join("mapprof-go");
    let built = command(&toolchain.go)
        .args(["build", "-trimpath", "-buildvcs=false"])
        // No profile needs what debuggers read, and writing it takes a tenth of the build.
        .args(["-gcflags=mapprof/...=-dwarf=false", "-ldflags=-w", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(staging.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::case(format!("{}: cannot be started: {error}", toolchain.go.shown())))?;
    if !built.status.success() || !binary.is_file() {
        return Err(failed(toolchain, &built.stderr));
    }
    fs::create_dir_all(&place).map_err(|error| unwritable(&place, error))?;
    fs::rename(&binary, &worker).map_err(|error| unwritable(&worker, error))?;
    Ok(worker)
}

/// What the folders of builds begin with.
const STAGING: &str = ".build-";

/// A build folder of this age was left by a build that did not end: a build takes seconds.
const DEAD: Duration = Duration::from_secs(3600);

/// Removes what builds left that were ended in the middle.
fn remove_dead_builds(folder: &Path) {
    let is_dead = |entry: &fs::DirEntry| {
        let written = entry.metadata().and_then(|about| about.modified());
        entry.file_name().to_string_lossy().starts_with(STAGING)
            && written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age > DEAD))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(is_dead) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// What is said of a build that failed: the compiler's first lines.
fn failed(toolchain: &Toolchain, stderr: &[u8]) -> Error {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<String> = text
        .lines()
        .map(|line| printable(line.trim()).into_owned())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .take(MOST_LINES)
        .collect();
    let said = if lines.is_empty() { "it says nothing".to_owned() } else { lines.join("; ") };
    Error::case(format!(
        "the worker cannot be built with {} ({}): {said}",
        toolchain.go.shown(),
        toolchain.version
    ))
}

/// The folder for what can be made again.
fn cache() -> Result<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache"))).ok_or_else(|| {
        Error::input(
            "neither XDG_CACHE_HOME nor HOME is set: there is no folder for the worker that Go's maps need",
        )
    })
}
