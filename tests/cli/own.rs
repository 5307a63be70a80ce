//! Maps and workloads of a user's own: the two examples, with the same commands, passes and files as the built-in ones.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scratch::{MAPPROF, Said, Scratch, read_json};
use crate::worker::executable;

/// An example's binary, which cargo has built beside the one under test.
pub fn example(name: &str) -> PathBuf {
    let path = Path::new(MAPPROF).with_file_name("examples").join(name);
    assert!(path.is_file(), "{} is not there: run cargo build --release --examples", path.display());
    path
}

pub fn run(scratch: &Scratch, name: &str, arguments: &[&str]) -> Said {
    Said::of(scratch.command(example(name)).args(arguments))
}

/// Asserts that the heap profile of `case` gives bytes to every one of `roles`.
#[track_caller]
fn assert_roles(scratch: &Scratch, name: &str, case: &str, roles: &[&str]) {
    let said =
        run(scratch, name, &["top", case, "--by", "role", "--type", "alloc_space", "--json"]).ended_with(0);
    for role in roles {
        assert!(said.stdout.contains(&format!("\"{role}\"")), "no {role} in {}", said.stdout);
    }
}

#[test]
fn a_map_of_ones_own_has_the_same_commands_and_files() {
    let scratch = Scratch::new();
    let arguments = ["run", "churn", "--map", "linear,std", "--entries", "300", "--ops", "1000000"];
    run(&scratch, "own_map", &[&arguments[..], &["--heap", "--cpu", "--quiet"]].concat()).ended_with(0);
    let (linear, std) = (scratch.record("churn/linear"), scratch.record("churn/std"));
    let checksum = |record: &Value| record["passes"]["memory"]["total"]["checksum"].clone();
    assert!(checksum(&linear).is_string());
    assert_eq!(checksum(&linear), checksum(&std));
    assert_eq!(linear["files"], std["files"]);
    assert!(scratch.path("profiles/churn/linear/cpu.pb.gz").exists());
    assert_roles(&scratch, "own_map", "profiles/churn/linear", &["value", "table"]);
    let list = run(&scratch, "own_map", &["list", "maps"]).ended_with(0);
    assert!(list.stdout.contains("linear") && list.stdout.contains("hashbrown"), "{}", list.stdout);
    let near = run(&scratch, "own_map", &["run", "churn", "--map", "liner"]).ended_with(2);
    assert!(near.stderr.contains("\"linear\"?"), "{}", near.stderr);
}

#[test]
fn types_of_ones_own_run_on_every_map() {
    let scratch = Scratch::new();
    let types = ["--set", "key.type=order-id", "--set", "value.type=order", "--set", "value.size=30"];
    let maps = "std,hashbrown,btree,indexmap,dashmap,scc";
    let sizes = ["run", "skewed-keys", "--entries", "2000", "--ops", "4000", "--map", maps];
    let how = ["--heap=exact", "--latency", "--verify", "--quiet"];
    run(&scratch, "own_types", &[&sizes[..], &types, &how].concat()).ended_with(0);
    for map in maps.split(',') {
        let record = scratch.record(&format!("skewed-keys/{map}"));
        assert_eq!(record["definition"]["value"]["rust"], "Order", "{map}");
        let said = [
            "top",
            &format!("profiles/skewed-keys/{map}"),
            "--by",
            "role",
            "--type",
            "inuse_space",
            "--json",
        ];
        let said = run(&scratch, "own_types", &said).ended_with(0);
        let top: Value = serde_json::from_str(&said.stdout).expect("it is JSON");
        let rows = top["rows"].as_array().expect("there are rows");
        let values = rows.iter().find(|row| row["name"] == "value").expect("values own their notes");
        let entries = record["passes"]["memory"]["phases"][2]["entries"].as_u64().expect("it is a number");
        assert_eq!(values["value"], 30 * entries, "{map}");
        assert!(rows.iter().all(|row| row["name"] != "key"), "{map}: keys have no blocks");
    }
    let list = run(&scratch, "own_types", &["list", "types"]).ended_with(0);
    assert!(list.stdout.contains("order-id") && list.stdout.contains("on every map"), "{}", list.stdout);
    // Another mapprof does not know the types, and says so; it still reads the runs.
    let said = scratch.mapprof(&[&sizes[..], &types].concat()).ended_with(2);
    assert!(said.stderr.contains("order-id"), "{}", said.stderr);
    scratch.mapprof(&["compare", "profiles"]).ended_with(0);
}

