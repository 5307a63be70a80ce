//! The commands that README.md and docs/ show. Each is a command line that mapprof reads, and those of README, GUIDE and
//! TUTORIAL run, one after the other, on small maps.
//!
//! A command is
//! - a line for a shell in a block (`markdown::Part::shell_lines`) that has `mapprof` in it. `cargo run ... -- ARGUMENTS` has
//!   the same command line, but is not run;
//! - inline code that begins with `mapprof `. It may leave out operands and the value of its last option, as `mapprof top`
//!   and `mapprof run --sweep` do when they are spoken of; [`PLACEHOLDERS`] completes it. `mapprof = ...` is a line of
//!   Cargo.toml.
//!
//! Words in capitals stand for others: [`PLACEHOLDERS`] says for which, `...` for none. What is not understood fails the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use mapprof::cli::Cli;

use crate::markdown::{self, Kind, Part};
use crate::passes;
use crate::scratch::{MAPPROF, Scratch};

/// What a placeholder stands for: a word in capitals, or a part of one between `@`, `=`, `,` and `/`.
const PLACEHOLDERS: [(&str, &str); 20] = [
    ("A", "std"),
    ("B", "btree"),
    ("C", "hashbrown"),
    ("BASE", "main"),
    ("DIR", "mine"),
    ("FILE", "file.json"),
    ("IN", "heap.pb.gz"),
    ("INPUT", "heap.pb.gz"),
    ("NAME", "churn"),
    ("NEW", "new"),
    ("OUT", "heap.svg"),
    ("OUTPUT", "heap.svg"),
    ("PROFILE", "heap.pb.gz"),
    ("RUN", "profiles/churn/std"),
    ("RUNS", "profiles"),
    ("SETTING", "entries"),
    ("SHARD", "s1"),
    ("SWEEP", "profiles/churn"),
    ("VALUES", "1k..4k:3"),
    ("WORKLOAD", "churn"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> Vec<Part> {
    let text =
        fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
    markdown::parts(&text)
}

/// README.md and what is in docs/.
fn documents() -> Vec<String> {
    let names = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| format!("docs/{}", name.to_str().unwrap())).collect();
    names.retain(|name| name.ends_with(".md"));
    names.sort();
    names.insert(0, "README.md".to_owned());
    names
}

/// A command as a document shows it.
#[derive(Debug)]
struct Shown {
    line: usize,
    /// What follows `mapprof`.
    arguments: Vec<String>,
    is_inline: bool,
    /// Whether it is mapprof that is called, and not a program of the reader's own.
    is_mapprof: bool,
}

/// The commands of a part, or the lines that are not understood.
fn shown(part: &Part) -> Vec<Result<Shown, (usize, String)>> {
    let spans = part.code_spans().into_iter().filter(|(_, code)| {
        let mut words = code.split_whitespace();
        words.next().is_some_and(is_mapprof) && words.next().is_some_and(|second| second != "=")
    });
    let named = |line: &str| line.split_whitespace().any(is_mapprof) || line.contains("cargo run");
    let lines =
        part.shell_lines().into_iter().filter(|(_, line)| named(line.split(" #").next().unwrap_or(line)));
    let mut all = Vec::new();
    for (is_inline, (line, text)) in lines.map(|line| (false, line)).chain(spans.map(|span| (true, span))) {
        match markdown::commands(&text) {
            Ok(commands) => {
                for words in commands {
                    let arguments = match words[0].as_str() {
                        program if is_mapprof(program) => Some(&words[1..]),
                        "cargo" if words.get(1).is_some_and(|word| word == "run") => {
                            words.iter().position(|word| word == "--").map(|at| &words[at + 1..])
                        }
                        // With the name of the package.
                        "cargo" => continue,
                        _ => None,
                    };
                    let shown = |arguments: &[String]| {
                        let (arguments, is_mapprof) = (arguments.to_vec(), is_mapprof(&words[0]));
                        Shown { line, arguments, is_inline, is_mapprof }
                    };
                    all.push(arguments.map(shown).ok_or((line, format!("no command is found in: {text}"))));
                }
            }
            Err(why) => all.push(Err((line, format!("{why}: {text}")))),
        }
    }
    all
}

fn is_mapprof(word: &str) -> bool {
    word == "mapprof" || word.ends_with("/mapprof")
}

/// The word with its placeholders filled in; none for `...`.
fn filled(word: &str) -> Result<Option<String>, String> {
    let word = word.strip_suffix("...").unwrap_or(word);
    if word.is_empty() {
        return Ok(None);
    }
    let mut filled = String::new();
    for part in word.split_inclusive(['@', '=', ',', '/']) {
        let (name, end) = part.split_at(part.trim_end_matches(['@', '=', ',', '/']).len());
        let is_placeholder = !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_uppercase());
        let row = PLACEHOLDERS.iter().find(|(placeholder, _)| *placeholder == name);
        match row.map(|(_, example)| *example) {
            Some(example) => filled.push_str(example),
            None if is_placeholder => return Err(format!("{name} is not among the placeholders")),
            None => filled.push_str(name),
        }
        filled.push_str(end);
    }
    Ok(Some(filled))
}

