//! Starts an outside tool, and decides what its absence means.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde::de::DeserializeOwned;

/// What a tool wrote, and whether it ended well.
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub success: bool,
}

/// Runs `command` to its end. A tool that cannot be started is an absent one.
pub fn answer(command: &mut Command) -> io::Result<Answer> {
    let output = command.stdin(Stdio::null()).output()?;
    Ok(Answer {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        success: output.status.success(),
    })
}

/// Whether the tool is there, asked by running `probe`. If not, the caller skips its test: a loud line says so, or,
/// in CI, this panics.
pub fn present(tool: &str, probe: &mut Command, expected: &str) -> bool {
    match answer(probe) {
        // Some tools end their help with a failure, so only what they say counts.
        Ok(said) if said.stdout.contains(expected) || said.stderr.contains(expected) => true,
        Ok(_) => absent(tool, "it does not work"),
        Err(error) => absent(tool, &error.to_string()),
    }
}

/// The other half of [`present`], for a tool that is looked for in another way.
pub fn absent(tool: &str, why: &str) -> bool {
    let line = format!("{tool} is not here: {why}; run tests/tools/install.sh");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{line}");
    // Not eprintln: the test harness keeps that back for tests that pass, and this line must be seen.
    let _ = writeln!(io::stderr(), "SKIPPED: {line}");
    false
}

/// Where install.sh puts packages: beside the folder for temporary files.
pub fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools")
}

/// Whether node is there, and the package that install.sh installs for it.
pub fn package_present(package: &str) -> bool {
    present("node", Command::new("node").arg("--version"), "v")
        && (tools().join("node_modules").join(package).join("package.json").is_file()
            || absent(package, "it is not installed"))
}

/// Whether a browser is there, and what drives it.
pub fn browser_present() -> bool {
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let works = |name: &&str| answer(Command::new(name).arg("--version")).is_ok_and(|said| said.success);
    (browsers.iter().any(works) || absent("chromium", "it is not on the PATH"))
        && package_present("playwright-core")
}

/// A browser wants a core and some hundred megabytes; one at a time is as fast as three.
static ONE_VIEWER: Mutex<()> = Mutex::new(());

/// What a driver in `tests/tools` prints of a file.
pub fn shown<T: DeserializeOwned>(driver: &str, file: &Path, options: &[&str]) -> T {
    let _alone = ONE_VIEWER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools").join(driver);
    let said = answer(Command::new("node").arg(script).arg(file).args(options).arg("--tools").arg(tools()))
        .expect("node starts");
    serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{error} in\n{}{}", said.stdout, said.stderr))
}