#[test]
fn a_workload_of_ones_own_has_the_same_commands_and_files() {
    let scratch = Scratch::new();
    run(&scratch, "own_workload", &["run", "sessions", "--heap", "--cpu", "--quiet"]).ended_with(0);
    let record = scratch.record("sessions/own");
    let phases = record["passes"]["memory"]["phases"].as_array().expect("there are phases");
    let names: Vec<&str> = phases.iter().filter_map(|phase| phase["name"].as_str()).collect();
    assert_eq!(names, ["login", "visit", "logout"]);
    assert!(record["metrics"]["bytes_per_entry"]["value"].as_f64() > Some(0.0));
    for file in ["heap.pb.gz", "heap-peak.svg", "heap.speedscope.json", "cpu.pb.gz", "cpu.svg"] {
        assert!(scratch.path("profiles/sessions/own").join(file).exists(), "{file}");
    }
    assert_roles(&scratch, "own_workload", "profiles/sessions/own", &["table"]);
    let top = run(&scratch, "own_workload", &["top", "profiles/sessions/own"]).ended_with(0);
    assert!(top.stdout.contains("own_workload.rs"), "its own code is not named:\n{}", top.stdout);
}

#[test]
fn a_workload_of_ones_own_is_listed_described_and_suggested() {
    let scratch = Scratch::new();
    let list = run(&scratch, "own_workload", &["list"]).ended_with(0);
    assert!(list.stdout.contains("sessions") && list.stdout.contains("churn"), "{}", list.stdout);
    let said = run(&scratch, "own_workload", &["describe", "sessions"]).ended_with(0);
    assert!(said.stdout.contains("Logs users in"), "{}", said.stdout);
    for command in ["run", "describe"] {
        let near = run(&scratch, "own_workload", &[command, "sesions"]).ended_with(2);
        assert!(near.stderr.contains("\"sessions\"?"), "{}", near.stderr);
    }
}

#[test]
fn what_a_workload_of_ones_own_cannot_take_is_refused() {
    let scratch = Scratch::new();
    let said = run(&scratch, "own_workload", &["run", "sessions", "--ops", "5"]).ended_with(2);
    assert!(said.stderr.contains("--ops"), "{}", said.stderr);
}

/// A map that is named and not used would make the record say something that is not so.
#[test]
fn a_map_for_a_program_is_refused() {
    let scratch = Scratch::new();
    for command in [&["run", "sessions"][..], &["run", "churn", "sessions"], &["compare", "sessions"]] {
        let said = run(&scratch, "own_workload", &[command, &["--map", "btree"]].concat()).ended_with(2);
        assert!(said.stderr.contains("\"sessions\" is a program and brings its own map"), "{}", said.stderr);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    }
    assert!(!scratch.path("profiles").exists(), "nothing was run in vain");
}

/// A printed command that names another program runs nothing.
#[test]
fn the_commands_that_are_printed_name_the_binary_as_it_was_called() {
    let scratch = Scratch::new();
    let said = run(
        &scratch,
        "own_map",
        &["run", "churn", "--map", "linear", "--entries", "100", "--ops", "500", "--heap", "--verbose"],
    );
    let binary = example("own_map").display().to_string();
    let said = said.ended_with(0);
    assert!(said.stdout.contains(&format!("  {binary} top profiles/churn/linear")), "{}", said.stdout);
    let rerun = scratch.record("churn/linear")["rerun"].as_str().expect("there is a command").to_owned();
    assert!(rerun.starts_with(&format!("{binary} run churn --map linear ")), "{rerun}");
    Said::of(scratch.command("sh").args(["-c", &format!("{rerun} --quiet")])).ended_with(0);
}