/// The arguments with their placeholders filled in.
fn complete(arguments: &[String]) -> Result<Vec<String>, String> {
    Ok(arguments
        .iter()
        .map(|word| filled(word))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// Why mapprof does not read the command, if it does not.
fn parse(shown: &Shown) -> Result<(), String> {
    let mut arguments = complete(&shown.arguments)?;
    let read = |arguments: &[String]| Cli::try_parse_from([&["mapprof".to_owned()], arguments].concat());
    let mut outcome = read(&arguments);
    if shown.is_inline && outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidValue) {
        arguments.extend(missing_value(&arguments)?);
        outcome = read(&arguments);
    }
    if shown.is_inline
        && outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::MissingRequiredArgument)
    {
        arguments.extend(operands(&arguments)?);
        outcome = read(&arguments);
    }
    outcome.map(drop).map_err(|error| format!("mapprof {}: {error}", arguments.join(" ")))
}

fn command(arguments: &[String]) -> Option<clap::Command> {
    let mut root = Cli::command();
    root.build();
    root.find_subcommand(arguments.first()?).cloned()
}

/// A value for the last argument, which is an option.
fn missing_value(arguments: &[String]) -> Result<Option<String>, String> {
    let command = command(arguments);
    let last = arguments.last().and_then(|last| last.strip_prefix("--"));
    let option = command.iter().flat_map(clap::Command::get_opts).find(|option| option.get_long() == last);
    let name = option.and_then(|option| option.get_value_names()?.first());
    name.map_or(Ok(None), |name| filled(name))
}

/// The operands that the command cannot do without.
fn operands(arguments: &[String]) -> Result<Vec<String>, String> {
    let command = command(arguments);
    let required =
        command.iter().flat_map(clap::Command::get_positionals).filter(|arg| arg.is_required_set());
    let names = required.map(|arg| match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => arg.get_id().to_string().to_uppercase(),
    });
    complete(&names.collect::<Vec<_>>())
}

