//! `mapprof top`: which files it opens, and cumulative values.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::scratch::{MAPPROF, Scratch};

/// `walk` calls itself.
const FOLDED: &str = "main;walk;walk;malloc 2048\nmain;walk 1048576\nmain 1\n";

/// A dump of jemalloc whose program is not here.
const DUMP: &str = "heap_v2/4096\n  t*: 3: 12288 [0: 0]\n  t0: 3: 12288 [0: 0] main\n\
    @ 0x401011 0x401021\n  t*: 3: 12288 [0: 0]\n  t0: 3: 12288 [0: 0]\n\n\
    MAPPED_LIBRARIES:\n00400000-00402000 r-xp 00000000 08:01 42 /opt/shop/bin/orders\n";

#[test]
fn it_opens_what_convert_opens() {
    let scratch = Scratch::new();
    scratch.write("in.folded", FOLDED);
    scratch.write("in.heap", DUMP);
    scratch.mapprof(&["convert", "in.folded", "in.pb.gz", "--unit", "bytes"]).ended_with(0);
    let top = |arguments: &[&str]| scratch.mapprof(&[&["top"], arguments].concat()).ended_with(0).stdout;
    let pprof = top(&["in.pb.gz", "--by", "function"]);
    assert!(pprof.contains("1.00 MiB") && pprof.contains("2.00 KiB"), "{pprof}");
    assert_eq!(top(&["in.folded", "--by", "function", "--unit", "bytes"]), pprof);
    assert!(
        top(&["in.folded", "--by", "function"]).contains("1,048,576"),
        "samples, if nothing else is said"
    );
    let dump = top(&["in.heap"]);
    assert!(dump.contains("total inuse_space") && dump.contains("KiB"), "{dump}");
    let mut child = scratch
        .command(MAPPROF)
        .args(["top", "-", "--from", "folded", "--unit", "bytes", "--by", "function"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started");
    child.stdin.take().expect("it is piped").write_all(FOLDED.as_bytes()).expect("it reads");
    let said = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&said.stdout), pprof);
}

#[test]
fn a_sample_counts_once_for_each_function_on_its_stack() {
    let scratch = Scratch::new();
    scratch.write("in.folded", FOLDED);
    let json = |by: &str| -> Value {
        let top = ["top", "in.folded", "--by", by, "--json"];
        serde_json::from_str(&scratch.mapprof(&top).ended_with(0).stdout).expect("it is JSON")
    };
    let found = json("function");
    let rows: Vec<(&str, i64, i64)> = (found["rows"].as_array().expect("rows").iter())
        .map(|row| {
            let number = |field: &str| row[field].as_i64().expect("it is a number");
            (row["name"].as_str().expect("it has a name"), number("value"), number("cumulative"))
        })
        .collect();
    assert_eq!(
        rows,
        [("walk", 1_048_576, 1_050_624), ("malloc", 2048, 2048), ("main", 1, 1_050_625)],
        "walk is twice on a stack"
    );
    assert_eq!(json("phase")["rows"][0]["cumulative"], Value::Null);
    let text = scratch.mapprof(&["top", "in.folded", "--by", "function"]).ended_with(0).stdout;
    assert!(text.lines().next().is_some_and(|header| header.contains(" cum ")), "{text}");
}
