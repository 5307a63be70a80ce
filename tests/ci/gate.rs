//! `ci/gate.sh` as pipelines call it: on the base branch, on pull requests, in shards, in turns.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::pipeline::{Pipeline, executable};
use crate::scratch::{MAPPROF, Said, Scratch, read_json};

/// Says what it was asked for, and puts mapprof where it would have built it.
const CARGO: &str = r#"#!/bin/sh
echo "cargo $* in $PWD with $RUSTFLAGS" >>"$ASKED"
while [ "$1" != --root ]; do shift; done
mkdir -p "$2/bin" && ln -s "$BUILT" "$2/bin/mapprof"
"#;

/// Multiplies an exact figure of a record.
fn scale(scratch: &Scratch, record: &Path, metric: &str, factor: f64) {
    scratch.plants_records();
    let mut changed = read_json(record);
    let value = changed["metrics"][metric]["value"].as_f64().expect(metric);
    changed["metrics"][metric]["value"] = Value::from(value * factor);
    fs::write(record, serde_json::to_vec(&changed).unwrap()).unwrap();
}

/// What `gh` hands out after a run of the base branch, for a pull request.
fn after_the_base_ran() -> Pipeline {
    let base = Pipeline::new().pushed();
    base.steps(&["plan", "install", "fetch", "base", "run"]);
    let said = base.step("check").ended_with(0);
    assert!(said.stdout.contains("this is the base"), "{}", said.stdout);
    assert_eq!(base.output("verdict"), "none");
    assert_eq!(base.file("asked"), "", "nothing is fetched for a push to the base branch");
    assert_eq!(base.file("summary.md"), "");
    let handed_out = base.base_artifact();
    let request = base.with(&[("GITHUB_BASE_REF", "main"), ("GITHUB_REF_NAME", "7/merge")]);
    request.with(&[("HANDED_OUT", &handed_out)])
}

