//! A program that has the child's side alone: it serves passes itself, and hands every other command line over to the
//! `mapprof` that is installed.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use super::registry::Registry;
use super::registry_json::Tables;
use super::serve;
use crate::printable::PrintablePath;

/// The environment variable that names the program whose maps and programs a `mapprof` knows beside its own, and which
/// serves its passes.
pub const WORKER: &str = "MAPPROF_WORKER";

/// The environment variable that names the `mapprof` to hand over to, if it is not the one on the path.
const PARENT: &str = "MAPPROF";

/// The argument behind `worker` that asks for the tables.
pub const TABLES: &str = "tables";

/// Serves a request, tells the tables, or becomes `mapprof`. Returns the process's exit code.
pub fn main(registry: &Registry) -> u8 {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.first().and_then(|first| first.to_str()) {
        Some("worker") if arguments.len() == 1 => serve::serve(registry),
        Some("worker") if arguments[1] == TABLES => tell(registry),
        _ => hand_over(&arguments),
    }
}

/// Prints the tables as JSON.
pub fn tell(registry: &Registry) -> u8 {
    let mut out = std::io::stdout().lock();
    let written = serde_json::to_writer(&mut out, &Tables::of(registry))
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"));
    match written {
        Ok(()) => 0,
        Err(error) => failed(&format!("its maps and programs cannot be told: {error}")),
    }
}

fn failed(what: &str) -> u8 {
    eprintln!("mapprof: {what}");
    3
}

fn hand_over(arguments: &[OsString]) -> u8 {
    let named = env::var_os(PARENT).filter(|parent| !parent.is_empty());
    let parent = named.map_or_else(|| PathBuf::from("mapprof"), PathBuf::from);
    if env::var_os(WORKER).is_some() {
        return failed(&format!(
            "{}, which is to run this command line, has the worker alone itself: install mapprof with `cargo install \
             mapprof`, and name it in {PARENT} if another program of that name is on the path",
            parent.shown()
        ));
    }
    let own = match env::current_exe() {
        Ok(own) => own,
        Err(error) => return failed(&format!("this program's own path is not known: {error}")),
    };
    let mut command = Command::new(&parent);
    command.args(arguments).env(WORKER, own);
    if let Some(name) = env::args_os().next() {
        // Commands that are printed then name this program.
        command.arg0(name);
    }
    let error = command.exec();
    failed(&format!(
        "this program has the worker alone, and {} cannot be run: {error}; install it with `cargo install mapprof`, name it \
         in {PARENT}, or build this program with the feature `cli`",
        parent.shown()
    ))
}
