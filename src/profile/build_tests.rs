//! Weights, sums, labels, and the symbolizer on this test's own binary.

use super::*;
use crate::capture::raw_samples::{RawHeapRow, RawHeapSum};
use crate::profile::Known;

/// The executable mappings of this process, as a child reports them.
fn own_mappings() -> Vec<RawMapping> {
    std::fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (start, end) = fields.next()?.split_once('-')?;
            let executable = fields.next()?.contains('x');
            let offset = u64::from_str_radix(fields.next()?, 16).ok()?;
            let path = fields.nth(2)?.to_string();
            executable.then(|| RawMapping {
                start: u64::from_str_radix(start, 16).unwrap(),
                end: u64::from_str_radix(end, 16).unwrap(),
                offset,
                path,
                functions: Vec::new(),
                symbols: Vec::new(),
            })
        })
        .collect()
}

/// An address inside of this very function.
#[inline(never)]
fn landmark() -> u64 {
    std::hint::black_box(landmark as fn() -> u64) as usize as u64 + 1
}

fn sample(profile: &Profile, index: usize) -> Sample<'_> {
    profile.samples.get(index).unwrap()
}

fn context() -> Context {
    Context {
        workload: "planted".into(),
        map: "std".into(),
        seed: 42,
        version: "0.1.0".into(),
        is_program: false,
        rerun: "mapprof run planted --map std --seed 42".into(),
        phases: vec!["fill".into()],
        ..Default::default()
    }
}

fn row(phase: u16, size: u64, allocated: u64, in_use: u64) -> RawHeapRow {
    RawHeapRow {
        stack: 0,
        phase,
        thread: 0,
        size,
        usable: size,
        allocated,
        in_use,
        at_peak: in_use,
        temporary: 0,
        lifetime: None,
    }
}

fn heap(sample_bytes: u64, rows: Vec<RawHeapRow>) -> RawHeap {
    let recording = match sample_bytes {
        0 => HeapRecording::Exact,
        bytes => HeapRecording::Sampled { sample_bytes: Some(bytes) },
    };
    RawHeap {
        recording,
        unwinder: "frame-pointer".into(),
        stacks: vec![vec![landmark()]],
        rows,
        sums: Vec::new(),
        peak_gap_bytes: 0,
        phase_ends: None,
        intervals: None,
    }
}

#[test]
fn names_files_and_lines_come_from_the_binary() {
    let mappings = own_mappings();
    let mut symbolizer = Symbolizer::new();
    let raw = heap(0, vec![row(0, 100, 1, 1)]);
    let profile = heap_profile(&raw, &mappings, &context(), &mut symbolizer).unwrap();
    let line = profile.frames(sample(&profile, 0).locations).next().unwrap();
    assert!(profile.function_name(line).ends_with("landmark"), "{}", profile.function_name(line));
    assert!(profile.function_file(line).ends_with("build_tests.rs"), "{}", profile.function_file(line));
    assert!(line.line > 0);
    assert_eq!(profile.mappings.len(), 1);
    assert_eq!(profile.mappings[0].known, Known::ALL);
}

#[test]
fn the_c_library_and_the_unknown_get_names_too() {
    let libc = libc_function();
    let mappings = own_mappings();
    let mut symbolizer = Symbolizer::new();
    let mut profile = Profile::default();
    let mut addresses = Addresses::new(&mut symbolizer, &mappings, &mut profile);
    let known = addresses.locate(&mut profile, libc);
    assert_eq!(addresses.locate(&mut profile, libc), known);
    let unknown = addresses.locate(&mut profile, 0x10);
    let name = |p: &Profile, l: u32| p.function_name(p.locations[l as usize].lines[0]).to_string();
    assert!(!name(&profile, known).is_empty());
    assert_eq!(name(&profile, unknown), "0x10");
    assert_eq!(profile.mappings.len(), 2);
    if let Some(vdso) = mappings.iter().find(|m| m.path == "[vdso]") {
        let mut addresses = Addresses::new(&mut symbolizer, &mappings, &mut profile);
        let location = addresses.locate(&mut profile, vdso.start + 8);
        assert_eq!(name(&profile, location), "[vdso]");
    }
}

