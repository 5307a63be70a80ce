//! A checkout with what a pipeline knows, in which `ci/gate.sh` is called step by step. Only `gh`, `curl` and `unzip` are
//! stand-ins: they hand out a folder and write down what they were asked for.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::scratch::{MAPPROF, Said, Scratch};
use crate::workloads;

/// Prints the id of a run; hands out `$HANDED_OUT`, or says that there is no such artifact.
const GH: &str = r#"#!/bin/sh
echo "gh $*" >>"$ASKED"
case "$1 $2" in
'run list') [ -z "${NO_RUNS:-}" ] && echo 41 || { echo 'HTTP 404: no workflow' >&2; exit 1; } ;;
'run download')
    [ -n "${HANDED_OUT:-}" ] || { echo 'no artifact matches' >&2; exit 1; }
    while [ "$1" != --dir ]; do shift; done
    mkdir -p "$2" && cp -r "$HANDED_OUT"/. "$2" ;;
*) exit 9 ;;
esac
"#;

/// Writes down its header too, which comes through standard input.
const CURL: &str = r#"#!/bin/sh
{ echo "curl $*"; sed 's/^/header /'; } >>"$ASKED"
while [ "$1" != --output ]; do shift; done
echo zip >"$2"
"#;

/// An archive with the paths that they have in a project.
const UNZIP: &str = r#"#!/bin/sh
cp -r "$HANDED_OUT" "$4/mapprof-out"
"#;

/// A checkout, and what a pipeline knows.
pub struct Pipeline {
    pub scratch: Scratch,
    known: BTreeMap<String, String>,
}

impl Pipeline {
    /// In GitHub Actions, on a pull request to `main`, with the mapprof under test.
    pub fn new() -> Self {
        let scratch = workloads::scratch();
        for (name, script) in [("gh", GH), ("curl", CURL), ("unzip", UNZIP)] {
            executable(&scratch, &format!("bin/{name}"), script);
        }
        let path = format!("{}:{}", scratch.path("bin").display(), std::env::var("PATH").unwrap_or_default());
        let file = |name: &str| scratch.path(name).display().to_string();
        let known = [
            ("PATH", path),
            ("HOME", file("home")),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", "someone/maps".to_owned()),
            ("GITHUB_WORKFLOW_REF", "someone/maps/.github/workflows/memory.yml@refs/pull/7/merge".to_owned()),
            ("GITHUB_BASE_REF", "main".to_owned()),
            ("GITHUB_REF_NAME", "7/merge".to_owned()),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_STEP_SUMMARY", file("summary.md")),
            ("RUNNER_TEMP", file("temp")),
            ("ASKED", file("asked")),
            ("MAPPROF_PROGRAM", MAPPROF.to_owned()),
            ("MAPPROF_WORKLOADS", "quick".to_owned()),
            ("MAPPROF_MAPS", "std,btree".to_owned()),
            ("MAPPROF_ARGS", "--workloads own --quiet".to_owned()),
        ];
        let known = known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        fs::create_dir_all(scratch.path("home")).unwrap();
        Pipeline { scratch, known }
    }

    /// The same, where something else is known; an empty value is none.
    pub fn with(mut self, changes: &[(&str, &str)]) -> Self {
        self.set(changes);
        self
    }

    pub fn set(&mut self, changes: &[(&str, &str)]) {
        for (name, value) in changes {
            self.known.insert((*name).to_owned(), (*value).to_owned());
        }
    }

    /// What a push to `main` differs in.
    pub fn pushed(self) -> Self {
        self.with(&[("GITHUB_BASE_REF", ""), ("GITHUB_REF_NAME", "main")])
    }

    /// Calls a step of the script.
    pub fn step(&self, step: &str) -> Said {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/gate.sh");
        let mut command = self.scratch.command("bash");
        command.arg(script).arg(step).env_clear();
        command.envs(self.known.iter().filter(|(_, value)| !value.is_empty()));
        Said::of(&mut command)
    }

    /// Calls several steps, all of which are to end well.
    #[track_caller]
    pub fn steps(&self, steps: &[&str]) {
        for step in steps {
            self.step(step).ended_with(0);
        }
    }

    /// A file of the checkout; empty if there is none.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.scratch.path(name)).unwrap_or_default()
    }

    /// The newest value of an output.
    pub fn output(&self, name: &str) -> String {
        let output = self.file("output");
        let found = output.lines().rev().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().to_owned()
    }

    /// What a run of the base branch left, in a folder that `gh` hands out.
    pub fn base_artifact(&self) -> String {
        let from = self.scratch.path("mapprof-out");
        let to = self.scratch.path("handed-out");
        let copied = self.scratch.command("cp").arg("-r").args([&from, &to]).status();
        assert!(copied.is_ok_and(|status| status.success()));
        fs::remove_dir_all(&from).unwrap();
        to.display().to_string()
    }
}

/// Writes a script that can be called.
pub fn executable(scratch: &Scratch, name: &str, script: &str) {
    let path = scratch.write(name, script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}
