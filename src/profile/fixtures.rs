//! A small profile with known numbers, for tests of everything that reads one.

use super::build::{BYTES_LABEL, LIFETIME_LABEL};
use super::{
    Function, Known, Label, LabelValue, Line, Location, Mapping, Profile, Sample, Samples, ValueType,
};

/// Builds profiles out of names.
pub(crate) struct Plan {
    pub(crate) profile: Profile,
}

impl Plan {
    pub(crate) fn new(types: &[(&str, &str)], default: &str) -> Plan {
        let mut profile = Profile::default();
        profile.sample_types = types
            .iter()
            .map(|(kind, unit)| ValueType {
                kind: profile.strings.add(kind),
                unit: profile.strings.add(unit),
            })
            .collect();
        profile.default_sample_type = profile.strings.add(default);
        let mut mapping = Mapping::new(0x1000, 0x9000, 0, profile.strings.add("/usr/bin/mapprof"));
        mapping.build_id = profile.strings.add("c0ffee");
        mapping.known = Known::ALL;
        profile.mappings.push(mapping);
        Plan { profile }
    }

    /// Adds a location of these frames (`name@file:line`), innermost first; an equal one is found again.
    fn location(&mut self, frames: &[&str]) -> u32 {
        let mut lines = Vec::new();
        for frame in frames {
            let (name, place) = frame.split_once('@').unwrap_or((frame, ":0"));
            let (file, line) = place.rsplit_once(':').unwrap();
            // pprof demangles, and so shortens, a name that is equal to the linker's.
            let system_name = self.profile.strings.add(&format!("_R{}", name.len()));
            let name = self.profile.strings.add(name);
            let file = self.profile.strings.add(file);
            let mut function = Function::new(name, file);
            function.system_name = system_name;
            let known = self.profile.functions.iter().position(|f| *f == function);
            let function = known.unwrap_or_else(|| {
                self.profile.functions.push(function);
                self.profile.functions.len() - 1
            });
            lines.push(Line::new(function as u32, line.parse().unwrap()));
        }
        if let Some(known) = self.profile.locations.iter().position(|l| l.lines == lines) {
            return known as u32;
        }
        let address = 0x1000 + 16 * self.profile.locations.len() as u64;
        let mut location = Location::new(address, lines);
        location.mapping = Some(0);
        self.profile.locations.push(location);
        self.profile.locations.len() as u32 - 1
    }

    /// Adds a sample: locations innermost first, each a list of frames; labels as pairs.
    pub(crate) fn sample(&mut self, stack: &[&[&str]], labels: &[(&str, &str)], values: &[i64]) {
        let locations: Vec<u32> = stack.iter().map(|frames| self.location(frames)).collect();
        let labels: Vec<Label> = labels
            .iter()
            .map(|(key, value)| Label {
                key: self.profile.strings.add(key),
                value: LabelValue::Text(self.profile.strings.add(value)),
            })
            .collect();
        self.profile.samples.push(Sample { locations: &locations, values, labels: &labels });
    }

    /// Gives the last sample a label with a number.
    pub(crate) fn number(&mut self, (key, unit): (&str, &str), number: i64) {
        let key = self.profile.strings.add(key);
        let value = LabelValue::Number(number, self.profile.strings.add(unit));
        self.profile.samples = labelled(&self.profile.samples, Label { key, value });
    }
}

/// The same samples with the labels that `keep` wants.
pub(crate) fn with_labels(samples: &Samples, keep: impl Fn(&Label) -> bool) -> Samples {
    let mut all = Samples::default();
    for sample in samples {
        let labels: Vec<Label> = sample.labels.iter().copied().filter(|label| keep(label)).collect();
        all.push(Sample { labels: &labels, ..sample });
    }
    all
}

/// The same samples with one more label at the last one.
fn labelled(samples: &Samples, label: Label) -> Samples {
    let mut all: Samples = samples.iter().take(samples.len().saturating_sub(1)).collect();
    if let Some(last) = samples.iter().last() {
        let labels = [last.labels, &[label]].concat();
        all.push(Sample { labels: &labels, ..last });
    }
    all
}

const ALLOC: &[&str] = &["__rustc::__rust_alloc@src/capture/allocator.rs:10"];
const LOOP: &[&str] = &["mapprof::worker::replay::operations_checked@src/run/replay.rs:45"];
const MAIN: &[&str] = &["std::rt::lang_start@library/std/src/rt.rs:199", "main"];

