//! Where memory went, and when: waterfalls, timeline, growth events, the peak and the settling of real runs. Counted
//! figures are compared with closed forms; of pages only the structure is asserted.

use std::collections::BTreeSet;
use std::fs;

use mapprof::record::{CaseRecord, Moment, Reading, SettleStep, Waterfall};

use crate::records::{self, is_prompt, maps, memory, pass, record, run, table};
use crate::scratch::Scratch;

/// Steps that stand for requested bytes: together they are the live ones.
const REQUESTED: [&str; 6] = ["payload", "headers", "slot-overhead", "empty-slots", "control", "structure"];

const SMALL: [&str; 5] = ["skewed-keys", "--entries", "3000", "--ops", "10000"];

const STEPS: [SettleStep; 6] = [
    SettleStep::End,
    SettleStep::Quiesced,
    SettleStep::Shrunk,
    SettleStep::ShrunkPurged,
    SettleStep::Dropped,
    SettleStep::Purged,
];

/// Runs `arguments` on all `maps`.
#[track_caller]
fn run_on(scratch: &Scratch, maps: &str, arguments: &[&str]) {
    run(scratch, &[arguments, &["--map", maps]].concat());
}

fn has(waterfall: &Waterfall, step: &str) -> bool {
    waterfall.bytes(step).is_some()
}

/// The readings in the order of the waterfalls: the ends of phases, the peak, the steps of the settling.
fn readings(record: &CaseRecord) -> Vec<&Reading> {
    let memory = memory(record);
    let peak = memory.peak.iter().map(|peak| &peak.reading);
    memory.phases.iter().chain(peak).chain(memory.settling.iter().map(|settled| &settled.reading)).collect()
}

/// Asserts what is true of every record: the chains add up, and their counted parts are the counted figures.
#[track_caller]
fn assert_chains(record: &CaseRecord) {
    let what = &record.case.map;
    let readings = readings(record);
    assert_eq!(record.waterfalls.len(), readings.len(), "{what}");
    for (waterfall, reading) in record.waterfalls.iter().zip(readings) {
        let at = format!("{what} at {}: {waterfall:?}", waterfall.at);
        let sum: i128 = waterfall.steps.iter().map(|step| i128::from(step.bytes)).sum();
        assert_eq!(sum, i128::from(waterfall.total), "{at}");
        let requested: i64 = REQUESTED.iter().filter_map(|step| waterfall.bytes(step)).sum();
        assert_eq!(requested, reading.live_bytes as i64, "{at}");
        let usable = requested + waterfall.bytes("rounding").expect("it has this step");
        assert_eq!(usable, reading.usable_bytes as i64, "{at}");
        assert!(reading.usable_bytes >= reading.live_bytes, "{at}");
        // Nobody operates while pages are read, so nothing may be left between the allocator and the count.
        assert_eq!(waterfall.unexplained_count, 0, "{at}");
        assert_eq!(waterfall.unexplained, waterfall.unexplained_count + waterfall.unexplained_pages, "{at}");
        assert_eq!(waterfall.steps.last().map(|step| step.bytes), Some(waterfall.unexplained), "{at}");
        let names: BTreeSet<&str> = waterfall.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names.len(), waterfall.steps.len(), "a step came twice: {at}");
        assert!(has(waterfall, "structure") != has(waterfall, "empty-slots"), "{at}");
        let at_peak = waterfall.moment == Moment::Peak;
        assert_eq!(waterfall.to_resident, !at_peak, "{at}");
        for step in ["fragmentation", "allocator", "untouched", "harness", "process"] {
            assert_eq!(has(waterfall, step), !at_peak, "{step} of {at}");
        }
        if at_peak {
            assert_eq!(waterfall.total, reading.usable_bytes, "{at}");
            assert!(waterfall.notes.iter().any(|note| note.contains("nearest reading")), "{at}");
        } else {
            assert_eq!(Some(waterfall.total), reading.pages.map(|pages| pages.rss), "{at}");
        }
    }
}

