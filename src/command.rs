//! The commands: each turns what was typed into checked values, has the work done, and shows what came of it.

mod arguments;
mod atomic_file;
mod case_failures;
mod case_table;
mod check;
mod claims;
mod claims_of_run;
mod compare;
mod completions;
mod convert;
mod describe;
mod describe_program;
mod diff;
mod existing_run;
mod fit;
mod go_counterpart;
mod go_worker;
mod list;
mod list_types;
mod man;
mod merge;
mod open_profile;
mod own_worker;
mod parameters;
mod pick;
mod planned_cases;
mod planned_claims;
mod printed_run;
mod program_files;
mod program_runners;
mod progress;
mod ranked_runs;
mod report;
mod report_format;
mod report_sources;
mod resolve_runs;
mod run;
mod run_request;
mod serve;
mod show;
mod sweep;
mod sweep_plan;
mod terminal;
mod titled_rows;
mod top;
mod top_changed_site;
mod verify;

use std::io::Write;

use clap::Parser;
use clap::error::ErrorKind;

use crate::capture::exhaustion;
use crate::cli::{Cli, Command, WorkerQuestion};
use crate::error::Result;
use crate::printable::lines;
use crate::run::signals;
use crate::worker::registry::Registry;
use crate::worker::worker_main;

/// Reads the command line, does what it says and returns the exit code.
pub fn main(mut registry: Registry) -> u8 {
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
    match cli.command {
        Command::Worker { asked: None } => return crate::worker::serve::serve(&registry),
        Command::Worker { asked: Some(WorkerQuestion::Tables) } => return worker_main::tell(&registry),
        _ => exhaustion::end_in_order(),
    }
    let added = own_worker::add_tables(&mut registry, &cli.command)
        .and_then(|()| go_worker::add_tables(&mut registry, &cli.command))
        .and_then(|()| program_files::add(&mut registry, &cli.command));
    if let Err(error) = added {
        terminal::complain(&error.to_string());
        return error.exit_code();
    }
    let outcome = match &cli.command {
        // The server's threads keep the tables.
        Command::Serve(args) => serve::serve(registry, args).map(done),
        command => outcome(&registry, command),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            terminal::complain(&error.to_string());
            error.exit_code()
        }
    }
}

/// Does what a command says. Returns its exit code.
fn outcome(registry: &Registry, command: &Command) -> Result<u8> {
    match command {
        // Served above.
        Command::Worker { .. } | Command::Serve(_) => Ok(0),
        Command::Run(args) if !args.sweep.is_empty() => sweep::sweep(registry, args),
        Command::Run(args) => run::run(registry, args),
        Command::Show(args) => show::show(args).map(done),
        Command::Report(args) => report::report(registry, args).map(done),
        Command::List(args) => list::list(registry, args).map(done),
        Command::Describe(args) => describe::describe(registry, args).map(done),
        Command::Top(args) => top::top(args).map(done),
        Command::Compare(args) => compare::compare(registry, args),
        Command::Diff(args) => diff::diff(args).map(done),
        Command::Check(args) => check::check(registry, args),
        Command::Claims(args) => claims::claims(registry, args),
        Command::Pick(args) => pick::pick(registry, args),
        Command::Fit(args) => fit::fit(args).map(done),
        Command::Convert(args) => convert::convert(args).map(done),
        Command::Merge(args) => merge::merge(args),
        Command::Completions { shell } => completions::completions(*shell).map(done),
        Command::Man { out } => man::man(out.as_deref()).map(done),
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

/// The exit code of what went well.
fn done((): ()) -> u8 {
    0
}