#[test]
fn what_a_program_is_run_with_is_recorded_and_comes_back() {
    let scratch = Scratch::new();
    let given = ["run", "parameters", "--env", "MAPPROF_TEST_SIZE=7", "--quiet", "--", "300", "a b"];
    run(&scratch, "odd", &given).ended_with(0);
    let record = scratch.record("parameters/own");
    assert_eq!(record["arguments"], serde_json::json!(["300", "a b"]));
    assert_eq!(record["environment"], serde_json::json!({"MAPPROF_TEST_SIZE": "7"}));
    // One block of the given size for each of so many operations.
    let phase = &record["passes"]["memory"]["phases"][0];
    assert_eq!((&phase["ops"], &phase["counts"]["alloc_bytes"]), (&300.into(), &(300 * 7).into()));
    let rerun = record["rerun"].as_str().expect("there is a command");
    assert!(rerun.ends_with(" --env MAPPROF_TEST_SIZE=7 -- 300 'a b'"), "{rerun}");
    Said::of(scratch.command("sh").args(["-c", rerun])).ended_with(0);
    assert_eq!(scratch.record("parameters/own")["rerun"], rerun);
    let said = run(&scratch, "odd", &["compare", "parameters", "--quiet"]).ended_with(2);
    assert!(said.stderr.contains("arguments 300 a b and none"), "{}", said.stderr);
    let said = run(&scratch, "odd", &["run", "churn", "--", "5"]).ended_with(2);
    assert!(said.stderr.contains("arguments are for programs of your own"), "{}", said.stderr);
    let said = run(&scratch, "odd", &["run", "parameters", "--env", "_RJEM_MALLOC_CONF=x"]).ended_with(2);
    assert!(said.stderr.contains("mapprof sets it itself"), "{}", said.stderr);
}

/// What is cleaned in a record is no difference to what was asked for.
#[test]
fn arguments_with_control_characters_are_those_of_the_run_that_is_there() {
    let scratch = Scratch::new();
    let parameters = ["--env", "MAPPROF_TEST_SIZE=7", "--env", "ODD=a\tb", "--quiet", "--", "300", "c\td\n"];
    run(&scratch, "odd", &[&["run", "parameters"], &parameters[..]].concat()).ended_with(0);
    let rerun = |scratch: &Scratch| scratch.record("parameters/own")["session"].clone();
    let before = rerun(&scratch);
    run(&scratch, "odd", &[&["compare", "parameters"], &parameters[..]].concat()).ended_with(0);
    assert_eq!(rerun(&scratch), before, "it was measured once more");
}

#[test]
fn a_variable_that_is_no_text_is_not_said_to_be_missing() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new();
    let mut command = scratch.command(example("odd"));
    command.env("ODD", std::ffi::OsStr::from_bytes(b"a\xff"));
    let said = Said::of(command.args(["run", "parameters", "--env", "ODD"])).ended_with(2);
    assert!(said.stderr.contains("--env ODD: its value here is not UTF-8"), "{}", said.stderr);
}

#[test]
fn a_workload_of_ones_own_is_described_in_json_too() {
    let scratch = Scratch::new();
    let said = run(&scratch, "own_workload", &["describe", "sessions", "--json"]).ended_with(0);
    assert!(serde_json::from_str::<Value>(&said.stdout).is_ok(), "--json gave no JSON: {}", said.stdout);
}

/// A record that says four threads where one did the work is not true.
#[test]
fn threads_that_a_program_does_not_use_are_refused() {
    let scratch = Scratch::new();
    let said = run(&scratch, "own_workload", &["run", "sessions", "--threads", "4", "--quiet"]).ended_with(2);
    assert!(said.stderr.contains("--threads"), "{}", said.stderr);
}

/// Live bytes of the program `settings`, in the record of that row.
fn live_bytes(scratch: &Scratch, row: &str) -> u64 {
    let record = scratch.record(&format!("settings/{row}"));
    record["passes"]["memory"]["phases"][0]["counts"]["live_bytes"].as_u64().expect("it is counted")
}

