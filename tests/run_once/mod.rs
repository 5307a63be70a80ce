//! One real run of the release binary that all tests of a test program read: `skewed-keys` on hashbrown, with both
//! profiles. It is small, but long enough for the CPU pass to see samples.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const BINARY: &str = env!("CARGO_BIN_EXE_mapprof");
const ARGUMENTS: [&str; 11] = [
    "run",
    "skewed-keys",
    "--entries",
    "20000",
    "--ops",
    "1000000",
    "--heap",
    "--cpu",
    "--map",
    "hashbrown",
    "--quiet",
];

/// The path of one file of the run, such as `heap.pb.gz`. The first call makes the run.
pub fn file(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(path.is_file(), "the run left no {}", path.display());
    path
}

fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(record)
}

fn record() -> PathBuf {
    let out = own_folder(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let output = Command::new(BINARY)
        .args(ARGUMENTS)
        .arg("--out")
        .arg(&out)
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    assert!(
        output.status.success(),
        "mapprof {} failed with {}\n{}{}",
        ARGUMENTS.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    out.join("skewed-keys").join("hashbrown")
}

/// A new folder named by this process. It stays, so that a failed test's files can be looked at, until the next test
/// process sweeps what ended ones left.
fn own_folder(parent: &Path) -> PathBuf {
    const PREFIX: &str = "run-once-";
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another process may be sweeping the same one.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder for the run can be made");
    folder
}
