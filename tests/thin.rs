//! A crate that depends on mapprof without its default features: a program with the worker alone, which hands its command line
//! over to the `mapprof` that is installed; and a program with an allocator of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Crates that such a program may build.
const MOST_CRATES: usize = 60;

const OWN_ALLOCATOR: &str = r#"
fn main() -> std::process::ExitCode {
    mapprof::App::new()
        .program("squares", "fills a vector with squares", |bench| {
            let mut squares = Vec::new();
            bench.phase("fill", 5_000_000, |n| {
                squares.push(n * n);
                n
            });
        })
        .main()
}
"#;

/// The crate, with its program in `main.rs` and one without our allocator beside it.
fn crate_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("thin");
    std::fs::create_dir_all(folder.join("src/bin")).unwrap();
    let manifest = format!(
        "[package]\nname = \"thin\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         mapprof = {{ path = {root:?}, default-features = false }}\n\n[profile.release]\ndebug = \"limited\"\n\n\
         [workspace]\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    std::fs::copy(root.join("examples/own_workload.rs"), folder.join("src/main.rs")).unwrap();
    std::fs::write(folder.join("src/bin/own_allocator.rs"), OWN_ALLOCATOR).unwrap();
    folder
}

/// The target folder of this build: what the two builds have in common, jemalloc above all, is then compiled once.
fn target() -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    shared.expect("it lies in the target folder").to_owned()
}

fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .env("CARGO_TARGET_DIR", target())
        .current_dir(folder)
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("MAPPROF", env!("CARGO_BIN_EXE_mapprof"))
        .output()
        .expect("it starts")
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn a_program_with_the_worker_alone_is_as_good() {
    let folder = crate_folder();
    let tree = cargo(&folder, &["tree", "--edges", "normal,build", "--prefix", "none"]);
    let mut crates: Vec<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    crates.sort_unstable();
    crates.dedup();
    assert!(
        crates.len() > 10 && crates.len() <= MOST_CRATES,
        "{} crates:\n{}",
        crates.len(),
        crates.join("\n")
    );

    cargo(&folder, &["build", "--release"]);
    let thin = target().join("release/thin");
    let scratch = tempfile::tempdir().unwrap();
    let output = run(&thin, scratch.path(), &["run", "sessions", "--entries", "500", "--heap", "--cpu"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let record = std::fs::read_to_string(scratch.path().join("profiles/sessions/own/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    for pass in ["time", "memory", "heap", "cpu"] {
        assert!(record["passes"][pass].is_object(), "{pass}");
    }
    // What is printed to be run again is this program.
    let rerun = record["rerun"].as_str().unwrap();
    assert!(rerun.starts_with(thin.to_str().unwrap()), "{rerun}");
    let heap = scratch.path().join("profiles/sessions/own/heap.pb.gz");
    let top = run(&thin, scratch.path(), &["top", heap.to_str().unwrap()]);
    assert!(said(&top).contains("thin::"), "the closure has its name:\n{}", said(&top));

    // Its maps stand beside those of mapprof, which mapprof runs itself.
    let list = said(&run(&thin, scratch.path(), &["list"]));
    assert!(list.contains("sessions") && list.contains("skewed-keys") && list.contains("dashmap"), "{list}");
    let output =
        run(&thin, scratch.path(), &["run", "churn", "--entries", "100", "--ops", "100", "--map", "btree"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));

    let missing =
        Command::new(&thin).arg("list").env("MAPPROF", "/nonexistent/mapprof").output().expect("it starts");
    assert_eq!(missing.status.code(), Some(3));
    assert!(said(&missing).contains("cargo install mapprof"), "{}", said(&missing));
    // The one that is named must not hand it over in turn.
    let circle = Command::new(&thin).arg("list").env("MAPPROF", &thin).output().expect("it starts");
    assert_eq!(circle.status.code(), Some(3));
    assert!(said(&circle).contains("has the worker alone itself"), "{}", said(&circle));

    a_program_keeps_its_own_allocator();
}

/// Times need no allocator of ours; what counts refuses to run without it, and says what would do.
fn a_program_keeps_its_own_allocator() {
    let program = target().join("release/own_allocator");
    let scratch = tempfile::tempdir().unwrap();
    let output = run(&program, scratch.path(), &["run", "squares", "--skip", "memory", "--cpu"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = run(&program, scratch.path(), &["run", "squares", "--out", "counted", "--heap=exact"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let text = said(&output);
    assert!(
        text.contains("memory pass: refused") && text.contains("mapprof::install_allocator!();"),
        "{text}"
    );
    // What the time pass found is kept.
    let failed = scratch.path().join("counted/squares/own.failed/run.json");
    assert!(std::fs::read_to_string(failed).unwrap().contains("ns_per_op"));
}
