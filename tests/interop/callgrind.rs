//! `mapprof convert --to callgrind`, read by Valgrind's `callgrind_annotate`.

use std::process::Command;

use crate::outside::{answer, present};
use crate::run_once;

#[test]
fn callgrind_annotate_adds_up_what_the_profile_has() {
    if !present("callgrind_annotate", Command::new("callgrind_annotate").arg("--version"), "callgrind") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mapprof = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
        let said = answer(command.current_dir(folder.path()).args(arguments)).expect("it starts");
        assert!(said.success, "{}", said.stderr);
        said.stdout
    };
    let heap = run_once::file("heap.pb.gz");
    let heap = heap.to_str().expect("the folder's name is text");
    mapprof(&["convert", heap, "heap.callgrind"]);
    let top = mapprof(&["top", heap, "--type", "alloc_space", "--json", "--harness-frames"]);
    let top: serde_json::Value = serde_json::from_str(&top).expect("it is JSON");
    let total = top["total"].as_i64().expect("it has a total");
    let mut command = Command::new("callgrind_annotate");
    command.current_dir(folder.path()).args(["--show=alloc_space", "--show-percs=no", "--threshold=100"]);
    let said = answer(command.args(["--auto=no", "--inclusive=yes", "heap.callgrind"])).expect("it starts");
    assert!(said.success, "{}", said.stderr);
    let totals = said.stdout.lines().find(|line| line.contains("PROGRAM TOTALS")).expect("there are totals");
    let digits: String = totals.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits, total.to_string(), "{}", said.stdout);
    assert!(said.stdout.contains("reserve_rehash"), "{}", said.stdout);
}
