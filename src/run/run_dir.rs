//! Where a run lands: written beside its place, renamed into it when complete.
//!
//! A reader never sees half a run. A run that failed leaves the last good one where it was and lands in a folder of its
//! own beside it (`<map>.failed`), with what its earlier passes found.

use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, renameat_with};

use crate::error::{Error, Result};
use crate::output::ARTIFACTS;
use crate::printable::PrintablePath;
use crate::record::run_store::{ERROR_RECORD, RECORD};
use crate::record::{CaseId, CaseRecord};

/// A run on its way to its place. Dropped without [`Staging::commit`], it leaves nothing behind.
pub struct Staging {
    folder: PathBuf,
    place: PathBuf,
}

impl Staging {
    /// Begins a run of `case` that is to land below `root`, in the place of a good run or in that of a failed one.
    pub fn begin(root: &Path, case: &CaseId, failed: bool) -> Result<Self> {
        let place = if failed { case.failed_folder(root) } else { case.folder(root) };
        check_folders(root, &place)?;
        let parent = root.join(&case.workload);
        fs::create_dir_all(&parent).map_err(|e| not_created(&parent, &e))?;
        sweep(&place);
        let folder = staging_folder(&place);
        // In a container every process has the same number, and so had the one that was killed before.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|e| not_created(&folder, &e))?;
        Ok(Staging { folder, place })
    }

    /// Writes one file of the run.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.folder.join(name), bytes)
            .map_err(|e| Error::at(&self.place.join(name), "cannot be written", &e))
    }

    /// Takes in a file that is there already.
    pub fn copy(&self, name: &OsStr, from: &Path) -> Result<()> {
        fs::copy(from, self.folder.join(name))
            .map(drop)
            .map_err(|e| Error::at(&self.place.join(name), "cannot be written", &e))
    }

    /// Puts the run in its place, where it takes the place of the one before. Returns the place.
    pub fn commit(self) -> Result<PathBuf> {
        let at = |e: io::Error| Error::at(&self.place, "the run cannot be put in its place", &e);
        if !self.place.exists() {
            fs::rename(&self.folder, &self.place).map_err(at)?;
            return Ok(self.place.clone());
        }
        match renameat_with(CWD, &self.folder, CWD, &self.place, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            // A file system that cannot exchange two names: step aside first. A crash in between leaves both runs whole.
            Err(_) => {
                let aside = self.folder.with_extension("old");
                fs::rename(&self.place, &aside).map_err(at)?;
                fs::rename(&self.folder, &self.place).map_err(at)?;
                fs::rename(&aside, &self.folder).map_err(at)?;
            }
        }
        // The old run now lies in the staging folder. What was not of it (notes, an upload's receipt) stays.
        keep_foreign_files(&self.folder, &self.place);
        Ok(self.place.clone())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Refuses a place of a case that is taken by something that is not a run; asked before the passes, it saves running them
/// in vain.
pub fn check_place(root: &Path, case: &CaseId) -> Result<()> {
    check_folders(root, &case.folder(root))
}

fn check_folders(root: &Path, place: &Path) -> Result<()> {
    let parent = place.parent().unwrap_or(root);
    // A link is followed, but not in the place itself: `refuse_foreign` tells it.
    let is_file = |folder: &Path| {
        let what = if folder == place { fs::symlink_metadata(folder) } else { fs::metadata(folder) };
        what.is_ok_and(|what| !what.is_dir() && !what.is_symlink())
    };
    for folder in [root, parent, place] {
        if is_file(folder) {
            return Err(Error::case(format!(
                "{}: is a file where runs need a folder; move it away or choose another folder with --out",
                folder.shown()
            )));
        }
    }
    refuse_foreign(place)
}

fn not_created(path: &Path, error: &io::Error) -> Error {
    Error::case(format!("{}: cannot be created: {error}; choose another folder with --out", path.shown()))
}

/// Refuses to replace a folder that is not a run, or a link, which would bring somebody else's folder into play.
fn refuse_foreign(place: &Path) -> Result<()> {
    if place.is_symlink() {
        return Err(Error::case(format!(
            "{}: is a symbolic link, and a run would take its place; remove it or choose another folder with --out",
            place.shown()
        )));
    }
    let foreign = match fs::read_dir(place) {
        Ok(mut entries) => {
            entries.next().is_some() && !place.join(RECORD).exists() && !place.join(ERROR_RECORD).exists()
        }
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    };
    if foreign {
        return Err(Error::case(format!(
            "{}: is there already and is not a run of mapprof (it has no {RECORD}); move it away or choose another folder with --out",
            place.shown()
        )));
    }
    Ok(())
}

/// Removes what runs that were to land in `place` and were killed left behind.
fn sweep(place: &Path) {
    let (Some(parent), Some(name)) = (place.parent(), place.file_name().and_then(OsStr::to_str)) else {
        return;
    };
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let file_name = entry.file_name();
        let pid = file_name
            .to_str()
            .and_then(|n| {
                n.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".partial")
            })
            .and_then(|pid| pid.parse::<u32>().ok());
        if let Some(pid) = pid
            && !Path::new("/proc").join(pid.to_string()).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn keep_foreign_files(old: &Path, new: &Path) {
    // A record of another version cannot be read and tells no files: then every name that a run has today is one.
    let record = fs::read(old.join(RECORD)).unwrap_or_default();
    let mut files =
        serde_json::from_slice::<CaseRecord>(&record).map(|record| record.files).unwrap_or_default();
    files.extend([RECORD, ERROR_RECORD].map(str::to_owned));
    files.extend(ARTIFACTS.iter().map(|artifact| artifact.file_name.to_owned()));
    let Ok(entries) = fs::read_dir(old) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = files.iter().any(|file| name == OsStr::new(file));
        if !ours && !new.join(&name).exists() {
            let _ = fs::rename(entry.path(), new.join(&name));
        }
    }
}

