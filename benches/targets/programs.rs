//! The hand-written programs, which are benches of their own.

use std::path::PathBuf;
use std::process::Command;

/// The number that a command prints.
pub fn printed(command: &mut Command) -> f64 {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// The bench program of that name, built if it is not.
pub fn built(name: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["bench", "--no-run", "--bench", name, "--message-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    let lines = String::from_utf8_lossy(&output.stdout);
    let executable = lines.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == name).then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    executable.unwrap_or_else(|| panic!("{name} was not built: {}", String::from_utf8_lossy(&output.stderr)))
}
