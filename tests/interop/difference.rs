//! Two heap profiles of a Go program, before and after a change, through `mapprof diff`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::outside::{answer, present};
use serde_json::Value;

/// A program that keeps blocks of 1 KiB: `{above}` is what stands above the functions, so that lines shift.
const PROGRAM: &str = r#"package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)
{above}
var kept [][]byte

//go:noinline
func keep(blocks int) {
	for i := 0; i < blocks; i++ {
		kept = append(kept, make([]byte, 1024))
	}
}

//go:noinline
func {other}() {
	for i := 0; i < 300; i++ {
		kept = append(kept, make([]byte, 2048))
	}
}

func main() {
	runtime.MemProfileRate = 1
	kept = make([][]byte, 0, 1<<16)
	keep({blocks})
	{other}()
	runtime.GC()
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	pprof.Lookup("heap").WriteTo(file, 0)
	file.Close()
	runtime.KeepAlive(kept)
}
"#;

/// Runs the program in `folder`; its profile is `<name>.pb.gz`.
fn profile(folder: &Path, name: &str, above: &str, other: &str, blocks: u32) {
    let source =
        PROGRAM.replace("{above}", above).replace("{other}", other).replace("{blocks}", &blocks.to_string());
    fs::create_dir_all(folder.join(name)).unwrap();
    fs::write(folder.join(name).join("main.go"), source).unwrap();
    let mut command = Command::new("go");
    command.current_dir(folder).args(["run", &format!("{name}/main.go"), &format!("{name}.pb.gz")]);
    let said = answer(&mut command).expect("go starts");
    assert!(said.success, "the Go program failed:\n{}{}", said.stdout, said.stderr);
}

#[test]
fn gos_profiles_are_compared_by_function_across_shifted_lines() {
    if !present("go tool pprof", Command::new("go").args(["tool", "pprof", "-h"]), "-tagroot") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    profile(folder.path(), "base", "", "earlier", 1000);
    profile(folder.path(), "new", "\n// A line.\n\n// And another.\n", "later", 1500);
    let mut diff = Command::new(env!("CARGO_BIN_EXE_mapprof"));
    diff.current_dir(folder.path()).args([
        "diff",
        "base.pb.gz",
        "new.pb.gz",
        "--format",
        "json",
        "--svg",
        "d.svg",
    ]);
    diff.args(["--type", "inuse_space"]);
    let said = answer(&mut diff).unwrap();
    assert!(said.success, "{}", said.stderr);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    let sites = &found["cases"][0]["sites"];
    let row = |name: &str| {
        let rows = sites["rows"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {sites}"))
    };
    let told = |name: &str| {
        let row = row(name);
        (row["mark"].as_str().unwrap(), row["base"].as_i64().unwrap(), row["new"].as_i64().unwrap())
    };
    assert_eq!(told("main.keep"), ("more", 1_024_000, 1_536_000));
    assert_eq!(told("main.earlier"), ("gone", 614_400, 0));
    assert_eq!(told("main.later"), ("new", 0, 614_400));
    assert_eq!(row("main.keep")["line"], 18, "that of the new profile");
    // Every allocation was recorded: the difference is exact.
    assert_eq!(row("main.keep")["low"], row("main.keep")["high"]);
    let svg = fs::read_to_string(folder.path().join("d.svg")).unwrap();
    assert!(
        svg.contains(
            "main.keep +50.0 % (base 1,024,000 bytes, new 1,536,000 bytes: +512,000 bytes, +50.0 %)"
        )
    );
}
