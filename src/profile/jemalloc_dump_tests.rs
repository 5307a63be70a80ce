//! Dumps of this very process, made by hand with `jemalloc_pprof`'s own writer: places, figures, labels, faults.

use std::path::PathBuf;

use jemalloc_pprof::{Mapping, StackProfile, WeightedStack};
use object::{Object, ObjectSegment};

use super::*;
use crate::capture::mappings;

/// A function whose address is on the stacks below.
#[inline(never)]
fn allocates_here() -> usize {
    std::hint::black_box(7)
}

/// The mapping of this program's code, and the linker's address of its first byte.
fn code() -> (RawMapping, usize) {
    let address = allocates_here as *const () as u64;
    let all = mappings::executable().unwrap();
    let mapping = all.into_iter().find(|mapping| (mapping.start..mapping.end).contains(&address)).unwrap();
    let file = std::fs::read("/proc/self/exe").unwrap();
    let object = object::File::parse(&*file).unwrap();
    let linked = object.segments().find_map(|segment| {
        let (offset, size) = segment.file_range();
        let inside = (address - mapping.start + mapping.offset).checked_sub(offset)?;
        (inside < size).then(|| segment.address() + inside - (address - mapping.start))
    });
    (mapping, linked.unwrap() as usize)
}

/// A dump with these stacks, innermost return address first, by a program that the loader calls `name`.
fn dump(name: &str, stacks: &[(&[usize], f64)]) -> RawDump {
    let (code, linked) = code();
    let mut profile = StackProfile::default();
    profile.push_mapping(Mapping {
        memory_start: code.start as usize,
        memory_end: code.end as usize,
        memory_offset: linked,
        file_offset: code.offset,
        pathname: PathBuf::from(name),
        build_id: None,
    });
    for (stack, weight) in stacks {
        let addrs = stack.iter().rev().copied().collect();
        profile.push_stack(WeightedStack { addrs, weight: *weight }, None);
    }
    let pprof = profile.to_pprof(("inuse_space", "bytes"), ("space", "bytes"), None);
    RawDump { phase: 1, pprof: STANDARD.encode(pprof) }
}

fn profiles(dumps: Vec<RawDump>, thread: Option<u16>) -> Result<Vec<(u16, Profile)>> {
    let context = Context { phases: vec!["fill".into(), "serve".into()], ..Context::default() };
    let raw = RawDumps { sample_bytes: 4096, dumps };
    dump_profiles(&raw, &mappings::executable().unwrap(), thread, &context, &mut Symbolizer::new())
}

#[test]
fn a_dump_gets_names_labels_and_a_period() {
    let here = allocates_here as *const () as usize;
    let nowhere = 0x11;
    // The loader's name of the program stands for it, whatever it is.
    for name in ["/proc/self/exe", "target/some/where", "/no/such/program"] {
        let dumps =
            vec![dump(name, &[(&[here + 1, nowhere], 4096.7), (&[here + 1], 100.0), (&[here + 2], 0.0)])];
        let (phase, profile) = profiles(dumps, None).unwrap().remove(0);
        assert_eq!((phase, profile.kinds(), profile.period), (1, vec!["inuse_space"], 4096));
        assert_eq!(profile.total("inuse_space"), Some(4196), "fractions are cut off");
        assert_eq!(profile.samples.len(), 2, "what is nothing is no sample");
        for sample in &profile.samples {
            let first = profile.frames(sample.locations).next().unwrap();
            assert!(profile.function_name(first).ends_with("allocates_here"), "{name}");
            let label = |key| profile.label(sample, key);
            assert_eq!(
                (label("phase"), label("role"), label("thread")),
                (Some("serve"), Some("harness"), None)
            );
        }
        let outer = profile.samples.iter().find(|sample| sample.locations.len() == 2).unwrap();
        let outer = profile.frames(outer.locations).last().unwrap();
        assert_eq!(profile.function_name(outer), "0x10", "outside of all mappings");
    }
}

#[test]
fn the_one_worker_is_named() {
    let here = allocates_here as *const () as usize;
    let (_, profile) = profiles(vec![dump("me", &[(&[here + 1], 1.0)])], Some(0)).unwrap().remove(0);
    let sample = profile.samples.get(0).unwrap();
    assert_eq!(profile.label(sample, "thread"), Some("worker-0"));
}

#[test]
fn a_dump_may_be_empty_but_not_all_of_them() {
    let here = allocates_here as *const () as usize;
    let some = dump("me", &[(&[here + 1], 64.0)]);
    let found = profiles(vec![some, dump("me", &[])], None).unwrap();
    assert_eq!(found.iter().map(|(_, profile)| profile.samples.len()).collect::<Vec<_>>(), [1, 0]);
    for dumps in [vec![dump("me", &[])], Vec::new()] {
        let refused = profiles(dumps, None).unwrap_err().to_string();
        assert!(refused.contains("no dump has a sample") && refused.contains("--sample-bytes"), "{refused}");
    }
}

#[test]
fn what_is_no_dump_is_refused_with_its_phase() {
    for pprof in ["", "!", "AAAA", &STANDARD.encode("heap_v2/4096")] {
        let refused =
            profiles(vec![RawDump { phase: 0, pprof: pprof.into() }], None).unwrap_err().to_string();
        assert!(refused.starts_with("the dump at the end of fill is not"), "{refused}");
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
}