#[test]
fn every_chain_of_every_map_adds_up() {
    let scratch = records::scratch();
    run_on(&scratch, "all", &SMALL);
    for map in maps().into_iter().chain(["null"]) {
        let record = record(&scratch, &format!("skewed-keys/{map}"));
        assert_chains(&record);
        let moments: Vec<(&str, Moment)> =
            record.waterfalls.iter().map(|waterfall| (waterfall.at.as_str(), waterfall.moment)).collect();
        let due = [
            ("fill", Moment::PhaseEnd),
            ("serve", Moment::PhaseEnd),
            ("drain", Moment::PhaseEnd),
            ("peak", Moment::Peak),
            ("settled: end", Moment::Settled),
            ("settled: quiesced", Moment::Settled),
            ("settled: shrunk", Moment::Settled),
            ("settled: shrunk-purged", Moment::Settled),
            ("settled: dropped", Moment::Settled),
            ("settled: purged", Moment::Settled),
        ];
        assert_eq!(moments, due, "{map}");
        for (reading, phase) in memory(&record).phases.iter().zip(&pass(&record, "memory").phases) {
            assert_eq!(reading.live_bytes, phase.counted().live_bytes, "{map} at {}", phase.name);
            if map != "null" {
                let held = (reading.entries, reading.payload_bytes);
                assert_eq!(held, (phase.entries, phase.payload_bytes), "{map} at {}", phase.name);
            }
        }
    }
}

#[test]
fn maps_that_tell_their_slots_have_them_split_and_others_have_structure() {
    let scratch = records::scratch();
    run_on(&scratch, "all", &SMALL);
    // Before the first removal nothing hides a slot.
    let of = |map: &str| record(&scratch, &format!("skewed-keys/{map}")).waterfalls[0].clone();
    for map in ["std", "hashbrown", "indexmap", "sorted-vec", "mutex-std", "rwlock-std", "dashmap"] {
        let fill = of(map);
        assert!(has(&fill, "empty-slots") && has(&fill, "control"), "{map}: {fill:?}");
        assert_eq!(fill.notes, [""; 0], "{map}");
    }
    for map in ["btree", "papaya", "skiplist", "null"] {
        let fill = of(map);
        assert!(has(&fill, "structure"), "{map}: {fill:?}");
    }
    // 3000 entries: 4096 slots of a string's and a vector's header.
    for map in ["std", "hashbrown"] {
        let fill = of(map);
        let steps = REQUESTED.map(|step| fill.bytes(step));
        let empty = (4096 - 3000) * 48;
        let control = table(4096, 48) as i64 - 4096 * 48;
        assert_eq!(
            steps,
            [Some(3000 * 88), Some(3000 * 48), None, Some(empty), Some(control), None],
            "{map}"
        );
    }
    assert!(of("indexmap").bytes("slot-overhead") == Some(3000 * 8), "the stored hash");
}

#[test]
fn every_mix_of_calls_has_chains_that_add_up() {
    let scratch = records::scratch();
    for (workload, arguments) in [
        ("every-call", &[][..]),
        ("churn", &["--entries", "1500", "--ops", "5000"]),
        ("large-values", &["--entries", "100"]),
        ("drained", &[]),
        ("filled", &["--entries", "5000", "--set", "capacity=20000"]),
    ] {
        run_on(&scratch, "all", &[&[workload], arguments].concat());
        for map in maps() {
            assert_chains(&record(&scratch, &format!("{workload}/{map}")));
        }
    }
}

/// What the allocator takes for each thread's cache is its own, not something that nobody can explain.
#[test]
fn with_many_threads_the_count_still_closes() {
    let scratch = records::scratch();
    for threads in ["2", "16"] {
        run_on(&scratch, "dashmap,mutex-std,papaya", &["every-call", "--threads", threads]);
        for map in ["dashmap", "mutex-std", "papaya"] {
            let record = record(&scratch, &format!("every-call/{map},threads={threads}"));
            assert_chains(&record);
            for (reading, phase) in memory(&record).phases.iter().zip(&pass(&record, "memory").phases) {
                assert_eq!(reading.entries, phase.entries, "{map} with {threads} threads");
                assert_eq!(reading.payload_bytes, phase.payload_bytes, "{map} with {threads} threads");
            }
        }
    }
}

