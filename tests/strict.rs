//! The rules of the strictest reader of pprof profiles, checked on a real run. Nothing of mapprof decodes the files
//! here: the messages below are written from the format's own definition, so a mistake in mapprof's encoder cannot
//! hide behind the same mistake in its decoder.

mod run_once;

use flate2::read::GzDecoder;
use prost::Message;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "7")]
    drop_frames: i64,
    #[prost(int64, tag = "8")]
    keep_frames: i64,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Label>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(int64, tag = "1")]
    key: i64,
    #[prost(int64, tag = "2")]
    text: i64,
    #[prost(int64, tag = "3")]
    number: i64,
    #[prost(int64, tag = "4")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    memory_start: u64,
    #[prost(uint64, tag = "3")]
    memory_limit: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
    #[prost(int64, tag = "6")]
    build_id: i64,
    #[prost(bool, tag = "7")]
    has_functions: bool,
    #[prost(bool, tag = "8")]
    has_filenames: bool,
    #[prost(bool, tag = "9")]
    has_line_numbers: bool,
    #[prost(bool, tag = "10")]
    has_inline_frames: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

const ALL: [&str; 3] = ["heap.pb.gz", "heap-timeline.pb.gz", "cpu.pb.gz"];

impl Profile {
    fn read(file: &str) -> Profile {
        let mut bytes = Vec::new();
        let packed = File::open(run_once::file(file)).expect("the file opens");
        GzDecoder::new(packed)
            .read_to_end(&mut bytes)
            .unwrap_or_else(|error| panic!("{file} is not gzip: {error}"));
        Profile::decode(&*bytes).unwrap_or_else(|error| panic!("{file} is not a profile: {error}"))
    }

    #[track_caller]
    fn text(&self, index: i64) -> &str {
        let found = usize::try_from(index).ok().and_then(|index| self.string_table.get(index));
        found.unwrap_or_else(|| panic!("string {index} is not in the table"))
    }

    /// A sample type as `kind/unit`.
    #[track_caller]
    fn value_type(&self, value_type: &ValueType) -> String {
        format!("{}/{}", self.text(value_type.kind), self.text(value_type.unit))
    }

    fn sample_types(&self) -> Vec<String> {
        self.sample_type.iter().map(|value_type| self.value_type(value_type)).collect()
    }

    fn period_type(&self) -> String {
        let period_type = self.period_type.as_ref();
        self.value_type(period_type.expect("there is a period type"))
    }
}

/// Asserts that the ids are 1, 2, 3 and so on, in the order of the file. This rules out id 0 as well.
#[track_caller]
fn assert_sequential(what: &str, file: &str, ids: impl Iterator<Item = u64>) {
    for (index, id) in ids.enumerate() {
        assert_eq!(id, index as u64 + 1, "{what} {index} of {file}");
    }
}

#[test]
fn ids_count_from_one() {
    for file in ALL {
        let profile = Profile::read(file);
        assert_sequential("mapping", file, profile.mapping.iter().map(|one| one.id));
        assert_sequential("location", file, profile.location.iter().map(|one| one.id));
        assert_sequential("function", file, profile.function.iter().map(|one| one.id));
        assert!(!profile.mapping.is_empty(), "{file} has no mapping");
        assert!(!profile.location.is_empty(), "{file} has no location");
        assert!(!profile.function.is_empty(), "{file} has no function");
    }
}

#[test]
fn the_first_string_is_empty_and_no_other_one_is() {
    for file in ALL {
        let table = Profile::read(file).string_table;
        assert_eq!(table.first().map(String::as_str), Some(""), "{file}");
        let distinct: HashSet<&String> = table.iter().collect();
        assert_eq!(distinct.len(), table.len(), "{file} repeats a string");
    }
}

#[test]
fn every_reference_is_there() {
    for file in ALL {
        let profile = Profile::read(file);
        let within = |id: u64, of: usize| (1..=of as u64).contains(&id);
        for sample in &profile.sample {
            assert!(!sample.location_id.is_empty(), "{file}: a sample without a stack");
            for id in &sample.location_id {
                assert!(within(*id, profile.location.len()), "{file}: location {id}");
            }
        }
        for location in &profile.location {
            // 0 stands for an address outside every mapping.
            let mapping = location.mapping_id;
            assert!(mapping == 0 || within(mapping, profile.mapping.len()), "{file}: mapping {mapping}");
            for line in &location.line {
                assert!(
                    within(line.function_id, profile.function.len()),
                    "{file}: function {}",
                    line.function_id
                );
                assert!(line.line >= 0, "{file}: line {}", line.line);
            }
        }
        for function in &profile.function {
            // speedscope drops a frame without a name.
            assert_ne!(profile.text(function.name), "", "{file}: a function without a name");
            profile.text(function.system_name);
            profile.text(function.filename);
        }
        for mapping in &profile.mapping {
            profile.text(mapping.filename);
            profile.text(mapping.build_id);
        }
        for comment in &profile.comment {
            profile.text(*comment);
        }
        profile.text(profile.drop_frames);
        profile.text(profile.keep_frames);
    }
}

#[test]
fn every_sample_has_a_value_of_each_type() {
    for file in ALL {
        let profile = Profile::read(file);
        assert!(!profile.sample.is_empty(), "{file} has no sample");
        for sample in &profile.sample {
            assert_eq!(sample.value.len(), profile.sample_type.len(), "{file}");
            assert!(sample.value.iter().all(|value| *value >= 0), "{file}: {:?}", sample.value);
        }
    }
}

