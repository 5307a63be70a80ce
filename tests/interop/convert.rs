//! `mapprof convert` between programs: a heap profile that Go wrote, and a dump of jemalloc that `go tool pprof` reads.

use std::path::Path;
use std::process::Command;

use crate::outside::{answer, present};

/// Keeps a few megabytes that two functions allocated, and writes Go's heap profile.
const PROGRAM: &str = r#"package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)

//go:noinline
func orders(n int) [][]byte {
	var all [][]byte
	for i := 0; i < n; i++ {
		all = append(all, make([]byte, 1000))
	}
	return all
}

//go:noinline
func customers(n int) map[int]string {
	all := make(map[int]string)
	for i := 0; i < n; i++ {
		all[i] = string(make([]byte, 100))
	}
	return all
}

func main() {
	runtime.MemProfileRate = 1024
	a, b := orders(5000), customers(20000)
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	runtime.GC()
	if err := pprof.WriteHeapProfile(file); err != nil {
		panic(err)
	}
	file.Close()
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
}
"#;

/// Whether go is there.
fn go() -> bool {
    present("go", Command::new("go").arg("version"), "go version")
}

#[track_caller]
fn ended_well(command: &mut Command) -> String {
    let said = answer(command).expect("it starts");
    assert!(said.success, "{command:?}:\n{}{}", said.stdout, said.stderr);
    said.stdout
}

#[track_caller]
fn convert(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
    ended_well(command.current_dir(folder).arg("convert").args(arguments))
}

#[track_caller]
fn pprof(folder: &Path, arguments: &[&str]) -> String {
    ended_well(Command::new("go").current_dir(folder).args(["tool", "pprof"]).args(arguments))
}

#[test]
fn a_heap_profile_of_go_becomes_every_format() {
    if !go() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let at = folder.path();
    std::fs::write(at.join("shop.go"), PROGRAM).expect("it can be written");
    ended_well(Command::new("go").current_dir(at).args(["run", "shop.go", "heap.pb.gz"]));
    convert(at, &["heap.pb.gz", "again.pb.gz"]);
    convert(at, &["again.pb.gz", "plain.pb"]);
    let raw = pprof(at, &["-raw", "heap.pb.gz"]);
    assert_eq!(pprof(at, &["-raw", "again.pb.gz"]), raw);
    assert_eq!(pprof(at, &["-raw", "plain.pb"]), raw);

    // Whatever it becomes, the bytes add up to what the profile has.
    let samples = raw.lines().skip_while(|line| *line != "Samples:").skip(2);
    let in_use = samples.take_while(|line| *line != "Locations").filter_map(|line| {
        // Values stand before a colon, labels on lines of their own.
        let (values, _) = line.split_once(": ")?;
        values.split_whitespace().nth(3)?.parse::<u64>().ok()
    });
    let in_use: u64 = in_use.sum();
    assert!(in_use > 5_000_000, "{raw}");
    let folded = convert(at, &["heap.pb.gz", "-", "--to", "folded", "--type", "inuse_space"]);
    let values = folded.lines().map(|line| line.rsplit(' ').next().unwrap_or("").parse::<u64>());
    assert_eq!(values.map(|value| value.expect("a line ends in a number")).sum::<u64>(), in_use);
    assert!(folded.contains("main.main;main.orders"), "{folded}");
    convert(at, &["heap.pb.gz", "out.svg"]);
    let svg = std::fs::read_to_string(at.join("out.svg")).expect("it was written");
    assert!(svg.contains("main.customers") && svg.trim_end().ends_with("</svg>"));
    convert(at, &["heap.pb.gz", "out.speedscope.json"]);
    let json = std::fs::read(at.join("out.speedscope.json")).expect("it was written");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    let of_type = |name: &str| {
        let profiles = json["profiles"].as_array().expect("there are profiles");
        profiles.iter().find(|profile| profile["name"] == name).expect("it has this type").clone()
    };
    assert_eq!(of_type("inuse_space")["endValue"], in_use);

    // Folded stacks come back as a profile that Go reads.
    std::fs::write(at.join("in.folded"), folded).expect("it can be written");
    convert(at, &["in.folded", "folded.pb.gz", "--unit", "bytes"]);
    let top = pprof(at, &["-top", "-unit=B", "folded.pb.gz"]);
    assert!(top.contains(&format!("of {in_use}B total")) && top.contains("main.orders"), "{top}");
}

#[test]
fn a_dump_of_jemalloc_becomes_a_profile_that_go_reads() {
    if !go() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let dump = include_str!("../fuzz/seeds/heap_v2/dump.heap");
    std::fs::write(folder.path().join("dump.heap"), dump).expect("it can be written");
    convert(folder.path(), &["dump.heap", "heap.pb.gz"]);
    // What `jeprof --text --show_bytes` says of the same dump; each of its six stacks may be rounded.
    for (kind, jeprof) in [("inuse_space", 6_231_719u64), ("inuse_objects", 46_645)] {
        let index = format!("-sample_index={kind}");
        let top = pprof(folder.path(), &["-top", "-unit=B", &index, "heap.pb.gz"]);
        let (_, after) = top.split_once("% of ").unwrap_or_else(|| panic!("no total in\n{top}"));
        let total: String = after.chars().take_while(char::is_ascii_digit).collect();
        assert!(total.parse::<u64>().expect("a number").abs_diff(jeprof) <= 6, "{top}");
    }
}