/// Asserts that the pictures of a case are whole and have no number that is none.
#[track_caller]
fn assert_pictures(scratch: &Scratch, case: &str) {
    let record = record(scratch, case);
    for name in ["waterfall.svg", "timeline.svg"] {
        assert!(record.files.iter().any(|file| file == name), "{case} does not list {name}");
        let path = scratch.path("profiles").join(case).join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            text.trim_start().starts_with("<svg") && text.trim_end().ends_with("</svg>"),
            "{case}/{name}"
        );
        assert!(!text.contains("NaN") && !text.contains("inf"), "{case}/{name} has a number that is none");
        assert!(text.contains(&record.case.workload), "{case}/{name} does not say what it shows");
    }
}

#[test]
fn the_pictures_are_whole_however_little_there_is_to_show() {
    let scratch = records::scratch();
    for entries in ["1", "2", "100", "3000"] {
        run_on(&scratch, "std,null,btree,papaya", &["filled", "--entries", entries]);
        for map in ["std", "null", "btree", "papaya"] {
            assert_pictures(&scratch, &format!("filled/{map}"));
        }
    }
    run_on(&scratch, "all", &["drained", "--entries", "50"]);
    for map in maps() {
        assert_pictures(&scratch, &format!("drained/{map}"));
    }
}

/// Asserts that the points of the timeline are in order and end where the phases do.
#[track_caller]
fn assert_timeline(record: &CaseRecord) {
    let what = record.case.to_string();
    let (points, phases) = (&memory(record).timeline, &pass(record, "memory").phases);
    assert!((1..=330).contains(&points.len()), "{what}: {} points", points.len());
    let order = |key: fn(&mapprof::record::Point) -> u64| points.is_sorted_by_key(key);
    assert!(
        order(|point| point.calls) && order(|point| point.ns) && order(|point| point.phase.into()),
        "{what}"
    );
    let different: BTreeSet<u64> = points.iter().map(|point| point.calls).collect();
    assert_eq!(different.len(), points.len(), "{what} has two points at one call");
    let (first, last) = (points[0], points[points.len() - 1]);
    assert_eq!(first.phase, 0, "{what}");
    let seen: BTreeSet<u16> = points.iter().map(|point| point.phase).collect();
    assert_eq!(seen, (0..phases.len() as u16).collect(), "{what}: a phase without a point");
    if record.case.threads == 1 {
        let end = &phases[phases.len() - 1];
        let counts = end.counted();
        assert_eq!(last.calls, phases.iter().map(|phase| phase.calls).sum::<u64>(), "{what}");
        assert_eq!(last.live_bytes, counts.live_bytes, "{what}");
        if record.case.map != "null" {
            assert_eq!(last.entries, end.entries, "{what}");
            assert!(points.iter().all(|point| point.capacity.is_none_or(|slots| slots >= point.entries)));
        }
        assert!(points.iter().all(|point| point.live_bytes <= counts.peak_live_bytes), "{what}");
    }
}

#[test]
fn the_timeline_goes_from_the_first_phase_to_the_end_of_the_last() {
    let scratch = records::scratch();
    run_on(&scratch, "all", &SMALL);
    run_on(&scratch, "all", &["filled", "--entries", "100"]);
    run_on(&scratch, "std", &["filled", "--entries", "1"]);
    run_on(&scratch, "std,hashbrown", &["skewed-keys", "--entries", "100000"]);
    for case in ["skewed-keys/null", "filled/null", "filled/std", "skewed-keys/std", "skewed-keys/hashbrown"]
    {
        assert_timeline(&record(&scratch, case));
    }
    for map in maps() {
        let (small, tiny) =
            (record(&scratch, &format!("skewed-keys/{map}")), record(&scratch, &format!("filled/{map}")));
        assert_timeline(&small);
        assert_timeline(&tiny);
    }
    let long = record(&scratch, "skewed-keys/std");
    assert!(memory(&long).timeline.len() >= 290, "{}", memory(&long).timeline.len());
    run_on(&scratch, "dashmap", &["every-call", "--threads", "4"]);
    assert_timeline(&record(&scratch, "every-call/dashmap,threads=4"));
}

/// Calls of a fill at which a table of `from` buckets or more, up to `to`, is full: it then doubles.
fn doublings(from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
    (from.ilog2()..=to.ilog2()).map(|power| (1u64 << power, (1u64 << power) / 8 * 7))
}

