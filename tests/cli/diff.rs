//! `mapprof diff`: of runs, of folders of runs, of profiles, and what it refuses.

use std::path::Path;

use mapprof::profile::{Function, Line, Location, Profile, Sample, ValueType, pprof};
use serde_json::Value;

use crate::scratch::{MAPPROF, Said, Scratch, read_json};

/// Runs a small case with every allocation recorded, so that its sites are the same in each run.
fn run(scratch: &Scratch, out: &str, arguments: &[&str]) {
    let fixed =
        ["run", "churn", "--entries", "2000", "--ops", "20000", "--heap=exact", "--quiet", "--out", out];
    scratch.mapprof(&[&fixed[..], arguments].concat()).ended_with(0);
}

#[track_caller]
fn json(scratch: &Scratch, arguments: &[&str]) -> Value {
    let said = scratch.mapprof(&[&["diff"], arguments, &["--format", "json"]].concat()).ended_with(0);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", said.stdout))
}

#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], parts: &[&str]) {
    let said = scratch.mapprof(&[&["diff"], arguments].concat()).ended_with(2);
    assert_eq!((said.stdout.as_str(), said.stderr.lines().count()), ("", 1), "{}", said.stderr);
    for part in parts {
        assert!(said.stderr.contains(part), "no {part:?} in: {}", said.stderr);
    }
}

/// A pprof file with a stack for each of `sites`: function, line, bytes.
fn profile(scratch: &Scratch, name: &str, kind: (&str, &str), sites: &[(&str, i64, i64)]) {
    write_profile(scratch, name, "app.go", kind, sites);
}

fn write_profile(scratch: &Scratch, name: &str, file: &str, kind: (&str, &str), sites: &[(&str, i64, i64)]) {
    let mut made = Profile::default();
    let text = made.strings.add(kind.0);
    made.sample_types = vec![ValueType { kind: text, unit: made.strings.add(kind.1) }];
    for (at, (function, line, bytes)) in sites.iter().enumerate() {
        let (name, file) = (made.strings.add(function), made.strings.add(file));
        made.functions.push(Function::new(name, file));
        made.locations.push(Location::new(at as u64 + 1, vec![Line::new(at as u32, *line)]));
        made.samples.push(Sample { locations: &[at as u32], values: &[*bytes], labels: &[] });
    }
    scratch.write(name, pprof::encode(&made));
}

#[test]
fn a_run_against_itself_has_no_differences() {
    let scratch = Scratch::new();
    run(&scratch, "a", &[]);
    let said = scratch.mapprof(&["diff", "a/churn/std", "a/churn/std"]).ended_with(0);
    for part in ["metrics are the same.", "sites are the same.", "no difference."] {
        assert!(said.stdout.contains(part), "no {part:?} in:\n{}", said.stdout);
    }
    let found = json(&scratch, &["a", "a"]);
    assert_eq!(found["cases"][0]["metrics"]["rows"], Value::Array(Vec::new()));
    assert_eq!(found["cases"][0]["sites"]["total"]["mark"], "same");
}

