use super::*;
use crate::record::fixtures::{self, ENTRIES, LIVE, USABLE, reading};
use crate::record::memory::{SettleStep, Settled};
use crate::record::{RuntimeHeap, RuntimeResident};

fn sum(waterfall: &Waterfall) -> i128 {
    waterfall.steps.iter().map(|step| i128::from(step.bytes)).sum()
}

/// The waterfall of one reading, as the end of the phase `fill`.
fn of(reading: Reading) -> Waterfall {
    let memory = Memory { baseline: Some(fixtures::BASELINE), phases: vec![reading], ..Memory::default() };
    waterfalls(&memory, &fixtures::phases()).remove(0)
}

#[test]
fn each_moment_has_its_chain_and_each_chain_its_total() {
    let all = waterfalls(&fixtures::memory(), &fixtures::phases());
    let names: Vec<&str> = all.iter().map(|w| w.at.as_str()).collect();
    assert_eq!(
        names,
        [
            "fill",
            "serve",
            "drain",
            "peak",
            "settled: end",
            "settled: quiesced",
            "settled: shrunk",
            "settled: shrunk-purged",
            "settled: dropped",
            "settled: purged"
        ]
    );
    for waterfall in &all {
        assert_eq!(sum(waterfall), i128::from(waterfall.total), "{}", waterfall.at);
        assert_eq!(waterfall.steps.last().map(|step| step.name.as_str()), Some("unexplained"));
        assert!(waterfall.steps.iter().all(|step| step_info(&step.name).is_some()));
    }
}

#[test]
fn a_full_table_by_its_closed_form() {
    let fill = of(reading(ENTRIES));
    let steps: Vec<(&str, i64)> = fill.steps.iter().map(|s| (s.name.as_str(), s.bytes)).collect();
    assert_eq!(
        steps,
        [
            ("payload", 16_000_000),
            ("headers", 0),
            ("empty-slots", 1_097_152 * 16),
            ("control", 2_097_152 + 16),
            ("rounding", 6_291_440),
            ("fragmentation", 50_000),
            ("allocator", 700_000),
            ("untouched", -10_485_760),
            ("harness", 3_000_000),
            ("process", 9_000_000 - 1_000_000 + 300_000),
            ("unexplained", 7 + 4_096),
        ]
    );
    assert!(fill.to_resident);
    assert_eq!((fill.unexplained_count, fill.unexplained_pages), (7, 4_096));
    assert_eq!(fill.total, fixtures::pages(USABLE).rss);
    assert_eq!(fill.notes, Vec::<String>::new());
}

#[test]
fn a_slot_may_hold_more_than_the_entry() {
    // indexmap: entries of 24 bytes in a vector, with the hash; 8 bytes of index and a control byte per bucket.
    let own = 1_200_000 * 24 + (1 << 21) * 9 + 16;
    let shape = Shape { slots: Some(1_200_000), slot_bytes: 24, own_bytes: Some(own), ..Shape::default() };
    let fill = of(Reading { live_bytes: own, shape: Some(shape), ..reading(ENTRIES) });
    assert_eq!(fill.bytes("slot-overhead"), Some(8 * ENTRIES as i64));
    assert_eq!(fill.bytes("empty-slots"), Some(200_000 * 24));
    assert_eq!(fill.bytes("control"), Some((1 << 21) * 9 + 16));
    assert_eq!(fill.bytes("structure"), None);
}

#[test]
fn bytes_apart_are_payload_and_headers() {
    // `String` of 24 bytes and `Vec` of 64: two headers of 24 in the slot.
    let reading = Reading {
        live_bytes: 1000 * (48 + 88) + 500,
        usable_bytes: 1000 * (48 + 96) + 512,
        entries: 1000,
        payload_bytes: 1000 * 88,
        out_of_line_bytes: 1000 * 88,
        held_elsewhere_bytes: 0,
        entry_bytes: 48,
        ..Reading::default()
    };
    let fill = of(reading);
    assert_eq!(fill.bytes("payload"), Some(88_000));
    assert_eq!(fill.bytes("headers"), Some(48_000));
    assert_eq!(fill.bytes("structure"), Some(500));
    assert_eq!(fill.bytes("rounding"), Some(8_012));
}