#[test]
fn a_pull_request_that_changes_nothing_passes() {
    let request = after_the_base_ran();
    request.steps(&["plan", "install", "fetch", "base", "run", "check"]);
    assert_eq!(request.output("verdict"), "pass");
    assert!(request.scratch.path("mapprof-out/junit.xml").is_file());
    assert_eq!(read_json(&request.scratch.path("mapprof-out/check.json"))["exit_code"], 0);
    let asked = request.file("asked");
    for part in ["--workflow memory.yml", "--branch main", "--status success", r#".event == "push""#] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert!(asked.contains("gh run download 41 --repo someone/maps --name mapprof-runs"), "{asked}");
}

#[test]
fn a_pull_request_that_costs_more_bytes_fails_with_an_annotation() {
    let request = after_the_base_ran();
    scale(&request.scratch, &request.scratch.path("handed-out/runs/quick/std/run.json"), "live_bytes", 0.9);
    request.steps(&["plan", "install", "fetch", "base", "run"]);
    let said = request.step("check").ended_with(1);
    let errors: Vec<&str> = said.stdout.lines().filter(|line| line.starts_with("::error")).collect();
    assert!(errors.iter().any(|line| line.contains("live_bytes")), "{}", said.stdout);
    assert_eq!(request.output("verdict"), "fail");
    let summary = request.file("summary.md");
    assert!(summary.contains("Check failed") && summary.contains("11.11 % more"), "{summary}");
    assert!(request.file("mapprof-out/junit.xml").contains("<failure"));

    // The same within a tolerance; and a figure that nobody looks at.
    let request = request.with(&[("MAPPROF_TOLERANCE", "live_bytes=20%")]);
    request.step("check").ended_with(0);
    let request = request.with(&[("MAPPROF_TOLERANCE", ""), ("MAPPROF_CHECK_ARGS", "--metric 'peak_*'")]);
    request.step("check").ended_with(0);
}

#[test]
fn a_missing_artifact_is_a_notice_and_budgets_still_hold() {
    let request = Pipeline::new();
    request.steps(&["plan", "install"]);
    let said = request.step("fetch").ended_with(0);
    assert!(
        said.stderr.contains("::notice title=mapprof::nothing of main to compare with"),
        "{}",
        said.stderr
    );
    request.steps(&["run"]);
    let said = request.step("check").ended_with(0);
    assert!(said.stderr.contains("no budgets: nothing was checked"), "{}", said.stderr);
    assert!(request.file("summary.md").contains("nothing was checked"));
    assert_eq!(request.output("verdict"), "none");

    request.scratch.write("my budgets.toml", "[[budget]]\nlimits = [\"live_bytes <= 1\"]\n");
    let request = request.with(&[("MAPPROF_BUDGET", "'my budgets.toml'")]);
    let said = request.step("check").ended_with(1);
    assert!(said.stderr.contains("only budgets were checked"), "{}", said.stderr);
    assert!(said.stdout.contains("::error"), "{}", said.stdout);
    assert_eq!(request.output("verdict"), "fail");

    // Budgets hold on the base branch too, and an error of input is no verdict.
    let mut push = request.pushed();
    push.step("check").ended_with(1);
    push.set(&[("MAPPROF_BUDGET", "none.toml")]);
    push.step("check").ended_with(2);
    assert_eq!(push.output("verdict"), "error");
}

#[test]
fn a_workflow_that_the_base_branch_does_not_have_yet_is_a_notice() {
    let request = Pipeline::new().with(&[("NO_RUNS", "1")]);
    let said = request.step("fetch").ended_with(0);
    assert!(said.stderr.contains("::notice") && said.stderr.contains("HTTP 404"), "{}", said.stderr);
    assert!(said.stderr.contains("actions: read"), "{}", said.stderr);
}

#[test]
fn shards_are_run_apart_and_checked_when_they_are_merged() {
    let mut request = after_the_base_ran();
    for part in 1..=3 {
        request.set(&[
            ("MAPPROF_SHARD", &format!("{part}/3")),
            ("MAPPROF_OUT", &format!("shards/mapprof-runs-{part}-of-3")),
        ]);
        request.steps(&["plan", "install", "fetch", "base", "run"]);
        let said = request.step("check").ended_with(0);
        assert!(said.stderr.contains("checked when all of them are merged"), "{}", said.stderr);
        assert_eq!(request.output("artifact"), format!("mapprof-runs-{part}-of-3"));
        assert_eq!(request.output("verdict"), "none");
    }
    request.set(&[
        ("MAPPROF_SHARD", ""),
        ("MAPPROF_OUT", ""),
        ("MAPPROF_WORKLOADS", ""),
        ("MAPPROF_SHARDS", "shards"),
    ]);
    request.steps(&["plan", "install", "fetch", "base", "merge", "check"]);
    assert_eq!(request.output("verdict"), "pass");
    assert_eq!(request.output("artifact"), "mapprof-runs");
    assert!(request.scratch.path("mapprof-out/runs/quick/btree/run.json").is_file());

    // All artifacts unpacked into one folder, as GitLab does.
    for part in 1..=3 {
        let from = request.scratch.path(format!("shards/mapprof-runs-{part}-of-3/."));
        let copied = request.scratch.command("cp").arg("-r").arg(from).arg("together").status();
        assert!(copied.is_ok_and(|status| status.success()));
    }
    request.set(&[("MAPPROF_SHARDS", "together"), ("MAPPROF_OUT", "again")]);
    request.steps(&["merge", "check"]);
    fs::remove_dir_all(request.scratch.path("shards/mapprof-runs-2-of-3")).unwrap();
    request.set(&[("MAPPROF_SHARDS", "shards")]);
    let said = request.step("merge").ended_with(2);
    assert!(said.stderr.contains("shard 2 of 3 is missing"), "{}", said.stderr);
    request.set(&[("MAPPROF_SHARDS", "own")]);
    request.step("merge").ended_with(2);
}

/// A repository whose program says who it is and hands over to mapprof, on `main` and in a merged pull request.
fn repository(request: &Pipeline) {
    let git = |arguments: &[&str]| {
        let mut command: Command = request.scratch.command("git");
        command.args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "init.defaultBranch=main",
        ]);
        command.args(arguments).env("HOME", request.scratch.path("home"));
        Said::of(&mut command).ended_with(0).stdout.trim().to_owned()
    };
    let program = |who: &str| {
        let script = format!("#!/bin/sh\necho {who} >>\"$ASKED\"\nexec {MAPPROF} \"$@\"\n");
        request.scratch.write("maps.sh", script);
    };
    git(&["init", "--quiet"]);
    program("base");
    git(&["add", "maps.sh"]);
    git(&["commit", "--quiet", "--message", "base"]);
    git(&["checkout", "--quiet", "-b", "change"]);
    program("new");
    git(&["commit", "--quiet", "--all", "--message", "change"]);
    git(&["checkout", "--quiet", "main"]);
    git(&["merge", "--quiet", "--no-ff", "--no-edit", "change"]);
    // The runner has the merge commit alone.
    git(&["clone", "--quiet", "--bare", ".", "origin"]);
    git(&[
        "clone",
        "--quiet",
        "--depth",
        "1",
        &format!("file://{}", request.scratch.path("origin").display()),
        "shallow",
    ]);
    fs::remove_dir_all(request.scratch.path(".git")).unwrap();
    fs::rename(request.scratch.path("shallow/.git"), request.scratch.path(".git")).unwrap();
}

