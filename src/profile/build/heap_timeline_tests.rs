//! Intervals, weights, and totals beside those of the heap profile.

use super::*;
use crate::capture::heap_recording::HeapRecording;
use crate::capture::raw_samples::{RawHeapIntervals, RawHeapRow, RawHeapSum};
use crate::profile::build::heap_profile;

fn raw(recording: HeapRecording, calls: u64, rows: Vec<RawHeapInterval>) -> RawHeap {
    RawHeap {
        recording,
        unwinder: "frame-pointer".into(),
        stacks: vec![vec![0x10], vec![0x20]],
        rows: Vec::new(),
        sums: Vec::new(),
        peak_gap_bytes: 0,
        phase_ends: None,
        intervals: Some(RawHeapIntervals { calls, rows }),
    }
}

fn context(threads: u16) -> Context {
    Context { phases: vec!["fill".into(), "serve".into()], threads, ..Context::default() }
}

fn built(raw: &RawHeap, threads: u16) -> Profile {
    heap_timeline(raw, &[], &context(threads), &mut Symbolizer::new()).unwrap().unwrap()
}

fn row(stack: u32, interval: u32, allocated: (u64, u64), freed: (u64, u64)) -> RawHeapInterval {
    RawHeapInterval { stack, interval, allocated, freed, ..RawHeapInterval::default() }
}

#[test]
fn each_interval_has_its_sample() {
    let rows = vec![
        row(1, 3, (0, 0), (2, 20)),
        row(0, 0, (3, 30), (1, 10)),
        RawHeapInterval { phase: 1, thread: 1, ..row(1, 0, (2, 20), (0, 0)) },
        // Parts of one interval are one sample, and nothing is none.
        row(0, 0, (1, 5), (0, 0)),
        row(0, 2, (0, 0), (0, 0)),
    ];
    let profile = built(&raw(HeapRecording::Exact, 64, rows), 2);
    assert_eq!(profile.kinds(), ["alloc_objects", "alloc_space", "freed_objects", "freed_space"]);
    assert_eq!(profile.default_type(), 1);
    assert_eq!((profile.period, interval_calls(&profile)), (1, Some(128)), "of two threads");
    let of =
        |s| (profile.number(s, "interval"), profile.label(s, "phase"), profile.label(s, "thread"), s.values);
    assert_eq!(
        profile.samples.iter().map(of).collect::<Vec<_>>(),
        [
            (Some(0), Some("fill"), Some("worker-0"), &[4, 35, 1, 10][..]),
            (Some(384), Some("fill"), Some("worker-0"), &[0, 0, 2, 20]),
            (Some(0), Some("serve"), Some("worker-1"), &[2, 20, 0, 0]),
        ]
    );
}

#[test]
fn exact_totals_are_those_of_the_heap_profile() {
    let sums = vec![
        RawHeapSum {
            allocated: (7, 700),
            in_use: (2, 200),
            lifetimes: vec![(3, 5, 500)],
            ..Default::default()
        },
        RawHeapSum {
            stack: 1,
            allocated: (1 << 40, 1 << 50),
            in_use: (1 << 40, 1 << 50),
            ..Default::default()
        },
    ];
    let rows = vec![
        row(0, 0, (7, 700), (1, 100)),
        row(0, 9, (0, 0), (4, 400)),
        row(1, 5, (1 << 40, 1 << 50), (0, 0)),
    ];
    let raw = RawHeap { sums, ..raw(HeapRecording::Exact, 1, rows) };
    let timeline = built(&raw, 1);
    let heap = heap_profile(&raw, &[], &context(1), &mut Symbolizer::new()).unwrap();
    for unit in ["objects", "space"] {
        let total = |profile: &Profile, kind| profile.total(&format!("{kind}_{unit}")).unwrap();
        assert_eq!(total(&timeline, "alloc"), total(&heap, "alloc"));
        assert_eq!(total(&timeline, "alloc") - total(&timeline, "freed"), total(&heap, "inuse"));
    }
}

#[test]
fn samples_have_the_weights_of_the_heap_profile() {
    let recording = HeapRecording::Sampled { sample_bytes: Some(4096) };
    let heap_row = RawHeapRow {
        stack: 0,
        phase: 0,
        thread: 0,
        size: 100,
        usable: 112,
        allocated: 500,
        in_use: 300,
        at_peak: 300,
        temporary: 0,
        lifetime: None,
    };
    // Each block has an interval of its own, and 1/p of it is no whole number.
    let rows = (0..500).flat_map(|interval| {
        let usable = Some(112);
        let born = RawHeapInterval { usable, ..row(0, interval, (1, 100), (0, 0)) };
        let died = RawHeapInterval { usable, ..row(0, interval + 7, (0, 0), (1, 100)) };
        [Some(born), (interval < 200).then_some(died)].into_iter().flatten()
    });
    let raw = RawHeap { rows: vec![heap_row], ..raw(recording, 8, rows.collect()) };
    let timeline = built(&raw, 1);
    let heap = heap_profile(&raw, &[], &context(1), &mut Symbolizer::new()).unwrap();
    assert_eq!(timeline.period, heap.period);
    for unit in ["objects", "space"] {
        let total = |profile: &Profile, kind| profile.total(&format!("{kind}_{unit}")).unwrap();
        assert_eq!(total(&timeline, "alloc"), total(&heap, "alloc"));
        let live = total(&timeline, "alloc") - total(&timeline, "freed");
        assert!(live.abs_diff(total(&heap, "inuse")) <= 1, "{unit}: {live}");
    }
    assert!(timeline.samples.iter().all(|sample| sample.values.iter().all(|value| *value >= 0)));
}

#[test]
fn a_child_need_not_tell_of_time() {
    let raw = RawHeap { intervals: None, ..raw(HeapRecording::Exact, 1, Vec::new()) };
    assert!(heap_timeline(&raw, &[], &context(1), &mut Symbolizer::new()).unwrap().is_none());
}

#[test]
fn hostile_intervals_do_not_overflow() {
    let many = (u64::MAX, u64::MAX);
    let rows = vec![
        row(0, u32::MAX, many, many),
        row(0, u32::MAX, many, (0, 0)),
        RawHeapInterval { usable: Some(0), ..row(0, 1, many, many) },
        RawHeapInterval { usable: Some(u64::MAX), ..row(0, 2, many, (0, 0)) },
    ];
    for recording in [HeapRecording::Exact, HeapRecording::Sampled { sample_bytes: Some(u64::MAX) }] {
        let profile = built(&raw(recording, u64::MAX, rows.clone()), 9);
        assert!(profile.samples.iter().all(|sample| sample.values.iter().all(|value| *value >= 0)));
    }
    let raw = raw(HeapRecording::Exact, 1, vec![row(7, 0, (1, 1), (0, 0))]);
    let error = heap_timeline(&raw, &[], &context(1), &mut Symbolizer::new()).unwrap_err();
    assert_eq!(error.to_string(), "the samples name stack 7, but there are only 2");
}
