//! The shell script that users' pipelines call, read by shellcheck: a variable without quotes there is a hole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outside::{answer, present};

#[test]
fn shellcheck_finds_nothing_in_what_pipelines_call() {
    if !present("shellcheck", Command::new("shellcheck").arg("--version"), "ShellCheck") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci");
    let files = fs::read_dir(folder).expect("there is a folder ci").flatten().map(|entry| entry.path());
    let scripts: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "sh")).collect();
    assert!(!scripts.is_empty());
    let said = answer(Command::new("shellcheck").args(&scripts)).expect("shellcheck starts");
    assert!(said.success, "{}{}", said.stdout, said.stderr);
}
