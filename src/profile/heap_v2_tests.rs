//! Names from this program's own files, notes of files that cannot give any, and what another reader has of a real dump.

use super::*;
use crate::profile::top::{TopOptions, top};

/// The dump of a small program under jemalloc 5.3.
const DUMP: &str = include_str!("../../tests/fuzz/seeds/heap_v2/dump.heap");

fn converted(text: &str) -> Converted {
    read(text.as_bytes(), &mut Symbolizer::new(), Limit::default()).unwrap()
}

#[test]
fn an_address_that_has_no_name_is_one() {
    let Converted { profile, notes } = converted("heap_v2/4096\n@ 0x11 0x21\n  t*: 2: 8192 [0: 0]\n");
    let names: Vec<&str> = profile.frames(&[0, 1]).map(|line| profile.function_name(line)).collect();
    assert_eq!(names, ["0x10", "0x20"]);
    assert_eq!(notes, ["the dump does not say what was mapped, so its addresses have no names"]);
    assert_eq!(profile.strings.get(profile.drop_frames), allocator_pattern());
}

#[test]
fn files_that_are_not_here_are_told_once() {
    assert_eq!(
        converted(DUMP).notes,
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
fn addresses_without_number_are_refused_before_they_fill_the_memory() {
    let mut text = "heap_v2/1\n".to_owned();
    for stack in 0..30 {
        text.push('@');
        (0..10_000).for_each(|frame| text.push_str(&format!(" 0x{:x}", 10_000 * stack + frame)));
        text.push_str("\n  t*: 1: 1 [0: 0]\n");
    }
    let read = read(text.as_bytes(), &mut Symbolizer::new(), Limit::default());
    assert_eq!(read.err(), Some(HeapV2Error::Hollow));
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
    assert_eq!(converted(freed).profile.total("inuse_space"), Some(0));
}
