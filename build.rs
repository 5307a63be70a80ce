//! Tells the crate what only the build knows: which workloads there are to embed, the versions of the maps, and whether
//! frames keep their pointers.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    embed_workloads(&root.join("workloads"), &out.join("workloads.rs"));
    name_versions(&root.join("Cargo.toml"), &root.join("Cargo.lock"));
    note_frame_pointers();
}

/// Writes a table of (file stem, text) for each file of `workloads/`.
fn embed_workloads(folder: &Path, table: &Path) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("workloads/ is part of the package")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    let rows: Vec<String> = files
        .iter()
        .map(|path| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            format!("    ({stem:?}, include_str!({path:?})),\n")
        })
        .collect();
    fs::write(table, format!("const EMBEDDED: &[(&str, &str)] = &[\n{}];\n", rows.concat()))
        .expect("OUT_DIR can be written");
}

/// Sets `VERSION_<CRATE>` for each direct dependency, from the lock file, and `VERSION_RUSTC`.
fn name_versions(manifest: &Path, lock: &Path) {
    println!("cargo::rerun-if-changed={}", manifest.display());
    println!("cargo::rerun-if-changed={}", lock.display());
    let text = fs::read_to_string(lock).unwrap_or_default();
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut direct: Vec<String> = Vec::new();
    for package in text.split("[[package]]").skip(1) {
        let field = |name: &str| {
            package
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
                .map(|value| value.trim_matches('"').to_owned())
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        if name == env!("CARGO_PKG_NAME") {
            direct = package
                .lines()
                .filter_map(|line| Some(line.strip_prefix(" \"")?.trim_end_matches("\",").to_owned()))
                .collect();
        }
        versions.insert(name, version);
    }
    // A dependency line says `name`, or `name version` where the lock file has several versions of it.
    for line in direct {
        let (name, version) = line.split_once(' ').unwrap_or((&line, ""));
        if !version.is_empty() {
            versions.insert(name.to_owned(), version.to_owned());
        }
    }
    // Built as a dependency there is no lock file of ours, and the version is the user's to know.
    let manifest = fs::read_to_string(manifest).expect("a package has a manifest");
    let dependencies = manifest.split_once("\n[dependencies]\n").map_or("", |(_, rest)| rest);
    let rows = dependencies.lines().take_while(|line| !line.starts_with('['));
    for name in
        rows.filter_map(|row| Some(row.split_once('=')?.0.trim())).filter(|name| !name.starts_with('#'))
    {
        let version = versions.get(name).map_or("unknown", String::as_str);
        println!("cargo::rustc-env=VERSION_{}={version}", name.to_uppercase().replace('-', "_"));
    }
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = std::process::Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .unwrap_or_else(|| "unknown".into());
    println!("cargo::rustc-env=VERSION_RUSTC={version}");
}

/// Sets `cfg(frame_pointers)` if the build was asked to keep them.
fn note_frame_pointers() {
    println!("cargo::rustc-check-cfg=cfg(frame_pointers)");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    // `-C force-frame-pointers`, alone or with a value; the last one counts.
    let asked = flags
        .split('\x1f')
        .filter_map(|flag| flag.trim_start_matches("-C").strip_prefix("force-frame-pointers"));
    if asked
        .reduce(|_, later| later)
        .is_some_and(|value| matches!(value, "" | "=yes" | "=y" | "=on" | "=true" | "=always"))
    {
        println!("cargo::rustc-cfg=frame_pointers");
    }
}
