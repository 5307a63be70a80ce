//! Wrong usage and wrong input: exit code 2, and a line that names what is wrong and what may have been meant.

use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::Value;

use crate::processes::Running;
use crate::scratch::{MAPPROF, Said, Scratch};
use crate::workloads;

/// Asserts that the arguments are refused in one line with every one of `parts` in it, and that nothing was written.
#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], parts: &[&str]) -> Said {
    let said = scratch.mapprof(arguments).ended_with(2);
    assert_eq!(said.stdout, "");
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    assert!(said.stderr.starts_with("mapprof: "), "{}", said.stderr);
    for part in parts {
        assert!(said.stderr.contains(part), "no {part:?} in: {}", said.stderr);
    }
    assert!(!scratch.path("profiles").exists(), "it wrote something all the same");
    said
}

/// Asserts that clap refuses the arguments and gives every one of `parts` as a hint.
#[track_caller]
fn misread(arguments: &[&str], parts: &[&str]) {
    let said = Scratch::new().mapprof(arguments).ended_with(2);
    assert_eq!(said.stdout, "");
    for part in parts {
        assert!(said.stderr.contains(part), "no {part:?} in: {}", said.stderr);
    }
}

#[test]
fn an_unknown_workload_suggests_the_nearest() {
    let scratch = Scratch::new();
    refused(
        &scratch,
        &["run", "skewed-kyes"],
        &["unknown workload \"skewed-kyes\"", "did you mean \"skewed-keys\""],
    );
    refused(&scratch, &["describe", "chrun"], &["unknown workload \"chrun\"", "\"churn\"?"]);
    refused(&scratch, &["run", "churn", "churnn"], &["unknown workload \"churnn\"", "\"churn\"?"]);
    let far = refused(
        &scratch,
        &["run", "zzz"],
        &["unknown workload \"zzz\": there are ", "; mapprof list has them"],
    );
    assert!(!far.stderr.contains("did you mean"), "{}", far.stderr);
}

#[test]
fn a_workload_of_ones_own_is_suggested_too() {
    let scratch = workloads::scratch();
    refused(&scratch, &["run", "quik", "--workloads", "own"], &["\"quik\"", "\"quick\"?"]);
}

#[test]
fn an_unknown_map_suggests_the_nearest() {
    let scratch = Scratch::new();
    refused(
        &scratch,
        &["run", "churn", "--map", "hashbrwon"],
        &["unknown map \"hashbrwon\"", "\"hashbrown\"?"],
    );
    refused(
        &scratch,
        &["run", "churn", "--map", "std,dashmpa"],
        &["unknown map \"dashmpa\"", "\"dashmap\"?"],
    );
    refused(&scratch, &["run", "churn", "--map", ""], &["unknown map \"\"", "mapprof list has them"]);
}

#[test]
fn an_unknown_flag_command_or_kind_suggests_the_nearest() {
    misread(&["run", "churn", "--haep"], &["'--haep'", "'--heap'"]);
    misread(&["runn"], &["'runn'", "'run'"]);
    misread(&["list", "mapz"], &["'mapz'", "'maps'"]);
    misread(&["top", "heap.pb.gz", "--by", "sit"], &["'sit'", "'site'"]);
    misread(&["completions", "bsh"], &["'bsh'", "'bash'"]);
    misread(&["run"], &["<WORKLOAD>"]);
    misread(&["run", "churn", "--entries", "many"], &["--entries", "'many'"]);
    misread(&["run", "churn", "--threads", "0"], &["--threads", "1..=1024"]);
    misread(&["run", "churn", "--timeout", "0"], &["--timeout"]);
    misread(&["run", "churn", "--sample-bytes", "64K"], &["--heap"]);
}