#[test]
fn a_shape_that_disagrees_with_the_counts_is_not_believed() {
    let shaped = |shape: Shape| of(Reading { shape: Some(shape), ..reading(0) });
    let honest = Shape { slots: Some(1 << 21), slot_bytes: 16, own_bytes: Some(LIVE), capacity: None };
    assert_eq!(shaped(honest).bytes("structure"), None);
    for (shape, note) in [
        (
            Shape { slots: Some(0), own_bytes: Some(0), ..honest },
            "capacity() says 0 slots, which does not account for 35,651,600 bytes: shown as structure.",
        ),
        (Shape { slot_bytes: 8, ..honest }, "slot has 8 bytes, and an entry takes 16"),
        (
            Shape { slots: Some(1 << 23), ..honest },
            "8,388,608 slots of 16 bytes would come to 134,217,728 bytes",
        ),
        (Shape { own_bytes: Some(LIVE - 1600), ..honest }, "The 1,600 between them"),
        (Shape { own_bytes: Some(LIVE + 16), ..honest }, "which is 16 more than"),
    ] {
        let drain = shaped(shape);
        assert_eq!(drain.bytes("structure"), Some(LIVE as i64));
        assert_eq!(drain.bytes("empty-slots"), None);
        assert!(drain.notes[0].contains(note), "{}", drain.notes[0]);
    }
}

#[test]
fn the_peak_ends_at_usable_bytes() {
    let all = waterfalls(&fixtures::memory(), &fixtures::phases());
    let peak = &all[3];
    assert_eq!(
        (peak.moment, peak.total, peak.to_resident, peak.unexplained),
        (Moment::Peak, 62_914_560, false, 0)
    );
    assert_eq!(peak.bytes("structure"), Some(53_477_408 - 917_504 * 16));
    assert!(peak.notes[0].contains("3 calls after, 32,211,383 bytes"), "{}", peak.notes[0]);
}

#[test]
fn without_pages_the_chain_ends_at_usable_bytes() {
    let fill = of(Reading { pages: None, ..reading(ENTRIES) });
    assert_eq!((fill.total, fill.to_resident, fill.unexplained), (USABLE, false, 0));
    assert_eq!(fill.notes, ["Resident memory could not be read."]);
}

#[test]
fn readings_that_disagree_are_unexplained() {
    let fill = of(Reading { live_bytes: 15_999_000, usable_bytes: 15_999_000, ..reading(ENTRIES) });
    assert_eq!(fill.unexplained_count, -1_000 + (USABLE as i64 + 7 - 15_999_000));
    assert_eq!(sum(&fill), i128::from(fill.total));
    assert!(fill.notes[0].contains("come to 16,000,000 bytes, 15,999,000 are counted"), "{}", fill.notes[0]);
}

#[test]
fn a_map_that_holds_nothing_has_no_payload() {
    let null = Reading {
        live_bytes: 0,
        usable_bytes: 0,
        shape: None,
        pages: Some(fixtures::pages(0)),
        ..reading(ENTRIES)
    };
    let fill = of(null);
    assert_eq!(
        (fill.bytes("payload"), fill.bytes("structure"), fill.unexplained_count),
        (Some(0), Some(0), 7)
    );
    assert_eq!(fill.notes.len(), 1);
}

#[test]
fn parts_that_cancel_are_told() {
    let mut pages = fixtures::pages(USABLE);
    // All of the allocator's own structures lack, which may be untouched, and as much again as was handed out.
    let lacking = 4_096 + 100_000 + 500_007;
    pages.rss_allocator -= lacking;
    pages.rss -= lacking;
    pages.allocated += 500_000;
    let fill = of(Reading { pages: Some(pages), ..reading(ENTRIES) });
    assert_eq!((fill.unexplained, fill.unexplained_count, fill.unexplained_pages), (0, 500_007, -500_007));
    assert!((fill.unexplained_share() - 1_000_014.0 / fill.total as f64).abs() < 1e-12);
    assert!(fill.notes[0].contains("+500007"), "{}", fill.notes[0]);
}

#[test]
fn what_was_handed_out_and_not_counted_is_no_free_room() {
    let with = |uncounted: i64| {
        let mut pages = fixtures::pages(USABLE);
        pages.allocated = pages.allocated.wrapping_add_signed(uncounted);
        let fill = of(Reading { pages: Some(pages), ..reading(ENTRIES) });
        let steps = ["fragmentation", "allocator"].map(|step| fill.bytes(step).unwrap());
        (steps, fill.unexplained_count, fill.unexplained_pages)
    };
    assert_eq!(with(0), ([50_000, 700_000], 7, 4_096));
    assert_eq!(with(10_000), ([40_000, 700_000], 10_007, 4_096));
    assert_eq!(with(-10_000), ([60_000, 700_000], -9_993, 4_096), "counted, and not handed out");
    assert_eq!(with(60_000), ([0, 690_000], 60_007, 4_096), "more than the pages in use have free");
    assert_eq!(with(760_000), ([0, 0], 760_007, 4_096 - 10_000), "more than there is");
}

