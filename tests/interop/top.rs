//! The figures of `mapprof top` beside those of `go tool pprof -top` on the same file.

use std::collections::HashMap;
use std::process::Command;

use serde_json::Value;

use crate::outside::{answer, present};
use crate::run_once;

/// Own and cumulative value of each function, as `go tool pprof -top -cum` has it. None when the tool is not there.
fn pprof(file: &str, index: &str, unit: &str) -> Option<HashMap<String, (i64, i64)>> {
    let tool = || {
        let mut command = Command::new("go");
        command.args(["tool", "pprof"]);
        command
    };
    if !present("go tool pprof", tool().arg("-h"), "-tagroot") {
        return None;
    }
    let flags = ["-top", "-cum", "-trim=false", "-functions", "-symbolize=none"];
    let (index, units) = (format!("-sample_index={index}"), format!("-unit={unit}"));
    let said = answer(tool().args(flags).args([index, units]).arg(run_once::file(file))).expect("go starts");
    assert!(said.success, "{}{}", said.stdout, said.stderr);
    let number = |text: &str| text.strip_suffix(unit).unwrap_or(text).parse::<i64>();
    let rows = said.stdout.lines().skip_while(|line| !line.trim_start().starts_with("flat ")).skip(1);
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [own, _, _, all, _, name @ ..] = words.as_slice() else { panic!("no row: {line}") };
        // Where every one of its frames is inlined, that is said behind the name.
        let name = name.join(" ");
        let name = name.strip_suffix(" (inline)").unwrap_or(&name).to_owned();
        let of = |text| number(text).unwrap_or_else(|e| panic!("{text} in {line}: {e}"));
        (name, (of(own), of(all)))
    };
    Some(rows.map(row).collect())
}

/// The same as `mapprof top` has it.
fn mapprof(file: &str, index: &str, by: &str) -> Vec<(String, i64, i64)> {
    let said = Command::new(env!("CARGO_BIN_EXE_mapprof"))
        .args(["top", "--json", "--harness-frames", "--rows", "1M", "--by", by, "--type", index])
        .arg(run_once::file(file))
        .output()
        .expect("the binary under test starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let table: Value = serde_json::from_slice(&said.stdout).expect("it is JSON");
    let number = |value: &Value| value.as_i64().expect("it is a whole number");
    let row = |row: &Value| {
        // As pprof's report is read: blanks are one.
        let name: Vec<&str> = row["name"].as_str().expect("it has a name").split_whitespace().collect();
        (name.join(" "), number(&row["value"]), number(&row["cumulative"]))
    };
    table["rows"].as_array().expect("it has rows").iter().map(row).collect()
}

#[test]
fn own_and_cumulative_cpu_times_agree_with_pprof() {
    let Some(theirs) = pprof("cpu.pb.gz", "cpu", "ns") else {
        return;
    };
    let ours = mapprof("cpu.pb.gz", "cpu", "function");
    for (name, own, all) in &ours {
        assert_eq!(theirs.get(name), Some(&(*own, *all)), "{name}");
    }
    // Whatever has a value of its own is a row.
    assert_eq!(ours.len(), theirs.values().filter(|(own, _)| *own != 0).count());
    for (name, _, all) in mapprof("cpu.pb.gz", "cpu", "site") {
        assert_eq!(theirs.get(&name).map(|(_, all)| *all), Some(all), "{name}");
    }
}

/// pprof leaves the allocator's frames out of a heap profile, so that what a function has itself is another question.
#[test]
fn cumulative_bytes_agree_with_pprof() {
    for index in ["alloc_space", "inuse_space", "peak_space"] {
        let Some(theirs) = pprof("heap.pb.gz", index, "B") else {
            return;
        };
        let ours = mapprof("heap.pb.gz", index, "site");
        assert!(ours.len() > 1, "{ours:?}");
        for (name, _, all) in ours {
            assert_eq!(theirs.get(&name).map(|(_, all)| *all), Some(all), "{name} of {index}");
        }
    }
}
