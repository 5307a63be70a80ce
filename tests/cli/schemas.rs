//! The published JSON Schemas: what mapprof writes holds to them, they have nothing that mapprof does not write, and they
//! refuse what is not so. [`Scratch`] holds the records of all other tests to them as well.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::doc_commands::has_go;
use crate::own::example;
use crate::records;
use crate::scratch::schema_check::{Checker, FILES, META};
use crate::scratch::{MAPPROF, Said, Scratch, read_json};
use crate::worker::executable;

/// Steps, shapes and sizes that workloads of the catalogue do not have.
const CORNERS: &str = r#"
name = "corners"
about = "Parts of a definition that few workloads have."
entries = 300
[key]
type = "string"
length = [{ bytes = 12, share = 0.7 }, { bytes = 40, share = 0.3 }]
[value]
type = "record"
inline = 64
heap = ["18", "0..3 x 24"]
[[phase]]
name = "fresh"
step = "new"
capacity = 100
[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }
[[phase]]
name = "refresh"
step = "swap"
readers = 2
[[phase]]
name = "serve"
ops = 500
mix = { get = 100 }
access = { distribution = "zipf", theta = 0.9 }
"#;

/// Workloads of the catalogue, and what is to be seen in their definitions.
const DEFINED: [(&str, &str); 11] = [
    ("bleeding", "entries that are handed over"),
    ("etc-facebook", "lengths and sizes with a tail"),
    ("expiring-sessions", "a time to live"),
    ("lru", "removals of the oldest"),
    ("mixgraph", "a hotspot"),
    ("empty-maps", "shards and instances"),
    ("large-values", "sizes with a tail of another form"),
    ("hot-keys", "hashers, zipf"),
    ("twitter-c15", "one-hit wonders"),
    ("entry-layout", "bits of tags"),
    ("lingering-references", "held values"),
];

/// What records and messages of the test need not have, and why.
const UNSEEN: [&str; 6] = [
    // Reserved.
    "runtime",
    // Not every system gives them.
    "huge-pages",
    // The pass that looks for a leak must fail.
    "leaks_unknown",
    // Where a backend was refused, or stacks were walked by the child.
    "notes",
    "weight_ns",
    // Of children whose code the files do not name.
    "functions",
];

/// What only a worker of Go tells.
const OF_GO: [&str; 28] = [
    "address",
    "all",
    "arenas",
    "base_bytes",
    "cause",
    "collections",
    "counted_bytes",
    "cycles",
    "frames",
    "function",
    "goal_bytes",
    "go",
    "gogc",
    "harness_bytes",
    "head",
    "heap_bytes",
    "longest_pause_ns",
    "mapped",
    "memory_limit",
    "objects",
    "pause_ns",
    "processors",
    "release",
    "released",
    "requested_bytes",
    "storage",
    "symbols",
    "unused",
];

/// The names of all fields in a schema.
fn fields(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            for (keyword, part) in parts {
                match part.as_object().filter(|_| keyword == "properties") {
                    Some(properties) => {
                        found.extend(properties.keys().cloned());
                        properties.values().for_each(|part| fields(part, found));
                    }
                    None => fields(part, found),
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| fields(part, found)),
        _ => {}
    }
}

/// The names of all fields in `value`.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            found.extend(parts.keys().cloned());
            parts.values().for_each(|part| names(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| names(part, found)),
        _ => {}
    }
}

/// Whatever was written, held to its schema as it comes in.
struct Written {
    schemas: Checker,
    names: BTreeSet<String>,
}

impl Written {
    #[track_caller]
    fn take(&mut self, schema: &str, value: &Value, place: &str) {
        if let Err(why) = self.schemas.check(schema, value) {
            panic!("{place}: {why}");
        }
        names(value, &mut self.names);
    }

    /// Takes every record, failure and message below `folder`. Gives their number.
    #[track_caller]
    fn take_all(&mut self, folder: &Path) -> usize {
        let mut taken = 0;
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            let place = path.display().to_string();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let lines = || {
                let text = fs::read_to_string(&path).expect("it can be read");
                let lines: Vec<Value> =
                    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
                lines
            };
            match name.as_str() {
                _ if path.is_dir() => taken += self.take_all(&path),
                "run.json" => self.take("run.schema.json", &read_json(&path), &place),
                "error.json" => self.take("error.schema.json", &read_json(&path), &place),
                name if name.ends_with(".request") => {
                    self.take("protocol.schema.json#/$defs/request", &lines()[0], &place);
                }
                name if name.ends_with(".replies") => {
                    for line in lines() {
                        self.take(&schema_of(&line), &line, &place);
                    }
                }
                _ => continue,
            }
            taken += usize::from(path.is_file());
        }
        taken
    }
}