/// Removes the folder of a failed run that a good one has followed. It gets a hidden name first, so that nobody finds half
/// of it, whenever the process is killed.
pub fn forget_failure(root: &Path, case: &CaseId) {
    let folder = case.failed_folder(root);
    let hidden = staging_folder(&case.folder(root));
    if folder.join(ERROR_RECORD).exists() && fs::rename(folder, &hidden).is_ok() {
        let _ = fs::remove_dir_all(hidden);
    }
}

/// The hidden folder in which this process makes a run, or unmakes one. [`sweep`] knows it by its name.
fn staging_folder(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}.partial", std::process::id()))
}

/// Writes a file whole: beside its place first, then renamed into it.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_whole_with(path, |out| out.write_all(bytes))
}

/// The same of a file that `render` writes piece by piece.
///
/// # Errors
/// When it cannot be written; an [`Error`] that `render` wraps is the one that is returned.
pub fn write_whole_with(path: &Path, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    let written = fs::File::create(&aside).and_then(|file| {
        let mut out = BufWriter::new(file);
        render(&mut out)?;
        out.flush()?;
        fs::rename(&aside, path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&aside);
        error.downcast::<Error>().unwrap_or_else(|error| Error::at(path, "cannot be written", &error))
    })
}

/// Refuses a root in which nothing can be written, before any pass is run in vain.
pub fn check_writable(root: &Path) -> Result<()> {
    let refused = |e: &io::Error| {
        Error::case(format!("{}: cannot be written to: {e}; choose another folder with --out", root.shown()))
    };
    fs::create_dir_all(root).map_err(|e| refused(&e))?;
    // A full disk grants a file and refuses what is written to it.
    without_name(root).and_then(|mut probe| probe.write_all(b"x")).map_err(|e| refused(&e))
}

/// A file in `root` without a name: nothing is left of it when the process is killed.
fn without_name(root: &Path) -> io::Result<fs::File> {
    match rustix::fs::open(root, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR)
    {
        Ok(file) => Ok(file.into()),
        Err(_) => briefly_named(root),
    }
}