#[test]
fn two_maps_differ_in_their_sites_and_their_exact_figures() {
    let scratch = Scratch::new();
    run(&scratch, "a", &["--map", "std,btree"]);
    let (std, btree) = ("a/churn/std", "a/churn/btree");
    let found = json(&scratch, &[std, btree, "--svg", "d.svg", "--type", "peak_space"]);
    let case = &found["cases"][0];
    assert_eq!(case["case"], "churn/std → churn/btree");
    let sites = &case["sites"];
    let marked = |mark: &str, part: &str| {
        let rows = sites["rows"].as_array().unwrap();
        rows.iter().any(|row| row["mark"] == mark && row["name"].as_str().unwrap().contains(part))
    };
    assert!(marked("gone", "reserve_rehash") && marked("new", "LeafNode"), "{sites}");
    // Each allocation was recorded: nothing is uncertain, and the totals are the counted ones.
    let peaks = [std, btree].map(|run| {
        read_json(&scratch.path(run).join("run.json"))["passes"]["memory"]["total"]["peak_live_bytes"]
            .as_i64()
    });
    assert_eq!([sites["total"]["base"].as_i64(), sites["total"]["new"].as_i64()], peaks);
    assert_eq!(sites["total"]["low"], sites["total"]["high"]);
    assert_eq!(sites["per"]["what"], "entry");
    let figures = case["metrics"]["rows"].as_array().unwrap();
    let peak = figures.iter().find(|row| row["name"] == "peak_live_bytes").expect("it differs");
    assert_eq!(peak["difference"].as_f64(), sites["total"]["delta"].as_f64());
    assert!(["better", "worse"].contains(&peak["finding"].as_str().unwrap()), "{peak}");
    let svg = std::fs::read_to_string(scratch.path("d.svg")).unwrap();
    assert!(svg.contains("LeafNode") && svg.contains("reserve_rehash") && svg.ends_with("</svg>"));
}

#[test]
fn folders_are_matched_by_case_and_what_differs_needs_a_word() {
    let scratch = Scratch::new();
    run(&scratch, "a", &["--map", "std,btree"]);
    run(&scratch, "b", &["--map", "std,hashbrown", "--seed", "2"]);
    refused(&scratch, &["a", "b"], &["churn/std", "seed 1 and seed 2", "--allow-mismatch seed"]);
    let found = json(&scratch, &["a", "b", "--allow-mismatch", "seed"]);
    assert_eq!(found["cases"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["only_base"][0], &found["only_new"][0]),
        (&"churn/btree".into(), &"churn/hashbrown".into())
    );
    let notes = found["cases"][0]["notes"].to_string();
    assert!(notes.contains("seed 1 and seed 2"), "{notes}");
    let both =
        json(&scratch, &["a", "b", "--allow-mismatch", "seed", "--intersection", "--metric", "ns_per_op"]);
    assert_eq!(both["only_base"], Value::Array(Vec::new()));
    assert_eq!(both["cases"][0]["metrics"]["rows"][0]["finding"], "too-few-runs");
    refused(&scratch, &["a", "b", "--map", "btree"], &["no case is on both sides", "churn/btree"]);
    refused(&scratch, &["a", "a", "--svg", "x.svg"], &["--svg draws one case, and 2"]);
    refused(&scratch, &["a/churn/std", "a/churn/btree", "--type", "cpu"], &["cpu.pb.gz", "--cpu"]);
    refused(&scratch, &["a/churn/std", "a/churn/btree", "--type", "spaec"], &["spaec"]);
    refused(&scratch, &["a/churn/std/heap.pb.gz", "a"], &["one run, and the other side has 2"]);
}

#[test]
fn a_run_without_a_profile_still_has_figures() {
    let scratch = Scratch::new();
    run(&scratch, "a", &[]);
    scratch
        .mapprof(&["run", "churn", "--entries", "2000", "--ops", "20000", "--quiet", "--out", "b"])
        .ended_with(0);
    let found = json(&scratch, &["a", "b"]);
    assert_eq!(found["cases"][0]["sites"], Value::Null);
    assert!(found["cases"][0]["notes"].to_string().contains("`run --heap` writes one"), "{found}");
    refused(&scratch, &["a", "b", "--svg", "x.svg"], &["nothing to draw", "b/churn/std has no profile"]);
}

