//! Built-in programs, and workload files that name a program: with the same commands, passes and files as workloads on maps.

use serde_json::{Value, json};

use crate::own::{example, run as run_example};
use crate::records::{pass, record, table};
use crate::scratch::{Said, Scratch};

/// A small pool, whose bytes can be counted by hand.
const POOL: [&str; 13] = [
    "run",
    "buffer-pool",
    "--entries",
    "300",
    "--set",
    "buffer_bytes=100",
    "--set",
    "in_flight=5",
    "--set",
    "burst=20",
    "--heap=exact",
    "--latency",
    "--quiet",
];

const POOL_SET: &str = "buffer_bytes=100,burst=20,in_flight=5";

/// Runs a workload file of a program with these settings, `name=value` between commas, in these passes beside the usual ones.
pub fn run(scratch: &Scratch, workload: &str, entries: &str, set: &str, passes: &[&str]) {
    let set = set.split(',').flat_map(|one| ["--set", one]);
    let how = ["run", workload, "--entries", entries, "--quiet"].into_iter().chain(passes.iter().copied());
    scratch.mapprof(&how.chain(set).collect::<Vec<_>>()).ended_with(0);
}

/// Live bytes at the end of each phase.
pub fn live(scratch: &Scratch, case: &str) -> Vec<u64> {
    let record = record(scratch, case);
    let phases = &pass(&record, "memory").phases;
    phases.iter().filter_map(|phase| Some(phase.counts.as_ref()?.live_bytes)).collect()
}

/// Holds a run to what must be right of every program: the profile has what was counted and nothing of the harness's, and
/// all passes did the same work. Returns the checksum.
#[track_caller]
pub fn is_sound(scratch: &Scratch, case: &str, roles: &[&str]) -> String {
    let record = record(scratch, case);
    let heap = record.heap.as_ref().expect("the profile was compared with the counters");
    assert!(heap.totals.iter().all(|total| total.profile == total.counted), "{case}: {:?}", heap.totals);
    let checksums: Vec<&str> = record.passes.values().map(|pass| pass.total.checksum.as_str()).collect();
    assert!(checksums.len() > 3 && checksums.iter().all(|sum| *sum == checksums[0]), "{case}: {checksums:?}");
    let folder = format!("profiles/{case}");
    let top = ["top", &folder, "--by", "role", "--type", "alloc_space", "--json"];
    let top: Value = serde_json::from_str(&scratch.mapprof(&top).ended_with(0).stdout).expect("it is JSON");
    let rows = top["rows"].as_array().expect("there are rows").iter();
    let mut found: Vec<&str> = rows.filter_map(|row| row["name"].as_str()).collect();
    found.sort_unstable();
    assert_eq!((found.as_slice(), &top["hidden"]), (roles, &json!(0)), "{case}");
    checksums[0].to_owned()
}

#[test]
fn a_buffer_pool_holds_what_was_given_back_to_the_byte() {
    let scratch = Scratch::new();
    scratch.mapprof(&POOL).ended_with(0);
    scratch.mapprof(&[&POOL[..], &["--set", "keep=3"]].concat()).ended_with(0);
    let case = |variant: &str| format!("buffer-pool/own@{variant},{POOL_SET}");
    // Buffers of 100 bytes, and a list of idle ones with room for 4 of 24 bytes, then for 32: in `calm` 21 are idle for a
    // moment.
    assert_eq!(live(&scratch, &case("pooled")), [500 + 96, 2_500 + 96, 2_500 + 32 * 24]);
    assert_eq!(live(&scratch, &case("fresh")), [500, 2_500, 500]);
    // Two are idle between a request and the next.
    let few = format!("buffer-pool/own@bounded,{POOL_SET},keep=3");
    assert_eq!(live(&scratch, &few), [500 + 96, 2_500 + 96, 700 + 96]);
    let cases = [case("pooled"), case("bounded"), case("fresh"), few];
    let checksums: Vec<String> = cases.iter().map(|case| is_sound(&scratch, case, &["value"])).collect();
    assert!(checksums.iter().all(|sum| *sum == checksums[0]), "every pool serves the same requests");
    let record = record(&scratch, &case("fresh"));
    let phases = &pass(&record, "memory").phases;
    let counted = phases.iter().filter_map(|phase| phase.counts.as_ref());
    assert!(counted.clone().all(|counts| counts.allocs == 300), "each request has a buffer of its own");
    assert_eq!(phases.iter().map(|phase| phase.entries).collect::<Vec<_>>(), [5, 25, 5]);
    assert!(pass(&record, "latency").latency.is_some());
}

