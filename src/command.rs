//! The commands: each turns what was typed into checked values, has the work done, and shows what came of it.

mod atomic_file;
mod case_table;
mod check;
mod compare;
mod completions;
mod convert;
mod describe;
mod diff;
mod fault;
mod first_site;
mod list;
mod merge;
mod open;
mod parameters;
mod plan;
mod present;
mod progress;
mod report;
mod resolve_runs;
mod run;
mod show;
mod summary;
mod top;
mod verify;

use std::io::{IsTerminal, Write};

use clap::Parser;
use clap::error::ErrorKind;

use crate::capture::exhaustion;
use crate::cli::{Cli, Command, FilterArgs, LimitArgs, Mismatch};
use crate::compare::filter::known_metric;
use crate::compare::{Difference, Filter};
use crate::error::{Error, Result};
use crate::printable::{lines, printable};
use crate::profile::Limit;
use crate::run::signals;
use crate::worker::registry::Registry;

/// Reads the command line, does what it says and returns the exit code.
pub fn main(registry: &Registry) -> u8 {
    signals::survive_file_limit();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
                _ => 2,
            };
            tell(&error);
            return code;
        }
    };
    if !matches!(cli.command, Command::Worker) {
        exhaustion::end_in_order();
    }
    let outcome = match &cli.command {
        Command::Worker => return crate::worker::serve::serve(registry),
        Command::Run(args) => run::run(registry, args),
        Command::Show(args) => show::show(args).map(done),
        Command::List(args) => list::list(registry, args).map(done),
        Command::Describe(args) => describe::describe(registry, args).map(done),
        Command::Top(args) => top::top(args).map(done),
        Command::Compare(args) => compare::compare(registry, args),
        Command::Diff(args) => diff::diff(args).map(done),
        Command::Check(args) => check::check(registry, args),
        Command::Convert(args) => convert::convert(args).map(done),
        Command::Merge(args) => merge::merge(args),
        Command::Completions { shell } => completions::completions(*shell).map(done),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            error.exit_code()
        }
    }
}

/// Prints what is wrong with the command line, or the help that it asks for. What was typed is in the former.
fn tell(error: &clap::Error) {
    let text = error.render().to_string();
    let clean = lines(&text);
    // A closed pipe is no failure.
    let _ = match error.use_stderr() && clean != text {
        true => write!(std::io::stderr(), "{clean}"),
        false => error.print(),
    };
}

/// How much of a profile is taken in, as it was typed.
fn limit(typed: &LimitArgs) -> Limit {
    Limit::mib(typed.max_unpacked_mib).with_frames(typed.max_frames)
}

/// The exit code of what went well.
fn done((): ()) -> u8 {
    0
}

/// The filter that was typed. Maps choose what is run too, where `all` is a word.
fn filter(args: &FilterArgs) -> Result<Filter> {
    for text in &args.metric {
        known_metric(text)?;
    }
    let maps: &[String] = if args.map.iter().any(|map| map.trim() == "all") { &[] } else { &args.map };
    Filter::new(&args.workload, maps, &args.metric, args.intersection)
}

/// What may differ, as it was typed.
fn allowed_mismatches(typed: &[Mismatch]) -> Vec<Difference> {
    let meant = |what: &Mismatch| match what {
        Mismatch::Seed => Difference::Seed,
        Mismatch::Size => Difference::Size,
        Mismatch::Threads => Difference::Threads,
        Mismatch::Machine => Difference::Machine,
        Mismatch::Version => Difference::Version,
    };
    typed.iter().map(meant).collect()
}

/// One line on standard error.
fn complain(message: &str) {
    note(&format!("mapprof: {message}"));
}

/// As [`complain`], in red on a terminal.
fn alarm(message: &str) {
    let red = anstyle::AnsiColor::Red.on_default();
    let message = printable(message);
    let message = lines(&message);
    let _ = writeln!(anstream::stderr(), "mapprof: {red}{message}{red:#}");
}

/// Prints text on standard output. A reader that went away (`| head`) is success.
fn print(text: &str) -> Result<()> {
    print_bytes(lines(text).as_bytes())
}

/// Prints bytes that may be no text, or are meant for whoever obeys them.
fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::case(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(Error::case)?;
    text.push('\n');
    print(&text)
}

/// Whether a person reads standard error.
fn watched() -> bool {
    std::io::stderr().is_terminal()
}

/// A line about what is going on, on standard error.
fn note(message: &str) {
    let message = printable(message);
    let _ = writeln!(std::io::stderr(), "{}", lines(&message));
}

/// Columns of the terminal; 80 where there is none.
fn width() -> u16 {
    rustix::termios::tcgetwinsize(std::io::stdout()).map_or(80, |size| size.ws_col).clamp(60, 160)
}