#[test]
fn the_growth_events_of_a_table_are_its_doublings() {
    let scratch = records::scratch();
    run_on(&scratch, "std,hashbrown", &["filled"]);
    for map in ["std", "hashbrown"] {
        let record = record(&scratch, &format!("filled/{map}"));
        let memory = memory(&record);
        let found: Vec<[u64; 5]> =
            memory.growth.iter().map(|g| [g.call, g.before, g.highest, g.after, g.allocated]).collect();
        let of = |buckets: u64| if buckets == 0 { 0 } else { table(buckets, 16) };
        let event = |call: u64, old: u64, new: u64| [call, of(old), of(old) + of(new), of(new), of(new)];
        let mut due = vec![event(0, 0, 4), event(3, 4, 8)];
        // 917,504 entries fill 2^20 buckets; the last one comes on top.
        due.extend(doublings(8, 1 << 20).map(|(buckets, call)| event(call, buckets, 2 * buckets)));
        assert_eq!(found, due, "{map}");
        assert_eq!(memory.growth_events, due.len() as u64, "{map}");
        for growth in &memory.growth {
            assert!(growth.site.contains("reserve_rehash"), "{map}: {growth:?}");
            assert!(growth.file.ends_with(".rs") && growth.line > 0, "{map}: {growth:?}");
            assert_eq!((growth.phase, growth.thread, growth.stack.len()), (0, 0, 0), "{map}");
        }
        let peak = memory.peak.as_ref().expect("there is one");
        assert_eq!((peak.phase, peak.call), (0, 917_504), "{map}");
        assert_eq!(peak.reading.live_bytes, table(1 << 20, 16) + table(1 << 21, 16), "{map}");
        // The entry at work counts as held.
        assert_eq!((peak.reading.entries, peak.reading.payload_bytes), (917_505, 917_505 * 16), "{map}");
    }
}

#[test]
fn what_taking_a_map_down_allocates_is_no_growth_event() {
    let scratch = records::scratch();
    for workload in ["skewed-keys", "drained", "filled"] {
        // Shrinking makes a new table, which would be an event in an operation.
        let arguments = [workload, "--entries", "3000"];
        run_on(&scratch, "all", &arguments);
        for map in maps() {
            let record = record(&scratch, &format!("{workload}/{map}"));
            let (memory, measure) = (memory(&record), pass(&record, "memory"));
            assert_eq!(memory.growth.len() as u64, memory.growth_events, "{workload} on {map}");
            let calls: u64 = measure.phases.iter().map(|phase| phase.calls).sum();
            assert!(memory.growth.iter().all(|growth| growth.call < calls), "{workload} on {map}");
        }
    }
}

#[test]
fn a_map_that_is_made_with_room_grows_once_before_its_first_call() {
    let scratch = records::scratch();
    run_on(&scratch, "std,indexmap", &["filled", "--entries", "7000", "--set", "capacity=7000"]);
    let record = record(&scratch, "filled/std");
    let memory = memory(&record);
    let found: Vec<_> = memory.growth.iter().map(|g| (g.call, g.before, g.highest, g.after)).collect();
    assert_eq!(found, [(0, 0, table(8192, 16), table(8192, 16))]);
    assert_eq!(memory.growth_events, 1);
    // It ended before the clock of the first slice began, so it cannot have the making of that slice in it.
    assert_eq!(memory.growth[0].ns, 0);
}

#[test]
fn the_peaks_reading_is_the_counted_peak() {
    let scratch = records::scratch();
    run_on(&scratch, "all", &["every-call"]);
    run_on(&scratch, "all", &["drained"]);
    for map in maps() {
        for workload in ["every-call", "drained"] {
            let record = record(&scratch, &format!("{workload}/{map}"));
            let measure = pass(&record, "memory");
            let peak = memory(&record).peak.clone().expect("there is one");
            let what = format!("{workload} on {map}: {peak:?}");
            assert_eq!(peak.reading.live_bytes, measure.total.peak_live_bytes, "{what}");
            assert_eq!(measure.phases[usize::from(peak.phase)].name, measure.total.peak_phase, "{what}");
            assert!(peak.reading.pages.is_none(), "pages cannot be read there: {what}");
            assert!(peak.nearest.is_some(), "{what}");
            let before: u64 = measure.phases[..peak.phase.into()].iter().map(|phase| phase.calls).sum();
            let during = before..before + measure.phases[usize::from(peak.phase)].calls;
            assert!(during.contains(&peak.call), "{what}");
        }
    }
}

