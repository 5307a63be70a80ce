//! Records as their types, and workloads whose memory is known in closed form.

use mapprof::record::{CaseRecord, Memory, PassRecord};
use mapprof::worker::registry::{MapEntry, built_in_maps};

use crate::scratch::Scratch;

/// The maps that answer and are compiled for all of the common pairs: those that every workload of these tests runs on.
pub fn maps() -> Vec<&'static str> {
    let maps = built_in_maps();
    maps.iter()
        .filter(|entry| entry.info.answers && has_common_pairs(entry))
        .map(|entry| entry.info.name)
        .collect()
}

/// Whether a map is compiled for all of the common pairs: one of those that maps with a few pairs lack is enough to tell.
fn has_common_pairs(map: &MapEntry) -> bool {
    map.pairs.iter().any(|pair| (pair.key.name, pair.value.name) == ("string", "unit"))
}

/// Whether a map frees what it holds when it is removed or the map is dropped, so that its figures are the same in every run.
pub fn is_prompt(map: &str) -> bool {
    built_in_maps().iter().any(|entry| entry.info.name == map && entry.info.closed_form.is_ok())
}

/// What hashbrown looks at in one step.
const GROUP: u64 = if cfg!(target_arch = "x86_64") { 16 } else { 8 };

/// Bytes of a hash table with `buckets` slots of `slot` bytes.
pub fn table(buckets: u64, slot: u64) -> u64 {
    (buckets * slot).next_multiple_of(GROUP) + buckets + GROUP
}

/// The record of a case that ran below `profiles/`.
#[track_caller]
pub fn record(scratch: &Scratch, case: &str) -> CaseRecord {
    serde_json::from_value(scratch.record(case)).expect("it is a record")
}

#[track_caller]
pub fn pass<'r>(record: &'r CaseRecord, name: &str) -> &'r PassRecord {
    let found = record.passes.iter().find(|(kind, _)| kind.name() == name);
    found.map(|(_, pass)| pass).unwrap_or_else(|| panic!("{} has no {name} pass", record.case.map))
}

#[track_caller]
pub fn memory(record: &CaseRecord) -> &Memory {
    pass(record, "memory").memory.as_ref().expect("the memory pass has read memory")
}

/// A scratch folder with the workloads of this module in `own/`: `filled`, `drained`, `passing` and `every-call`.
pub fn scratch() -> Scratch {
    let scratch = Scratch::new();
    for (name, text) in
        [("filled", FILLED), ("drained", DRAINED), ("passing", PASSING), ("every-call", EVERY_CALL)]
    {
        scratch.write(&format!("own/{name}.toml"), text);
    }
    scratch
}

/// Runs workloads with `arguments`; every case must go well.
#[track_caller]
pub fn run(scratch: &Scratch, arguments: &[&str]) {
    scratch.mapprof(&[&["run", "--workloads", "own", "--quiet"], arguments].concat()).ended_with(0);
}

/// Entries of 16 bytes that stay.
const FILLED: &str = r#"
name = "filled"
about = "Puts entries in."
entries = 917_505
[key]
type = "u64"
[value]
type = "u64"
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
"#;

/// Entries that all go in and all go out.
const DRAINED: &str = r#"
name = "drained"
about = "Puts entries in and takes all of them out."
entries = 5_000
[key]
type = "string"
length = 12
[value]
type = "vec"
size = 40
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "drain"
ops_per_entry = 1.0
mix = { remove = 100 }
"#;

/// Entries that the very next call takes out again.
const PASSING: &str = r#"
name = "passing"
about = "Puts an entry in and takes it out again."
entries = 3_000
[key]
type = "string"
length = 12
[value]
type = "vec"
size = 40
[[phase]]
name = "come-and-go"
ops_per_entry = 1.0
each = ["insert", "remove"]
"#;

/// Every call that a mix can have; on one thread or many.
const EVERY_CALL: &str = r#"
name = "every-call"
about = "Every call that a mix can have."
entries = 2_000
[key]
type = "string"
length = 12
[value]
type = "vec"
size = { distribution = "uniform", min = 0, max = 90 }
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "serve"
ops = 20_000
mix = { insert = 10, get = 30, get_missing = 20, update = 15, upsert = 10, remove = 15 }
access = { distribution = "scrambled-zipf", theta = 0.9 }
[[phase]]
name = "drain"
ops_per_entry = 0.5
mix = { remove = 100 }
"#;