#[test]
fn a_wrong_override_names_the_flag_and_the_nearest() {
    let scratch = Scratch::new();
    let set = |set| ["run", "skewed-keys", "--set", set];
    refused(&scratch, &set("key.lenght=5"), &["--set key.lenght=5", "\"lenght\"", "\"length\"?"]);
    refused(&scratch, &set("phase.srve.ops=5"), &["--set phase.srve.ops=5", "\"srve\"", "\"serve\"?"]);
    refused(&scratch, &set("value.type=vek"), &["--set value.type=vek", "\"vec\""]);
    refused(&scratch, &set("nothing"), &["--set nothing", "path.to.key=value"]);
    refused(&scratch, &set("entries=-1"), &["--set entries=-1"]);
    refused(&scratch, &["run", "churn", "--entries", "0"], &["--entries 0"]);
    refused(&scratch, &["run", "churn", "--entries", "18446744073709551615"], &["--entries"]);
    refused(&scratch, &["run", "large-values", "--ops", "5"], &["--ops 5", "--entries"]);
}

/// Two letters the wrong way round are the commonest slip, also in a short name.
#[test]
fn a_short_name_with_two_letters_swapped_suggests_the_right_one() {
    let set = ["run", "skewed-keys", "--set", "phase.serve.mix.gte=5"];
    refused(&Scratch::new(), &set, &["--set phase.serve.mix.gte=5", "\"gte\"", "did you mean \"get\""]);
}

#[test]
fn a_mix_that_does_not_add_up_says_to_what_it_does() {
    let scratch = Scratch::new();
    let set = ["run", "skewed-keys", "--set", "phase.serve.mix.get=50"];
    refused(&scratch, &set, &["[phase.serve.mix]", "55 percent", "not to 100"]);
}

/// It is the flag that is wrong, not line 32 of a file that the user has not got.
#[test]
fn a_mix_that_a_flag_spoilt_names_the_flag() {
    let scratch = Scratch::new();
    let set = ["run", "skewed-keys", "--set", "phase.serve.mix.get=50"];
    refused(&scratch, &set, &["--set phase.serve.mix.get=50", "55 percent"]);
}

#[test]
fn sample_bytes_that_are_no_power_of_two_name_the_next_ones() {
    let scratch = Scratch::new();
    let with = |bytes| ["run", "churn", "--heap", "--sample-bytes", bytes];
    refused(&scratch, &with("50000"), &["--sample-bytes 50000", "power of two", "32768", "65536"]);
    refused(&scratch, &with("lots"), &["--sample-bytes lots", "must be a whole number"]);
    refused(&scratch, &with("0"), &["--sample-bytes 0"]);
}

#[test]
fn sample_bytes_that_would_miss_everything_name_the_largest_that_works() {
    let scratch = workloads::scratch();
    // 1000 insertions of 52 bytes and 200 values of 40.
    let with = |how, bytes| ["run", "quick", "--workloads", "own", "--quiet", how, "--sample-bytes", bytes];
    for how in ["--heap", "--heap=dump"] {
        let parts =
            ["--sample-bytes 1099511627776", "60000 bytes", "the largest that works is 8192", "--ops"];
        refused(&scratch, &with(how, "1048576M"), &parts);
        refused(&scratch, &with(how, "16K"), &["--sample-bytes 16384", "8192"]);
    }
    scratch.mapprof(&with("--heap", "8K")).ended_with(0);
}

#[test]
fn a_key_type_that_is_set_takes_the_place_of_the_old_one() {
    let scratch = workloads::scratch();
    let run = ["run", "quick", "--workloads", "own", "--quiet", "--set", "key.type=u64"];
    scratch.mapprof(&run).ended_with(0);
    assert_eq!(scratch.record("quick/std")["definition"]["key"]["length"], 8);
    let few = ["--entries", "60", "--set", "key.type=string", "--set", "key.length=1"];
    scratch.mapprof(&[&run[..5], &few].concat()).ended_with(0);
    assert_eq!(scratch.record("quick/std")["definition"]["key"]["length"], 1);
    let scratch = workloads::scratch();
    let many = [&run[..5], &["--set", "key.length=1"]].concat();
    refused(
        &scratch,
        &many,
        &["can insert 1000 keys", "set key.length to 2", "entries or the ops of fill", "64"],
    );
    // Each of 50 threads has two insertions at most.
    let threads = ["--map", "dashmap", "--threads", "50"];
    refused(&scratch, &[&run[..5], &few, &threads].concat(), &["can insert 100 keys"]);
}

