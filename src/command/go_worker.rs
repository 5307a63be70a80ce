//! Go's maps: a worker in Go, built from sources that are a part of this program with the toolchains of `--go`.

mod build;
mod sources;
mod toolchain;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::toolchain::Toolchain;
use super::go_counterpart::LANGUAGE;
use super::own_worker;
use super::planned_cases::ALL;
use crate::cli::Command;
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::worker::registry::{Registry, RuntimeWorker};
use crate::worker::registry_json::Tables;

/// Go's maps, each with one line of what it is.
pub(super) fn maps() -> Vec<[String; 2]> {
    sources::maps()
}

/// Whether a name or pattern of `--map` is about Go's maps: `go`, `go-syncmap`, `go*`, `go1.19/go`.
fn is_of_go(map: &str) -> bool {
    map.trim().strip_prefix(LANGUAGE).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(['-', '*', '?']) || rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Adds Go's maps to `registry` where `command` asks for them.
///
/// # Errors
/// When a toolchain is none or too old, or the worker cannot be built with it.
pub(super) fn add_tables(registry: &mut Registry, command: &Command) -> Result<()> {
    if let Command::Claims(args) = command {
        return add_maps(registry, &args.go, false, false);
    }
    let all = [ALL.to_owned()];
    let (cases, maps, of): (_, &[String], &[String]) = match command {
        Command::Run(args) => (&args.cases, &args.map, &[]),
        Command::Compare(args) => (&args.cases, &args.filter.map, &args.of),
        Command::Check(args) => (&args.cases, &args.filter.map, &args.of),
        // It is among all maps, if none is named.
        Command::Pick(args) if args.map.is_empty() => (&args.cases, &all, &[]),
        Command::Pick(args) => (&args.cases, &args.map, &[]),
        _ => return Ok(()),
    };
    // Runs that are there already need no Go.
    let reads_alone = !of.is_empty() && of.iter().all(|name| Path::new(name).exists());
    let is_named = maps.iter().any(|map| is_of_go(map) && registry.map(map.trim()).is_none());
    if reads_alone || (cases.go.is_empty() && (!is_named || cases.worker.is_some())) {
        return Ok(());
    }
    let other = [("--worker", cases.worker.is_some()), ("--base-program", cases.base_program.is_some())];
    if let Some((flag, _)) = other.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::input(format!(
            "{flag} names a program that runs the maps, and Go's maps are run by a worker of their own: leave {flag} or Go's \
             maps out"
        )));
    }
    if !is_named && !maps.iter().any(|map| map.trim() == ALL || map.contains(['*', '?'])) {
        return Err(Error::input("--go: no map of Go is named; add one, such as --map std,go"));
    }
    add_maps(registry, &cases.go, is_named, cases.quiet)
}

/// Adds Go's maps to `registry`, those of each toolchain, if they are asked for: by `--go`, or by the name of one.
///
/// # Errors
/// When a toolchain is none or too old, or the worker cannot be built with it.
fn add_maps(registry: &mut Registry, toolchains: &[PathBuf], by_name: bool, quiet: bool) -> Result<()> {
    let default = [PathBuf::from("go")];
    let wanted = match (toolchains, by_name) {
        ([], false) => return Ok(()),
        ([], true) => &default,
        (named, _) => named,
    };
    let mut found: Vec<Toolchain> = Vec::new();
    for go in wanted {
        let toolchain = Toolchain::of(go)?;
        // Runs are named by it.
        if let Some(known) = found.iter().find(|known| known.release() == toolchain.release()) {
            return Err(Error::input(format!(
                "--go: {} and {} are both {}; name one of them, and compare them by runs in two folders (--out)",
                known.go.shown(),
                toolchain.go.shown(),
                toolchain.release()
            )));
        }
        found.push(toolchain);
    }
    for toolchain in &found {
        let program = build::built(toolchain, quiet)?;
        let bytes = own_worker::tables_of(&program)?;
        let tables =
            Tables::read(&bytes).map_err(|error| Error::case(format!("{}: {error}", program.shown())))?;
        let name = toolchain.release();
        tables.add_runtime(
            registry,
            &Arc::new(RuntimeWorker { program, name, toolchain: toolchain.go.clone() }),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_gos_maps_are_known() {
        for map in ["go", "go-syncmap", " go*", "go?", "go1.19/go", "go1.2*"] {
            assert!(is_of_go(map), "{map}");
        }
        for map in ["std", "gopher", "all", "good-map", "*", ""] {
            assert!(!is_of_go(map), "{map}");
        }
    }
}