#[test]
fn an_intern_table_takes_what_its_form_says_to_the_byte() {
    let scratch = Scratch::new();
    let how = ["--heap=exact", "--latency", "--quiet", "--set", "longest=8", "--set", "repeats=3"];
    scratch.mapprof(&[&["run", "intern-table", "--entries", "1000"], &how[..]].concat()).ended_with(0);
    let case = |form: &str| format!("intern-table/own@{form},longest=8,repeats=3");
    // 1,000 names of 8 bytes; vectors have room for 1,024 and tables 2,048 slots.
    let strings = 2 * 8_000 + 1_024 * 24 + table(2_048, 32);
    let shared = 1_000 * (16 + 8) + 1_024 * 16 + table(2_048, 24);
    let arena = 8_192 + 1_024 * 4 + table(2_048, 4);
    let mut checksums = Vec::new();
    for (form, bytes) in [("two-copies", strings), ("shared", shared), ("arena", arena)] {
        assert_eq!(live(&scratch, &case(form)), [bytes, bytes], "{form}");
        checksums.push(is_sound(&scratch, &case(form), &["key", "table", "value"]));
        let record = record(&scratch, &case(form));
        let metric = |name: &str| record.metrics.get(name).map(|metric| metric.value);
        assert_eq!(metric("bytes_per_entry"), Some(bytes as f64 / 1_000.0), "{form}");
        assert_eq!(metric("payload_bytes"), Some(12_000.0), "{form}");
    }
    checksums.dedup();
    assert_eq!(checksums.len(), 1, "every form gives the same numbers and names");
}

#[test]
fn a_copied_table_takes_what_both_take_to_the_byte() {
    let scratch = Scratch::new();
    let how = ["--heap=exact", "--latency", "--quiet"];
    scratch.mapprof(&[&["run", "adversarial-order", "--entries", "900"], &how[..]].concat()).ended_with(0);
    for variant in ["same-hasher", "presized", "other-seed"] {
        let case = format!("adversarial-order/own@{variant}");
        // 900 entries of 16 bytes are more than 7/8 of 1,024 slots.
        let one = table(2_048, 16);
        assert_eq!(live(&scratch, &case), [one, 2 * one], "{variant}");
        is_sound(&scratch, &case, &["table"]);
        let record = record(&scratch, &case);
        let memory = pass(&record, "memory");
        let allocs: Vec<u64> =
            memory.phases.iter().filter_map(|phase| Some(phase.counts.as_ref()?.allocs)).collect();
        assert_eq!(allocs[1] == 1, variant == "presized", "{variant}: {allocs:?}");
    }
}