#[test]
fn a_workload_file_is_refused_by_file_and_line() {
    let good = std::fs::read_to_string(workloads::scratch().path("own/quick.toml")).expect("it is there");
    for (right, wrong, line, parts) in [
        ("entries", "entrys", 3, &["\"entrys\"", "\"entries\""][..]),
        ("length", "lenght", 7, &["\"lenght\"", "\"length\""]),
        ("get = 90", "get = 80", 21, &["[phase.look.mix]", "90 percent"]),
        ("get = 90", "gett = 90", 21, &["\"gett\"", "\"get\""]),
        ("\"string\"", "\"strin\"", 6, &["\"strin\"", "\"string\""]),
        ("size = 40", "size = -40", 11, &["-40"]),
        ("size = 40", "size = ", 11, &[]),
        ("ops = 2000", "ops = 0", 20, &["0"]),
    ] {
        let scratch = Scratch::new();
        assert!(good.contains(right));
        scratch.write("own/quick.toml", good.replacen(right, wrong, 1));
        let place = format!("own/quick.toml:{line}: ");
        let all: Vec<&str> = parts.iter().copied().chain([place.as_str()]).collect();
        refused(&scratch, &["run", "quick", "--workloads", "own"], &all);
        refused(&scratch, &["describe", "quick", "--workloads", "own"], &all);
        refused(&scratch, &["list", "--workloads", "own"], &all);
    }
}

#[test]
fn a_workload_folder_that_is_not_there_is_named() {
    refused(&Scratch::new(), &["run", "churn", "--workloads", "absent"], &["absent"]);
}

#[test]
fn a_map_that_cannot_do_what_is_asked_says_why() {
    let scratch = Scratch::new();
    refused(&scratch, &["run", "churn", "--threads", "2"], &["\"std\"", "one thread", "--threads is 2"]);
}

#[test]
fn all_maps_leaves_out_those_that_cannot_and_says_why() {
    let scratch = Scratch::new();
    let small = ["run", "churn", "--entries", "100", "--ops", "100", "--map", "all", "--threads", "2"];
    let said = scratch.mapprof(&small).ended_with(0);
    assert!(said.stderr.contains("skipped churn/std,threads=2: it is for one thread"), "{}", said.stderr);
    assert!(scratch.path("profiles/churn/dashmap,threads=2/run.json").exists());
    assert!(!scratch.path("profiles/churn/std,threads=2").exists());
}

#[test]
fn a_costly_map_is_left_out_of_all_with_the_reason() {
    let scratch = workloads::scratch();
    // The cost is the workload's, so it must be refused before anything runs.
    let command =
        ["run", "quick", "--workloads", "own", "--entries", "1000000", "--ops", "10", "--map", "all"];
    let mut running = Running::start(scratch.command(MAPPROF).args(command).stderr(Stdio::piped()));
    let child = running.only_child();
    crate::processes::signal(running.id(), libc::SIGINT);
    let said = running.finish();
    assert!(!crate::processes::lives(child));
    assert!(said.stderr.contains("skipped quick/sorted-vec: "), "{}", said.stderr);
}

#[test]
fn the_list_is_json_with_all_three_tables() {
    let scratch = workloads::scratch();
    let said = scratch.mapprof(&["list", "--json", "--workloads", "own"]).ended_with(0);
    let list: Value = serde_json::from_str(&said.stdout).expect("it is JSON");
    let names = |table: &str| -> Vec<&str> {
        let rows = list[table].as_array().unwrap_or_else(|| panic!("no {table}"));
        rows.iter().map(|row| row["name"].as_str().expect("a row has a name")).collect()
    };
    for name in ["skewed-keys", "churn", "large-values", "quick", "slow"] {
        assert!(names("workloads").contains(&name), "{name}");
    }
    assert_eq!(names("maps"), mapprof::maps::BUILT_IN.iter().map(|info| info.name).collect::<Vec<_>>());
    assert!(["std", "btree", "dashmap", "null"].iter().all(|map| names("maps").contains(map)));
    for name in ["ops_per_sec", "live_bytes", "peak_live_bytes", "bytes_per_entry", "resident_bytes"] {
        assert!(names("metrics").contains(&name), "{name}");
    }
    let only: Value =
        serde_json::from_str(&scratch.mapprof(&["list", "maps", "--json"]).ended_with(0).stdout).unwrap();
    assert_eq!(
        only.as_object().map(|tables| tables.keys().collect::<Vec<_>>()),
        Some(vec![&"maps".to_owned()])
    );
}