#[test]
fn a_program_runs_in_its_variants_with_what_is_set_of_it() {
    let scratch = Scratch::new();
    run(&scratch, "odd", &["run", "settings", "--quiet"]).ended_with(0);
    assert_eq!((live_bytes(&scratch, "own@large"), live_bytes(&scratch, "own@small")), (300 * 100, 300 * 8));
    let record = scratch.record("settings/own@large");
    assert_eq!(record["settings"], serde_json::json!({"entries": 300, "parameters": {"size": "100"}}));

    // What is set has a folder of its own; a number of entries is a size.
    let set = ["run", "settings@small", "--set", "size=20", "--entries", "50", "--quiet"];
    run(&scratch, "odd", &set).ended_with(0);
    assert_eq!(live_bytes(&scratch, "own@small,size=20"), 50 * 20);
    let rerun =
        scratch.record("settings/own@small,size=20")["rerun"].as_str().expect("it is there").to_owned();
    Said::of(scratch.command("sh").args(["-c", &format!("{rerun} --out again --quiet")])).ended_with(0);
    assert!(scratch.path("again/settings/own@small,size=20/run.json").exists(), "{rerun}");

    // Rows of one table, with a baseline.
    let table =
        run(&scratch, "odd", &["compare", "settings", "--baseline", "own@small"]).ended_with(0).stdout;
    assert!(table.contains("own@large") && table.contains("own@small"), "{table}");
    for (name, entries) in [("a", "300"), ("b", "200")] {
        run(&scratch, "odd", &["run", "settings", "--quiet", "--out", name, "--entries", entries])
            .ended_with(0);
    }
    let said = scratch.mapprof(&["diff", "a", "b"]).ended_with(2).stderr;
    assert!(said.contains("300 and 200 entries"), "{said}");
    let said = run(&scratch, "odd", &["describe", "settings"]).ended_with(0).stdout;
    assert!(said.contains("@large") && said.contains("size=100"), "{said}");
}

