//! Go toolchains: which one a command is, and whether it is new enough.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::printable::{PrintablePath, printable};

/// The oldest version of Go that the worker is written for: 1.19.
const OLDEST: (u32, u32) = (1, 19);

/// A Go toolchain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Toolchain {
    /// The `go` command.
    pub(super) go: PathBuf,
    /// Its version: `go1.19.8`.
    pub(super) version: String,
    /// All that it says of itself, and where it is: two of one version may differ.
    pub(super) identity: String,
}

impl Toolchain {
    /// The toolchain of a `go` command.
    ///
    /// # Errors
    /// When there is no such command, it does not tell its version, or that is too old.
    pub(super) fn of(go: &Path) -> Result<Toolchain> {
        // The worker is built in another folder.
        let go = match go.components().count() {
            1 => go.to_path_buf(),
            _ => std::path::absolute(go).unwrap_or_else(|_| go.to_path_buf()),
        };
        let go = go.as_path();
        let told =
            command(go).arg("version").stdin(Stdio::null()).output().map_err(|error| absent(go, &error))?;
        let text = String::from_utf8_lossy(&told.stdout);
        let Some(version) = version_in(&text).filter(|_| told.status.success()) else {
            let said = text
                .lines()
                .chain(String::from_utf8_lossy(&told.stderr).lines())
                .next()
                .map_or_else(|| "nothing".to_owned(), |line| format!("\"{}\"", printable(line.trim())));
            return Err(Error::input(format!(
                "{}: is no go command: asked for its version, it says {said}",
                go.shown()
            )));
        };
        match numbers(version) {
            Some(numbers) if numbers < OLDEST => Err(Error::input(format!(
                "{}: is {version}, and the worker needs go{}.{} or newer",
                go.shown(),
                OLDEST.0,
                OLDEST.1
            ))),
            _ => Ok(Toolchain {
                go: go.to_path_buf(),
                version: version.to_owned(),
                identity: format!("{}\n{}", text.trim(), root_of(go)),
            }),
        }
    }

    /// The version without its last number, which fixes faults alone: `go1.19`.
    pub(super) fn release(&self) -> String {
        numbers(&self.version)
            .map_or_else(|| self.version.clone(), |(major, minor)| format!("go{major}.{minor}"))
    }
}

/// The folder that the toolchain is in; empty if it does not tell.
fn root_of(go: &Path) -> String {
    let told = command(go).args(["env", "GOROOT"]).stdin(Stdio::null()).output();
    told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default()
}

/// A command of the toolchain: the one that is named, and none that it would rather fetch.
pub(super) fn command(go: &Path) -> Command {
    let mut command = Command::new(go);
    command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOWORK", "off").env("GO111MODULE", "on");
    // The worker is for this machine, whatever the user builds for others.
    command.env("GOENV", "off").env("GOFLAGS", "").env("CGO_ENABLED", "0");
    for variable in ["GOEXPERIMENT", "GOOS", "GOARCH", "GOAMD64", "GOARM64"] {
        command.env_remove(variable);
    }
    command
}

fn absent(go: &Path, error: &std::io::Error) -> Error {
    let hint = match go == Path::new("go") {
        true => "install Go 1.19 or newer, or name its go command with --go PATH",
        false => "--go takes the path of a go command",
    };
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "no such command".to_owned(),
        _ => format!("cannot be started: {error}"),
    };
    Error::input(format!("{}: {why}; {hint}", go.shown()))
}

/// The version in what `go version` says: `go version go1.19.8 linux/amd64`.
fn version_in(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("go version ")?;
    rest.split_whitespace().next().filter(|version| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        !version.is_empty() && version.len() < 64 && version.chars().all(plain)
    })
}

/// Major and minor number of a version; none of one that is no release's.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix("go")?.split(['.', '-', '+']);
    let major = numbers.next()?.parse().ok()?;
    let minor: String = numbers.next()?.chars().take_while(char::is_ascii_digit).collect();
    Some((major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_by_their_first_two_numbers() {
        assert_eq!(version_in("go version go1.19.8 linux/amd64\n"), Some("go1.19.8"));
        assert_eq!(version_in("go version devel go1.28-abc linux/amd64"), Some("devel"));
        assert_eq!(version_in("gcc (Debian) 12"), None);
        assert_eq!(version_in("go version ../../x y"), None);
        for (version, due) in [
            ("go1.19.8", Some((1, 19))),
            ("go1.27rc1", Some((1, 27))),
            ("go1.9", Some((1, 9))),
            ("devel", None),
        ] {
            assert_eq!(numbers(version), due, "{version}");
        }
        assert!(numbers("go1.9") < Some(OLDEST) && numbers("go1.19") >= Some(OLDEST));
        let of = |version: &str| {
            let (go, identity) = (PathBuf::from("go"), String::new());
            Toolchain { go, version: version.to_owned(), identity }.release()
        };
        assert_eq!((of("go1.27.3"), of("devel")), ("go1.27".to_owned(), "devel".to_owned()));
    }

    #[test]
    fn what_is_no_go_command_is_refused_in_a_line() {
        let said = |go: &str| Toolchain::of(Path::new(go)).unwrap_err().to_string();
        assert!(said("/nowhere/go").contains("no such command; --go takes the path of a go command"));
        assert!(said("/bin/true").contains("is no go command"), "{}", said("/bin/true"));
        assert!(said("/bin/echo").contains("it says \"version\""), "{}", said("/bin/echo"));
    }
}