#[test]
fn the_base_revision_is_built_from_a_shallow_checkout_and_measured_in_turns() {
    let mut request = Pipeline::new().with(&[
        ("MAPPROF_BASELINE", "build"),
        ("MAPPROF_PROGRAM", "target/maps"),
        ("MAPPROF_BUILD", "mkdir -p target && install maps.sh target/maps"),
        ("MAPPROF_REPEAT", "2"),
        ("MAPPROF_MAPS", "std"),
    ]);
    repository(&request);
    let head = Said::of(request.scratch.command("git").args(["rev-parse", "HEAD"])).stdout;
    request.set(&[("GITHUB_SHA", head.trim())]);
    request.steps(&["plan", "install", "fetch", "base"]);
    request.steps(&["run"]);
    let asked = request.file("asked");
    assert!(asked.lines().any(|line| line == "base") && asked.lines().any(|line| line == "new"), "{asked}");
    let sides = ["runs", "base"]
        .map(|side| request.scratch.path("mapprof-out").join(side).join("quick/std/run.json"));
    assert_eq!(read_json(&sides[0])["session"], read_json(&sides[1])["session"], "in turns");
    let said = request.step("check").ended_with(0);
    assert!(said.stdout.contains("compared with"), "{}", said.stdout);
    scale(&request.scratch, &sides[1], "live_bytes", 0.5);
    request.step("check").ended_with(1);

    // A base that cannot be built is a warning: it is how the program itself comes in.
    request
        .set(&[("MAPPROF_BUILD", "grep -q new maps.sh && mkdir -p target && install maps.sh target/maps")]);
    let said = request.step("base").ended_with(0);
    assert!(said.stderr.contains("::warning") && said.stderr.contains("cannot be built"), "{}", said.stderr);
    assert!(!request.scratch.path("temp/.mapprof-ci/base-program").exists());
}

#[test]
fn mapprof_is_built_once_for_a_compiler_and_its_sources() {
    let mut request = Pipeline::new().with(&[("MAPPROF_PROGRAM", ""), ("BUILT", MAPPROF)]);
    executable(&request.scratch, "bin/rustc", "#!/bin/sh\necho 'rustc 1.95.0 (abc 2026-04-14)'\n");
    executable(&request.scratch, "bin/cargo", CARGO);
    request.steps(&["plan", "install", "install"]);
    let (key, folder) = (request.output("key"), request.output("folder"));
    assert!(key.starts_with("mapprof-") && key.contains("-1.95.0-"), "{key}");
    assert!(folder.ends_with(&key), "{folder}");
    assert!(Path::new(&folder).join("bin/mapprof").exists(), "where the cache looks for it");
    let asked = request.file("asked");
    assert_eq!(asked.matches("cargo install").count(), 1, "{asked}");
    assert!(asked.contains("--locked"), "{asked}");
    let source = env!("CARGO_MANIFEST_DIR");
    assert!(asked.contains(&format!("in {source} with -C force-frame-pointers=yes")), "{asked}");

    // Another compiler, another program; a cached one is taken without a build, and is the one that runs.
    executable(&request.scratch, "bin/rustc", "#!/bin/sh\necho 'rustc 1.96.0 (abc 2026-05-28)'\n");
    request.steps(&["plan"]);
    assert_ne!(request.output("key"), key);
    executable(&request.scratch, "bin/cargo", "#!/bin/sh\nexit 101\n");
    let said = request.step("install").ended_with(2);
    assert!(said.stderr.contains("mapprof could not be built"), "{}", said.stderr);
    let cached = format!("#!/bin/sh\necho cached >>\"$ASKED\"\nexec {MAPPROF} \"$@\"\n");
    let folder = request.output("folder");
    let below = Path::new(&folder).strip_prefix(request.scratch.path("")).expect("below the runner's folder");
    executable(&request.scratch, &below.join("bin/mapprof").display().to_string(), &cached);
    request.set(&[("MAPPROF_MAPS", "std")]);
    request.steps(&["install", "run"]);
    assert!(request.file("asked").contains("cached"));
}

