//! Files of the run in other formats, and the totals that they must have.

use std::path::PathBuf;
use std::process::Command;

use crate::outside::answer;
use crate::run_once;

/// Where the files are; they are gone when it is dropped.
pub struct Converted {
    folder: tempfile::TempDir,
    profile: PathBuf,
}

impl Converted {
    /// Of a profile of the run.
    pub fn of(profile: &str) -> Converted {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Converted { folder, profile: run_once::file(profile) }
    }

    fn mapprof(&self, command: &str, arguments: &[&str]) -> String {
        let mut mapprof = Command::new(env!("CARGO_BIN_EXE_mapprof"));
        mapprof.current_dir(self.folder.path()).arg(command).arg(&self.profile).args(arguments);
        let said = answer(&mut mapprof).expect("it starts");
        assert!(said.success, "{}", said.stderr);
        said.stdout
    }

    /// Writes the profile under this name, which says the format.
    pub fn to(&self, name: &str) -> PathBuf {
        self.mapprof("convert", &[name]);
        self.folder.path().join(name)
    }

    /// The total of a sample type.
    pub fn total(&self, kind: &str) -> i64 {
        let top = self.mapprof("top", &["--type", kind, "--json", "--harness-frames"]);
        let top: serde_json::Value = serde_json::from_str(&top).expect("it is JSON");
        top["total"].as_i64().expect("it has a total")
    }
}
