//! Variants of a workload: each a case of its own, with a folder, a row and a verdict of its own.

use crate::scratch::{Said, Scratch, read_json};

const WORKLOAD: &str = r#"name = "strategies"
about = "The same stream under three strategies."
entries = 500

[key]
type = "u64"

[value]
type = "vec"
size = 40

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }

[[phase]]
name = "look"
ops = 2_000
mix = { get = 100 }

[[variant]]
name = "plain"
about = "As it stands."

[[variant]]
name = "presized"
about = "With room for all entries from the beginning."
capacity = 500

[[variant]]
name = "shared"
about = "A concurrent map on two threads."
map = "dashmap"
threads = 2
"#;

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("own/strategies.toml", WORKLOAD);
    scratch
}

fn mapprof(scratch: &Scratch, arguments: &[&str]) -> Said {
    scratch.mapprof(&[arguments, &["--workloads", "own"]].concat())
}

#[test]
fn a_workload_runs_in_all_of_its_variants_and_one_is_run_by_its_name() {
    let scratch = scratch();
    mapprof(&scratch, &["run", "strategies", "--quiet"]).ended_with(0);
    for case in ["std@plain", "std@presized", "dashmap@shared,threads=2"] {
        let record = scratch.record(&format!("strategies/{case}"));
        let rerun = record["rerun"].as_str().unwrap_or_default();
        assert!(
            rerun.contains(&format!("strategies@{}", record["case"]["variant"].as_str().unwrap())),
            "{rerun}"
        );
    }
    assert_eq!(scratch.record("strategies/std@presized")["definition"]["capacity"], 500);
    assert!(!scratch.path("profiles/strategies/std").exists(), "with variants it is not run as it stands");

    let said =
        mapprof(&scratch, &["run", "strategies@presized", "--map", "btree", "--out", "one"]).ended_with(0);
    assert!(said.stdout.contains("strategies@presized on btree"), "{}", said.stdout);
    assert!(scratch.path("one/strategies/btree@presized/run.json").exists());
    assert_eq!(std::fs::read_dir(scratch.path("one/strategies")).unwrap().count(), 1);
}

#[test]
fn variants_are_rows_of_one_table_and_are_chosen_by_filters() {
    let scratch = scratch();
    mapprof(&scratch, &["run", "strategies", "--quiet"]).ended_with(0);
    let table = mapprof(&scratch, &["compare", "profiles"]).ended_with(0).stdout;
    for row in ["std@plain", "std@presized", "dashmap@shared,threads=2"] {
        assert!(table.contains(row), "{table}");
    }
    let said =
        mapprof(&scratch, &["compare", "profiles", "--workload", "strategies@p*", "--baseline", "std@plain"]);
    let table = said.ended_with(0).stdout;
    assert!(table.contains("std@presized") && !table.contains("shared"), "{table}");
    // The pattern may be of a variant of what is named.
    let said = mapprof(&scratch, &["compare", "strategies", "--workload", "strategies@p*"]).ended_with(0);
    assert!(said.stdout.contains("std@presized") && !said.stdout.contains("shared"), "{}", said.stdout);
    // What is there is not run again, and what is missing is.
    let said = mapprof(&scratch, &["compare", "strategies", "--map", "std,btree"]).ended_with(0);
    assert!(said.stderr.contains("btree@plain, strategies/btree@presized"), "{}", said.stderr);
    assert!(!said.stderr.contains("std@plain,"), "{}", said.stderr);
}

#[test]
fn a_variant_is_held_against_itself() {
    let scratch = scratch();
    for out in ["base", "new"] {
        mapprof(&scratch, &["run", "strategies", "--quiet", "--out", out]).ended_with(0);
    }
    let metric = ["--metric", "live_bytes", "--map", "std"];
    let check = [&["check", "new", "--baseline", "base", "--json", "report.json"], &metric[..]].concat();
    mapprof(&scratch, &check).ended_with(0);
    let report = read_json(&scratch.path("report.json"));
    let variants: Vec<&str> = report["judgements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|judgement| judgement["case"]["variant"].as_str().unwrap())
        .collect();
    assert_eq!(variants, ["plain", "presized"]);
    let said = scratch.mapprof(&["diff", "base", "new", "--map", "std@presized"]).ended_with(0);
    assert!(said.stdout.contains("strategies/std@presized"), "{}", said.stdout);
    scratch
        .write("b.toml", "[[budget]]\nworkload = \"strategies@presized\"\nlimits = [\"live_bytes <= 1\"]\n");
    let said = mapprof(&scratch, &["check", "new", "--budget", "b.toml"]).ended_with(1);
    assert!(
        said.stdout.contains("strategies/std@presized") && !said.stdout.contains("@plain"),
        "{}",
        said.stdout
    );
}

#[test]
fn variants_are_listed_and_described_and_unknown_ones_are_refused() {
    let scratch = scratch();
    for command in [&["list", "workloads"][..], &["describe", "strategies"]] {
        let said = mapprof(&scratch, command).ended_with(0).stdout;
        assert!(said.contains("@presized") && said.contains("With room for all entries"), "{said}");
    }
    let said = mapprof(&scratch, &["run", "strategies@presizd"]).ended_with(2).stderr;
    assert!(said.contains("\"presizd\"") && said.contains("\"presized\""), "{said}");
    let said = mapprof(&scratch, &["run", "churn@presized"]).ended_with(2).stderr;
    assert!(said.contains("workload \"churn\" has no variants"), "{said}");
    // Its own map is not `btree`, and there is nothing else to run.
    let said = mapprof(&scratch, &["run", "strategies@shared", "--map", "btree"]).ended_with(2).stderr;
    assert!(said.contains("no case is left to run"), "{said}");
}