#[test]
fn a_map_that_is_taken_down_leaves_nothing() {
    let scratch = records::scratch();
    run_on(&scratch, "all", &["drained"]);
    run_on(&scratch, "all", &["every-call"]);
    for map in maps() {
        for workload in ["drained", "every-call"] {
            let record = record(&scratch, &format!("{workload}/{map}"));
            let (settling, last) = (&memory(&record).settling, memory(&record).phases.last());
            let what = format!("{workload} on {map}");
            assert_eq!(settling.iter().map(|settled| settled.step).collect::<Vec<_>>(), STEPS, "{what}");
            let [end, quiesced, shrunk, returned, dropped, purged] =
                [0, 1, 2, 3, 4, 5].map(|step| &settling[step].reading);
            assert_eq!(Some(end), last, "the first step is the end of the last phase: {what}");
            assert!(quiesced.live_bytes <= end.live_bytes, "{what}: reclamation made more");
            assert!(shrunk.live_bytes <= quiesced.live_bytes, "{what}: shrinking made more");
            assert_eq!(returned.live_bytes, shrunk.live_bytes, "{what}: returning pages frees nothing");
            assert!(
                [quiesced, shrunk, returned].iter().all(|reading| reading.entries == end.entries),
                "{what}"
            );
            assert_eq!((dropped.entries, dropped.payload_bytes, purged.entries), (0, 0, 0), "{what}");
            assert_eq!(purged.live_bytes, dropped.live_bytes, "{what}");
            if is_prompt(map) {
                assert_eq!((dropped.live_bytes, dropped.usable_bytes), (0, 0), "{what}");
                assert_eq!(quiesced.live_bytes, end.live_bytes, "{what} has nothing to reclaim");
            }
            // Garbage of a collector that outlives the map is small: its bags, not the entries.
            assert!(dropped.live_bytes < 64 << 10, "{what}: {} bytes", dropped.live_bytes);
            let pages = |reading: &Reading| reading.pages.expect("pages can be read here");
            for after in [returned, purged] {
                assert_eq!((pages(after).cached, pages(after).dirty), (0, 0), "{what}");
            }
            assert!(pages(returned).rss_allocator <= pages(shrunk).rss_allocator, "{what}");
            assert!(pages(purged).rss_allocator <= pages(dropped).rss_allocator, "{what}");
        }
    }
}

/// Of a map that evicted most of its entries, free pages are all that is resident beyond what it needs.
#[test]
fn a_shrunk_map_is_read_once_more_without_free_pages() {
    let scratch = records::scratch();
    let command =
        ["run", "skewed-keys", "--entries", "20000", "--ops", "100", "--set", "phase.drain.ops=16000", "-v"];
    let said = scratch.mapprof(&command).ended_with(0);
    assert!(said.stdout.contains("shrunk, free pages returned"), "{}", said.stdout);
    let record = record(&scratch, "skewed-keys/std");
    let memory = memory(&record);
    let reading = |of: SettleStep| {
        let step = memory.settling.iter().find(|settled| settled.step == of).expect("the step is there");
        step.reading.pages.expect("pages can be read here")
    };
    let baseline = memory.baseline.expect("pages can be read here");
    let (shrunk, returned) = (reading(SettleStep::Shrunk), reading(SettleStep::ShrunkPurged));
    assert!(shrunk.free >= returned.free && returned.dirty == 0, "{shrunk:?} {returned:?}");
    let kept = returned.held_since(&baseline) as f64;
    let ratio = record.metrics["retained_resident_ratio"].value;
    assert!(ratio > 0.0 && ratio <= kept / shrunk.held_since(&baseline) as f64, "{ratio}");
    assert!(record.waterfalls.iter().any(|waterfall| waterfall.at == "settled: shrunk-purged"));
}

