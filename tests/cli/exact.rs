//! `--heap=exact`: every allocation is in the profile, so its totals are the counters, to the byte; and what a sampled
//! profile says of its own error.

use std::collections::HashMap;
use std::fs;

use mapprof::capture::heap_recording::HeapRecording;
use mapprof::profile::{LabelValue, Limit, pprof};
use mapprof::record::{CaseRecord, HeapReconciliation, PhaseRecord, SettleStep};

use serde_json::Value;

use crate::own;
use crate::records::{self, is_prompt, maps, pass, record, run};
use crate::scratch::Scratch;

const TOTALS: [&str; 4] = ["alloc_space", "alloc_objects", "inuse_space", "peak_space"];

#[track_caller]
fn heap(record: &CaseRecord) -> &HeapReconciliation {
    record.heap.as_ref().expect("the heap profile was compared with the counters")
}

/// The profile's total and the counter of a sample type.
#[track_caller]
fn total(record: &CaseRecord, sample_type: &str) -> (u64, u64) {
    let total = heap(record).total(sample_type).expect("this total is compared");
    (total.profile, total.counted)
}

/// The counters of a phase.
fn counters(phase: &PhaseRecord) -> [u64; 8] {
    [
        phase.counted().allocs,
        phase.counted().frees,
        phase.counted().alloc_bytes,
        phase.counted().freed_bytes,
        phase.counted().live_bytes,
        phase.counted().peak_live_bytes,
        phase.entries,
        phase.payload_bytes,
    ]
}

/// Asserts that the profile's totals are the counters of its own pass, to the byte.
#[track_caller]
fn assert_exact(record: &CaseRecord) {
    let what = record.case.to_string();
    let found = heap(record);
    assert_eq!((found.recording, found.peak_gap_bytes), (HeapRecording::Exact, 0), "{what}");
    for total in &found.totals {
        assert_eq!(total.profile, total.counted, "{what}: {}", total.sample_type);
        assert_eq!((total.low, total.high), (None, None), "{what}: there is nothing to be unsure of");
        assert_eq!(total.difference_percent, 0.0, "{what}");
    }
    assert_eq!(found.totals.iter().map(|total| total.sample_type.as_str()).collect::<Vec<_>>(), TOTALS);
    let own = pass(record, "heap");
    let allocs = own.phases.iter().map(|phase| phase.counted().allocs).sum();
    assert_eq!((found.samples, total(record, "alloc_objects").1), (allocs, allocs), "{what}");
    assert_eq!(total(record, "peak_space").1, own.total.peak_live_bytes, "{what}");
    assert_eq!(
        Some(total(record, "inuse_space").1),
        own.phases.last().map(|phase| phase.counted().live_bytes),
        "{what}"
    );
}

#[test]
fn on_one_thread_every_total_is_the_counter_to_the_byte() {
    let scratch = records::scratch();
    for (workload, arguments) in [
        ("skewed-keys", &["--entries", "1500", "--ops", "5000"][..]),
        ("churn", &["--entries", "1500", "--ops", "5000"]),
        ("large-values", &["--entries", "150"]),
        ("every-call", &[]),
        ("drained", &[]),
        ("filled", &["--entries", "7169"]),
    ] {
        // Nothing is allocated by `null` without keys and values of their own, so there is no profile of it.
        let null = if workload == "filled" { &[][..] } else { &["null"] };
        let maps: Vec<&str> = maps().into_iter().chain(null.iter().copied()).collect();
        run(&scratch, &[&[workload, "--map", &maps.join(","), "--heap=exact"], arguments].concat());
        for map in &maps {
            let record = record(&scratch, &format!("{workload}/{map}"));
            assert_exact(&record);
            // Maps that reclaim by their own timing need not do so at the same call in both passes.
            if is_prompt(map) || *map == "null" {
                let (measure, heap) = (pass(&record, "memory"), pass(&record, "heap"));
                let of = |phases: &[PhaseRecord]| phases.iter().map(counters).collect::<Vec<_>>();
                assert_eq!(of(&measure.phases), of(&heap.phases), "{workload} on {map}");
                assert_eq!(measure.total.allocs_by_size, heap.total.allocs_by_size, "{workload} on {map}");
            }
        }
    }
}