#[test]
fn what_a_program_does_not_have_is_refused_before_it_runs() {
    let scratch = Scratch::new();
    for (arguments, part) in [
        (&["settings", "--set", "sise=3"][..], "\"size\""),
        (&["settings@lage"], "\"large\""),
        (&["settings", "--ops", "3"], "--ops does not reach into it"),
        (&["parameters", "--set", "x=3"], "has no parameters"),
        (&["parameters", "--entries", "3"], "has no number of entries"),
        (&["parameters@x"], "has no variants"),
    ] {
        let said = run(&scratch, "odd", &[&["run"], arguments].concat()).ended_with(2).stderr;
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    let said = run(&scratch, "odd", &["run", "forgetful", "--quiet"]).ended_with(3).stderr;
    assert!(said.contains("add .param(\"size\", ...)"), "{said}");
}

/// What counts refuses to count with another allocator, and takes nothing with it that needs no such thing.
#[test]
fn a_program_with_another_allocator_has_times_and_cpu_profiles() {
    let scratch = Scratch::new();
    let arguments = ["run", "numbers", "--cpu", "--latency", "--heap", "--quiet"];
    let said = run(&scratch, "plain", &arguments).ended_with(3);
    for pass in ["memory", "heap"] {
        let line = said.stderr.lines().find(|line| line.contains(&format!(": {pass} pass: refused: ")));
        let line = line.unwrap_or_else(|| panic!("the {pass} pass: {}", said.stderr));
        assert!(line.contains("mapprof::install_allocator!();"), "{line}");
    }
    let kept = scratch.path("profiles/numbers/own.failed");
    let record = read_json(&kept.join("run.json"));
    let passes = record["passes"].as_object().expect("there are passes");
    assert_eq!(passes.keys().collect::<Vec<_>>(), ["cpu", "time"]);
    assert!(kept.join("cpu.pb.gz").exists());

    let arguments = ["run", "numbers", "--cpu", "--skip", "memory", "--quiet"];
    run(&scratch, "plain", &arguments).ended_with(0);
    assert!(scratch.record("numbers/own")["metrics"]["ns_per_op"]["value"].as_f64() > Some(0.0));
}

/// Each pass by itself, as its own child hears it.
#[test]
fn every_pass_that_counts_is_refused_without_the_allocator() {
    let scratch = Scratch::new();
    let heap = |how: &str| format!(r#"{{"heap":{how}}}"#);
    let sampled =
        [r#"{"sampled":{"sample_bytes":65536}}"#, r#"{"dump":{"sample_bytes":65536}}"#, r#""exact""#];
    let counted = ["memory", "latency", "leaks"].map(|pass| format!("\"{pass}\""));
    for pass in counted.into_iter().chain(sampled.map(heap)) {
        let request = format!(
            r#"{{"protocol":3,"pass":{pass},"subject":{{"program":"numbers"}},"map":"own","seed":1,"threads":1}}"#
        );
        let stdin = std::fs::File::open(scratch.write("request", request)).expect("it is there");
        let mut command = scratch.command(example("plain"));
        let said = Said::of(command.arg("worker").stdin(stdin)).ended_with(2);
        let line: Value = serde_json::from_str(said.stdout.lines().last().unwrap_or("")).expect("it is JSON");
        assert_eq!((&line["event"], &line["kind"]), (&"failed".into(), &"refused".into()), "{line}");
        assert!(line["message"].as_str().is_some_and(|said| said.contains("install_allocator!")), "{line}");
    }
}

/// A program that tells its maps and programs is as good behind `--worker` as by itself.
#[test]
fn what_a_worker_tells_can_be_named() {
    let scratch = Scratch::new();
    let (programs, maps) = (example("own_workload"), example("own_map"));
    let (programs, maps) = (programs.display().to_string(), maps.display().to_string());
    let with =
        |arguments: &[&str], worker: &str| scratch.mapprof(&[arguments, &["--worker", worker]].concat());
    let list = with(&["list"], &programs).ended_with(0).stdout;
    assert!(list.contains("sessions") && list.contains("churn") && list.contains("dashmap"), "{list}");
    let text = with(&["describe", "sessions"], &programs).ended_with(0).stdout;
    assert!(text.contains("Logs users in") && text.contains("visits"), "{text}");
    let near = with(&["run", "sesions"], &programs).ended_with(2).stderr;
    assert!(near.contains("\"sessions\"?"), "{near}");
    let many = with(&["run", "churn", "--map", "linear", "--threads", "2"], &maps).ended_with(2).stderr;
    assert!(many.contains("it is for one thread"), "{many}");

    with(&["run", "sessions", "--entries", "500", "--set", "visits=2", "--quiet"], &programs).ended_with(0);
    let record = scratch.record("sessions/own,visits=2");
    let rerun = record["rerun"].as_str().expect("there is a command");
    assert!(rerun.contains(&format!(" --worker {programs}")), "{rerun}");
    Said::of(scratch.command("sh").args(["-c", &format!("{rerun} --quiet")])).ended_with(0);
    let sizes = ["--entries", "300", "--ops", "1000"];
    let compared = [&["compare", "churn", "--map", "linear,std", "--quiet"], &sizes[..]].concat();
    let table = with(&compared, &maps).ended_with(0).stdout;
    assert!(table.contains("linear") && table.contains("std"), "{table}");
}

#[test]
fn a_program_that_handed_its_command_line_over_is_asked_for_its_tables() {
    let scratch = Scratch::new();
    let behind = |program: &str, arguments: &[&str]| {
        Said::of(scratch.command(MAPPROF).env("MAPPROF_WORKER", program).args(arguments))
    };
    let own = example("own_map").display().to_string();
    let sizes = ["--entries", "300", "--ops", "1000", "--quiet"];
    behind(&own, &[&["run", "churn", "--map", "linear"], &sizes[..]].concat()).ended_with(0);
    assert!(scratch.path("profiles/churn/linear/run.json").exists());
    // What reads files asks nobody.
    behind("./absent", &["completions", "bash"]).ended_with(0);
    let said = behind("./absent", &["list"]).ended_with(2).stderr;
    assert!(said.contains("./absent") && said.contains("MAPPROF_WORKER"), "{said}");
}

/// Whoever does not know the question is a worker as before.
#[test]
fn a_worker_that_tells_no_tables_is_asked_for_passes() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&["list", "--worker", "/bin/false"]).ended_with(2).stderr;
    assert!(said.contains("/bin/false: does not tell its maps and programs"), "{said}");
    let foreign = ["run", "churn", "--map", "dict", "--quiet", "--worker"];
    let said = scratch.mapprof(&[&foreign[..], &["/bin/false"]].concat()).ended_with(3).stderr;
    assert!(said.contains("churn/dict: time pass: crashed"), "{said}");

    let told = |tables: &str| executable(&scratch, "teller", &format!("#!/bin/sh\necho '{tables}'\n"));
    let other = told(r#"{"protocol":1,"maps":[]}"#);
    for command in [&["list"][..], &["run", "churn", "--map", "dict"]] {
        let said = scratch.mapprof(&[command, &["--worker", &other]].concat()).ended_with(2).stderr;
        assert!(said.contains("the program speaks protocol 1"), "{said}");
    }
    let program = r#"{"name":"odd","about":"a\\u001b[31mb","settings":{},"variants":[]}"#;
    let hostile = told(&format!(r#"{{"protocol":3,"maps":[],"programs":[{program}]}}"#));
    let list = scratch.mapprof(&["list", "workloads", "--worker", &hostile]).ended_with(0).stdout;
    assert!(list.contains("odd") && !list.contains('\u{1b}'), "{list}");
}