#[test]
fn wrong_inputs_are_told_in_a_line_before_anything_is_built() {
    let wrong = |changes: &[(&str, &str)], part: &str| {
        let said = Pipeline::new().with(changes).step("plan").ended_with(2);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        assert!(
            said.stderr.starts_with("::error title=mapprof::") && said.stderr.contains(part),
            "{}",
            said.stderr
        );
    };
    wrong(&[("MAPPROF_BASELINE", "artifacts")], "artifact, build, none or a folder");
    wrong(&[("MAPPROF_BASELINE", "build")], "needs program and build");
    let build = [("MAPPROF_BASELINE", "build"), ("MAPPROF_BUILD", "true")];
    wrong(&build, "a path below the repository's root");
    wrong(&[("MAPPROF_SHARD", "3")], "such as 2/8");
    wrong(&[("MAPPROF_SHARD", "1/2"), ("MAPPROF_SHARDS", "x")], "give one of them");
    wrong(&[("MAPPROF_WORKLOADS", "")], "no workload is given");
    wrong(&[("MAPPROF_STRICT", "yes")], "true or false");
    // A line break in an input cannot begin a second annotation.
    wrong(&[("MAPPROF_SHARD", "1\n::error::50%")], "%0A::error::50%25");
    let said = Pipeline::new().step("deploy").ended_with(2);
    assert!(said.stderr.contains("plan, install, fetch, base, run, merge or check"), "{}", said.stderr);
}

#[test]
fn what_the_inputs_say_is_never_run() {
    let evil = "$(touch pwned) `touch pwned` ; touch pwned";
    let request = Pipeline::new().with(&[
        ("MAPPROF_WORKLOADS", evil),
        ("MAPPROF_MAPS", evil),
        ("MAPPROF_ARGS", evil),
        ("MAPPROF_ARTIFACT", evil),
        ("MAPPROF_TOLERANCE", evil),
        ("MAPPROF_CHECK_ARGS", evil),
        ("MAPPROF_BUDGET", evil),
        ("GITHUB_BASE_REF", evil),
    ]);
    for step in ["plan", "fetch", "run", "check"] {
        request.step(step);
    }
    assert!(!request.scratch.path("pwned").exists());
    let said = Pipeline::new().with(&[("MAPPROF_ARGS", "--workloads 'own")]).step("run").ended_with(2);
    assert!(said.stderr.contains("a quote is not closed"), "{}", said.stderr);
}

#[test]
fn by_hand_and_in_gitlab_it_is_the_same_script() {
    let request = after_the_base_ran();
    let gitlab = request.with(&[
        ("GITHUB_ACTIONS", ""),
        ("GITHUB_BASE_REF", ""),
        ("GITHUB_REF_NAME", ""),
        ("GITHUB_OUTPUT", ""),
        ("GITHUB_STEP_SUMMARY", ""),
        ("RUNNER_TEMP", ""),
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
        ("CI_PROJECT_ID", "12"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "11"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "release/1"),
        ("CI_JOB_TOKEN", "sesame"),
        ("MAPPROF_ARTIFACT", "mapprof:check"),
    ]);
    gitlab.steps(&["plan", "install", "fetch", "run", "check"]);
    let asked = gitlab.file("asked");
    let call = asked.lines().find(|line| line.starts_with("curl ")).expect("it asks");
    assert!(
        call.ends_with("https://gitlab.example/api/v4/projects/11/jobs/artifacts/release%2F1/download"),
        "{call}"
    );
    assert!(call.contains("--data-urlencode job=mapprof:check"), "{call}");
    assert!(!call.contains("sesame"), "the process list shows arguments: {call}");
    assert!(asked.contains("header JOB-TOKEN: sesame"), "{asked}");
    assert!(gitlab.scratch.path(".mapprof-ci/fetched").is_dir());

    // By hand: a folder is a baseline as well.
    let by_hand = gitlab.with(&[("GITLAB_CI", ""), ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")]);
    let by_hand = by_hand.with(&[("MAPPROF_BASELINE", "handed-out/runs")]);
    by_hand.steps(&["plan", "check"]);
    scale(&by_hand.scratch, &by_hand.scratch.path("handed-out/runs/quick/btree/run.json"), "live_bytes", 0.9);
    let said = by_hand.step("check").ended_with(1);
    assert!(!said.stdout.contains("::error"), "annotations are for GitHub: {}", said.stdout);
}