#[test]
fn the_types_are_the_fields_own() {
    let heap = Profile::read("heap.pb.gz");
    assert_eq!(
        heap.sample_types(),
        [
            "alloc_objects/count",
            "alloc_space/bytes",
            "inuse_objects/count",
            "inuse_space/bytes",
            "peak_objects/count",
            "peak_space/bytes",
            "temporary_objects/count",
            "temporary_space/bytes",
        ]
    );
    assert_eq!(heap.text(heap.default_sample_type), "inuse_space");
    assert_eq!(heap.period_type(), "space/bytes");

    let cpu = Profile::read("cpu.pb.gz");
    assert_eq!(cpu.sample_types(), ["samples/count", "cpu/nanoseconds"]);
    assert_eq!(cpu.period_type(), "cpu/nanoseconds");
}

#[test]
fn the_default_type_is_one_of_the_types_and_the_period_is_known() {
    for file in ALL {
        let profile = Profile::read(file);
        let default = profile.text(profile.default_sample_type);
        let mut kinds = profile.sample_type.iter().map(|one| profile.text(one.kind));
        assert!(kinds.any(|kind| kind == default), "{file}: {default:?} is no sample type");
        assert!(profile.period > 0, "{file}: period {}", profile.period);
        assert!(profile.time_nanos > 0, "{file} has no time");
    }
}

/// pprof takes the first mapping for the program, and asks for no symbols when all four flags are set.
#[test]
fn the_first_mapping_is_the_symbolized_binary() {
    for file in ALL {
        let profile = Profile::read(file);
        let main = profile.mapping.first().expect("there is a mapping");
        let path = Path::new(profile.text(main.filename));
        let binary = Path::new(env!("CARGO_BIN_EXE_mapprof"));
        assert_eq!(path.file_name(), binary.file_name(), "{file}: {}", path.display());
        assert!(main.memory_start < main.memory_limit, "{file}");
        assert!(main.has_functions, "{file}");
        assert!(main.has_filenames, "{file}");
        assert!(main.has_line_numbers, "{file}");
        assert!(main.has_inline_frames, "{file}");
        let build_id = profile.text(main.build_id);
        assert!(
            !build_id.is_empty()
                && build_id.len().is_multiple_of(2)
                && build_id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{file}: build id {build_id:?}"
        );
        for location in &profile.location {
            // A location can lie outside every mapping (0), never outside the one that it names.
            if let Some(index) = location.mapping_id.checked_sub(1) {
                let mapping = &profile.mapping[index as usize];
                assert!(
                    (mapping.memory_start..mapping.memory_limit).contains(&location.address),
                    "{file}: {:#x} is not in mapping {}",
                    location.address,
                    location.mapping_id
                );
            }
        }
    }
}

#[test]
fn every_sample_says_where_it_belongs_once() {
    for file in ALL {
        let profile = Profile::read(file);
        for sample in &profile.sample {
            let mut keys = HashSet::new();
            for label in &sample.label {
                let key = profile.text(label.key);
                assert!(keys.insert(key), "{file}: two values for {key}");
                profile.text(label.unit);
                assert!(label.text == 0 || label.number == 0, "{file}: {key} is text and number at once");
                // A text label without text is read as the number 0.
                if label.text != 0 {
                    assert_ne!(profile.text(label.text), "", "{file}: {key} is empty");
                }
            }
            for key in ["phase", "role", "map", "workload", "thread"] {
                assert!(keys.contains(key), "{file}: a sample has no {key}, only {keys:?}");
            }
        }
    }
}

/// Go's heap profiles have the size of a block as a label too, and readers know it.
#[test]
fn sampled_blocks_have_a_size_and_freed_ones_a_lifetime() {
    let profile = Profile::read("heap.pb.gz");
    let mut lifetimes = 0;
    for sample in &profile.sample {
        let number = |wanted: &str, unit: &str| {
            let label = sample.label.iter().find(|label| profile.text(label.key) == wanted)?;
            assert_eq!((label.text, profile.text(label.unit)), (0, unit), "{wanted}");
            Some(label.number)
        };
        let bytes = number("bytes", "bytes");
        // Where every allocation was recorded, sizes are summed up.
        assert_eq!(bytes.is_some_and(|bytes| bytes > 0), profile.period > 1, "{bytes:?}");
        if let Some(calls) = number("lifetime", "calls") {
            assert!(calls >= 0, "{calls}");
            assert_eq!(sample.value[2..4], [0, 0], "a freed block is in use");
            lifetimes += 1;
        }
    }
    assert!(lifetimes > 0, "no block was freed");
}

/// What was live at some moment was allocated before, and so was what was freed. Weights are no integers: each value is
/// rounded for itself, so one may be off by one.
#[test]
fn no_sample_holds_more_than_was_allocated() {
    let profile = Profile::read("heap.pb.gz");
    for sample in &profile.sample {
        let [objects, bytes] = [sample.value[0] + 1, sample.value[1] + 1];
        for kind in [2, 4, 6] {
            let held = [sample.value[kind], sample.value[kind + 1]];
            let name = profile.text(profile.sample_type[kind].kind);
            assert!(held[0] <= objects && held[1] <= bytes, "{name}: {:?}", sample.value);
        }
        // What was freed in its phase is not in use, though it may have been there at the peak.
        let in_use_or_gone = sample.value[3] + sample.value[7];
        assert!(in_use_or_gone <= bytes + 1, "temporary and in use at once: {:?}", sample.value);
    }
    let total = |kind: usize| profile.sample.iter().map(|sample| sample.value[kind]).sum::<i64>();
    assert!(total(7) > 0, "values that were replaced are temporary");
    assert!(total(5) > 0 && total(3) > 0);
}
