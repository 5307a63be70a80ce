//! The folders below a folder that have a file of some name.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::printable::PrintablePath;

/// Folders within folders that are searched.
const DEEPEST: usize = 8;

/// `root` or the folders below it that `is_wanted` is true of, in the order of their paths. Nothing is searched below one of them.
/// Folders whose names begin with a dot, and what symbolic links lead to, are left out.
///
/// # Errors
/// When `root` is no folder, or a folder cannot be read.
pub fn folders(root: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    if !root.is_dir() {
        let what = if root.exists() { "not a folder" } else { "no such folder" };
        return Err(Error::input(format!("{}: {what}", root.shown())));
    }
    let mut found = Vec::new();
    if is_wanted(root) {
        found.push(root.to_path_buf());
    } else {
        collect(root, DEEPEST, &is_wanted, &mut found)?;
    }
    Ok(found)
}

fn collect(
    folder: &Path,
    deeper: usize,
    is_wanted: &impl Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<()> {
    let unreadable = |e: &std::io::Error| Error::input(format!("{}: cannot be read: {e}", folder.shown()));
    let mut inner = Vec::new();
    let entries = match fs::read_dir(folder) {
        // It went away since the folder around it was read, as a run is put in its place by renaming; or it is another user's, such
        // as the one that a file system keeps for lost files.
        Err(e)
            if deeper < DEEPEST
                && matches!(
                    e.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
                ) =>
        {
            return Ok(());
        }
        entries => entries.map_err(|e| unreadable(&e))?,
    };
    for entry in entries {
        let entry = entry.map_err(|e| unreadable(&e))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            inner.push(entry.path());
        }
    }
    inner.sort();
    for path in inner {
        if is_wanted(&path) {
            found.push(path);
        } else if deeper > 0 {
            collect(&path, deeper - 1, is_wanted, found)?;
        }
    }
    Ok(())
}
