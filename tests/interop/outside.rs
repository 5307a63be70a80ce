//! Starts an outside tool, and decides what its absence means.

use std::io::{self, Write};
use std::process::{Command, Stdio};

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
