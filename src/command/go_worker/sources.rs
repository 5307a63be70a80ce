//! The sources of the worker in Go, which are a part of this program.

use std::fs;
use std::path::Path;

use rust_embed::Embed;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::printable::PrintablePath;

/// The files of the folder `go` that the worker is built from.
#[derive(Embed)]
#[folder = "go/"]
#[include = "*.go"]
#[include = "*/*.go"]
#[include = "go.mod"]
#[exclude = "*_test.go"]
struct Sources;

/// A text that changes when any of the sources does: 16 hex digits.
pub(super) fn fingerprint() -> String {
    let mut hasher = Sha256::new();
    for path in paths() {
        hasher.update(path.as_bytes());
        hasher.update([0]);
        hasher.update(Sources::get(&path).map(|file| file.data).unwrap_or_default());
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// A text as a name: 16 hex digits.
pub(super) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The maps of the worker, each with one line of what it is, from the source of their table: no toolchain is asked.
pub(super) fn maps() -> Vec<[String; 2]> {
    let table = Sources::get("internal/maps/kinds.go").map(|file| file.data).unwrap_or_default();
    let table = String::from_utf8_lossy(&table);
    let row = |row: &str| {
        let (name, rest) = row.split_once('"')?;
        let (about, _) = rest.split_once("About: \"")?.1.split_once('"')?;
        Some([name.to_owned(), about.to_owned()])
    };
    table.split("Name: \"").skip(1).filter_map(row).collect()
}

/// The paths of all sources, in order.
fn paths() -> Vec<String> {
    let mut paths: Vec<String> = Sources::iter().map(|path| path.into_owned()).collect();
    paths.sort_unstable();
    paths
}

/// Writes all sources below a folder.
///
/// # Errors
/// When one cannot be written.
pub(super) fn write_to(folder: &Path) -> Result<()> {
    for path in paths() {
        let file = folder.join(&path);
        let unwritable = |error| Error::case(format!("{}: cannot be written: {error}", file.shown()));
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(unwritable)?;
        }
        let data = Sources::get(&path).map(|file| file.data).unwrap_or_default();
        fs::write(&file, data).map_err(unwritable)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_maps_is_read() {
        let maps = maps();
        assert!(maps.iter().all(|[name, about]| name.starts_with("go") && !about.is_empty()), "{maps:?}");
        for due in ["go", "go-syncmap", "go-dense", "go-null"] {
            assert!(maps.iter().any(|[name, _]| name == due), "{due}: {maps:?}");
        }
    }

    #[test]
    fn all_that_the_worker_is_built_from_is_there_and_its_tests_are_not() {
        let paths = paths();
        for wanted in ["go.mod", "main.go", "internal/stream/stream.go", "internal/worker/serve.go"] {
            assert!(paths.iter().any(|path| path == wanted), "{wanted} of {paths:?}");
        }
        assert!(
            paths.iter().all(|path| !path.ends_with("_test.go") && !path.contains("testdata")),
            "{paths:?}"
        );
        assert_eq!(fingerprint().len(), 16);
    }
}
