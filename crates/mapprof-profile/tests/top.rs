//! The example, on profiles that a Go program wrote: what it finds is what `go tool pprof -top` finds.

#[path = "../examples/top.rs"]
#[allow(dead_code, reason = "the test has files of its own")]
mod top;

use mapprof_profile::{Limit, pprof};

/// The first `count` functions of a fixture, as `name value`, and the sum of all.
fn functions(file: &str, count: usize) -> (Vec<String>, i64) {
    let path = format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let profile = pprof::decode(&std::fs::read(path).unwrap(), Limit::default()).unwrap();
    let found = top::functions(&profile, profile.default_type());
    let shown = found.iter().take(count).map(|(name, value)| format!("{name} {value}")).collect();
    (shown, found.iter().map(|(_, value)| value).sum())
}

#[test]
fn the_functions_that_take_the_most_time() {
    let (found, sum) = functions("go-cpu.pb.gz", 8);
    assert_eq!(
        found,
        [
            "aeshashbody 110000000",
            "runtime.asyncPreempt 90000000",
            "runtime.mallocgc 70000000",
            "runtime.heapBitsSetType 60000000",
            "runtime.heapBits.bits 50000000",
            "runtime.findObject 40000000",
            "runtime.scanobject 40000000",
            "runtime.unlock2 40000000",
        ]
    );
    assert_eq!(sum, 980_000_000);
}

#[test]
fn the_functions_that_hold_the_most_memory() {
    let (found, sum) = functions("go-heap.pb.gz", 5);
    assert_eq!(
        found,
        [
            "main.(*order).add 4719456",
            "fmt.Sprintf 1572888",
            "main.fill 1048608",
            "runtime.malg 524496",
            "runtime.main 524336",
        ]
    );
    assert_eq!(sum, 8_389_784);
}
