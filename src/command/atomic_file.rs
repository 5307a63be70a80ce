//! Files that are asked for by their name: each appears whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::run::run_dir::write_whole_with;

/// Refuses a path at which no file can be written, before the work whose outcome it is to hold.
///
/// # Errors
/// When it is a folder, or in none.
pub fn check(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::input(format!("{}: is a folder, and a file is to be written", path.shown())));
    }
    let folder = folder(path);
    if folder.is_dir() {
        return Ok(());
    }
    Err(Error::input(format!("{}: there is no folder {} to write it in", path.shown(), folder.shown())))
}

/// Writes a file under another name beside `path` and renames it. What is no file, such as a pipe, is written to.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |out| out.write_all(bytes))
}

/// The same of a file that `render` writes piece by piece.
///
/// # Errors
/// When it cannot be written; an [`Error`] that `render` wraps is the one that is returned.
pub fn write_with(path: &Path, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    // A link stays one, and what it leads to is written.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if !path.exists() || path.is_file() {
        return write_whole_with(path, render);
    }
    let written = fs::OpenOptions::new().write(true).open(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        render(&mut out)?;
        out.flush()
    });
    written.map_err(|error| {
        error.downcast::<Error>().unwrap_or_else(|error| Error::at(path, "cannot be written", &error))
    })
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.svg");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        std::os::unix::fs::symlink("a.svg", root.path().join("link")).unwrap();
        write(&root.path().join("link"), b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
    }

    #[test]
    fn a_place_that_holds_no_file_is_refused_before_the_work() {
        let root = tempfile::tempdir().unwrap();
        assert!(check(&root.path().join("a.svg")).is_ok() && check(Path::new("a.svg")).is_ok());
        assert!(check(root.path()).unwrap_err().to_string().contains("is a folder"));
        assert!(check(&root.path().join("no/a.svg")).unwrap_err().to_string().contains("no folder"));
        assert!(write(&root.path().join("no/a.svg"), b"").is_err());
    }
}
