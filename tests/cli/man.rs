//! The manual pages: one for each command, with all that its help says, and without a fault that a formatter finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use mapprof::cli::Cli;

use crate::scratch::Scratch;

/// The commands as `--help` lists them, and mapprof itself first; each with the name of its page.
fn commands() -> Vec<(String, clap::Command)> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let shown = root.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let mut commands: Vec<_> =
        shown.map(|command| (format!("mapprof-{}.1", command.get_name()), command)).collect();
    commands.insert(0, ("mapprof.1".to_owned(), root));
    commands
}

/// A folder with all pages.
fn written() -> Scratch {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&["man", "--out", "share/man1"]).ended_with(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    scratch
}

/// A page as its reader sees the text: without requests, fonts and escapes. Lines are joined.
fn plain(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.starts_with('.'));
    let text = lines.map(|line| line.trim_start_matches("\\&")).collect::<Vec<_>>().join(" ");
    let escapes =
        [("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\-", "-"), ("\\*(Aq", "'"), ("\\[u2026]", "…")];
    let text = escapes.iter().fold(text, |text, (escape, letter)| text.replace(escape, letter));
    assert!(!text.contains('\\'), "an escape that this test does not know: {text}");
    one_line(&text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read(scratch: &Scratch, file: &str) -> String {
    fs::read_to_string(scratch.path("share/man1").join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn every_command_has_a_page() {
    let scratch = written();
    let found: BTreeSet<String> = fs::read_dir(scratch.path("share/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let commands = commands();
    assert_eq!(found, commands.iter().map(|(file, _)| file.clone()).collect());
    assert!(found.contains("mapprof-run.1") && !found.contains("mapprof-worker.1"), "{found:?}");
    let first = read(&scratch, "mapprof.1");
    assert_eq!(Scratch::new().mapprof(&["man"]).ended_with(0).stdout, first);
    let first = plain(&first);
    for (file, command) in &commands[1..] {
        let listed = format!("{}(1) {}", file.trim_end_matches(".1"), command.get_about().unwrap());
        assert!(first.contains(&listed), "mapprof.1 does not list {listed}");
    }
}

/// Nothing that the help says is missing, and every page has the sections that its readers look for.
#[test]
fn a_page_has_all_that_the_help_has() {
    let scratch = written();
    for (file, command) in commands() {
        let page = read(&scratch, &file);
        let title =
            format!(".TH {} 1 \"\" \"mapprof {}\"", file.trim_end_matches(".1"), env!("CARGO_PKG_VERSION"));
        assert!(page.lines().any(|line| line.trim_end() == title), "{file}: no {title}");
        for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "\"EXIT STATUS\""] {
            let count = page.lines().filter(|line| *line == format!(".SH {heading}")).count();
            assert_eq!(count, 1, "{file}: sections {heading}");
        }
        let text = plain(&page);
        let has = |part: &str| assert!(text.contains(&one_line(part)), "{file}: no {part:?} in:\n{text}");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(long) = arg.get_long() {
                has(&format!("--{long}"));
            }
            if let Some(short) = arg.get_short() {
                has(&format!("-{short}"));
            }
            for name in arg.get_value_names().unwrap_or_default() {
                // A flag has the name of its value too, but takes none.
                if arg.is_positional() || arg.get_action().takes_values() {
                    has(name);
                }
            }
            for value in arg.get_possible_values() {
                if arg.get_action().takes_values() {
                    has(value.get_name());
                }
            }
            has(&arg.get_long_help().or(arg.get_help()).expect("each has a help text").to_string());
        }
        let after = command.get_after_help().expect("each has examples").to_string();
        // The title of a paragraph is a heading here.
        for line in after.lines().filter(|line| !line.trim_end().ends_with(':')) {
            let titles = ["Exit codes: ", "Files: "];
            has(titles.iter().fold(line, |line, title| line.trim_start_matches(title)));
        }
    }
    assert!(read(&scratch, "mapprof-run.1").contains(".SH FILES\n"));
    assert!(plain(&read(&scratch, "mapprof-list.1")).contains("130 interrupted"));
    assert!(!plain(&read(&scratch, "mapprof-pick.1")).contains("130 interrupted"), "it has codes of its own");
}

/// What a formatter complains of, where there is one; `man` has groff under it.
#[test]
fn formatters_find_no_fault() {
    let scratch = written();
    for (file, _) in commands() {
        let page = scratch.path("share/man1").join(&file);
        for line in fs::read(&page).unwrap().split(|byte| *byte == b'\n') {
            assert!(line.is_ascii(), "{file}: {}", String::from_utf8_lossy(line));
        }
        for formatter in
            [&["groff", "-man", "-Tutf8", "-ww", "-z"][..], &["mandoc", "-T", "lint", "-W", "error"]]
        {
            if let Some(complaints) = complaints(formatter, &page) {
                assert_eq!(complaints, "", "{file}: {formatter:?}");
            }
        }
    }
}

/// What `formatter` says of a page; `None` if it is not installed.
fn complaints(formatter: &[&str], page: &Path) -> Option<String> {
    let mut command = Command::new(formatter[0]);
    let output = command.args(&formatter[1..]).arg(page).stdin(Stdio::null()).output().ok()?;
    Some([output.stdout, output.stderr].iter().map(|bytes| String::from_utf8_lossy(bytes)).collect())
}

#[test]
fn a_place_that_cannot_hold_the_pages_is_refused_in_one_line() {
    let scratch = Scratch::new();
    scratch.write("file", "kept");
    scratch.write("taken/mapprof-run.1/file", "kept");
    for (out, why) in [
        ("file", "mapprof: file: is a file, and a folder is to be written to\n"),
        ("taken", "mapprof: taken/mapprof-run.1: is a folder, and a file is to be written\n"),
    ] {
        let said = scratch.mapprof(&["man", "-o", out]).ended_with(2);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", why));
    }
    assert_eq!(fs::read_to_string(scratch.path("file")).unwrap(), "kept");
    assert_eq!(fs::read_dir(scratch.path("taken")).unwrap().count(), 1, "a page was written all the same");
}