#[test]
fn what_was_replaced_stays_while_a_guard_is_held_and_goes_after_it() {
    let scratch = Scratch::new();
    let how = ["--heap=exact", "--latency", "--quiet"];
    scratch.mapprof(&[&["run", "held-guard", "--entries", "500"], &how[..]].concat()).ended_with(0);
    let mut checksums = Vec::new();
    for map in ["papaya", "skiplist"] {
        let case = |how: &str| format!("held-guard/own@{map}-{how}");
        let (held, free) = (live(&scratch, &case("held")), live(&scratch, &case("free")));
        // 500 entries, and ten values of 1 KiB for each that were replaced.
        let (values, replaced) = (500 * 1_024, 5_000 * 1_024);
        assert!(held[0] >= values && held[1] >= values + replaced, "{map}: {held:?}");
        assert!(free[1] < values + replaced / 2, "{map}: {free:?}");
        assert!(held[2] < values + replaced / 2, "{map}: {held:?}");
        for how in ["held", "free"] {
            let record = record(&scratch, &case(how));
            checksums.extend(record.passes.values().map(|pass| pass.total.checksum.clone()));
        }
    }
    // When epochs free a block differs between passes, so only those of papaya are held to each other.
    for how in ["held", "free"] {
        is_sound(&scratch, &format!("held-guard/own@papaya-{how}"), &["table", "value"]);
    }
    checksums.dedup();
    assert_eq!(checksums.len(), 1, "both maps answer the same");
}

#[test]
fn names_have_the_lengths_and_the_seed_that_are_asked_for() {
    let scratch = Scratch::new();
    let how = ["--entries", "500", "--skip", "time", "--quiet"];
    let run = |more: &[&str]| {
        let arguments = [&["run", "intern-table@arena"], &how[..], more].concat();
        scratch.mapprof(&arguments).ended_with(0);
        let record = record(&scratch, "intern-table/own@arena");
        (record.metrics["payload_bytes"].value, pass(&record, "memory").total.checksum.clone())
    };
    let first = run(&[]);
    // 8 to 40 bytes, 24 on average.
    assert!((500.0 * (22.0 + 4.0)..500.0 * (26.0 + 4.0)).contains(&first.0), "{first:?}");
    assert_eq!(run(&[]), first);
    assert_ne!(run(&["--seed", "2"]), first);
}

#[test]
fn programs_are_listed_and_described_with_what_can_be_set() {
    let scratch = Scratch::new();
    let list = scratch.mapprof(&["list", "workloads"]).ended_with(0).stdout;
    for part in ["buffer-pool ", "@pooled ", "intern-table ", "@two-copies "] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let list: Value =
        serde_json::from_str(&scratch.mapprof(&["list", "--json"]).ended_with(0).stdout).expect("it is JSON");
    let rows = list["workloads"].as_array().expect("there are workloads");
    let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.is_sorted() && names.contains(&"intern-table"), "{names:?}");
    let pool = rows.iter().find(|row| row["name"] == "buffer-pool").expect("it is listed");
    assert_eq!(pool["from"], "workloads/buffer-pool.toml");

    let said = scratch
        .mapprof(&["describe", "buffer-pool@bounded", "--set", "buffer_bytes=4K"])
        .ended_with(0)
        .stdout;
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "program buffer-pool",
        "entries 200000: requests in each phase (from 1 to 1_000_000_000)",
        "buffer_bytes 4096: bytes of each buffer; a request fills from 1 byte to all of them (from 1 to 67_108_864 bytes)",
        "keep 64: the most idle buffers that the pool keeps (from 0 to 1_000_000)",
        "(true or false)",
        "(keep=64)",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let said =
        scratch.mapprof(&["describe", "intern-table", "--json", "--entries", "7"]).ended_with(0).stdout;
    let described: Value = serde_json::from_str(&said).expect("it is JSON");
    assert_eq!(
        (&described["settings"]["entries"], &described["settings"]["program"]),
        (&json!(7), &json!("intern-table"))
    );
    assert_eq!(described["parameters"][0]["takes"], json!({"one-of": ["two-copies", "shared", "arena"]}));
    assert_eq!(described["parameters"][1]["takes"], json!({"count": {"least": 8, "most": 256}}));
}

