//! Go's maps: a worker in Go, built from sources that are a part of this program with the toolchains of `--go`.

mod build;
mod sources;
mod toolchain;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::toolchain::Toolchain;
use super::own_worker;
use crate::cli::Command;
use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::worker::registry::{Registry, RuntimeWorker};
use crate::worker::registry_json::Tables;

/// Whether a name or pattern of `--map` is about Go's maps: `go`, `go-syncmap`, `go*`, `go1.19/go`.
fn is_of_go(map: &str) -> bool {
    map.trim().strip_prefix("go").is_some_and(|rest| {
        rest.is_empty()
            || rest.starts_with(['-', '*', '?', '1'])
            || rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Adds Go's maps to `registry` where `command` asks for them.
///
/// # Errors
/// When a toolchain is none or too old, or the worker cannot be built with it.
pub(super) fn add_tables(registry: &mut Registry, command: &Command) -> Result<()> {
    if let Command::Claims(args) = command {
        return add_maps(registry, &args.go, &[], None, false);
    }
    let (cases, maps) = match command {
        Command::Run(args) => (&args.cases, &args.map),
        Command::Compare(args) => (&args.cases, &args.filter.map),
        Command::Check(args) => (&args.cases, &args.filter.map),
        Command::Pick(args) => (&args.cases, &args.map),
        _ => return Ok(()),
    };
    add_maps(registry, &cases.go, maps, cases.worker.as_deref(), cases.quiet)
}

/// Adds Go's maps to `registry`, those of each toolchain, if they are asked for: by `--go`, or by the name of one.
///
/// # Errors
/// When a toolchain is none or too old, or the worker cannot be built with it.
fn add_maps(
    registry: &mut Registry,
    toolchains: &[PathBuf],
    maps: &[String],
    worker: Option<&Path>,
    quiet: bool,
) -> Result<()> {
    if worker.is_some() {
        return match toolchains.first() {
            Some(_) => {
                Err(Error::input("--go and --worker each say who runs the maps: leave one of the two out"))
            }
            None => Ok(()),
        };
    }
    let by_name = maps.iter().any(|map| is_of_go(map) && registry.map(map.trim()).is_none());
    let default = [PathBuf::from("go")];
    let wanted = match (toolchains, by_name) {
        ([], false) => return Ok(()),
        ([], true) => &default,
        (named, _) => named,
    };
    let mut found: Vec<Toolchain> = Vec::new();
    for go in wanted {
        let toolchain = Toolchain::of(go)?;
        if let Some(known) = found.iter().find(|known| known.version == toolchain.version) {
            return Err(Error::input(format!(
                "--go: {} and {} are both {}; name one of them",
                known.go.shown(),
                toolchain.go.shown(),
                toolchain.version
            )));
        }
        found.push(toolchain);
    }
    let releases: Vec<String> = found.iter().map(Toolchain::release).collect();
    let distinct = releases.iter().collect::<BTreeSet<_>>().len() == releases.len();
    for (toolchain, release) in found.iter().zip(releases) {
        let program = build::built(toolchain, quiet)?;
        let bytes = own_worker::tables_of(&program)?;
        let tables =
            Tables::read(&bytes).map_err(|error| Error::case(format!("{}: {error}", program.shown())))?;
        let name = if distinct { release } else { toolchain.version.clone() };
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