#[test]
fn on_many_threads_nothing_is_lost_and_the_peak_is_close() {
    let scratch = records::scratch();
    let maps = ["dashmap", "papaya", "scc", "mutex-std", "skiplist"];
    for threads in ["2", "8", "16"] {
        let arguments = ["every-call", "--entries", "8000", "--threads", threads];
        run(&scratch, &[&arguments[..], &["--heap=exact", "--map", &maps.join(",")]].concat());
        for map in maps {
            let record = record(&scratch, &format!("every-call/{map},threads={threads}"));
            for kind in ["alloc_space", "alloc_objects", "inuse_space"] {
                let (profile, counted) = total(&record, kind);
                assert_eq!(profile, counted, "{kind} of {map} on {threads} threads");
            }
            let (profile, counted) = total(&record, "peak_space");
            let gap = heap(&record).peak_gap_bytes;
            assert!(
                profile.abs_diff(counted) * 200 <= counted,
                "{map} on {threads} threads: {gap} bytes off"
            );
            assert!(gap * 200 <= counted, "{map} on {threads} threads: {gap} bytes off");
            let phases = &pass(&record, "heap").phases;
            let (allocated, freed) = phases.iter().fold((0, 0), |sum, phase| {
                (sum.0 + phase.counted().alloc_bytes, sum.1 + phase.counted().freed_bytes)
            });
            assert_eq!(
                Some(allocated - freed),
                phases.last().map(|phase| phase.counted().live_bytes),
                "{map}"
            );
        }
    }
}

#[test]
fn a_sampled_profile_says_how_far_it_may_be_off() {
    let scratch = records::scratch();
    let arguments = ["skewed-keys", "--entries", "5000", "--ops", "5000", "--heap", "--sample-bytes", "4K"];
    run(&scratch, &[&arguments[..], &["--map", "std,btree"]].concat());
    for map in ["std", "btree"] {
        let record = record(&scratch, &format!("skewed-keys/{map}"));
        let own = pass(&record, "heap");
        assert_eq!(total(&record, "peak_space").1, own.total.peak_live_bytes, "{map}");
        assert_eq!(heap(&record).recording.sample_bytes(), Some(4096), "{map}");
        for kind in TOTALS {
            let total = heap(&record).total(kind).expect("this total is compared");
            let (low, high) = total.low.zip(total.high).expect("it was sampled");
            assert!((low..=high).contains(&total.profile), "{map}: {total:?}");
            assert!(low < high, "{map}: small blocks are never known for certain: {total:?}");
        }
    }
}

#[test]
fn every_way_to_allocate_is_recorded() {
    let scratch = Scratch::new();
    own::run(&scratch, "odd", &["run", "torture", "--heap=exact", "--quiet"]).ended_with(0);
    let record = record(&scratch, "torture/own");
    assert_exact(&record);
    let (measure, heap) = (pass(&record, "memory"), pass(&record, "heap"));
    for (one, other) in measure.phases.iter().zip(&heap.phases) {
        assert_eq!(counters(one), counters(other), "{}", one.name);
    }
    let of =
        |name: &str| heap.phases.iter().find(|phase| phase.name == name).expect("it is a phase").counted();
    assert_eq!((of("nothing").allocs, of("nothing").frees), (0, 0), "what has no size is no block");
    // Each operation makes one vector and frees it; what could not be had is not counted.
    assert_eq!((of("too-much").allocs, of("too-much").frees), (50, 50));
    assert_eq!((of("deep").alloc_bytes, of("deep").freed_bytes), (200 * 72, 200 * 72));
    assert_eq!(of("aligned").allocs, 2_000, "one block each, however it is aligned");
    // What another thread frees stays live for the ledger and for the recorder alike: that thread is not watched.
    let given: u64 = (0..20).map(|n| 1000 + n).sum();
    let balance = of("elsewhere").alloc_bytes - of("elsewhere").freed_bytes;
    assert!(balance >= given + 20 * 50, "{balance} bytes");
}

/// What was not counted when it was made is not counted when it is freed either, by the counters and by the recorder. What
/// is resized becomes the operation's.
#[test]
fn blocks_from_outside_are_nobodys() {
    let scratch = Scratch::new();
    own::run(&scratch, "odd", &["run", "strangers", "--heap=exact", "--quiet"]).ended_with(0);
    let record = record(&scratch, "strangers/own");
    for kind in ["alloc_space", "alloc_objects", "inuse_space"] {
        let (profile, counted) = total(&record, kind);
        assert_eq!(profile, counted, "{kind}");
    }
    assert_eq!(total(&record, "inuse_space").1, 1_000 * 1_000 + 500 * 300 + 5 * 50_000);
    let phases = &pass(&record, "memory").phases;
    let of = |name: &str| phases.iter().find(|phase| phase.name == name).expect("it is a phase").counted();
    assert_eq!((of("free").frees, of("free").live_bytes), (0, 1_000 * 1_000), "none of the 1000 was counted");
    assert_eq!((of("resize").allocs, of("resize").frees), (500, 0));
    assert_eq!((of("large").allocs, of("large").frees), (5, 0));
    for (one, other) in pass(&record, "memory").phases.iter().zip(&pass(&record, "heap").phases) {
        assert_eq!(counters(one), counters(other), "{}", one.name);
    }
}

