//! `mapprof convert --to firefox`, loaded by the Firefox Profiler's own code, its command line
//! (`tests/tools/firefox.mjs`), and held to the rules that its types state.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::converted::Converted;
use crate::outside::{package_present, shown};

/// What the profiler made of a file.
#[derive(Deserialize)]
pub struct Loaded {
    loaded: bool,
    errors: Vec<String>,
    threads: Vec<Thread>,
}

#[derive(Deserialize)]
pub struct Thread {
    name: String,
    weights: String,
    pub total: f64,
    pub functions: Vec<Function>,
}

#[derive(Deserialize)]
pub struct Function {
    pub name: String,
}

impl Loaded {
    /// These threads of a file.
    pub fn of(file: &Path, threads: &[&str]) -> Loaded {
        let loaded: Loaded = shown("firefox.mjs", file, &["--threads", &threads.join(",")]);
        assert!(loaded.loaded, "{:?}", loaded.errors);
        loaded
    }

    #[track_caller]
    pub fn thread(&self, name: &str) -> &Thread {
        self.threads.iter().find(|thread| thread.name == name).unwrap_or_else(|| panic!("no thread {name}"))
    }
}

#[test]
fn the_profiler_loads_each_sample_type_with_its_total() {
    if !package_present("@firefox-devtools/profiler-cli") {
        return;
    }
    let heap = Converted::of("heap.pb.gz");
    let kinds = ["alloc_objects", "alloc_space", "peak_space"];
    let loaded = Loaded::of(&heap.to("heap.firefox.json"), &kinds);
    for kind in kinds {
        let thread = loaded.thread(kind);
        assert_eq!(thread.total, heap.total(kind) as f64, "{kind}");
        assert_eq!(thread.weights, if kind.ends_with("_space") { "bytes" } else { "samples" }, "{kind}");
    }
    assert!(loaded.thread("alloc_space").functions.iter().any(|row| row.name.ends_with("::reserve_rehash")));
    let cpu = Converted::of("cpu.pb.gz");
    let loaded = Loaded::of(&cpu.to("cpu.firefox.json"), &["cpu"]);
    let thread = loaded.thread("cpu");
    assert_eq!(thread.weights, "tracing-ms");
    let total = cpu.total("cpu") as f64 / 1e6;
    assert!((thread.total - total).abs() < 1e-6 * total, "{} and {total} ms", thread.total);
}

/// The rules are those of `src/types/profile.ts` in firefox-devtools/profiler, as of version 61 of the processed format:
/// the comments of `RawStackTable`, `FrameTable`, `FuncTable`, `SourceTable`, `RawSamplesTable` and `ProfileMeta`.
#[test]
fn the_tables_keep_the_rules_of_their_types() {
    for profile in ["heap.pb.gz", "cpu.pb.gz"] {
        let file = Converted::of(profile);
        let json: Value =
            serde_json::from_slice(&std::fs::read(file.to("out.firefox.json")).unwrap()).unwrap();
        let shared = &json["shared"];
        let tables = shared.as_object().unwrap().values().filter(|table| table.is_object());
        let threads = json["threads"].as_array().unwrap();
        let samples = threads.iter().flat_map(|thread| [&thread["samples"], &thread["markers"]]);
        // The columns of a table have the length that it states.
        for table in tables.chain(samples) {
            let length = table["length"].as_u64().expect("a table states its length") as usize;
            for (name, column) in table.as_object().unwrap() {
                assert!(column.as_array().is_none_or(|rows| rows.len() == length), "{profile}: {name}");
            }
        }
        let rows = |table: &str, column: &str| shared[table][column].as_array().unwrap().clone();
        let length = |table: &str| shared[table]["length"].as_u64().unwrap();
        let strings = shared["stringArray"].as_array().unwrap();
        // An index is a place of the table that it leads into; of some columns it may be missing.
        for (table, column, into) in [
            ("stackTable", "frame", length("frameTable")),
            ("frameTable", "func", length("funcTable")),
            ("funcTable", "name", strings.len() as u64),
            ("funcTable", "source", length("sources")),
            ("sources", "filename", strings.len() as u64),
        ] {
            let missing = column == "source";
            let fits = |row: &Value| row.as_u64().is_some_and(|row| row < into) || missing && row.is_null();
            assert!(rows(table, column).iter().all(fits), "{profile}: {table}.{column}");
        }
        // A parent comes before its children.
        let prefixes = rows("stackTable", "prefix");
        let earlier = |(place, row): (usize, &Value)| row.is_null() || row.as_u64().unwrap() < place as u64;
        assert!(prefixes.iter().enumerate().all(earlier), "{profile}");
        // No two nodes with one parent have one frame, no two functions are alike, and each text is there once.
        let distinct = |rows: Vec<String>| rows.iter().collect::<BTreeSet<_>>().len() == rows.len();
        let pairs = |table: &str, one: &str, other: &str| -> Vec<String> {
            rows(table, one).iter().zip(rows(table, other)).map(|(a, b)| format!("{a} {b}")).collect()
        };
        assert!(distinct(pairs("stackTable", "frame", "prefix")), "{profile}");
        assert!(distinct(pairs("funcTable", "name", "source")), "{profile}");
        assert!(distinct(strings.iter().map(Value::to_string).collect()), "{profile}");
        for samples in threads.iter().map(|thread| &thread["samples"]) {
            let fits = |row: &Value| row.as_u64().is_some_and(|row| row < length("stackTable"));
            assert!(samples["stack"].as_array().unwrap().iter().all(fits), "{profile}");
            let times: Vec<f64> =
                samples["time"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
            assert!(times.is_sorted(), "{profile}");
            let weights = ["samples", "tracing-ms", "bytes"];
            assert!(weights.contains(&samples["weightType"].as_str().unwrap()), "{profile}");
        }
        // The default category is the grey one, and each has at least one subcategory.
        let categories = json["meta"]["categories"].as_array().unwrap();
        assert!(categories.iter().any(|category| category["color"] == "grey"), "{profile}");
        assert!(categories.iter().all(|category| !category["subcategories"].as_array().unwrap().is_empty()));
    }
}
