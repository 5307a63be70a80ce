//! A folder that one test has to itself, and mapprof run in it as a user would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The binary under test.
pub const MAPPROF: &str = env!("CARGO_BIN_EXE_mapprof");

/// The folder; it goes away with the test.
pub struct Scratch(tempfile::TempDir);

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
        Scratch(tempfile::tempdir().expect("a folder can be made"))
    }

    /// A path in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
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
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// Runs mapprof in the folder to its end.
    pub fn mapprof(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(MAPPROF).args(arguments))
    }

    /// The record of a case that ran below `profiles/`.
    #[track_caller]
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
