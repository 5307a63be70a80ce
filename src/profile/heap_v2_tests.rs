//! A dump of a real program, jeprof's formula on known numbers, and what a broken dump says.

use super::*;
use crate::profile::top::{TopOptions, top};
use crate::profile::totals;

/// The dump of a small program under jemalloc 5.3.
const DUMP: &str = include_str!("fixtures/dump.heap");

fn converted(text: &str) -> Converted {
    read(text.as_bytes(), &mut Symbolizer::new(), Limit::default()).unwrap()
}

fn refused(text: &str) -> HeapV2Error {
    read(text.as_bytes(), &mut Symbolizer::new(), Limit::default()).unwrap_err()
}

#[test]
fn each_stack_is_scaled_by_its_own_mean_size() {
    let text = "heap_v2/4096\n  t*: 12: 8352 [0: 0]\n  t0: 12: 8352 [0: 0] main\n\
                @ 0x11 0x21\n  t*: 2: 8192 [0: 0]\n  t0: 2: 8192 [0: 0]\n\
                @ 0x11 0x31\n  t*: 10: 160 [0: 0]\n\
                @ 0x41\n  t*: 0: 0 [0: 0]\n";
    let profile = converted(text).profile;
    assert_eq!(profile.kinds(), ["inuse_objects", "inuse_space"]);
    let values: Vec<&[i64]> = profile.samples.iter().map(|sample| sample.values).collect();
    // 1 / (1 - 1/e) = 1.582 and 1 / (1 - exp(-16/4096)) = 256.5.
    assert_eq!(values, [&[3, 12_960], &[2565, 41_040], &[0, 0]]);
    assert_eq!((profile.period, profile.unit(profile.default_type())), (4096, "bytes"));
    // The call lies before its return address; without a mapping the address is the name.
    let names: Vec<Vec<&str>> = profile
        .samples
        .iter()
        .map(|s| profile.frames(s.locations).map(|line| profile.function_name(line)).collect())
        .collect();
    assert_eq!(names, [vec!["0x10", "0x20"], vec!["0x10", "0x30"], vec!["0x40"]]);
}

