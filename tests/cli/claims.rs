//! Claims: what was published beside what is measured, and the verdict that follows.

use serde_json::Value;

use crate::scratch::{Said, Scratch};

/// A workload with a claim of each verdict.
pub const WORKLOAD: &str = r#"name = "rooms"
about = "A map with room and one without."
entries = 500

[key]
type = "u64"

[value]
type = "u64"

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }

[[variant]]
name = "grown"
about = "No room."

[[variant]]
name = "presized"
about = "Room for all."
capacity = 500

[[claim]]
number = 901
text = "Room leaves one allocation, that of the table."
source = "S1"
figure = "1 allocation"
metric = "allocs_per_op"
left = "presized"
right = 0.002
comparison = "about"
mechanism = "The table is made before the first insertion."

[[claim]]
number = 901
text = "Without room the highest moment is half as much again."
source = "S1"
figure = "1.5 times"
metric = "peak_ratio"
left = "grown"
right = "presized"
factor = 1.5
comparison = "at least"
tolerance = 0.05
shown_by = ["empty-slots", "live_bytes"]
mechanism = "The old table is there while the new one is filled."

[[claim]]
number = 902
text = "A tree takes less."
source = "S2"
figure = "0.5 times"
metric = "live_bytes"
left = { variant = "grown", map = "btree" }
right = { variant = "grown", map = "std" }
factor = 0.5
comparison = "at most"
mechanism = ""

[[claim]]
number = 903
text = "A collector frees it."
source = "S3"
figure = "3 %"
metric = "retained_ratio"
left = "grown"
right = 0.03
comparison = "about"
tolerance = 0.5
when = { needs = "a garbage collector" }
mechanism = ""

[[claim]]
number = 904
text = "Presized maps are not slower than by a factor of a thousand."
source = "S4"
figure = "1000 times"
metric = "ns_per_op"
left = "presized"
right = "grown"
factor = 1000
comparison = "at most"
mechanism = ""
"#;

fn scratch_with(text: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("own/rooms.toml", text);
    scratch
}

fn claims(scratch: &Scratch, arguments: &[&str]) -> Said {
    scratch.mapprof(&[&["claims"], arguments, &["--workloads", "own"]].concat())
}