#[test]
fn any_two_profiles_are_compared() {
    let scratch = Scratch::new();
    let bytes = ("inuse_space", "bytes");
    profile(&scratch, "a.pb.gz", bytes, &[("main.serve", 10, 100), ("main.old", 20, 30)]);
    profile(&scratch, "b.pb.gz", bytes, &[("main.serve", 17, 150), ("main.young", 27, 40)]);
    let said = scratch.mapprof(&["diff", "a.pb.gz", "b.pb.gz"]).ended_with(0);
    for line in [
        "+     +50 B  100 B  150 B  main.serve",
        "new   +40 B      -   40 B  main.young",
        "gone  -30 B   30 B      -  main.old",
    ] {
        assert!(said.stdout.contains(line), "no {line:?} in:\n{}", said.stdout);
    }
    assert!(said.stdout.contains("app.go:17") && said.stdout.contains("Total: 130 B → 190 B: +60 B"));
    let markdown =
        scratch.mapprof(&["diff", "a.pb.gz", "b.pb.gz", "--format", "markdown", "-n", "1"]).ended_with(0);
    assert!(markdown.stdout.contains("And 2 more sites: +10 B"), "{}", markdown.stdout);
    profile(&scratch, "cpu.pb.gz", ("cpu", "nanoseconds"), &[("main.serve", 10, 100)]);
    refused(&scratch, &["a.pb.gz", "cpu.pb.gz"], &["no sample type in common", "a.pb.gz has inuse_space"]);
    profile(&scratch, "kib.pb.gz", ("inuse_space", "kilobytes"), &[("main.serve", 10, 100)]);
    refused(&scratch, &["a.pb.gz", "kib.pb.gz"], &["inuse_space is in bytes in a.pb.gz, and in kilobytes"]);
    refused(&scratch, &["a.pb.gz", "b.pb.gz", "--type", "inuse_spac"], &["did you mean \"inuse_space\"?"]);
    refused(&scratch, &["a.pb.gz", "none"], &["none: no such file or folder"]);
    scratch.write("text", "not a profile");
    refused(&scratch, &["text", "b.pb.gz"], &["text: ", "not a pprof profile"]);
}

#[test]
fn hostile_profiles_are_compared_without_a_panic() {
    let scratch = Scratch::new();
    let bytes = ("inuse\u{1b}_space", "<by\u{1b}tes>");
    let names = ["a|b`<script>", "", "\u{1b}[31m;\n", "<<<<", "日本語\u{f0000}"];
    let sites: Vec<(&str, i64, i64)> = names
        .iter()
        .zip([i64::MAX, i64::MIN, -1, i64::MAX, i64::MIN])
        .map(|(name, value)| (*name, i64::MIN, value))
        .collect();
    write_profile(&scratch, "a.pb.gz", "\u{1b}[2J.c", bytes, &sites);
    write_profile(&scratch, "b.pb.gz", "\u{1b}[2J.c", bytes, &[("", i64::MAX, i64::MIN), ("x", 0, i64::MAX)]);
    for (base, new) in [("a.pb.gz", "b.pb.gz"), ("b.pb.gz", "a.pb.gz")] {
        for format in ["table", "markdown", "json"] {
            let said =
                scratch.mapprof(&["diff", base, new, "--format", format, "--svg", "d.svg"]).ended_with(0);
            assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
        }
    }
}

#[test]
fn a_picture_is_written_whole_or_not_at_all() {
    let scratch = Scratch::new();
    profile(&scratch, "a.pb.gz", ("inuse_space", "bytes"), &[("main.serve", 10, 100)]);
    let said =
        scratch.mapprof(&["diff", "a.pb.gz", "a.pb.gz", "--svg", "no/such/folder/d.svg"]).ended_with(2);
    assert_eq!((said.stdout.as_str(), said.stderr.lines().count()), ("", 1), "{}", said.stderr);
    assert!(!Path::new(&scratch.path("no")).exists());
}

#[test]
fn a_closed_pipe_is_success() {
    let scratch = Scratch::new();
    profile(&scratch, "a.pb.gz", ("inuse_space", "bytes"), &[("main.serve", 10, 100)]);
    let script = format!("'{MAPPROF}' diff a.pb.gz a.pb.gz --format json | true; exit ${{PIPESTATUS[0]}}");
    Said::of(scratch.command("bash").args(["-c", &script])).ended_with(0);
}