/// Threads that end hand over what they retired, and others free it.
#[test]
fn what_threads_leave_behind_is_counted_once() {
    let scratch = records::scratch();
    let churn = ["churn", "--map", "skiplist", "--threads", "48", "--entries", "3000", "--ops", "20000"];
    run(&scratch, &[&churn[..], &["--heap=exact"]].concat());
    let record = record(&scratch, "churn/skiplist,threads=48");
    for kind in ["alloc_space", "alloc_objects", "inuse_space"] {
        let (profile, counted) = total(&record, kind);
        assert_eq!(profile, counted, "{kind}");
    }
    let memory = records::memory(&record);
    for reading in memory.phases.iter().chain(memory.settling.iter().map(|settled| &settled.reading)) {
        assert!(reading.usable_bytes >= reading.live_bytes, "{reading:?}");
        assert!(reading.live_bytes >= reading.payload_bytes, "{reading:?}");
    }
    // A thread's place in the collector and its last bag are 2,304 and 2,072 bytes.
    let live = |step: SettleStep| {
        memory.settling.iter().find(|settled| settled.step == step).expect("it is there").reading.live_bytes
    };
    assert!(live(SettleStep::Quiesced) < live(SettleStep::End), "{:?}", memory.settling);
    assert!(live(SettleStep::Dropped) < 20 * 2_304, "{:?}", memory.settling);
}

/// The rows of `mapprof top --json`.
#[track_caller]
fn rows(scratch: &Scratch, case: &str, sample_type: &str) -> Value {
    let said = scratch.mapprof(&["top", case, "--type", sample_type, "--json"]).ended_with(0);
    serde_json::from_str(&said.stdout).expect("it is JSON")
}

/// The row of a site.
#[track_caller]
fn site<'t>(top: &'t Value, name: &str) -> &'t Value {
    let rows = top["rows"].as_array().expect("there are rows");
    let found = rows.iter().find(|row| row["name"].as_str().is_some_and(|row| row.contains(name)));
    found.unwrap_or_else(|| panic!("no site {name} in {top:#}"))
}

#[test]
fn what_is_freed_in_its_own_phase_is_temporary() {
    let scratch = records::scratch();
    run(&scratch, &["passing", "drained", "--map", "std", "--heap=exact"]);
    let passing = rows(&scratch, "profiles/passing/std", "alloc_space");
    for (name, bytes) in [("make_key", 12), ("make_value", 40)] {
        let row = site(&passing, name);
        assert_eq!(row["value"], 3_000 * bytes, "{row}");
        assert_eq!(row["temporary"], 3_000 * bytes, "all of it came and went: {row}");
        assert_eq!(
            (&row["freed"], &row["median_lifetime"]),
            (&1.0.into(), &1.into()),
            "the next call: {row}"
        );
        assert_eq!((&row["low"], &row["high"]), (&row["value"], &row["value"]), "{row}");
    }
    // The smallest table has slots for three; it takes one entry at a time and stays.
    let table = site(&passing, "reserve_rehash");
    assert_eq!((&table["value"], &table["temporary"]), (&records::table(4, 48).into(), &0.into()), "{table}");
    assert_eq!((&table["freed"], &table["median_lifetime"]), (&0.0.into(), &Value::Null), "{table}");
    let temporary = rows(&scratch, "profiles/passing/std", "temporary_space");
    assert_eq!(temporary["total"], 3_000 * 52);

    // What the next phase frees is not temporary, the small tables on the way to a large one are.
    let drained = rows(&scratch, "profiles/drained/std", "alloc_space");
    for (name, bytes) in [("make_key", 12), ("make_value", 40)] {
        let row = site(&drained, name);
        assert_eq!((&row["value"], &row["temporary"]), (&(5_000 * bytes).into(), &0.into()), "{row}");
        assert_eq!(row["freed"], 1.0, "{row}");
        let life = row["median_lifetime"].as_u64().expect("it is known");
        assert!((1..10_000).contains(&life), "{row}");
    }
    let smaller: u64 = (2..=12).map(|power| records::table(1 << power, 48)).sum();
    let table = site(&drained, "reserve_rehash");
    assert_eq!(table["temporary"], smaller, "{table}");
    assert_eq!(table["value"], smaller + records::table(1 << 13, 48), "{table}");
    assert_eq!(rows(&scratch, "profiles/drained/std", "temporary_space")["total"], smaller);
    assert_eq!(rows(&scratch, "profiles/drained/std", "inuse_space")["total"], records::table(1 << 13, 48));
}