#[test]
fn claims_are_told_with_their_figures_and_verdicts() {
    let scratch = scratch_with(WORKLOAD);
    let said = claims(&scratch, &["rooms"]).ended_with(0);
    let start = "\
901. rooms: Room leaves one allocation, that of the table.
  claimed   1 allocation (S1)
  measured  allocs_per_op: presized 0.00200
  wanted    about 0.002
  verdict   upheld

901. rooms: Without room the highest moment is half as much again.
  claimed   1.5 times (S1)
  measured  peak_ratio: grown 1.500, presized 1; 1.500 times
  wanted    at least 1.5 times presized, give or take 5 %
";
    assert!(said.stdout.starts_with(start), "{}", said.stdout);
    // 512 entries and 512 buckets of 16 bytes would be too few: 1024 buckets, of which 524 are empty.
    assert!(
        said.stdout.contains("  shown by  empty-slots: grown 8.38 kB, presized 8.38 kB\n"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("does not apply: it needs a garbage collector"), "{}", said.stdout);
    assert!(said.stdout.ends_with("4 claims: 2 upheld, 1 refuted, 1 does not apply\n"), "{}", said.stdout);
    assert!(scratch.path("profiles/claims/rooms/std@grown/run.json").is_file());
}

#[test]
fn a_strict_test_fails_if_a_claim_is_refuted() {
    let scratch = scratch_with(WORKLOAD);
    claims(&scratch, &["901", "--strict"]).ended_with(0);
    claims(&scratch, &["902", "--strict"]).ended_with(1);
    claims(&scratch, &["902"]).ended_with(0);
}

#[test]
fn what_was_measured_can_be_judged_again_and_read_by_programs() {
    let scratch = scratch_with(WORKLOAD);
    let not_yet = claims(&scratch, &["902", "--no-run"]).ended_with(0);
    assert!(not_yet.stdout.contains("not decided: btree@grown was not run"), "{}", not_yet.stdout);
    claims(&scratch, &["rooms", "--repeat", "3"]).ended_with(0);
    let json: Value =
        serde_json::from_str(&claims(&scratch, &["rooms", "--no-run", "--json"]).ended_with(0).stdout)
            .expect("it is JSON");
    let verdicts: Vec<&str> =
        json.as_array().unwrap().iter().filter_map(|one| one["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["upheld", "upheld", "refuted", "does-not-apply", "not-decided"]);
    assert_eq!(json[4]["more_runs"], 2, "a time needs five measurements");
    let document = claims(&scratch, &["rooms", "--no-run", "--format", "markdown"]).ended_with(0).stdout;
    assert!(document.contains("| 902 | [rooms](#902-rooms) | A tree takes less. | refuted |"), "{document}");
    assert!(document.contains("Written by `mapprof claims rooms --format markdown`"), "{document}");
    let again = claims(&scratch, &["rooms", "--no-run", "--format", "markdown"]).ended_with(0).stdout;
    assert_eq!(document, again);
}

#[test]
fn claims_about_what_is_not_there_are_refused_before_anything_runs() {
    for (from, to, said) in [
        (
            "\"peak_ratio\"",
            "\"peak_ration\"",
            "own/rooms.toml:36: unknown metric \"peak_ration\": did you mean",
        ),
        (
            "right = \"presized\"\nfactor = 1.5",
            "right = \"presised\"\nfactor = 1.5",
            "own/rooms.toml:36: unknown variant \"presised\"",
        ),
        (
            "map = \"btree\"",
            "map = \"btre\"",
            "own/rooms.toml:50: unknown map \"btre\": did you mean \"btree\"?",
        ),
        ("figure = \"3 %\"", "figure = \"little\"", "own/rooms.toml"),
        ("map = \"btree\" }", "map = \"btree\", threads = 4 }", "own/rooms.toml:50: "),
    ] {
        assert!(WORKLOAD.contains(from), "{from}");
        let scratch = scratch_with(&WORKLOAD.replacen(from, to, 1));
        let wrong = claims(&scratch, &["rooms"]).ended_with(2);
        assert!(wrong.stderr.contains(said), "{from} -> {to}: {}", wrong.stderr);
        assert!(!scratch.path("profiles").exists(), "{from}");
    }
    let scratch = scratch_with(WORKLOAD);
    let wrong = claims(&scratch, &["roms"]).ended_with(2);
    assert!(wrong.stderr.contains("unknown claim \"roms\": did you mean \"rooms\"?"), "{}", wrong.stderr);
    claims(&scratch, &["999"]).ended_with(2);
}

#[test]
fn without_a_name_the_claims_are_listed() {
    let scratch = scratch_with(WORKLOAD);
    let said = claims(&scratch, &[]).ended_with(0);
    assert!(
        said.stdout.contains("902 rooms") && said.stdout.contains("A tree takes less."),
        "{}",
        said.stdout
    );
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 80), "{}", said.stdout);
}

/// Names of the built-in workloads that test claims.
fn workloads_with_claims() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/workloads");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).expect("there is the folder").flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        if text.contains("[[claim]]") {
            names.push(entry.path().file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    names.sort();
    names
}

/// What the claims compare is what the oracle foretells, to the byte, of every side on a small size: so their exact parts come out as
/// the closed forms say.
#[test]
fn the_sides_of_claims_are_as_the_closed_forms_say() {
    let scratch = Scratch::new();
    let names = workloads_with_claims();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let file = format!("{}/workloads/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).unwrap();
        let mut sizes = match text.contains("\nprogram = ") {
            true => vec!["--entries", "40"],
            false => vec!["--entries", "600", "--verify"],
        };
        if text.contains("\nops = ") {
            sizes.extend(["--ops", "400"]);
        }
        scratch.mapprof(&[&["run", &name, "--skip", "time", "--quiet"], &sizes[..]].concat()).ended_with(0);
    }
}

#[test]
fn a_run_tells_the_claims_that_it_decides() {
    let scratch = scratch_with(WORKLOAD);
    let run = |arguments: &[&str]| {
        scratch.mapprof(&[&["run", "rooms", "--workloads", "own"], arguments].concat()).ended_with(0).stdout
    };
    let said = run(&[]);
    assert!(said.contains("\nClaims\n"), "{said}");
    assert!(
        said.contains("upheld") && said.contains("901. Room leaves one allocation, that of the table."),
        "{said}"
    );
    assert!(!said.contains("A tree takes less."), "btree was not run: {said}");
    let of_other_sizes = run(&["--entries", "100"]);
    assert!(!of_other_sizes.contains("Claims"), "{of_other_sizes}");
}