/// The schema of a line of a child. That of its event says more of what is wrong than that of all events.
fn schema_of(line: &Value) -> String {
    format!("protocol.schema.json#/$defs/{}", line["event"].as_str().expect("a line is an event"))
}

/// A worker that keeps what it is asked and what it answers in `messages`.
fn listener(scratch: &Scratch, program: &Path) -> String {
    let messages = scratch.path("messages");
    fs::create_dir_all(&messages).expect("the folder can be made");
    let script = format!(
        "#!/bin/sh\nread -r request\nprintf '%s\\n' \"$request\" > '{0}'/$$.request\n\
         printf '%s\\n' \"$request\" | '{1}' worker | tee '{0}'/$$.replies\n",
        messages.display(),
        program.display()
    );
    let name = program.file_name().expect("it is a file").to_string_lossy().into_owned();
    executable(scratch, &format!("{name}-listener"), &script)
}

/// The worker in Go that was built last.
fn go_worker() -> PathBuf {
    let worker = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache/mapprof/go");
    let newest = |folder: &Path| {
        let entries =
            fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("one").path());
        entries.max_by_key(|path| fs::metadata(path).and_then(|about| about.modified()).ok()).expect("one")
    };
    newest(&newest(&newest(&worker)))
}

/// Puts what our own child was asked of `std` to the worker in Go, and keeps its answers beside the others.
fn ask_go(scratch: &Scratch, messages: &Path) {
    let worker = go_worker();
    let mut asked = 0;
    let paths: Vec<PathBuf> =
        fs::read_dir(messages).expect("it is there").map(|entry| entry.expect("one").path()).collect();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|name| name == "request")) {
        let mut request = read_json(path);
        let told = request["pass"] == "memory" || request["pass"]["heap"] == "exact";
        if !told || request["map"] != "std" || request["subject"]["workload"]["name"] != "every-call" {
            continue;
        }
        request["map"] = json!("go");
        let line = scratch.write("go.request", format!("{request}\n"));
        let mut command = scratch.command(&worker);
        command.arg("worker").stdin(fs::File::open(line).expect("it was written"));
        let said = Said::of(command.env("GOMEMLIMIT", "1GiB"));
        fs::write(path.with_extension("go.replies"), said.stdout).expect("it can be written");
        asked += 1;
    }
    assert!(asked > 2, "{asked} requests");
}

#[test]
fn every_file_is_a_schema() {
    let mut schemas = Checker::new();
    for (name, text) in FILES {
        let schema: Value = serde_json::from_str(text).expect("it is JSON");
        assert_eq!((&schema["$schema"], &schema["$id"]), (&json!(META), &json!(name)));
        schemas.check(META, &schema).unwrap_or_else(|why| panic!("{name}: {why}"));
        let parts = schema["$defs"].as_object().expect("it has parts");
        for part in parts.keys() {
            // What it refers to must be there.
            let _ = schemas.check(&format!("{name}#/$defs/{part}"), &Value::Null);
        }
        assert!(schemas.check(name, &json!("no record")).is_err(), "{name}");
    }
}