#[test]
fn shrinking_leaves_the_closed_form_of_the_entries() {
    let scratch = records::scratch();
    // 750 of 3000 entries stay: 1024 slots of 48 bytes where there were 4096, and their 88 bytes each apart.
    let arguments = ["skewed-keys", "--entries", "3000", "--ops", "100", "--set", "phase.drain.ops=2250"];
    run_on(&scratch, "std,hashbrown,mutex-std,sorted-vec", &arguments);
    for map in ["std", "hashbrown", "mutex-std"] {
        let record = record(&scratch, &format!("skewed-keys/{map}"));
        let live: Vec<u64> =
            memory(&record).settling.iter().map(|settled| settled.reading.live_bytes).collect();
        let due = [table(4096, 48) + 750 * 88, table(1024, 48) + 750 * 88];
        assert_eq!(live, [due[0], due[0], due[1], due[1], 0, 0], "{map}");
    }
    let vec = record(&scratch, "skewed-keys/sorted-vec");
    assert_eq!(memory(&vec).settling[2].reading.live_bytes, 750 * (48 + 88));
    run_on(&scratch, "std,hashbrown,sorted-vec,indexmap", &["drained"]);
    for map in ["std", "hashbrown", "sorted-vec", "indexmap"] {
        let record = record(&scratch, &format!("drained/{map}"));
        assert_eq!(memory(&record).settling[2].reading.live_bytes, 0, "an empty {map} needs no memory");
    }
}

#[test]
fn what_deferred_reclamation_holds_is_garbage_and_not_entries() {
    let scratch = records::scratch();
    run_on(&scratch, "papaya,scc,skiplist", &["drained"]);
    for map in ["papaya", "scc", "skiplist"] {
        let record = record(&scratch, &format!("drained/{map}"));
        let drain = &record.waterfalls[1];
        assert_eq!((drain.at.as_str(), drain.bytes("payload")), ("drain", Some(0)), "{map}");
        assert_eq!(drain.bytes("structure"), Some(memory(&record).phases[1].live_bytes as i64), "{map}");
        let garbage = record.metrics.get("garbage_bytes").expect("there is the metric");
        let live = |step: usize| memory(&record).settling[step].reading.live_bytes;
        assert_eq!(garbage.value, (live(0) - live(1)) as f64, "{map}");
    }
}

/// A record of a run on maps that lie, from the binary that has them.
fn lied(scratch: &Scratch, map: &str) -> CaseRecord {
    let command = ["run", "filled", "--workloads", "own", "--entries", "5000", "--map", map, "--verbose"];
    let said = crate::own::run(scratch, "odd", &command).ended_with(0);
    let words: Vec<&str> = said.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("shown as structure"), "the user is not told:\n{}", said.stdout);
    record(scratch, &format!("filled/{map}"))
}

#[test]
fn a_map_that_lies_about_its_slots_is_not_believed() {
    let scratch = records::scratch();
    for (map, note) in
        [("hollow", "capacity() says 0 slots"), ("boastful", "18,446,744,073,709,551,615 slots")]
    {
        let record = lied(&scratch, map);
        assert_chains(&record);
        let fill = &record.waterfalls[0];
        assert!(has(fill, "structure"), "{map}: {fill:?}");
        assert!(fill.notes.iter().any(|said| said.contains(note)), "{map}: {:?}", fill.notes);
        assert_eq!(fill.bytes("structure"), Some((table(8192, 16) - 5000 * 16) as i64), "{map}");
        assert_pictures(&scratch, &format!("filled/{map}"));
    }
}

/// The allocator sets aside structures for what is large or for many threads, which the kernel has only as far as they were
/// touched.
#[test]
fn what_is_large_or_of_many_threads_is_explained() {
    let scratch = records::scratch();
    for (row, more) in [
        ("std", &["--entries", "2", "--ops", "2", "--set", "value.size=268435456"][..]),
        ("std", &["--entries", "2000", "--ops", "2000", "--set", "capacity=50000000"]),
        ("skiplist,threads=300", &["--entries", "2000", "--ops", "2000", "--threads", "300"]),
        ("dashmap,threads=300", &["--entries", "2000", "--ops", "2000", "--threads", "300"]),
    ] {
        let (map, _) = row.split_once(',').unwrap_or((row, ""));
        run(&scratch, &[&["churn", "--skip", "time", "--map", map], more].concat());
        let record = record(&scratch, &format!("churn/{row}"));
        assert_chains(&record);
        for waterfall in &record.waterfalls {
            // What the process had before it began is compared with what it has now: some pages come and go.
            let unexplained =
                waterfall.unexplained_count.unsigned_abs() + waterfall.unexplained_pages.unsigned_abs();
            assert!(unexplained <= 128 << 10, "{more:?}: {waterfall:?}");
        }
    }
}
