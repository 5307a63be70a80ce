//! A folder that one test has to itself, and mapprof run in it as a user would.

#[path = "consistency.rs"]
mod consistency;
#[path = "schema_check.rs"]
pub mod schema_check;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mapprof::record::{CaseRecord, FORMAT};
use schema_check::Checker;
use serde_json::Value;

/// The binary under test.
pub const MAPPROF: &str = env!("CARGO_BIN_EXE_mapprof");

/// The folder; it goes away with the test.
pub struct Scratch {
    folder: tempfile::TempDir,
    /// Whether records in it were changed by the test.
    planted: Cell<bool>,
}

impl Drop for Scratch {
    /// Holds every record that the test leaves behind to its schema, and to what must hold in all of them.
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.planted.get() {
            let mut faults = Vec::new();
            inspect(self.folder.path(), &mut Checker::new(), &mut faults);
            assert!(faults.is_empty(), "records that cannot be:\n{}", faults.join("\n"));
        }
    }
}

/// Looks for records below `folder`. What is no record of this version is none of ours.
fn inspect(folder: &Path, schemas: &mut Checker, faults: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let entries: Vec<fs::DirEntry> = entries.flatten().collect();
    let names: Vec<String> =
        entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    for entry in &entries {
        let path = entry.path();
        let mut misfit = |schema| {
            let why = schemas.check(schema, &read_json(&path)).err()?;
            Some(format!("{}: {why}", path.display()))
        };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            inspect(&path, schemas, faults);
        } else if entry.file_name() == "run.json"
            && let Ok(text) = fs::read(&path)
            && let Ok(record) = serde_json::from_slice::<CaseRecord>(&text)
            && record.format == FORMAT
        {
            let found = consistency::faults(&record, &names);
            faults.extend(found.iter().map(|fault| format!("{}: {fault}", path.display())));
            faults.extend(misfit("run.schema.json"));
        } else if entry.file_name() == "error.json" {
            faults.extend(misfit("error.schema.json"));
        }
    }
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Scratch {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Scratch { folder, planted: Cell::new(false) }
    }

    /// Says that the test changes records: what is in them need not fit together.
    pub fn plants_records(&self) {
        self.planted.set(true);
    }

    /// A path in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders that lead to it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        fs::write(&path, bytes).expect("the file can be written");
        path
    }

    /// A command that starts in the folder, with nothing on its standard input.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        // What is built for other languages is kept for all tests, and not where the user's is.
        let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");
        command.current_dir(self.folder.path()).stdin(Stdio::null()).env("XDG_CACHE_HOME", cache);
        command
    }

    /// Runs mapprof in the folder to its end.
    pub fn mapprof(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(MAPPROF).args(arguments))
    }

    /// The record of a case that ran below `profiles/`.
    #[track_caller]
    /// The record of `workload/map`, or of `workload/map,threads=2`.
    pub fn record(&self, case: &str) -> Value {
        read_json(&self.path("profiles").join(case).join("run.json"))
    }
}

impl Said {
    /// Runs `command` to its end.
    pub fn of(command: &mut Command) -> Said {
        let output = command.output().expect("the command can be started");
        Said {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, if the exit code is `code`.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Said {
        assert_eq!(
            self.code,
            Some(code),
            "exit code; it said:\n{}{}\nwhile {code} was due",
            self.stdout,
            self.stderr
        );
        assert!(!self.stderr.contains("panicked"), "a panic reached the user:\n{}", self.stderr);
        self
    }
}

/// A JSON file.
#[track_caller]
pub fn read_json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
