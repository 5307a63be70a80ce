//! The hand-written programs, which lie beside this one.

use std::path::PathBuf;
use std::process::Command;

/// The number that a command prints.
pub fn printed(command: &mut Command) -> f64 {
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim().parse().unwrap()
}

/// The newest build of the bench program of that name.
pub fn newest(name: &str) -> Option<PathBuf> {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    // Cargo puts a hash behind the name.
    let is_it = |file: &str| {
        file.rsplit_once('-')
            .is_some_and(|(head, hash)| head == name && hash.chars().all(|c| c.is_ascii_hexdigit()))
    };
    let programs = std::fs::read_dir(folder).unwrap().flatten();
    programs
        .filter(|entry| is_it(&entry.file_name().to_string_lossy()))
        .max_by_key(|entry| entry.metadata().unwrap().modified().unwrap())
        .map(|entry| entry.path())
}