/// Records, failures and messages of every pass and of many workloads.
#[test]
fn what_is_written_holds_to_the_schemas_and_has_every_field_of_them() {
    let scratch = records::scratch();
    scratch.write("own/corners.toml", CORNERS);
    let worker = listener(&scratch, Path::new(MAPPROF));
    let mut outs = 0;
    let mut out = || {
        outs += 1;
        format!("out-{outs}")
    };
    let calls = ["run", "every-call", "--workloads", "own", "--quiet", "--worker", worker.as_str()];
    for how in [
        &["--map", "std,skiplist", "--heap=exact", "--latency"][..],
        &["--map", "dashmap", "--threads", "3", "--heap", "--sample-bytes", "512", "--repeat", "2"],
        &["--heap=dump", "--sample-bytes", "512"],
        &["--skip", "memory", "--ops", "2000000", "--cpu"],
        &["--skip", "memory", "--ops", "2000000", "--cpu=timer"],
        &["--skip", "time", "--env", "MAPPROF_TEST=1"],
    ] {
        scratch.mapprof(&[&calls[..], how, &["--out", &out()]].concat()).ended_with(0);
    }
    let run = |arguments: &[&str], out: &str| {
        let arguments = [&["run"], arguments, &["--workloads", "own", "--quiet", "--out", out]].concat();
        scratch.mapprof(&arguments).ended_with(0);
    };
    run(&["corners", "--latency"], &out());
    let small = ["--entries", "300", "--skip", "time"];
    for (workload, _) in DEFINED {
        run(&[&[workload][..], &small].concat(), &out());
    }
    run(&["intern-table", "--entries", "300", "--set", "repeats=2", "--heap=exact", "--latency"], &out());
    // Programs and maps of one's own: arguments, settings, sites, a leak.
    let own = |name: &str, arguments: &[&str], out: &str| {
        let worker = listener(&scratch, &example(name));
        let arguments = [&["run"], arguments, &["--quiet", "--worker", &worker, "--out", out]].concat();
        Said::of(scratch.command(example(name)).args(arguments)).ended_with(0);
    };
    own("odd", &["parameters", "--env", "MAPPROF_TEST_SIZE=7", "--", "300", "a b"], &out());
    own("own_workload", &["sessions", "--entries", "500", "--heap", "--sample-bytes", "512"], &out());
    own("odd", &["every-call", "--workloads", "own", "--map", "leaky-drop"], &out());
    // Cases that fail.
    let words = "#!/bin/sh\nread -r request\necho 'no wheel to turn' >&2\nexit 7\n";
    let fails = [executable(&scratch, "fails", words), "./absent".to_owned()];
    for worker in &fails {
        let failing = ["run", "every-call", "--workloads", "own", "--worker", worker, "--out", &out()];
        scratch.mapprof(&failing).ended_with(3);
    }
    let late = ["run", "corners", "--workloads", "own", "--ops", "100000000000", "--timeout", "1"];
    scratch.mapprof(&[&late[..], &["--out", &out()]].concat()).ended_with(3);

    // A map of another language.
    if has_go() {
        let how = ["--go", "go", "--map", "go", "--heap=exact", "--cpu", "--latency", "--ops", "2000000"];
        let environment = ["--env", "GOMEMLIMIT=1GiB", "--quiet", "--out", &out()];
        scratch.mapprof(&[&calls[..4], &how, &environment].concat()).ended_with(0);
        ask_go(&scratch, &scratch.path("messages"));
    }

    let mut written = Written { schemas: Checker::new(), names: BTreeSet::new() };
    let taken = written.take_all(&scratch.path(""));
    assert!(taken > 60, "{taken} files");
    let of_go = has_go().then(go_worker);
    for program in ["odd", "own_map"].map(example).into_iter().chain([MAPPROF.into()]).chain(of_go) {
        let told = Said::of(scratch.command(&program).args(["worker", "tables"])).ended_with(0).stdout;
        let tables = serde_json::from_str(&told).expect("it is JSON");
        written.take("protocol.schema.json#/$defs/tables", &tables, "tables");
        written.take("protocol.schema.json", &tables, "tables");
    }
    let refused = answer(&scratch, &json!({"protocol": 1}));
    written.take("protocol.schema.json#/$defs/failed", &refused, "a refusal");

    let mut fields_of_all = BTreeSet::new();
    for (_, text) in FILES {
        fields(&serde_json::from_str(text).expect("it is JSON"), &mut fields_of_all);
    }
    let unseen: Vec<&String> = fields_of_all
        .iter()
        .filter(|field| !written.names.contains(*field) && !UNSEEN.contains(&field.as_str()))
        .filter(|field| has_go() || !OF_GO.contains(&field.as_str()))
        .collect();
    assert!(unseen.is_empty(), "in the schemas, and in nothing that was written: {unseen:?}");
}

/// The last line that a child of ours answers.
#[track_caller]
fn answer(scratch: &Scratch, request: &Value) -> Value {
    let request = fs::File::open(scratch.write("request", format!("{request}\n"))).expect("it is there");
    let said = Said::of(scratch.command(MAPPROF).arg("worker").stdin(request));
    serde_json::from_str(said.stdout.lines().last().unwrap_or_default()).expect("it is a line of JSON")
}

/// Asserts that `value` holds to a schema, and no longer with a further field in any of the `objects`, or without the field that
/// is named beside it.
#[track_caller]
fn is_strict(schema: &str, value: &Value, objects: &[(&str, &str)]) {
    let mut schemas = Checker::new();
    schemas.check(schema, value).unwrap_or_else(|why| panic!("{why}"));
    for (place, field) in objects {
        let changed = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            let mut changed = value.clone();
            let object = changed.pointer_mut(place).and_then(Value::as_object_mut);
            change(object.unwrap_or_else(|| panic!("no object at {place}")));
            changed
        };
        let more = changed(&|object| drop(object.insert("new_field".into(), json!(1))));
        assert!(schemas.check(schema, &more).is_err(), "{schema}: a field that is not known at {place}");
        let fewer = changed(&|object| drop(object.remove(*field).expect("the field is there")));
        assert!(schemas.check(schema, &fewer).is_err(), "{schema}: {place} without {field}");
    }
}