#[test]
fn a_page_that_the_kernel_lacks_is_unexplained_unless_it_was_found_untouched() {
    let lacking = |bytes: u64, untouched: u64| {
        let mut pages = fixtures::pages(USABLE);
        pages.rss_allocator -= bytes;
        pages.rss -= bytes;
        pages.untouched += untouched;
        let fill = of(Reading { pages: Some(pages), ..reading(ENTRIES) });
        (fill.bytes("allocator").unwrap(), fill.unexplained_pages)
    };
    assert_eq!(lacking(0, 0), (700_000, 4_096));
    assert_eq!(lacking(50_000, 0), (654_096, 0), "the allocator's own structures need not be touched");
    assert_eq!(lacking(200_000, 0), (600_000, -95_904), "there are 100,000 bytes of them");
    assert_eq!(lacking(200_000, 200_000), (700_000, 4_096));
}

#[test]
fn every_chain_of_any_readings_adds_up() {
    // SplitMix64.
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % below
    };
    for round in 0..20_000u64 {
        let bytes = 1 << (10 + round % 35);
        let mut pages = || Pages {
            allocated: next(bytes),
            cached: next(bytes),
            active: next(bytes),
            dirty: next(bytes),
            metadata: next(bytes),
            in_use: next(bytes),
            free: next(bytes),
            untouched: next(bytes),
            rss: next(bytes),
            rss_allocator: next(bytes),
            rss_harness: next(bytes),
        };
        let (baseline, now) = (pages(), pages());
        let shape = Shape {
            slots: Some(next(1 << 20)),
            slot_bytes: next(64),
            own_bytes: (round % 3 == 0).then(|| next(bytes)),
            capacity: None,
        };
        let heap = RuntimeHeap {
            counted_bytes: next(bytes),
            base_bytes: next(bytes),
            objects: next(bytes),
            unused: next(bytes),
            free: next(bytes),
            released: next(bytes),
            stacks: next(bytes),
            resident: (round % 2 == 0).then_some(RuntimeResident {
                all: next(bytes),
                arenas: next(bytes),
                mapped: next(bytes),
            }),
            harness_bytes: next(bytes),
        };
        let reading = Reading {
            payload_unknown: false,
            live_bytes: next(bytes),
            usable_bytes: next(bytes),
            entries: next(1 << 16),
            payload_bytes: next(bytes),
            out_of_line_bytes: next(bytes),
            held_elsewhere_bytes: if round % 2 == 0 { next(bytes) } else { 0 },
            requested_bytes: (round % 7 == 0).then(|| next(bytes)),
            entry_bytes: next(64),
            shape: (round % 4 > 0).then_some(shape),
            pages: (round % 5 > 0).then_some(now),
            runtime: (round % 3 == 0).then_some(heap),
        };
        let memory = Memory {
            baseline: Some(baseline),
            phases: vec![reading.clone()],
            peak: Some(Peak { reading: reading.clone(), ..Peak::default() }),
            settling: vec![Settled { step: SettleStep::Dropped, reading }],
            ..Memory::default()
        };
        for waterfall in waterfalls(&memory, &[]) {
            assert_eq!(sum(&waterfall), i128::from(waterfall.total), "round {round}, {}", waterfall.at);
            assert_eq!(waterfall.unexplained, waterfall.unexplained_count + waterfall.unexplained_pages);
            let step = |name: &str| waterfall.bytes(name).unwrap_or(0);
            let never_less = ["fragmentation", "allocator", "garbage", "runtime", "free-pages", "harness"];
            let fine = never_less.iter().all(|name| step(name) >= 0) && step("untouched") <= 0;
            assert!(fine, "round {round}: {waterfall:?}");
        }
    }
}

#[test]
fn readings_of_any_size_are_taken() {
    let most = Reading {
        live_bytes: u64::MAX,
        usable_bytes: u64::MAX,
        entries: u64::MAX,
        payload_bytes: u64::MAX,
        out_of_line_bytes: u64::MAX,
        held_elsewhere_bytes: u64::MAX,
        entry_bytes: u64::MAX,
        ..reading(0)
    };
    assert_eq!(of(most).total, fixtures::pages(USABLE).rss);
}