#[test]
fn every_command_that_the_docs_show_is_one() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in documents() {
        for found in read(&document).iter().flat_map(shown) {
            let (line, outcome) = match found {
                Ok(shown) => (shown.line, parse(&shown)),
                Err((line, why)) => (line, Err(why)),
            };
            count += 1;
            wrong.extend(outcome.err().map(|why| format!("{document}:{line}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 100, "only {count} commands were found");
}

#[test]
fn a_command_that_is_none_is_found() {
    for (text, why) in [
        ("`mapprof runn churn`", "unrecognized subcommand"),
        ("`mapprof run NAME --haep`", "--haep"),
        ("`mapprof run THING`", "THING is not among the placeholders"),
        ("`mapprof top --by sit`", "sit"),
        ("    mapprof run", "<WORKLOAD>"),
        ("    mapprof run 'churn", "left open"),
        ("    time mapprof run churn", "no command is found"),
        ("```sh\nmapprof diff one\n```", "<NEW>"),
        ("    cargo run --example own_map -- runn", "unrecognized subcommand"),
    ] {
        let parts = markdown::parts(text);
        let [found] = parts.iter().flat_map(shown).collect::<Vec<_>>().try_into().expect(text);
        let said = found.map_err(|(_, why)| why).and_then(|shown| parse(&shown)).expect_err(text);
        assert!(said.contains(why), "{text}: {said}");
    }
    for text in [
        "`mapprof top`",
        "`mapprof run --sweep`",
        "`mapprof = { version = \"0.1\" }`",
        "```text\nmapprof runn\n```",
    ] {
        let parts = markdown::parts(text);
        for found in parts.iter().flat_map(shown) {
            parse(&found.expect(text)).expect(text);
        }
    }
}

/// Entries and operations of the maps that are run.
const SIZE: [&str; 2] = ["1000", "4000"];

/// The same for a CPU profile, which must have samples.
const SIZE_FOR_CPU: [&str; 2] = ["50k", "200k"];

/// A folder with what the documents take for granted: runs of two branches, a program of the base branch, a dump of jemalloc.
fn prepared() -> Scratch {
    let scratch = Scratch::new();
    for branch in ["main", "new"] {
        let run = ["run", "churn", "--out", branch, "--entries", SIZE[0], "--ops", SIZE[1]];
        scratch.mapprof(&run).ended_with(0);
    }
    std::os::unix::fs::symlink(MAPPROF, scratch.path("mapprof-main")).expect("the link can be made");
    let dump = root().join("tests/fuzz/seeds/heap_v2/dump.heap");
    fs::copy(dump, scratch.path("jeprof.1.0.f.heap")).expect("it can be copied");
    let budgets = read("docs/CI.md").into_iter().find(|part| part.kind == Kind::Fenced("toml".to_owned()));
    scratch.write("budgets.toml", budgets.expect("it has a budget file").text);
    scratch
}

/// The command on small maps, measured no more often than it must be. What is run for a CPU profile is written to a folder of its
/// own: other commands take up the runs that are there, and refuse those of another size.
fn small(scratch: &Scratch, arguments: &[String]) -> Vec<String> {
    let has = |option: &str| arguments.iter().any(|word| word.starts_with(option));
    let [entries, ops] = if has("--cpu") { SIZE_FOR_CPU } else { SIZE };
    let mut small = arguments.to_vec();
    for at in 1..small.len() {
        match small[at - 1].as_str() {
            "--entries" => small[at] = entries.to_owned(),
            "--repeat" => small[at] = "2".to_owned(),
            "--sweep" if small[at].starts_with("entries=") => small[at] = "entries=1k..8k:4".to_owned(),
            _ => {}
        }
    }
    let operand = arguments.get(1).filter(|word| !word.starts_with('-'));
    let workload = operand.filter(|operand| match arguments[0].as_str() {
        "run" | "pick" => true,
        "compare" | "check" => !scratch.path(operand).exists(),
        _ => false,
    });
    let Some(workload) = workload else { return small };
    if !has("--entries") && !has("entries=") {
        small.extend(["--entries", entries].map(str::to_owned));
    }
    if takes_ops(scratch, workload, arguments) {
        small.extend(["--ops", ops].map(str::to_owned));
    }
    if has("--cpu") {
        small.extend(["--out", "profiles-cpu"].map(str::to_owned));
    }
    small
}

/// Whether the workload has phases whose operations are a number of their own.
fn takes_ops(scratch: &Scratch, workload: &str, arguments: &[String]) -> bool {
    let mut describe = vec!["describe", workload, "--ops", "1"];
    if let Some(at) = arguments.iter().position(|word| word == "--workloads") {
        describe.extend(arguments[at..at + 2].iter().map(String::as_str));
    }
    scratch.mapprof(&describe).code == Some(0)
}

/// Whether there is a Go command.
pub fn has_go() -> bool {
    Command::new("go").arg("version").output().is_ok_and(|said| said.status.success())
}

/// The file that a block is, from what is said above it: "in a file `budgets.toml`", or "in the same file".
fn file_of(above: &str, last: Option<&(PathBuf, String)>) -> Option<PathBuf> {
    let text = above.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains("the same file") {
        return last.map(|(path, _)| path.clone());
    }
    let (_, name) = text.split_once(" a file `")?;
    name.split('`').next().map(PathBuf::from)
}

/// Runs what a document shows: the commands in its blocks and in the rows of its tables, and before a block those that it
/// names behind the word "after". The files of a section are there before its commands.
fn run(document: &str) {
    let scratch = prepared();
    let parts = read(document);
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    let mut count = 0;
    for section in parts.chunk_by(|_, next| next.kind != Kind::Heading(2)) {
        for pair in section.windows(2) {
            if pair[1].kind != Kind::Fenced("toml".to_owned()) {
                continue;
            }
            let path = file_of(&pair[0].text, files.last())
                .unwrap_or_else(|| panic!("{document}:{}: of which file is this?", pair[1].line));
            let before = files.iter().position(|(known, _)| *known == path).map(|at| files.remove(at).1);
            let text = format!("{}{}", before.map(|text| text + "\n").unwrap_or_default(), pair[1].text);
            scratch.write(path.to_str().expect("it is text"), &text);
            files.push((path, text));
        }
        for part in section {
            for shown in shown(part).into_iter().map(|shown| shown.expect("the other test has it")) {
                let is_whole = complete(&shown.arguments).is_ok_and(|whole| whole == shown.arguments);
                let code = format!("after `mapprof {}`", shown.arguments.join(" "));
                let runs = match part.kind {
                    Kind::Paragraph => {
                        part.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(&code)
                    }
                    Kind::TableRow => is_whole,
                    _ => !shown.is_inline,
                };
                // A server does not end; `serve` has tests of its own.
                let is_endless = shown.arguments.first().is_some_and(|command| command == "serve");
                let lacks_go = shown.arguments.iter().any(|word| word == "--go") && !has_go();
                if !runs || !shown.is_mapprof || is_endless || lacks_go {
                    continue;
                }
                let arguments = small(&scratch, &complete(&shown.arguments).expect("the other test has it"));
                let said = scratch.mapprof(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
                let due = if arguments.contains(&"huge-pages".to_owned()) && passes::no_huge_pages() {
                    2
                } else {
                    0
                };
                assert_eq!(
                    said.code,
                    Some(due),
                    "{document}:{}: mapprof {}\n{}{}",
                    shown.line,
                    arguments.join(" "),
                    said.stdout,
                    said.stderr
                );
                count += 1;
            }
        }
    }
    assert!(count >= 4, "{document}: only {count} commands were found");
}

#[test]
fn the_commands_of_the_readme_run() {
    run("README.md");
}

#[test]
fn the_commands_of_the_guide_run() {
    run("docs/GUIDE.md");
}

#[test]
fn the_commands_of_the_tutorial_run() {
    run("docs/TUTORIAL.md");
}