#[test]
fn what_a_built_in_program_does_not_take_is_refused_before_anything_runs() {
    let scratch = Scratch::new();
    for (arguments, part) in [
        (&["buffer-pool", "--set", "in_flight=0"][..], "--set in_flight=0: must be from 1 to 1_000_000"),
        (
            &["buffer-pool", "--set", "buffer_bytes=65M"],
            "--set buffer_bytes=65M: must be from 1 to 67_108_864",
        ),
        (&["lru", "--set", "capacity=0"], "--set capacity=0: must be from 1 to 100_000_000"),
        (&["lru", "--set", "theta=0"], "--set theta=0: must be from 0.01 to 4"),
        (&["lru", "--set", "theta=steep"], "--set theta=steep: must be a number, such as 2 or 0.75"),
        (&["lru", "--set", "one_hit_percent=101"], "--set one_hit_percent=101: must be from 0 to 100"),
        (
            &["read-only", "--set", "map=btree"],
            "--set map=btree: must be std, std-foldhash, sorted-slice or boomphf",
        ),
        (&["buffer-pool", "--set", "reuse=no"], "--set reuse=no: must be true or false"),
        (
            &["buffer-pool", "--set", "held=1"],
            "unknown parameter \"held\": known are buffer_bytes, burst, in_flight",
        ),
        (&["intern-table", "--set", "form=arenas"], "--set form=arenas: must be two-copies, shared or arena"),
        (&["intern-table", "--entries", "0"], "--entries 0: must be from 1 to 10_000_000"),
        (&["intern-table", "--entries", "20M"], "--entries 20000000: must be from 1 to 10_000_000"),
        (&["intern-table", "--ops", "3"], "--ops does not reach into it"),
        (&["intern-table", "--threads", "2"], "runs on one thread"),
        (&["intern-table", "--map", "std"], "is a program and brings its own map"),
        (&["intern-table@arenas"], "unknown variant \"arenas\": did you mean \"arena\"?"),
        (&["intern-tabel"], "unknown workload \"intern-tabel\": did you mean \"intern-table\""),
        (&["intern-table", "--", "x"], "arguments are for programs of your own"),
    ] {
        let said = scratch.mapprof(&[&["run"], arguments].concat()).ended_with(2).stderr;
        assert!(said.contains(part), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let said = scratch.mapprof(&["describe", "buffer-pool", "--set", "burst=2M"]).ended_with(2).stderr;
    assert!(said.contains("--set burst=2M: must be from 0 to 1_000_000"), "{said}");
    assert!(!scratch.path("profiles").exists(), "nothing was run");
}

/// A child is as strict as its parent.
#[test]
fn a_child_refuses_what_a_program_does_not_take() {
    let scratch = Scratch::new();
    for (settings, part) in [
        (r#"{"parameters":{"in_flight":"0"}}"#, "in_flight: must be from 1 to 1_000_000"),
        (r#"{"parameters":{"x":"0"}}"#, "unknown parameter"),
        (r#"{"entries":0}"#, "entries: must be from 1 to"),
    ] {
        let request = format!(
            r#"{{"protocol":3,"pass":"time","subject":{{"program":"buffer-pool"}},"map":"own","seed":1,"threads":1,"settings":{settings}}}"#
        );
        let stdin = std::fs::File::open(scratch.write("request", request)).expect("it is there");
        let said =
            Said::of(scratch.command(crate::scratch::MAPPROF).arg("worker").stdin(stdin)).ended_with(2);
        assert!(said.stdout.contains("refused") && said.stdout.contains(part), "{}", said.stdout);
    }
}

#[test]
fn variants_of_a_program_are_compared_and_held_to_budgets() {
    let scratch = Scratch::new();
    let sizes = ["--entries", "300", "--quiet"];
    let compare =
        [&["compare", "intern-table", "--metric", "bytes_per_entry,allocs_per_op"], &sizes[..]].concat();
    let table = scratch.mapprof(&compare).ended_with(0).stdout;
    for row in ["own@two-copies", "own@shared", "own@arena"] {
        assert!(table.contains(row), "{table}");
    }
    assert!(table.contains("1.00x*"), "{table}");
    let session = |form: &str| scratch.record(&format!("intern-table/own@{form}"))["session"].clone();
    let before = session("arena");
    scratch.mapprof(&compare).ended_with(0);
    assert_eq!(session("arena"), before, "what is there is not run again");
    let other =
        scratch.mapprof(&["compare", "intern-table", "--entries", "200", "--quiet"]).ended_with(2).stderr;
    assert!(other.contains("300 and 200 entries"), "{other}");

    let [copies, arena] = ["two-copies", "arena"].map(|form| format!("profiles/intern-table/own@{form}"));
    let said = scratch.mapprof(&["diff", &copies, &arena, "--allow-mismatch", "size"]).ended_with(0).stdout;
    assert!(said.contains("bytes_per_entry"), "{said}");
    scratch.write(
        "b.toml",
        "[[budget]]\nworkload = \"intern-table@arena\"\nlimits = [\"bytes_per_entry <= 1\"]\n",
    );
    let check = [&["check", "intern-table", "--budget", "b.toml"], &sizes[..2]].concat();
    let said = scratch.mapprof(&check).ended_with(1).stdout;
    assert!(said.contains("intern-table/own@arena") && said.contains("bytes_per_entry"), "{said}");
    let rerun = scratch.record("intern-table/own@arena")["rerun"].as_str().expect("there is one").to_owned();
    Said::of(scratch.command("sh").args(["-c", &format!("{rerun} --out again --quiet")])).ended_with(0);
    assert!(scratch.path("again/intern-table/own@arena/run.json").exists(), "{rerun}");
}

#[test]
fn a_file_of_ones_own_names_a_built_in_program() {
    let scratch = Scratch::new();
    let text = "name = \"tiny-pool\"\nabout = \"A tiny pool. Of two buffers.\"\nprogram = \"buffer-pool\"\nentries = 50\n\n\
                [parameters]\nbuffer_bytes = \"1K\"\nin_flight = 2\nburst = 0\n";
    scratch.write("own/tiny-pool.toml", text);
    let with = |arguments: &[&str]| scratch.mapprof(&[arguments, &["--workloads", "own"]].concat());
    with(&["run", "tiny-pool", "--quiet"]).ended_with(0);
    assert_eq!(live(&scratch, "tiny-pool/own"), [2 * 1_024 + 96; 3]);
    let record = scratch.record("tiny-pool/own");
    let settings = &record["settings"];
    assert_eq!((&settings["program"], &settings["entries"]), (&json!("buffer-pool"), &json!(50)));
    assert_eq!(settings["parameters"]["buffer_bytes"], "1024");
    let list = with(&["list", "workloads"]).ended_with(0).stdout;
    assert!(list.contains("A tiny pool\n"), "the first sentence: {list}");
    let rerun = record["rerun"].as_str().expect("there is a command");
    assert!(rerun.contains("--workloads own"), "{rerun}");
    Said::of(scratch.command("sh").args(["-c", &format!("{rerun} --quiet")])).ended_with(0);
}

#[test]
fn a_file_names_a_program_of_another_executable() {
    let scratch = Scratch::new();
    let text = "name = \"busy\"\nabout = \"Many visits.\"\nprogram = \"sessions\"\nentries = 400\nparameters.visits = 3\n\n\
                [[variant]]\nname = \"once\"\nabout = \"One visit each.\"\nparameters.visits = 1\n\n\
                [[variant]]\nname = \"often\"\nabout = \"Three visits each.\"\n";
    scratch.write("own/busy.toml", text);
    let visits = |case: &str| {
        let record = record(&scratch, case);
        pass(&record, "memory").phases[1].ops
    };
    let arguments = ["run", "busy", "--workloads", "own", "--quiet"];
    run_example(&scratch, "own_workload", &arguments).ended_with(0);
    assert_eq!((visits("busy/own@once"), visits("busy/own@often")), (400, 1_200));

    let worker = example("own_workload").display().to_string();
    let other = [&arguments[..], &["--worker", &worker, "--set", "visits=2"]].concat();
    scratch.mapprof(&other).ended_with(0);
    assert_eq!(visits("busy/own@once,visits=2"), 800);
    let said = scratch.mapprof(&arguments).ended_with(2).stderr;
    assert!(said.contains("own/busy.toml:3: unknown program \"sessions\""), "{said}");
    assert!(said.contains("--worker"), "{said}");
    let said =
        run_example(&scratch, "own_workload", &["run", "busy", "--workloads", "own", "--set", "visit=1"]);
    let said = said.ended_with(2).stderr;
    assert!(said.contains("unknown parameter \"visit\": did you mean \"visits\"?"), "{said}");
}

#[test]
fn what_is_wrong_in_the_file_of_a_program_is_told_with_its_line() {
    let scratch = Scratch::new();
    let good = "name = \"pool\"\nabout = \"A pool.\"\nprogram = \"buffer-pool\"\n\n[parameters]\nkeep = 1\n\n\
                [[variant]]\nname = \"more\"\nabout = \"More.\"\nparameters.keep = 2\n";
    for (from, to, said) in [
        (
            "\"buffer-pool\"",
            "\"bufer-pool\"",
            "own/pool.toml:3: unknown program \"bufer-pool\": did you mean \"buffer-pool\"?\n",
        ),
        ("keep = 1", "keap = 1", "own/pool.toml:6: unknown parameter \"keap\": did you mean \"keep\"?"),
        (
            "keep = 1",
            "keep = 5_000_000",
            "own/pool.toml:6: parameters.keep must be from 0 to 1_000_000, got 5000000",
        ),
        (
            "keep = 1",
            "keep = [1]",
            "own/pool.toml:6: parameters.keep must be a number, true or false, or a string",
        ),
        (
            "parameters.keep = 2",
            "parameters.reuse = 2",
            "own/pool.toml:11: parameters.reuse must be true or false, got 2",
        ),
        ("parameters.keep = 2", "program = \"x\"", "own/pool.toml:11: a variant has the program of its file"),
        ("parameters.keep = 2", "map = \"std\"", "own/pool.toml:11: map is for workloads on maps"),
        (
            "[parameters]\nkeep",
            "[value]\ntype",
            "own/pool.toml:5: value is for workloads on maps, and program \"buffer-pool\"",
        ),
        ("[parameters]", "phase = []\n[parameters]", "own/pool.toml:5: phase is for workloads on maps"),
        (
            "[parameters]",
            "keep = 1\n[parameters]",
            "own/pool.toml:5: unknown key \"keep\": known are program, name",
        ),
        ("\"pool\"", "\"pond\"", "own/pool.toml: the workload is named \"pond\": name its file pond.toml"),
    ] {
        assert!(good.contains(from), "{from}");
        scratch.write("own/pool.toml", good.replacen(from, to, 1));
        for command in [
            &["run", "pool"][..],
            &["list"],
            &["describe", "churn"],
            &["compare", "pool"],
            &["check", "pool"],
        ] {
            let told = scratch.mapprof(&[command, &["--workloads", "own"]].concat()).ended_with(2).stderr;
            assert!(told.contains(said), "{from} -> {to}: {told}");
            assert_eq!(told.lines().count(), 1, "{told}");
        }
    }
    // Another executable may have it, which concerns those alone who name it.
    scratch.write("own/pool.toml", good.replacen("\"buffer-pool\"", "\"zzz\"", 1));
    let with = |command: &[&str]| scratch.mapprof(&[command, &["--workloads", "own"]].concat());
    for command in [["run", "pool"], ["describe", "pool"], ["compare", "pool"]] {
        let told = with(&command).ended_with(2).stderr;
        let said = "own/pool.toml:3: unknown program \"zzz\": known are adversarial-order, ";
        assert!(told.contains(said) && told.contains("; --worker"), "{command:?}: {told}");
    }
    with(&["list"]).ended_with(0);
    with(&["describe", "churn"]).ended_with(0);
    assert!(!scratch.path("profiles").exists(), "nothing was run");
}