/// An address in the C library: where its text begins.
fn libc_function() -> u64 {
    own_mappings().iter().find(|m| m.path.contains("libc.so")).map_or(0x20, |m| m.start + 64)
}

#[test]
fn each_sample_stands_for_one_over_its_odds() {
    let raw = heap(4096, vec![row(0, 4096, 3, 1), row(0, 16, 2, 0), row(1, 16, 1, 0)]);
    let profile = heap_profile(&raw, &[], &context(), &mut Symbolizer::new()).unwrap();
    assert_eq!(profile.samples.len(), 3);
    let large = 1.0 / (1.0 - (-1f64).exp());
    let small = 1.0 / (1.0 - (-16.0 / 4096.0f64).exp());
    let whole = |value: f64| value.round() as i64;
    let one = [whole(large), whole(large * 4096.0)];
    assert_eq!(sample(&profile, 0).values[..2], [whole(2.0 * small), whole(2.0 * small * 16.0)]);
    assert_eq!(sample(&profile, 0).values[2..], [0; 6]);
    // Both samples of the phase add up to their rounded sum.
    let both = [whole(3.0 * large + 2.0 * small), whole(3.0 * large * 4096.0 + 2.0 * small * 16.0)];
    for (index, sum) in both.into_iter().enumerate() {
        assert_eq!(sample(&profile, 0).values[index] + sample(&profile, 1).values[index], sum);
    }
    assert_eq!(sample(&profile, 1).values[2..6], [one[0], one[1], one[0], one[1]]);
    assert_eq!(profile.number(sample(&profile, 0), "bytes"), Some(16));
    assert_eq!(profile.number(sample(&profile, 1), "bytes"), Some(4096));
    assert_eq!(profile.label(sample(&profile, 0), "phase"), Some("fill"));
    assert_eq!(profile.label(sample(&profile, 2), "phase"), Some("phase-1"));
    assert_eq!(profile.label(sample(&profile, 0), "thread"), Some("worker-0"));
    assert_eq!(profile.kinds()[profile.default_type()], "inuse_space");
    assert_eq!((profile.period, profile.strings.get(profile.period_type.kind)), (4096, "space"));
}

#[test]
fn recording_everything_counts_exactly() {
    let raw = heap(0, vec![row(0, 24, 1_000_000, 999_999)]);
    let profile = heap_profile(&raw, &[], &context(), &mut Symbolizer::new()).unwrap();
    assert_eq!(
        sample(&profile, 0).values,
        [1_000_000, 24_000_000, 999_999, 23_999_976, 999_999, 23_999_976, 0, 0]
    );
    assert_eq!(profile.total("alloc_space"), Some(24_000_000));
    assert_eq!(profile.total("cpu"), None);
}

#[test]
fn blocks_are_told_apart_by_size_class_and_lifetime() {
    let mut rows = vec![row(0, 17, 8, 8), row(0, 30, 5, 5), row(0, 30, 4, 0), row(0, 64, 2, 0)];
    for (row, (usable, temporary, lifetime)) in
        rows.iter_mut().zip([(32, 0, None), (32, 0, None), (32, 4, Some(0)), (64, 1, Some(896))])
    {
        (row.usable, row.temporary, row.lifetime) = (usable, temporary, lifetime);
    }
    let profile = heap_profile(&heap(0, rows), &[], &context(), &mut Symbolizer::new()).unwrap();
    let found: Vec<_> = profile
        .samples
        .iter()
        .map(|s| (profile.number(s, "bytes"), profile.number(s, "lifetime"), s.values))
        .collect();
    assert_eq!(
        found,
        [
            (Some(32), None, &[13, 286, 13, 286, 13, 286, 0, 0][..]),
            (Some(32), Some(0), &[4, 120, 0, 0, 0, 0, 4, 120]),
            (Some(64), Some(896), &[2, 128, 0, 0, 0, 0, 1, 64]),
        ]
    );
}

