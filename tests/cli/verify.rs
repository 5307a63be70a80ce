//! `run --verify`: what it says where the closed form holds, where there is none, and where a figure is not as it should
//! be.

use crate::scratch::MAPPROF;
use crate::worker::executable;
use crate::workloads;

const RUN: [&str; 6] = ["run", "quick", "--workloads", "own", "--verify", "--map"];

#[test]
fn what_agrees_and_what_has_no_form_are_told_apart() {
    let scratch = workloads::scratch();
    let said = scratch.mapprof(&[&RUN[..], &["std"]].concat()).ended_with(0);
    let verified = "verified: live and peak of fill, look agree with the closed form to the byte";
    assert!(said.stdout.contains(verified), "{}", said.stdout);
    let said = scratch.mapprof(&[&RUN[..], &["papaya"]].concat()).ended_with(0);
    let none = "no closed form for fill, look: papaya resizes and frees at times of its own";
    assert!(said.stdout.contains(none), "{}", said.stdout);
    let said = scratch.mapprof(&[&RUN[..], &["std,papaya", "--quiet"]].concat()).ended_with(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
}

#[test]
fn a_figure_that_differs_is_a_failure_with_both_numbers() {
    let scratch = workloads::scratch();
    scratch.plants_records();
    // A child that has lost count by two bytes.
    let script = format!("#!/bin/sh\n'{MAPPROF}' worker | sed 's/\"live_bytes\":[0-9]*/\"live_bytes\":2/'\n");
    let worker = executable(&scratch, "miscounting", &script);
    let said = scratch.mapprof(&[&RUN[..], &["std", "--quiet", "--worker", &worker]].concat()).ended_with(1);
    for phase in ["fill", "look"] {
        let line = format!("mapprof: quick/std: live bytes of {phase} are 2, and the closed form gives ");
        assert!(said.stderr.contains(&line), "{}", said.stderr);
    }
    assert!(said.stderr.contains("verification failed: quick/std"), "{}", said.stderr);
    assert!(!said.stderr.contains("peak bytes"), "{}", said.stderr);
}
