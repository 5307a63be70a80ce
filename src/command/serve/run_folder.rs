//! The folder that is served: its runs by the names they have in it, and nothing outside of it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::listed_run::{ListedRun, Stamp, Summary, file_stamp, stamp};

use crate::error::{Error, Result};
use crate::output::{CPU_PROFILE, HEAP_PROFILE, HEAP_TIMELINE};
use crate::printable::{PrintablePath, printable};
use crate::record::failed_case;
use crate::record::folder_search::folders;
use crate::record::run_store::{self, ERROR_RECORD, RECORD, StoredRun};
use crate::sweep::SWEEP_RECORD;

/// A folder with runs.
pub(super) struct RunFolder {
    root: PathBuf,
    /// What was listed, by its folder: a record is read again when it has changed.
    listed: Mutex<HashMap<PathBuf, (Stamp, Arc<ListedRun>)>>,
}

impl RunFolder {
    /// The folder at `path`, which may have no run yet.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(super) fn open(path: &Path) -> Result<RunFolder> {
        match std::fs::canonicalize(path) {
            Ok(root) if root.is_dir() => Ok(RunFolder { root, listed: Mutex::default() }),
            _ => Err(Error::input(format!(
                "{}: no such folder; mapprof run writes runs into profiles, or where --out says",
                path.shown()
            ))),
        }
    }

    /// All runs and failed cases, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn list(&self) -> Result<Vec<Arc<ListedRun>>> {
        let folders = self.listed_folders()?;
        let mut known = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fresh = HashMap::with_capacity(folders.len());
        let mut list = Vec::with_capacity(folders.len());
        for folder in folders {
            let now = stamp(&folder);
            let row = match known.remove(&folder) {
                Some((then, row)) if then == now => Some(row),
                _ => self.row(&folder).map(Arc::new),
            };
            let Some(row) = row else { continue };
            list.push(Arc::clone(&row));
            fresh.insert(folder, (now, row));
        }
        // What is gone is forgotten.
        *known = fresh;
        Ok(list)
    }

    /// What is listed of a folder; nothing if nothing ran or failed in it.
    fn row(&self, folder: &Path) -> Option<ListedRun> {
        let summary = match folder.join(RECORD).is_file() {
            true => self.read(folder).map(|run| Summary::of_run(&run)),
            false => match self.within(&folder.join(ERROR_RECORD)).and_then(|()| failed_case::read(folder)) {
                Ok(failed) => Ok(Summary::of_failed(&failed)?),
                Err(error) => Err(error),
            },
        };
        Some(ListedRun { name: self.name(folder), summary: summary.map_err(|error| error.to_string()) })
    }

    /// The run of this name.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub(super) fn run(&self, name: &str) -> Result<StoredRun> {
        let run = self.all_of([name])?.pop();
        run.ok_or_else(|| Error::case("a run that was read is gone"))
    }

    /// The runs of these names.
    ///
    /// # Errors
    /// When there is none of a name, or it cannot be read.
    pub(super) fn all_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Vec<StoredRun>> {
        let folders = self.folders()?;
        let by_name: HashMap<String, &PathBuf> =
            folders.iter().map(|folder| (self.name(folder), folder)).collect();
        let read = |name: &str| match by_name.get(name) {
            Some(folder) => self.read(folder),
            None => Err(Error::input(format!("there is no run {} here", printable(name)))),
        };
        names.into_iter().map(read).collect()
    }

    /// The folders of the sweeps, with their names.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn sweeps(&self) -> Result<Vec<(String, PathBuf)>> {
        let found = folders(&self.root, |folder| folder.join(SWEEP_RECORD).is_file())?;
        let inside = found.into_iter().filter(|folder| self.within(&folder.join(SWEEP_RECORD)).is_ok());
        Ok(inside.map(|folder| (self.name(&folder), folder)).collect())
    }

    /// A file of a run: one that its record names.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub(super) fn file(&self, run: &str, name: &str) -> Result<Vec<u8>> {
        let stored = self.run(run)?;
        if !stored.record.files.iter().any(|known| known == name) {
            return Err(Error::input(format!("{} has no file {}", printable(run), printable(name))));
        }
        let path = stored.path.join(name);
        std::fs::read(&path)
            .map_err(|error| Error::input(format!("{}: cannot be read: {error}", path.shown())))
    }

    /// A text that changes when a run or a sweep lands, changes or goes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn state(&self) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        let sweeps = self.sweeps()?.into_iter().map(|(_, folder)| folder);
        for folder in self.listed_folders()?.into_iter().chain(sweeps) {
            folder.hash(&mut hasher);
            stamp(&folder).hash(&mut hasher);
            file_stamp(&folder.join(SWEEP_RECORD)).hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    /// The folders of the runs.
    fn folders(&self) -> Result<Vec<PathBuf>> {
        folders(&self.root, |folder| folder.join(RECORD).is_file())
    }

    /// The folders of the runs, and of the cases that failed without a record.
    fn listed_folders(&self) -> Result<Vec<PathBuf>> {
        folders(&self.root, |folder| folder.join(RECORD).is_file() || folder.join(ERROR_RECORD).is_file())
    }

    /// The name of a run: its path below the folder; a dot if the folder is the run itself.
    fn name(&self, folder: &Path) -> String {
        let below = folder.strip_prefix(&self.root).unwrap_or(folder);
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
    }

    /// Reads a run whose files are all within the folder: a symbolic link may lead out of it.
    fn read(&self, folder: &Path) -> Result<StoredRun> {
        self.within(&folder.join(RECORD))?;
        self.within(&folder.join(ERROR_RECORD))?;
        let stored = run_store::read(folder)?;
        // Profiles are looked for whether the record names them or not.
        let profiles = [HEAP_PROFILE, HEAP_TIMELINE, CPU_PROFILE];
        for name in stored.record.files.iter().map(String::as_str).chain(profiles) {
            self.within(&folder.join(name))?;
        }
        Ok(stored)
    }

    /// Refuses a path that leads out of the folder. One that leads nowhere does not.
    fn within(&self, path: &Path) -> Result<()> {
        match std::fs::canonicalize(path) {
            Ok(real) if !real.starts_with(&self.root) => {
                Err(Error::input(format!("{}: leads out of the folder", path.shown())))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    fn put(root: &Path, name: &str, files: &[&str]) {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut record = fixtures::case();
        record.files = files.iter().map(|file| (*file).to_owned()).collect();
        std::fs::write(folder.join(RECORD), serde_json::to_vec(&record).unwrap()).unwrap();
    }

    fn served(root: &Path) -> RunFolder {
        RunFolder::open(root).unwrap()
    }

    #[test]
    fn runs_have_their_paths_as_names_and_only_their_own_files() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "w/std", &["run.json", "timeline.svg"]);
        std::fs::write(root.path().join("w/std/timeline.svg"), "<svg/>").unwrap();
        std::fs::write(root.path().join("w/std/notes"), "mine").unwrap();
        let folder = served(root.path());
        let names: Vec<String> = folder.list().unwrap().iter().map(|run| run.name.clone()).collect();
        assert_eq!(names, ["w/std"]);
        assert_eq!(folder.file("w/std", "timeline.svg").unwrap(), b"<svg/>");
        for (run, name) in
            [("w/std", "notes"), ("w/std", "../std/timeline.svg"), ("w", "std"), ("../w/std", "run.json")]
        {
            assert!(folder.file(run, name).is_err(), "{run} {name}");
        }
    }

    #[test]
    fn what_leads_out_of_the_folder_is_not_read() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        put(root.path(), "w/std", &["run.json", "timeline.svg"]);
        std::os::unix::fs::symlink(outside.path().join("secret"), root.path().join("w/std/timeline.svg"))
            .unwrap();
        put(outside.path(), "other", &["run.json"]);
        std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).unwrap();
        let folder = served(root.path());
        assert!(folder.file("w/std", "timeline.svg").unwrap_err().to_string().contains("leads out"));
        assert!(folder.run("linked/other").is_err());
        assert_eq!(folder.list().unwrap().len(), 1);
    }

    #[test]
    fn its_state_changes_with_what_is_in_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = served(root.path());
        let mut states = vec![folder.state().unwrap()];
        put(root.path(), "w/std", &[]);
        states.push(folder.state().unwrap());
        put(root.path(), "w/btree", &[]);
        states.push(folder.state().unwrap());
        put(root.path(), "w/btree", &["run.json"]);
        states.push(folder.state().unwrap());
        assert_eq!(folder.state().unwrap(), states[3]);
        std::fs::remove_dir_all(root.path().join("w")).unwrap();
        assert_eq!(folder.state().unwrap(), states[0]);
        states.sort_unstable();
        states.dedup();
        assert_eq!(states.len(), 4);
    }

    #[test]
    fn a_record_that_cannot_be_read_is_told_and_the_others_are_there() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "w/std", &[]);
        put(root.path(), "w/old", &[]);
        std::fs::write(root.path().join("w/old").join(RECORD), "{\"format\": 1}").unwrap();
        let runs = served(root.path()).list().unwrap();
        let why = runs[0].summary.as_ref().err().unwrap();
        assert!(why.contains("format 1"), "{why}");
        assert!(runs[1].summary.is_ok());
    }

    #[test]
    fn a_record_is_read_again_when_it_has_changed_and_not_before() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "w/std", &[]);
        let folder = served(root.path());
        let pictures = |run: &ListedRun| match &run.summary {
            Ok(Summary { measured: Some(measured), .. }) => measured.pictures.len(),
            _ => panic!("{} cannot be read", run.name),
        };
        let first = folder.list().unwrap();
        assert!(Arc::ptr_eq(&first[0], &folder.list().unwrap()[0]));
        put(root.path(), "w/std", &["timeline.svg"]);
        assert_eq!(pictures(&folder.list().unwrap()[0]), pictures(&first[0]) + 1);
        std::fs::remove_dir_all(root.path().join("w")).unwrap();
        assert!(folder.list().unwrap().is_empty());
        assert!(folder.listed.lock().unwrap().is_empty());
    }

    #[test]
    fn a_case_that_failed_without_a_record_is_listed_with_its_failure() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("churn/std");
        std::fs::create_dir_all(&place).unwrap();
        let failure = r#"[{"case":{"workload":"churn","map":"std","threads":1},"pass":"memory","kind":"crashed","message":"signal 11","last_words":[]}]"#;
        std::fs::write(place.join(ERROR_RECORD), failure).unwrap();
        let list = served(root.path()).list().unwrap();
        let summary = list[0].summary.as_ref().ok().unwrap();
        assert_eq!(summary.failure.as_deref(), Some("failed in the memory pass: signal 11"));
        assert!(summary.measured.is_none());
    }
}