#[test]
fn rounding_does_not_add_up() {
    // Each class stands for 1.58 objects, which alone would be two.
    let rows = (0..100).map(|class| RawHeapRow { lifetime: Some(class), ..row(0, 4096, 1, 0) }).collect();
    let profile = heap_profile(&heap(4096, rows), &[], &context(), &mut Symbolizer::new()).unwrap();
    assert_eq!(profile.samples.len(), 100);
    assert_eq!(profile.total("alloc_objects"), Some((100.0 / (1.0 - (-1f64).exp())).round() as i64));
}

#[test]
fn exact_sums_come_out_to_the_byte() {
    let sum = RawHeapSum {
        allocated: (1_000_001, 24_000_007),
        in_use: (300_000, 7_000_003),
        at_peak: (600_000, 14_000_001),
        temporary: (5, 111),
        lifetimes: vec![(0, 5, 111), (1024, 699_996, 16_999_893)],
        ..Default::default()
    };
    // Nothing of this one is left, and nothing of it was live at the peak.
    let gone = RawHeapSum { allocated: (2, 10), lifetimes: vec![(7, 2, 10)], phase: 1, ..Default::default() };
    let raw = RawHeap { sums: vec![gone, sum], ..heap(0, vec![]) };
    let profile = heap_profile(&raw, &[], &context(), &mut Symbolizer::new()).unwrap();
    let found: Vec<_> = profile.samples.iter().map(|s| (profile.number(s, "lifetime"), s.values)).collect();
    assert_eq!(
        found,
        [
            (None, &[300_000, 7_000_003, 300_000, 7_000_003, 600_000, 14_000_001, 5, 111][..]),
            (Some(0), &[5, 111, 0, 0, 0, 0, 0, 0]),
            (Some(1024), &[699_996, 16_999_893, 0, 0, 0, 0, 0, 0]),
            (Some(7), &[2, 10, 0, 0, 0, 0, 0, 0]),
        ]
    );
    assert_eq!(profile.total("alloc_space"), Some(24_000_017));
    assert_eq!(profile.period, 1);
    assert!(profile.comments.iter().any(|c| profile.strings.get(*c).starts_with("every allocation was")));
}

#[test]
fn sites_of_stacks_are_named_as_in_a_profile() {
    let mappings = own_mappings();
    let address = landmark();
    let stacks: [&[u64]; 3] = [&[address], &[], &[0x10]];
    let sites = crate::profile::sites::name_sites(&stacks, &mappings, &mut Symbolizer::new());
    assert!(sites[0].name.ends_with("landmark"), "{}", sites[0].name);
    assert!(sites[0].file.ends_with("build_tests.rs") && sites[0].line > 0, "{:?}", sites[0]);
    assert_eq!(sites[1..], [Default::default(), Default::default()]);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let rows: Vec<_> = (1..200).map(|i| row((i % 3) as u16, i * 7, i, i / 2)).collect();
    let mut turned = rows.clone();
    turned.reverse();
    let bytes = |rows| {
        let profile = heap_profile(&heap(512, rows), &[], &context(), &mut Symbolizer::new()).unwrap();
        crate::profile::pprof::encode(&profile)
    };
    assert_eq!(bytes(rows), bytes(turned));
}

#[test]
fn no_sample_is_an_error_that_says_what_to_do() {
    let none = heap_profile(&heap(4096, vec![]), &[], &context(), &mut Symbolizer::new());
    let none = none.unwrap_err().to_string();
    assert!(none.contains("heap pass") && none.contains("--sample-bytes"), "{none}");
}

#[test]
fn a_row_that_names_no_stack_is_an_error() {
    let mut raw = heap(0, vec![row(0, 8, 1, 1)]);
    raw.rows[0].stack = 9;
    let error = heap_profile(&raw, &[], &context(), &mut Symbolizer::new()).unwrap_err();
    assert_eq!(error.to_string(), "the samples name stack 9, but there are only 1");
}