#[test]
fn the_list_names_everything_in_80_columns() {
    let said = Scratch::new().mapprof(&["list"]).ended_with(0);
    for name in ["skewed-keys", "hashbrown", "peak_live_bytes"] {
        assert!(said.stdout.contains(name), "{name}");
    }
    let widest = said.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?} columns");
}

#[test]
fn a_description_has_all_that_is_in_force() {
    let scratch = Scratch::new();
    let said = scratch.mapprof(&["describe", "churn", "--entries", "1234", "--ops", "77"]).ended_with(0);
    for part in ["churn", "1_234", "77", "remove", "insert", "Vec<u8> of 64 bytes"] {
        assert!(said.stdout.contains(part), "no {part:?} in:\n{}", said.stdout);
    }
    let said = scratch.mapprof(&["describe", "churn", "--json", "--set", "value.size=9"]).ended_with(0);
    let workload: Value = serde_json::from_str(&said.stdout).expect("it is JSON");
    assert_eq!(workload["name"], "churn");
    assert_eq!(workload["value"]["size"]["fixed"], 9);
}

#[test]
fn every_shell_gets_a_completion_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = Scratch::new().mapprof(&["completions", shell]).ended_with(0);
        assert!(said.stdout.contains("mapprof") && said.stdout.contains("sample-bytes"), "{shell}");
    }
}

/// The headings of a help text, in order.
fn headings(command: &str) -> Vec<String> {
    let said = Scratch::new().mapprof(&[command, "--help"]).ended_with(0);
    let heading =
        |line: &str| line.strip_suffix(':').filter(|name| !name.starts_with(' ')).map(str::to_owned);
    said.stdout.lines().filter_map(heading).collect()
}

#[test]
fn help_groups_the_flags() {
    for (command, due) in [
        ("run", &["Workload", "Profiles", "Repetition", "Output", "Sweep", "CI"][..]),
        ("compare", &["Filters", "Comparison", "Output", "Workload", "Profiles", "Repetition"]),
        ("check", &["Filters", "Comparison", "Output", "CI", "Workload", "Profiles", "Repetition"]),
    ] {
        let mut found = headings(command);
        let known = ["Arguments", "Options", "Examples"];
        found.retain(|heading| !known.contains(&heading.as_str()));
        assert_eq!(found, due, "{command}");
    }
}

#[test]
fn flags_that_were_renamed_are_gone() {
    misread(&["compare", "--despite", "seed"], &["'--despite'"]);
    misread(&["run", "churn", "--base-worker", "p"], &["'--base-worker'"]);
    misread(&["diff", "a", "b", "--allow-mismatch", "sede"], &["'sede'", "'seed'"]);
}

#[test]
fn help_comes_with_examples() {
    for command in [
        &["--help"][..],
        &["run", "--help"],
        &["list", "--help"],
        &["describe", "--help"],
        &["top", "--help"],
        &["show", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let said = Scratch::new().mapprof(command).ended_with(0);
        assert!(said.stdout.contains("Example"), "{command:?}:\n{}", said.stdout);
        assert!(!said.stdout.contains("worker (see"), "the worker command is not for users");
    }
    let version = Scratch::new().mapprof(&["--version"]).ended_with(0);
    assert_eq!(version.stdout, concat!("mapprof ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["describe", "churn"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let mut child = Scratch::new()
            .command(MAPPROF)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it can be started");
        // Closed before anything is written or right after: either way nobody reads.
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full opens");
    let scratch = Scratch::new();
    let mut command = scratch.command(MAPPROF);
    let child = command.arg("list").stdout(full).stderr(Stdio::piped()).spawn().expect("it can be started");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("mapprof: standard output cannot be written")
    );
}
