//! A map that answers wrongly: no number of it may be taken for one.

use std::collections::HashMap;

use mapprof::maps::{Collection, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, common_pairs};
use mapprof::worker::registry::{MapEntry, Registry};
use mapprof::workload::{Key, Value};

use crate::scratch::{Said, Scratch, read_json};
use crate::workloads;

/// What a forgetful map gets wrong.
const FAULTS: [&str; 6] = ["insert", "get", "update", "remove", "iterate", "length"];

/// Tells the stand-in child which fault it is to have.
const FAULT: &str = "MAPPROF_TEST_FAULT";

/// A map that goes by the name of `std` and has one fault.
struct Forgetful;

struct ForgetfulMap<K, V> {
    entries: HashMap<K, V>,
    fault: String,
    calls: u64,
}

impl MapFamily for Forgetful {
    const INFO: MapInfo = MapInfo::new("std");
    fn pairs(pairs: &mut impl Pairs<Self>) {
        common_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for Forgetful {
    type Map = ForgetfulMap<K, V>;
}

impl<K: Key, V: Value> Collection<K, V> for ForgetfulMap<K, V> {
    type Handle<'a> = &'a mut ForgetfulMap<K, V>;

    fn new(_: MapConfig) -> Self {
        ForgetfulMap { entries: HashMap::new(), fault: std::env::var(FAULT).unwrap_or_default(), calls: 0 }
    }
    fn handles(&mut self, _: usize) -> Vec<Self::Handle<'_>> {
        vec![self]
    }
}

impl<K: Key, V: Value> ForgetfulMap<K, V> {
    /// Whether this call is the one that goes wrong: the 300th of its kind.
    fn errs(&mut self, call: &str) -> bool {
        self.calls += u64::from(self.fault == call);
        self.fault == call && self.calls == 300
    }
}

impl<K: Key, V: Value> Handle<K, V> for &mut ForgetfulMap<K, V> {
    fn insert(&mut self, key: K, value: V) -> bool {
        self.entries.insert(key, value).is_none() != self.errs("insert")
    }
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        if self.errs("get") { None } else { self.entries.get(key).map(read) }
    }
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        // The answer is right and the value is not: only a later look-up can tell.
        let forgets = self.errs("update");
        self.entries
            .get_mut(key)
            .map(|old| {
                if !forgets {
                    *old = value
                }
            })
            .is_some()
    }
    fn remove(&mut self, key: &K::Ref) -> bool {
        self.entries.remove(key).is_some() != self.errs("remove")
    }
    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        let skipped = usize::from(self.fault == "iterate");
        self.entries.iter().skip(skipped).for_each(|(key, value)| visit(key, value));
    }
    fn clear(&mut self) {
        self.entries.clear();
    }
    fn len(&mut self) -> usize {
        self.entries.len() + usize::from(self.fault == "length")
    }
}

/// Not a test: what the stand-in worker below runs. This test program is the only binary that has the faulty map.
#[test]
#[ignore = "it is the child that the other tests of this module start"]
fn stand_in_child() {
    if std::env::var_os(FAULT).is_some() {
        let registry = Registry { maps: vec![MapEntry::of::<Forgetful>()], ..Registry::default() };
        // Descriptor 3 leads to the parent; the test harness talks on the standard output.
        // SAFETY: both numbers are descriptors of this process, which is about to end.
        unsafe { libc::dup2(3, 1) };
        std::process::exit(mapprof::worker::serve::serve(&registry).into());
    }
}

/// Runs `mixed` on the map with this fault.
fn run(scratch: &Scratch, fault: &str) -> Said {
    scratch.write(
        "own/mixed.toml",
        r#"
name = "mixed"
about = "Every call."
entries = 1_000
[key]
type = "u64"
[value]
type = "u64"
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "serve"
ops = 200_000
mix = { get = 49, get_missing = 10, update = 20, remove = 10, insert = 10, iterate = 1 }
"#,
    );
    let program = std::env::current_exe().expect("the test program has a path");
    let script = format!(
        "#!/bin/sh\nexec '{}' --exact wrong::stand_in_child --ignored --nocapture 3>&1 >/dev/null\n",
        program.display()
    );
    let worker = crate::worker::executable(scratch, "stand-in", &script);
    let arguments =
        ["run", "mixed", "--workloads", "own", "--map", "std", "--heap", "--worker", worker.as_str()];
    Said::of(scratch.command(crate::scratch::MAPPROF).args(arguments).env(FAULT, fault))
}

#[test]
fn a_right_map_passes_in_the_same_way() {
    let scratch = workloads::scratch();
    run(&scratch, "none").ended_with(0);
    assert!(scratch.record("mixed/std")["metrics"]["live_bytes"].is_object());
}

#[test]
fn every_wrong_answer_voids_the_case() {
    for fault in FAULTS {
        let scratch = workloads::scratch();
        let said = run(&scratch, fault).ended_with(3);
        assert!(said.stderr.contains("mixed/std: time pass: wrong-answer: "), "{fault}: {}", said.stderr);
        assert!(said.stderr.contains("wrong "), "{fault}: {}", said.stderr);
        assert!(said.stderr.contains("1 of 1 cases failed: mixed/std"), "{fault}: {}", said.stderr);
        let error = read_json(&scratch.path("profiles/mixed/std.failed/error.json"));
        assert_eq!(error[0]["kind"], "wrong-answer", "{fault}");
        assert!(!scratch.path("profiles/mixed/std").exists(), "{fault}");
        let record = read_json(&scratch.path("profiles/mixed/std.failed/run.json"));
        assert_eq!(record["metrics"].as_object().map(|all| all.len()), Some(0), "{fault} left numbers");
    }
}

#[test]
fn a_promise_of_the_file_that_is_not_kept_voids_the_case() {
    let scratch = workloads::scratch();
    let promise = ["--set", "expect.length=999"];
    let run = ["run", "quick", "--workloads", "own"];
    let said = scratch.mapprof(&[&run[..], &promise].concat()).ended_with(3);
    assert!(said.stderr.contains("wrong-answer: "), "{}", said.stderr);
    assert!(said.stderr.contains("length = 999, and it was 1000"), "{}", said.stderr);
    assert!(!scratch.path("profiles/quick/std").exists());
    scratch.mapprof(&[&run[..], &["--set", "expect.length=1000"]].concat()).ended_with(0);
}
