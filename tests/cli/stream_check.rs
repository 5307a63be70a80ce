//! `mapprof describe --check`: what a stream draws beside what its workload defines.

use crate::scratch::Scratch;

#[test]
fn a_check_shows_what_was_drawn_beside_the_definition() {
    let scratch = Scratch::new();
    let said = scratch
        .mapprof(&["describe", "etc-facebook", "--check", "--entries", "50k", "--ops", "200k"])
        .ended_with(0)
        .stdout;
    for (row, defined) in [
        ("serve: share of get", "0.9677"),
        ("serve: share of update", "0.0323"),
        ("bytes of a key", "36.2230"),
        ("bytes of a value", "194.4447"),
    ] {
        let line = said.lines().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("{row}: {said}"));
        let words: Vec<&str> = line[row.len()..].split_whitespace().collect();
        assert_eq!(words[0], defined, "{line}");
        let (defined, drawn): (f64, f64) = (words[0].parse().unwrap(), words[1].parse().unwrap());
        assert!((drawn / defined - 1.0).abs() < 0.1, "{line}");
    }
    assert!(said.contains("picks of the hottest 1 % of 50000 entries"), "{said}");
    // Without it nothing is drawn.
    let said = scratch.mapprof(&["describe", "etc-facebook"]).ended_with(0).stdout;
    assert!(!said.contains("Drawn"), "{said}");
}

#[test]
fn programs_have_no_stream_to_check() {
    let said = Scratch::new().mapprof(&["describe", "buffer-pool", "--check"]).ended_with(2).stderr;
    assert!(said.contains("--check: workload \"buffer-pool\" is a program"), "{said}");
}
