//! `heap-timeline.pb.gz`: what each stack allocated and freed in each interval of calls. Its sums are those of `heap.pb.gz`, and
//! its live bytes those of the memory pass's timeline.

use std::collections::BTreeSet;
use std::fs;

use mapprof::output::{HEAP_PROFILE, HEAP_TIMELINE};
use mapprof::profile::build::interval_calls;
use mapprof::profile::{Limit, Profile, pprof};

use crate::own;
use crate::records::{self, memory, pass, record, run};
use crate::scratch::Scratch;

#[track_caller]
fn profile(scratch: &Scratch, case: &str, file: &str) -> Profile {
    let bytes = fs::read(scratch.path("profiles").join(case).join(file)).expect("the file is there");
    pprof::decode(&bytes, Limit::default()).expect("it is a profile")
}

#[track_caller]
fn total(profile: &Profile, kind: &str) -> i64 {
    profile.total(kind).unwrap_or_else(|| panic!("there is no {kind}"))
}

/// The first calls of the intervals in which something is.
#[track_caller]
fn intervals(timeline: &Profile) -> BTreeSet<u64> {
    let of = |sample| timeline.number(sample, "interval").expect("each sample has an interval") as u64;
    timeline.samples.iter().map(of).collect()
}

/// Asserts what docs/FORMAT.md says of the file. `rounded`: by how much totals may be off.
#[track_caller]
fn assert_form(scratch: &Scratch, case: &str, rounded: u64) -> Profile {
    let (heap, timeline) = (profile(scratch, case, HEAP_PROFILE), profile(scratch, case, HEAP_TIMELINE));
    assert_eq!(timeline.kinds(), ["alloc_objects", "alloc_space", "freed_objects", "freed_space"], "{case}");
    assert_eq!(timeline.period, heap.period, "{case}");
    for unit in ["objects", "space"] {
        let of = |profile: &Profile, kind| total(profile, &format!("{kind}_{unit}"));
        let (allocated, freed) = (of(&timeline, "alloc"), of(&timeline, "freed"));
        assert!(allocated.abs_diff(of(&heap, "alloc")) <= rounded, "{case}: {allocated} {unit}");
        assert!((allocated - freed).abs_diff(of(&heap, "inuse")) <= rounded, "{case}: {freed} {unit}");
    }
    let width = interval_calls(&timeline).expect("the file says how long an interval is");
    let record = record(scratch, case);
    let calls: u64 = pass(&record, "heap").phases.iter().map(|phase| phase.calls).sum();
    let found = intervals(&timeline);
    assert!(found.iter().all(|first| first % width == 0), "{case}: {found:?}");
    assert!(found.iter().all(|first| *first < calls), "{case}: {found:?}");
    for key in ["phase", "role", "map", "workload", "thread"] {
        let labels = |profile: &Profile| -> BTreeSet<String> {
            let label = |sample| profile.label(sample, key).expect("each sample has it").to_owned();
            profile.samples.iter().map(label).collect()
        };
        assert_eq!(labels(&timeline), labels(&heap), "{case}: {key}");
    }
    timeline
}

/// Live bytes before the call `call`.
fn live_before(timeline: &Profile, call: u64) -> i64 {
    let is_before = |sample| timeline.number(sample, "interval").is_some_and(|first| (first as u64) < call);
    let samples = timeline.samples.iter().filter(|sample| is_before(*sample));
    samples.map(|sample| sample.values[1] - sample.values[3]).sum()
}

#[test]
fn live_bytes_are_those_of_the_timeline() {
    let scratch = records::scratch();
    run(&scratch, &["passing", "drained", "every-call", "--map", "std,btree", "--heap=exact"]);
    for workload in ["passing", "drained", "every-call"] {
        for map in ["std", "btree"] {
            let case = format!("{workload}/{map}");
            let timeline = assert_form(&scratch, &case, 0);
            let width = interval_calls(&timeline).expect("it is there");
            let last = intervals(&timeline).pop_last().expect("there is one") / width;
            assert!((64..128).contains(&last), "{case}: {last} intervals");
            let record = record(&scratch, &case);
            let points = &memory(&record).timeline;
            let end = points.last().expect("there are points");
            let whole = points.iter().filter(|point| point.calls % width == 0 || point.calls == end.calls);
            let mut compared = 0;
            for point in whole {
                assert_eq!(
                    live_before(&timeline, point.calls),
                    point.live_bytes as i64,
                    "{case}, {} calls",
                    point.calls
                );
                compared += 1;
            }
            // In `passing`, every 16th point lies between two intervals.
            let due = if workload == "passing" { 10 } else { 1 };
            assert!(compared >= due, "{case}: {compared} points lie between two intervals of {width} calls");
        }
    }
}

#[test]
fn threads_count_their_calls_together() {
    let scratch = records::scratch();
    run(&scratch, &["every-call", "--map", "dashmap", "--threads", "4", "--heap=exact"]);
    let timeline = assert_form(&scratch, "every-call/dashmap,threads=4", 0);
    let width = interval_calls(&timeline).expect("it is there");
    assert_eq!(width % 4, 0);
    assert!((64..128).contains(&(intervals(&timeline).pop_last().expect("there is one") / width)));
    let live = intervals(&timeline).into_iter().map(|first| live_before(&timeline, first + 1));
    assert!(live.min() >= Some(0), "nothing is freed before it was made");
}

/// Threads end at a step, and those that take their places free their blocks.
#[test]
fn steps_of_several_threads_lose_nothing() {
    let scratch = Scratch::new();
    scratch.write("own/steps.toml", STEPS);
    run(&scratch, &["steps", "--map", "dashmap", "--threads", "3", "--heap=exact"]);
    assert_form(&scratch, "steps/dashmap,threads=3", 0);
    let record = record(&scratch, "steps/dashmap,threads=3");
    for kind in ["alloc_space", "alloc_objects", "inuse_space"] {
        let heap = record.heap.as_ref().expect("the profile was compared with the counters");
        let total = heap.total(kind).expect("this total is compared");
        assert_eq!(total.profile, total.counted, "{kind}");
    }
}

const STEPS: &str = r#"
name = "steps"
about = "Phases on both sides of steps."
entries = 6_000
[key]
type = "string"
length = 12
[value]
type = "vec"
size = 40
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "shrink"
step = "shrink"
[[phase]]
name = "serve"
ops = 10_000
mix = { get = 20, update = 40, upsert = 20, remove = 20 }
[[phase]]
name = "rebuild"
step = "rebuild"
[[phase]]
name = "more"
ops = 10_000
mix = { get = 20, update = 40, upsert = 20, remove = 20 }
"#;

#[test]
fn samples_come_to_the_same_totals() {
    let scratch = records::scratch();
    run(&scratch, &["every-call", "--map", "std", "--heap", "--sample-bytes", "512"]);
    let samples = profile(&scratch, "every-call/std", HEAP_PROFILE).samples.len() as u64;
    assert_form(&scratch, "every-call/std", 2 * samples);
}

#[test]
fn a_program_of_ones_own_has_it_too() {
    let scratch = Scratch::new();
    own::run(&scratch, "own_workload", &["run", "sessions", "--heap=exact", "--quiet"]).ended_with(0);
    assert_form(&scratch, "sessions/own", 0);
}
