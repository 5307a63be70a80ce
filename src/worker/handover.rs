//! A program that has the child's side alone: it serves passes itself, and hands every other command line over to the
//! `mapprof` that is installed.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::registry::Registry;
use super::serve;
use super::tables::Tables;

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
    match serde_json::to_string(&Tables::of(registry)) {
        Ok(text) => {
            println!("{text}");
            0
        }
        Err(error) => {
            eprintln!("mapprof: the tables cannot be told: {error}");
            3
        }
    }
}

fn hand_over(arguments: &[OsString]) -> u8 {
    let parent = env::var_os(PARENT).unwrap_or_else(|| "mapprof".into());
    let own = match env::current_exe() {
        Ok(own) => own,
        Err(error) => {
            eprintln!("mapprof: this program's own path is not known: {error}");
            return 3;
        }
    };
    let mut command = Command::new(&parent);
    command.args(arguments).env(WORKER, own);
    if let Some(name) = env::args_os().next() {
        // Commands that are printed then name this program.
        command.arg0(name);
    }
    let error = command.exec();
    eprintln!(
        "mapprof: this program has the worker alone, and {} cannot be run: {error}; install it with `cargo install mapprof`, \
         name it in {PARENT}, or build this program with the feature `cli`",
        std::path::Path::new(&parent).display()
    );
    3
}