/// Asserts what docs/FORMAT.md says of profiles in which every allocation was recorded.
#[track_caller]
fn assert_form(scratch: &Scratch, case: &str) {
    let bytes = fs::read(scratch.path("profiles").join(case).join("heap.pb.gz")).expect("there is a profile");
    let profile = pprof::decode(&bytes, Limit::default()).expect("it is a profile");
    assert_eq!(profile.period, 1, "{case}");
    let mut stacks: HashMap<_, [i64; 2]> = HashMap::new();
    for sample in &profile.samples {
        let number = |wanted: &str| {
            sample.labels.iter().find_map(|label| match label.value {
                LabelValue::Number(value, _) if profile.strings.get(label.key) == wanted => Some(value),
                _ => None,
            })
        };
        assert_eq!(number("bytes"), None, "{case}: a sample has blocks of all sizes");
        let texts: Vec<String> = sample
            .labels
            .iter()
            .filter(|label| !matches!(label.value, LabelValue::Number(..)))
            .map(|label| format!("{label:?}"))
            .collect();
        let freed = stacks.entry((sample.locations.to_vec(), texts)).or_default();
        if let Some(calls) = number("lifetime") {
            assert!(calls >= 0, "{case}");
            assert!(sample.values[0] > 0, "{case}: {:?}", sample.values);
            assert_eq!(sample.values[2..], [0; 6], "{case}: freed blocks have what was allocated alone");
            *freed = [freed[0] + sample.values[0], freed[1] + sample.values[1]];
        } else {
            *freed = [freed[0] - sample.values[6], freed[1] - sample.values[7]];
        }
    }
    // What was freed in its own phase is among what was freed at all.
    assert!(stacks.values().all(|[objects, bytes]| *objects >= 0 && *bytes >= 0), "{case}: {stacks:?}");
}

#[test]
fn the_file_is_of_the_documented_form() {
    let scratch = records::scratch();
    run(&scratch, &["every-call", "passing", "--map", "std,papaya", "--heap=exact"]);
    run(&scratch, &["every-call", "--map", "dashmap", "--threads", "4", "--heap=exact"]);
    for case in ["every-call/std", "every-call/papaya", "every-call/dashmap,threads=4", "passing/std"] {
        assert_form(&scratch, case);
    }
}

#[test]
fn the_table_of_sites_has_lifetimes() {
    let scratch = records::scratch();
    run(&scratch, &["passing", "--map", "std", "--heap=exact"]);
    let said = scratch.mapprof(&["top", "profiles/passing/std", "--type", "alloc_space"]).ended_with(0);
    let head: Vec<&str> = said.stdout.lines().next().unwrap_or_default().split_whitespace().collect();
    assert!(head.contains(&"temp") && head.contains(&"life"), "{}", said.stdout);
    assert!(said.stdout.contains("stays"), "the table is not said to stay:\n{}", said.stdout);
    // Both modes have them.
    run(&scratch, &["passing", "--entries", "50000", "--map", "std", "--heap", "--sample-bytes", "512"]);
    let passing = rows(&scratch, "profiles/passing/std", "alloc_space");
    let value = site(&passing, "make_value");
    assert_eq!(value["temporary"], value["value"], "{value}");
    assert_eq!((&value["freed"], &value["median_lifetime"]), (&1.0.into(), &1.into()), "{value}");
}

#[test]
fn a_run_says_that_every_allocation_was_recorded() {
    let scratch = records::scratch();
    let command = ["run", "passing", "--workloads", "own", "--heap=exact", "--verbose"];
    let said = scratch.mapprof(&command).ended_with(0);
    assert!(said.stdout.contains("Every allocation was recorded"), "{}", said.stdout);
    assert!(record(&scratch, "passing/std").rerun.contains("--heap=exact"));
    let said = scratch.mapprof(&["run", "passing", "--workloads", "own", "--heap=all"]).ended_with(2);
    assert!(said.stderr.contains("exact") && said.stderr.contains("jemalloc"), "{}", said.stderr);
}

/// A user's environment must not turn recording on in a pass whose figures it would change.
#[test]
fn the_recorder_is_on_in_its_own_pass_alone() {
    let scratch = records::scratch();
    run(&scratch, &["filled", "--entries", "5000"]);
    let due = record(&scratch, "filled/std");
    let mut command = scratch.command(crate::scratch::MAPPROF);
    command.args(["run", "filled", "--entries", "5000", "--workloads", "own", "--quiet"]);
    crate::scratch::Said::of(command.env("_MAPPROF_RECORD", "1")).ended_with(0);
    let found = record(&scratch, "filled/std");
    let of = |record: &CaseRecord| records::memory(record).phases[0].clone();
    assert_eq!(of(&found).live_bytes, of(&due).live_bytes);
    assert_eq!(of(&found).usable_bytes, of(&due).usable_bytes, "blocks had headers");
}