/// A heap profile: a table that grew in the fill, keys and values, and a little of the harness.
pub(crate) fn heap() -> Profile {
    let mut plan = Plan::new(&super::build::HEAP_TYPES, "inuse_space");
    let profile = &mut plan.profile;
    profile.period_type =
        ValueType { kind: profile.strings.add("space"), unit: profile.strings.add("bytes") };
    profile.period = 524_288;
    profile.time_nanos = 1_700_000_000_000_000_000;
    profile.duration_nanos = 2_500_000_000;
    let comment = profile.strings.add("workload planted, map std, seed 42");
    profile.comments.push(comment);
    profile.drop_frames = profile.strings.add("__rustc::.*");

    let grow: &[&str] = &[
        "hashbrown::raw::RawTableInner::new_uninitialized@hashbrown-0.16.1/src/raw/mod.rs:1613",
        "hashbrown::raw::RawTable<T,A>::reserve_rehash@hashbrown-0.16.1/src/raw/mod.rs:1231",
    ];
    let insert: &[&str] = &[
        "std::collections::hash::map::HashMap<K,V,S,A>::insert@library/std/src/collections/hash/map.rs:1203",
        "<mapprof::maps::std_hash::Map<K,V> as mapprof::maps::Handle<K,V>>::insert@src/maps/std_hash.rs:30",
    ];
    let make_key: &[&str] = &[
        "<alloc::string::String as mapprof::workload::payload::key::Key>::make@src/workload/payload.rs:9",
        "mapprof::workload::payload::make_key@src/workload/payload.rs:57",
    ];
    let make_value: &[&str] = &[
        "alloc::vec::from_elem@library/alloc/src/vec/mod.rs:3651",
        "mapprof::workload::payload::make_value::<[u8; 32]>@src/workload/payload.rs:64",
    ];
    let report: &[&str] = &["mapprof::worker::session::Session::report@src/worker/session.rs:80"];

    let labels = |phase, role| [("phase", phase), ("role", role), ("map", "std"), ("thread", "worker-0")];
    let grown: &[&[&str]] = &[ALLOC, grow, insert, LOOP, MAIN];
    let mut add = |stack, phase, role, values: [i64; 8], usable, lifetime: Option<i64>| {
        plan.sample(stack, &labels(phase, role), &values);
        plan.number(BYTES_LABEL, usable);
        if let Some(calls) = lifetime {
            plan.number(LIFETIME_LABEL, calls);
        }
    };
    let last_table = [1, 17_825_808, 1, 17_825_808, 1, 17_825_808, 0, 0];
    add(grown, "fill", "table", last_table, 18_874_368, None);
    let small_tables = [19, 17_825_792, 0, 0, 1, 8_912_912, 19, 17_825_792];
    add(grown, "fill", "table", small_tables, 1_048_576, Some(65_536));
    let late_table = [1, 1_000_000, 0, 0, 0, 0, 1, 1_000_000];
    add(grown, "serve", "table", late_table, 1_048_576, Some(16));
    let make_key: &[&[&str]] = &[ALLOC, make_key, LOOP, MAIN];
    let kept_keys = [458_752, 7_340_032, 458_752, 7_340_032, 458_752, 7_340_032, 0, 0];
    add(make_key, "fill", "key", kept_keys, 16, None);
    let removed_keys = [458_752, 7_340_032, 0, 0, 458_752, 7_340_032, 0, 0];
    add(make_key, "fill", "key", removed_keys, 16, Some(917_504));
    let values = [1000, 32_000, 1000, 32_000, 0, 0, 0, 0];
    let make_value: &[&[&str]] = &[ALLOC, make_value, LOOP, MAIN];
    add(make_value, "serve", "value", values, 32, None);
    let reports = [3, 4096, 3, 4096, 3, 4096, 0, 0];
    let report: &[&[&str]] = &[ALLOC, report, MAIN];
    add(report, "serve", "harness", reports, 1536, None);
    plan.profile
}

/// A CPU profile: hashing, a copy in the C library, the harness.
pub(crate) fn cpu() -> Profile {
    let mut plan = Plan::new(&super::build::CPU_TYPES, "cpu");
    let profile = &mut plan.profile;
    profile.period_type =
        ValueType { kind: profile.strings.add("cpu"), unit: profile.strings.add("nanoseconds") };
    profile.period = 1_001_001;
    let get: &[&str] = &[
        "hashbrown::map::make_hash@hashbrown-0.16.1/src/map.rs:260",
        "<mapprof::maps::std_hash::Map<K,V> as mapprof::maps::Handle<K,V>>::get@src/maps/std_hash.rs:40",
    ];
    let sip: &[&str] = &["core::hash::sip::Hasher<S>::write@library/core/src/hash/sip.rs:250"];
    let labels = |role| [("phase", "serve"), ("role", role)];
    plan.sample(&[sip, get, LOOP, MAIN], &labels("table"), &[60, 61_000_000]);
    plan.sample(&[&["__memcmp_evex_movbe"], get, LOOP, MAIN], &labels("table"), &[30, 30_500_000]);
    plan.sample(&[LOOP, MAIN], &labels("harness"), &[8, 8_133_334]);
    plan.sample(
        &[&["mapprof::workload::stream::Stream::next_batch"], MAIN],
        &labels("harness"),
        &[2, 2_033_333],
    );
    plan.profile
}

/// A profile as another program writes it: Go's names, no labels.
pub(crate) fn foreign() -> Profile {
    let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
    plan.sample(&[&["main.(*Server).handle@server.go:17"], &["main.main@main.go:5"]], &[], &[2, 2048]);
    plan.sample(&[&["bytes.makeSlice@buffer.go:229"], &["main.main@main.go:6"]], &[], &[1, 512]);
    plan.profile
}

/// A heap profile of stacks, innermost first, each one block of so many bytes in use.
pub(crate) fn of_stacks(stacks: &[(&[&str], i64)]) -> Profile {
    let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
    for (frames, bytes) in stacks {
        let stack: Vec<&[&str]> = frames.chunks(1).collect();
        plan.sample(&stack, &[], &[1, *bytes]);
    }
    plan.profile
}
