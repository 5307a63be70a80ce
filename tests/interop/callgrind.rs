//! `mapprof convert --to callgrind`, read by Valgrind's `callgrind_annotate`.

use std::process::Command;

use crate::converted::Converted;
use crate::outside::{answer, present};

#[test]
fn callgrind_annotate_adds_up_what_the_profile_has() {
    if !present("callgrind_annotate", Command::new("callgrind_annotate").arg("--version"), "callgrind") {
        return;
    }
    let heap = Converted::of("heap.pb.gz");
    let mut command = Command::new("callgrind_annotate");
    command.args([
        "--show=alloc_space",
        "--show-percs=no",
        "--threshold=100",
        "--auto=no",
        "--inclusive=yes",
    ]);
    let said = answer(command.arg(heap.to("heap.callgrind"))).expect("it starts");
    assert!(said.success, "{}", said.stderr);
    let totals = said.stdout.lines().find(|line| line.contains("PROGRAM TOTALS")).expect("there are totals");
    let digits: String = totals.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits, heap.total("alloc_space").to_string(), "{}", said.stdout);
    assert!(said.stdout.contains("reserve_rehash"), "{}", said.stdout);
}