#[test]
fn fields_that_are_missing_or_not_known_are_refused() {
    let scratch = records::scratch();
    records::run(&scratch, &["every-call", "--heap=exact", "--latency"]);
    let record = scratch.record("every-call/std");
    is_strict(
        "run.schema.json",
        &record,
        &[
            ("", "session"),
            ("/case", "threads"),
            ("/machine", "cores"),
            ("/definition", "expect"),
            ("/definition/key", "order"),
            ("/definition/phases/0", "ops"),
            ("/passes/memory", "total"),
            ("/passes/memory/total", "look_ups"),
            ("/passes/memory/phases/0", "span_ns"),
            ("/passes/memory/phases/0/counts", "frees"),
            ("/passes/memory/memory", "growth_events"),
            ("/passes/memory/memory/timeline/0", "ns"),
            ("/passes/memory/memory/phases/0", "entry_bytes"),
            ("/passes/latency/latency", "clock"),
            ("/passes/latency/latency/kinds/0", "p999_ns"),
            ("/metrics/ns_per_op", "noise"),
            ("/waterfalls/0", "moment"),
            ("/heap", "unwinder"),
            ("/heap/totals/0", "counted"),
        ],
    );
    let mut older = record;
    older["format"] = json!(3);
    assert!(Checker::new().check("run.schema.json", &older).is_err());
    older["format"] = json!(4);
    older["metrics"]["ns_per_op"]["noise"] = json!("loud");
    assert!(Checker::new().check("run.schema.json", &older).is_err());
    older["metrics"]["ns_per_op"]["noise"] = json!("time");
    assert_eq!(Checker::new().check("run.schema.json", &older), Ok(()));
    older["passes"]["memory"]["phases"][0]["counts"] = Value::Null;
    assert!(Checker::new().check("run.schema.json", &older).is_err(), "a record leaves out what is absent");

    let failing = ["run", "every-call", "--workloads", "own", "--worker", "./absent"];
    scratch.mapprof(&failing).ended_with(3);
    let error = read_json(&scratch.path("profiles/every-call/std.failed/error.json"));
    is_strict("error.schema.json", &error, &[("/0", "last_words"), ("/0/case", "map")]);
}

#[test]
fn messages_with_fields_that_are_missing_or_not_known_are_refused() {
    let scratch = Scratch::new();
    let request = json!({
        "protocol": 3, "pass": "time", "subject": {"program": "none"}, "map": "own", "seed": 1, "threads": 1,
    });
    is_strict("protocol.schema.json", &request, &[("", "seed"), ("/subject", "program")]);
    let failed = answer(&scratch, &request);
    assert_eq!(failed["event"], "failed");
    is_strict("protocol.schema.json", &failed, &[("", "message")]);
    let done = json!({
        "event": "done", "checksum": "00000000000000aa", "hits": 3, "peak_live_bytes": 1, "peak_phase": "fill",
        "max_rss_bytes": 9,
    });
    is_strict("protocol.schema.json", &done, &[("", "peak_phase")]);
    // A child may write null for counts that it does not have.
    let phase = json!({
        "event": "phase", "name": "fill", "ops": 1, "calls": 1, "wall_ns": 7, "cpu_ns": 6, "span_ns": 7, "entries": 1,
        "payload_bytes": 52, "counts": null,
    });
    is_strict("protocol.schema.json", &phase, &[("", "span_ns")]);
}

/// The examples of the documentation are messages and failures as well.
#[test]
fn the_documented_examples_hold_to_the_schemas() {
    let text = include_str!("../../docs/FORMAT.md");
    let mut schemas = Checker::new();
    let mut check = |schema: &str, value: &Value| {
        schemas.check(schema, value).unwrap_or_else(|why| panic!("{value}: {why}"));
    };
    let mut events = 0;
    for block in text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        match serde_json::from_str(block) {
            Ok(failures @ Value::Array(_)) => check("error.schema.json", &failures),
            Ok(request) => check("protocol.schema.json#/$defs/request", &request),
            Err(_) => {
                for line in block.lines() {
                    let line: Value = serde_json::from_str(line).expect("a line is an event");
                    check(&schema_of(&line), &line);
                    events += 1;
                }
            }
        }
    }
    assert!(events > 10, "{events} events");
}