#[test]
fn what_was_allocated_in_all_is_there_if_the_dump_counted_it() {
    let profile =
        converted("heap_v2/1\n@ 0x11\n  t*: 0: 0 [3: 300]\n@ 0x21\n  t*: 1: 100 [2: 200]\n").profile;
    assert_eq!(profile.kinds(), ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    let values: Vec<&[i64]> = profile.samples.iter().map(|sample| sample.values).collect();
    assert_eq!(values, [&[3, 300, 0, 0], &[2, 200, 1, 100]], "a distance of one byte samples every block");
}

#[test]
fn a_real_dump_keeps_its_totals() {
    let Converted { profile, notes } = converted(DUMP);
    // As `jeprof --text` has them; it does not round.
    let near = |kind: &str, jeprof: f64| (totals(&profile, kind).unwrap() as f64 / jeprof - 1.0).abs() < 1e-4;
    assert!(near("inuse_space", 6_231_719.0), "{:?}", totals(&profile, "inuse_space"));
    assert!(near("inuse_objects", 46_645.0), "{:?}", totals(&profile, "inuse_objects"));
    assert_eq!(
        notes,
        [
            "/opt/shop/bin/orders is not here: its addresses have no names",
            "/opt/shop/lib/libc.so.6 is not here: its addresses have no names"
        ]
    );
}

#[test]
fn this_programs_own_addresses_get_names() {
    let mappings = std::fs::read_to_string("/proc/self/maps").unwrap();
    let here = this_programs_own_addresses_get_names as *const () as u64 + 1;
    let dump = format!("heap_v2/64\n@ {here:#x}\n  t*: 1: 64 [0: 0]\n\nMAPPED_LIBRARIES:\n{mappings}");
    let profile = converted(&dump).profile;
    let line = profile.frames(profile.samples.get(0).unwrap().locations).last().unwrap();
    assert!(
        profile.function_name(line).ends_with("own_addresses_get_names"),
        "{}",
        profile.function_name(line)
    );
    // The same file with another extent is another build.
    let me = std::env::current_exe().unwrap();
    let mapping = mappings.lines().find(|line| line.ends_with(me.to_str().unwrap()) && line.contains("r-xp"));
    let (range, rest) = mapping.unwrap().split_once(' ').unwrap();
    let (start, end) = range.split_once('-').unwrap();
    let end = u64::from_str_radix(end, 16).unwrap() + 0x1000;
    let dump =
        format!("heap_v2/64\n@ {here:#x}\n  t*: 1: 64 [0: 0]\nMAPPED_LIBRARIES:\n{start}-{end:x} {rest}\n");
    let Converted { profile, notes } = converted(&dump);
    let line = profile.frames(profile.samples.get(0).unwrap().locations).last().unwrap();
    assert_eq!(profile.function_name(line), format!("{:#x}", here - 1));
    assert_eq!(
        notes,
        [format!("{} is not the file that was mapped: its addresses have no names", me.display())]
    );
}

#[test]
fn a_shared_allocator_is_no_site() {
    let mappings = std::fs::read_to_string("/proc/self/maps").unwrap();
    let here = a_shared_allocator_is_no_site as *const () as u64 + 1;
    for library in ["libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so", "libsnmallocshim.so"] {
        let dump = format!(
            "heap_v2/64\n@ 0x1011 0x1021 {here:#x}\n  t*: 1: 64 [0: 0]\n@ 0x1031\n  t*: 1: 64 [0: 0]\n\nMAPPED_LIBRARIES:\n\
             00001000-00002000 r-xp 00000000 08:01 42 /opt/lib/{library}\n{mappings}"
        );
        let Converted { profile, notes } = converted(&dump);
        assert_eq!(notes, [format!("/opt/lib/{library} is not here: its addresses have no names")]);
        let table = top(&profile, &TopOptions::default()).unwrap();
        let names: Vec<&str> = table.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.iter().any(|name| name.ends_with("a_shared_allocator_is_no_site")), "{names:?}");
        // A stack with nothing else in it.
        assert!(names.iter().any(|name| *name == format!("{library}+0x30")), "{names:?}");
    }
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
        let _ = read(&DUMP.as_bytes()[..end], &mut Symbolizer::new(), Limit::default());
    }
}

#[test]
fn addresses_without_number_are_refused_before_they_fill_the_memory() {
    let mut text = "heap_v2/1\n".to_owned();
    for stack in 0..30 {
        text.push('@');
        (0..10_000).for_each(|frame| text.push_str(&format!(" 0x{:x}", 10_000 * stack + frame)));
        text.push_str("\n  t*: 1: 1 [0: 0]\n");
    }
    assert_eq!(refused(&text), HeapV2Error::Hollow);
}

/// The reader of `jemalloc_pprof` and ours give each stack the same bytes.
#[test]
fn jemalloc_pprof_reads_the_same_from_a_dump() {
    let theirs = pprof_util::parse_jeheap(DUMP.as_bytes(), None).unwrap();
    let profile = converted(DUMP).profile;
    let space = profile.sample_type("inuse_space").unwrap();
    assert_eq!(theirs.stacks.len(), profile.samples.len());
    for ((stack, _), sample) in theirs.stacks.iter().zip(&profile.samples) {
        // Theirs begin with the outermost return address, ours with the innermost call.
        let addresses: Vec<u64> = stack.addrs.iter().rev().map(|address| *address as u64 - 1).collect();
        let own: Vec<u64> = sample.locations.iter().map(|l| profile.locations[*l as usize].address).collect();
        assert_eq!(addresses, own);
        // They cut fractions off when they write, we round.
        assert!((stack.weight - sample.values[space] as f64).abs() <= 0.5, "{}", stack.weight);
    }
    // What it cannot read and we can: a stack of which all is freed, as `prof_accum` has them.
    let freed = "heap_v2/4096\n@ 0x11\n  t*: 0: 0 [3: 300]\n";
    assert!(pprof_util::parse_jeheap(freed.as_bytes(), None).unwrap().stacks[0].0.weight.is_nan());
    assert_eq!(totals(&converted(freed).profile, "inuse_space"), Some(0));
}