/// The same on a file system that knows no such files: the name goes before anything is written.
fn briefly_named(root: &Path) -> io::Result<fs::File> {
    // Not the process's number: on a volume that several containers share, all of them may have the same one.
    let name = root.join(format!(".probe.{:016x}", RandomState::new().hash_one(std::process::id())));
    let file = fs::File::create_new(&name)?;
    fs::remove_file(&name)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> CaseId {
        CaseId::new("w", "m")
    }

    #[test]
    fn what_is_written_to_see_whether_it_can_be_has_no_name() {
        let root = tempfile::tempdir().unwrap();
        for open in [without_name, briefly_named] {
            let mut probe = open(root.path()).unwrap();
            assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "a kill here would leave it");
            probe.write_all(b"x").unwrap();
        }
        check_writable(root.path()).unwrap();
        assert!(without_name(&root.path().join("nowhere")).is_err());
    }

    fn put(root: &Path, text: &str) -> Result<PathBuf> {
        let staging = Staging::begin(root, &case(), false)?;
        staging.write("a.txt", text.as_bytes())?;
        staging.write(ERROR_RECORD, b"{}")?;
        staging.commit()
    }

    #[test]
    fn a_run_replaces_the_one_before_and_leaves_no_trace() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "one").unwrap();
        let place = put(root.path(), "two").unwrap();
        assert_eq!(fs::read_to_string(place.join("a.txt")).unwrap(), "two");
        assert_eq!(fs::read_dir(root.path().join("w")).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_is_forgotten_as_a_whole() {
        let root = tempfile::tempdir().unwrap();
        let staging = Staging::begin(root.path(), &case(), true).unwrap();
        staging.write(ERROR_RECORD, b"[]").unwrap();
        let failed = staging.commit().unwrap();
        // What cannot be hidden first is not removed piece by piece.
        let hidden = staging_folder(&root.path().join("w/m"));
        fs::write(&hidden, "in the way").unwrap();
        forget_failure(root.path(), &case());
        assert!(failed.join(ERROR_RECORD).exists());
        fs::remove_file(&hidden).unwrap();
        forget_failure(root.path(), &case());
        assert_eq!(fs::read_dir(root.path().join("w")).unwrap().count(), 0);
    }

    #[test]
    fn a_run_that_is_given_up_leaves_the_last_one() {
        let root = tempfile::tempdir().unwrap();
        let place = put(root.path(), "one").unwrap();
        let staging = Staging::begin(root.path(), &case(), false).unwrap();
        staging.write("a.txt", b"half").unwrap();
        drop(staging);
        assert_eq!(fs::read_to_string(place.join("a.txt")).unwrap(), "one");
        assert_eq!(fs::read_dir(root.path().join("w")).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_someone_else_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("w/m");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("thesis.txt"), "years").unwrap();
        let refused = put(root.path(), "one").unwrap_err().to_string();
        assert!(refused.contains("is not a run of mapprof"), "{refused}");
        assert_eq!(fs::read_to_string(place.join("thesis.txt")).unwrap(), "years");
    }

    #[test]
    fn what_a_user_put_beside_a_run_stays_even_if_its_record_is_of_another_version() {
        let root = tempfile::tempdir().unwrap();
        let place = put(root.path(), "one").unwrap();
        fs::write(place.join(RECORD), b"{\"format\":1}").unwrap();
        fs::write(place.join("notes.txt"), "years").unwrap();
        fs::write(place.join("heap.pb.gz"), "old").unwrap();
        put(root.path(), "two").unwrap();
        assert_eq!(fs::read_to_string(place.join("notes.txt")).unwrap(), "years");
        assert!(!place.join("heap.pb.gz").exists(), "an old profile is none of the new run's");
    }

    #[test]
    fn a_link_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = put(root.path(), "one").unwrap();
        let other = root.path().join("other");
        fs::create_dir_all(other.join("w")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, other.join("w/m")).unwrap();
        let refused = put(&other, "two").unwrap_err().to_string();
        assert!(refused.contains("symbolic link"), "{refused}");
        assert_eq!(fs::read_to_string(elsewhere.join("a.txt")).unwrap(), "one");
    }

    #[test]
    fn shards_that_share_a_folder_do_not_disturb_each_others_probes() {
        let root = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| check_writable(root.path()).unwrap()));
            }
        });
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_run_of_the_same_number_left_is_not_taken_over() {
        let root = tempfile::tempdir().unwrap();
        let left = root.path().join(format!("w/.m.{}.partial", std::process::id()));
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("heap.svg"), "old").unwrap();
        assert!(!put(root.path(), "one").unwrap().join("heap.svg").exists());
    }

    #[test]
    fn what_a_killed_run_left_is_swept() {
        let root = tempfile::tempdir().unwrap();
        // No process has this number: it is above the kernel's highest.
        let left = root.path().join("w/.m.4194399.partial");
        fs::create_dir_all(&left).unwrap();
        put(root.path(), "one").unwrap();
        assert!(!left.exists());
    }
}
