//! A dump of a real program, jeprof's formula on known numbers, and what a broken dump says.

use super::*;
use crate::{Function, Line, Text};

/// The dump of a small program under jemalloc 5.3.
const DUMP: &str = include_str!("../fixtures/dump.heap");

fn converted(text: &str) -> Profile {
    read(text.as_bytes(), Limit::default()).unwrap()
}

fn refused(text: &str) -> HeapV2Error {
    read(text.as_bytes(), Limit::default()).unwrap_err()
}

fn addresses(profile: &Profile, sample: Sample<'_>) -> Vec<u64> {
    sample.locations.iter().map(|location| profile.locations[*location as usize].address).collect()
}

#[test]
fn each_stack_is_scaled_by_its_own_mean_size() {
    let text = "heap_v2/4096\n  t*: 12: 8352 [0: 0]\n  t0: 12: 8352 [0: 0] main\n\
                @ 0x11 0x21\n  t*: 2: 8192 [0: 0]\n  t0: 2: 8192 [0: 0]\n\
                @ 0x11 0x31\n  t*: 10: 160 [0: 0]\n\
                @ 0x41\n  t*: 0: 0 [0: 0]\n";
    let profile = converted(text);
    assert_eq!(profile.kinds(), ["inuse_objects", "inuse_space"]);
    let values: Vec<&[i64]> = profile.samples.iter().map(|sample| sample.values).collect();
    // 1 / (1 - 1/e) = 1.582 and 1 / (1 - exp(-16/4096)) = 256.5.
    assert_eq!(values, [&[3, 12_960], &[2565, 41_040], &[0, 0]]);
    assert_eq!((profile.period, profile.unit(profile.default_type())), (4096, "bytes"));
    // The call lies before its return address.
    let addresses: Vec<Vec<u64>> = profile.samples.iter().map(|sample| addresses(&profile, sample)).collect();
    assert_eq!(addresses, [vec![0x10, 0x20], vec![0x10, 0x30], vec![0x40]]);
    assert_eq!(profile.locations.len(), 4, "an address is one location");
}

#[test]
fn what_was_allocated_in_all_is_there_if_the_dump_counted_it() {
    let profile = converted("heap_v2/1\n@ 0x11\n  t*: 0: 0 [3: 300]\n@ 0x21\n  t*: 1: 100 [2: 200]\n");
    assert_eq!(profile.kinds(), ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    let values: Vec<&[i64]> = profile.samples.iter().map(|sample| sample.values).collect();
    assert_eq!(values, [&[3, 300, 0, 0], &[2, 200, 1, 100]], "a distance of one byte samples every block");
}

#[test]
fn a_real_dump_keeps_its_totals_and_mappings() {
    let profile = converted(DUMP);
    // As `jeprof --text` has them; it does not round.
    let near = |kind: &str, jeprof: f64| (profile.total(kind).unwrap() as f64 / jeprof - 1.0).abs() < 1e-4;
    assert!(near("inuse_space", 6_231_719.0), "{:?}", profile.total("inuse_space"));
    assert!(near("inuse_objects", 46_645.0), "{:?}", profile.total("inuse_objects"));
    let files: Vec<&str> = profile.mappings.iter().map(|mapping| profile.strings.get(mapping.file)).collect();
    assert_eq!(files[0], "/opt/shop/bin/orders");
    for location in &profile.locations {
        let mapping = profile.mappings[location.mapping.unwrap() as usize];
        assert!((mapping.start..mapping.limit).contains(&location.address), "{location:?}");
    }
    let dump = Dump::parse(DUMP.as_bytes(), Limit::default()).unwrap();
    let used: Vec<&str> = dump.used_mappings().map(|mapped| mapped.path.as_str()).collect();
    assert_eq!(used, ["/opt/shop/bin/orders", "/opt/shop/lib/libc.so.6"]);
    assert!(dump.mappings().len() > used.len());
}

#[test]
fn frames_that_the_caller_finds_count() {
    let text = "heap_v2/1\n@ 0x11 0x21\n  t*: 1: 1 [0: 0]\n";
    let with = |frames: usize, limit: Limit| {
        let dump = Dump::parse(text.as_bytes(), limit).unwrap();
        dump.into_profile(Profile::default(), |profile, address| {
            profile.functions.push(Function::new(Text::default(), Text::default()));
            profile.locations.push(Location::new(address, vec![Line::new(0, 0); frames]));
            profile.locations.len() as u32 - 1
        })
    };
    let limit = Limit::default().with_frames(10);
    assert_eq!(with(5, limit).unwrap().frames(&[0, 1]).count(), 10);
    assert_eq!(with(6, limit).unwrap_err().to_string(), "stack 1 has 12 frames, more than the limit of 10");
    assert_eq!(with(1_000_000, limit).unwrap_err(), HeapV2Error::Hollow);
}

#[test]
fn broken_dumps_say_where() {
    for header in ["", "heap_v2/", "heap_v2/0\n", "heap_v2/x\n", "heap profile: 1: 2 [3: 4] @ heap_v2/1\n"] {
        assert_eq!(refused(header), HeapV2Error::Header, "{header}");
    }
    assert_eq!(refused("heap_v2/1\n@ 0x1 zz\n"), HeapV2Error::Line(2));
    assert_eq!(refused("heap_v2/1\n@ 0x1\n  t*: 1 [0: 0]\n"), HeapV2Error::Line(3));
    assert_eq!(refused("heap_v2/1\n@ 0x1\n  t*: -1: 2 [0: 0]\n"), HeapV2Error::Line(3));
    assert_eq!(refused("heap_v2/1\nhello\n"), HeapV2Error::Line(2));
    assert_eq!(refused("heap_v2/1\n@ 0x1\n@ 0x2\n"), HeapV2Error::CutOff(2));
    assert_eq!(refused("heap_v2/1\n@ 0x1\n  t0: 1: 2 [0: 0]\n"), HeapV2Error::CutOff(2));
    for end in 0..DUMP.len() {
        let _ = read(&DUMP.as_bytes()[..end], Limit::default());
    }
}
