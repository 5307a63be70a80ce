//! `--go`: toolchains that are none, too old, or cannot build the worker. None of them is a real one; `tests/interop/go_maps.rs`
//! has these.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::scratch::{MAPPROF, Said, Scratch};

/// A command that answers `version` with this text, and every other question with this script.
fn toolchain(scratch: &Scratch, name: &str, version: &str, otherwise: &str) -> String {
    let path = scratch.path(name);
    let text =
        format!("#!/bin/sh\nif [ \"$1\" = version ]; then echo '{version}'; exit 0; fi\n{otherwise}\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], code: i32, says: &str) {
    let cache = scratch.path("cache");
    let size = ["--entries", "10", "--ops", "10"];
    let mut command = scratch.command(MAPPROF);
    command.args(["run", "churn", "--map", "go"]).args(arguments).args(size).env("XDG_CACHE_HOME", cache);
    let said = Said::of(&mut command).ended_with(code);
    assert!(said.stderr.contains(says), "{}", said.stderr);
    assert_eq!(
        said.stderr.lines().filter(|line| line.starts_with("mapprof: ")).count(),
        1,
        "{}",
        said.stderr
    );
    assert!(!scratch.path("profiles").exists(), "nothing ran");
}

#[test]
fn what_is_no_go_command_or_too_old_is_refused_in_a_line() {
    let scratch = Scratch::new();
    refused(
        &scratch,
        &["--go", "nowhere/go"],
        2,
        "nowhere/go: no such command; --go takes the path of a go command",
    );
    let other = toolchain(&scratch, "other", "some other program 1.2", "exit 1");
    refused(
        &scratch,
        &["--go", &other],
        2,
        "is no go command: asked for its version, it says \"some other program 1.2\"",
    );
    let old = toolchain(&scratch, "old", "go version go1.13.15 linux/amd64", "exit 1");
    refused(&scratch, &["--go", &old], 2, "is go1.13.15, and the worker needs go1.19 or newer");
    let twin = toolchain(&scratch, "twin", "go version go1.22.1 linux/amd64", "exit 1");
    let same = toolchain(&scratch, "same", "go version go1.22.2 linux/amd64", "exit 1");
    refused(&scratch, &["--go", &format!("{twin},{same}")], 2, "are both go1.22; name one of them");
    for (flag, program) in [("--worker", "w"), ("--base-program", "b")] {
        refused(
            &scratch,
            &["--go", &twin, flag, program],
            2,
            &format!("{flag} names a program that runs the maps"),
        );
    }
}

#[test]
fn a_build_that_fails_says_what_the_compiler_said() {
    let scratch = Scratch::new();
    let broken = toolchain(
        &scratch,
        "broken",
        "go version go1.22.1 linux/amd64",
        "echo '# mapprof' >&2; echo './main.go:1:1: no space left' >&2; exit 1",
    );
    refused(&scratch, &["--go", &broken], 3, "(go1.22.1): ./main.go:1:1: no space left");
    refused(&scratch, &["--go", "./broken"], 3, "(go1.22.1): ./main.go:1:1: no space left");
    // Nothing is left of it that a later build would take for a worker.
    let left: Vec<_> = fs::read_dir(scratch.path("cache/mapprof/go")).unwrap().flatten().collect();
    for folder in left {
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "{}", folder.path().display());
    }
}

#[test]
fn without_go_the_maps_of_go_say_what_would_be_right() {
    let scratch = Scratch::new();
    let cache = scratch.path("cache");
    let mut command = scratch.command(MAPPROF);
    command.args(["run", "churn", "--map", "go-syncmap", "--entries", "10"]);
    let said = Said::of(command.env("XDG_CACHE_HOME", cache).env("PATH", "/nowhere")).ended_with(2);
    assert!(
        said.stderr.contains("install Go 1.19 or newer, or name its go command with --go PATH"),
        "{}",
        said.stderr
    );
}

#[test]
fn go_is_asked_for_only_where_a_map_of_go_is_to_run() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&["run", "churn", "--go", "nowhere/go", "--entries", "10"]).ended_with(2);
    assert!(
        said.stderr.contains("--go: no map of Go is named; add one, such as --map std,go"),
        "{}",
        said.stderr
    );
    // Runs that are there already need no Go.
    scratch
        .mapprof(&["run", "churn", "--map", "std", "--entries", "10", "--ops", "10", "--quiet"])
        .ended_with(0);
    let mut command = scratch.command(MAPPROF);
    command.args(["compare", "profiles", "--map", "go*"]).env("PATH", "/nowhere");
    let said = Said::of(&mut command);
    assert!(!said.stderr.contains("install Go"), "{}", said.stderr);
}
