//! The GitHub action, the GitLab and the Kubernetes example, read as what they are: what one names, another one has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::scratch::{MAPPROF, Scratch, read_json};

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The documents of a YAML text.
#[track_caller]
fn documents(name: &str, text: &str) -> Vec<Value> {
    serde_norway::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect()
}

fn yaml(name: &str) -> Value {
    documents(name, &text(name)).swap_remove(0)
}

/// Every word of `text` that stands behind `prefix`, made of letters, digits, `-` and `_`.
fn words_behind(text: &str, prefix: &str) -> BTreeSet<String> {
    let word = |rest: &str| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
    };
    let found = text.split(prefix).skip(1).map(word);
    found.filter(|word| !word.is_empty()).collect()
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The steps that `ci/gate.sh` has.
fn steps_of_the_script() -> BTreeSet<String> {
    let script = text("ci/gate.sh");
    let defined = script.lines().filter_map(|line| line.strip_prefix("step_")?.strip_suffix("() {"));
    let defined: BTreeSet<String> = defined.map(str::to_owned).collect();
    let choice = script.lines().find(|line| line.contains(r#""step_$1""#)).expect("main chooses a step");
    let chosen: BTreeSet<String> =
        choice.split(')').next().unwrap().split('|').map(|step| step.trim().to_owned()).collect();
    assert_eq!(defined, chosen, "each step can be called");
    defined
}

fn steps_of_the_action(action: &Value) -> &Vec<Value> {
    action["runs"]["steps"].as_array().expect("the action has steps")
}

#[test]
fn every_input_of_the_action_is_used_and_every_used_one_is_declared() {
    let action = yaml("action.yml");
    let declared = names(&action["inputs"]);
    let used = words_behind(&text("action.yml"), "inputs.");
    assert_eq!(declared, used);
    for (name, input) in action["inputs"].as_object().unwrap() {
        assert!(input["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        assert!(input["default"].is_string(), "{name}: a default, as text");
    }
}

#[test]
fn the_actions_commands_are_calls_of_the_script_and_hold_no_expression() {
    let action = yaml("action.yml");
    let known = steps_of_the_script();
    let mut called = BTreeSet::new();
    for step in steps_of_the_action(&action) {
        let Some(run) = step["run"].as_str() else { continue };
        assert!(!run.contains("${{"), "{run}: an expression in shell text is run as part of it");
        let name = run.strip_prefix(r#"bash "$GITHUB_ACTION_PATH/ci/gate.sh" "#).expect(run);
        assert!(known.contains(name), "{run}");
        assert_eq!(step["shell"], "bash", "{run}");
        called.insert(name.to_owned());
    }
    assert_eq!(called, known);
}

#[test]
fn the_actions_steps_and_outputs_name_what_is_there() {
    let action = yaml("action.yml");
    let steps = steps_of_the_action(&action);
    let ids: BTreeSet<&str> = steps.iter().filter_map(|step| step["id"].as_str()).collect();
    assert_eq!(ids, BTreeSet::from(["plan", "cache", "check"]));
    let text = text("action.yml");
    let named = words_behind(&text, "steps.");
    assert_eq!(named, ids.iter().map(|id| (*id).to_owned()).collect());
    let written = words_behind(&crate::files::text("ci/gate.sh"), "    output ");
    let mut read = words_behind(&text, "steps.plan.outputs.");
    read.extend(words_behind(&text, "steps.check.outputs."));
    assert_eq!(read, written);
    let upload = steps.last().unwrap();
    assert!(upload["if"].as_str().unwrap().starts_with("always()"), "a failed check is uploaded too");
}

#[test]
fn the_variables_are_those_of_the_script_and_are_documented() {
    let script = words_behind(&text("ci/gate.sh"), "MAPPROF_");
    for file in ["action.yml", "ci/gitlab-ci.yml"] {
        let given = words_behind(&text(file), "MAPPROF_");
        assert!(given.is_subset(&script), "{file}: {:?}", given.difference(&script));
    }
    let documented = words_behind(&text("docs/CI.md"), "`MAPPROF_");
    let read: BTreeSet<String> = script.into_iter().filter(|name| name != "*").collect();
    assert_eq!(documented, read, "docs/CI.md has a row for each variable");
}

#[test]
fn every_step_of_the_action_gets_the_variables_that_its_part_of_the_script_reads() {
    let action = yaml("action.yml");
    for step in steps_of_the_action(&action) {
        let Some(run) = step["run"].as_str() else { continue };
        let given = names(&step["env"]);
        let mut due: Vec<&str> = match run.rsplit(' ').next().unwrap() {
            "plan" => {
                vec!["WORKLOADS", "PROGRAM", "BUILD", "BASELINE", "ARTIFACT", "SHARD", "SHARDS", "STRICT"]
            }
            "install" => vec!["PROGRAM", "BUILD"],
            "fetch" => vec!["BASELINE", "BASE", "ARTIFACT", "SHARD"],
            "base" => vec!["PROGRAM", "BUILD", "BASELINE", "BASE", "SHARDS"],
            "run" => vec!["WORKLOADS", "MAPS", "ARGS", "REPEAT", "PROGRAM", "BASELINE", "SHARD"],
            "merge" => vec!["PROGRAM", "SHARDS"],
            "check" => {
                vec!["PROGRAM", "BASELINE", "BASE", "BUDGET", "TOLERANCE", "CHECK_ARGS", "STRICT", "SHARD"]
            }
            other => panic!("{other}: say here what it reads"),
        };
        due.sort_unstable();
        let given: Vec<&str> = given.iter().filter_map(|name| name.strip_prefix("MAPPROF_")).collect();
        assert_eq!(given, due, "{run}");
    }
}

#[test]
fn the_gitlab_example_calls_steps_that_exist_and_hands_folders_on() {
    let file = yaml("ci/gitlab-ci.yml");
    let known = steps_of_the_script();
    let stages: Vec<&str> = file["stages"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let jobs: Vec<(&String, &Value)> =
        file.as_object().unwrap().iter().filter(|(_, job)| job["script"].is_array()).collect();
    let mut called = BTreeSet::new();
    for (name, job) in &jobs {
        assert!(stages.contains(&job["stage"].as_str().unwrap()), "{name}");
        assert!(file[job["extends"].as_str().unwrap()].is_object(), "{name}");
        for line in job["script"].as_array().unwrap() {
            let step = line.as_str().unwrap().rsplit("mapprof-gate ").next().unwrap();
            assert!(known.contains(step), "{name}: {line}");
            called.insert(step.to_owned());
        }
    }
    assert_eq!(called, known);
    let artifact = file["variables"]["MAPPROF_ARTIFACT"].as_str().unwrap();
    let (run, check) = (&file["mapprof:run"], &file[artifact]);
    let shards = run["variables"]["MAPPROF_OUT"].as_str().unwrap();
    assert_eq!(run["artifacts"]["paths"][0], format!("{shards}/"));
    assert_eq!(check["variables"]["MAPPROF_SHARDS"], shards);
    assert_eq!(check["artifacts"]["reports"]["junit"], "mapprof-out/junit.xml");
    assert!(run["parallel"].as_u64().is_some_and(|parts| parts > 1));
    assert!(run["script"][0].as_str().unwrap().contains("$CI_NODE_INDEX/$CI_NODE_TOTAL"));
    let program = file["variables"]["MAPPROF_PROGRAM"].as_str().unwrap();
    let handed_on = &file["mapprof:build"]["artifacts"]["paths"];
    assert_eq!(*handed_on, serde_json::json!([program, ".mapprof-ci/base-program"]));
}

/// The only container of a Job.
fn container(job: &Value) -> &Value {
    &job["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn the_clusters_job_has_as_many_indexes_as_there_are_shards() {
    let file = documents("ci/kubernetes.yaml", &text("ci/kubernetes.yaml"));
    let kinds: Vec<&str> = file.iter().filter_map(|document| document["kind"].as_str()).collect();
    assert_eq!(kinds, ["PersistentVolumeClaim", "Job", "Job"]);
    let (claim, run, check) = (&file[0], &file[1], &file[2]);
    assert_eq!(claim["spec"]["accessModes"], serde_json::json!(["ReadWriteMany"]));
    assert_eq!(run["spec"]["completionMode"], "Indexed");
    let completions = run["spec"]["completions"].as_u64().unwrap();
    let command = container(run)["args"][0].as_str().unwrap();
    assert!(
        command.contains(&format!(r#"--shard "$((JOB_COMPLETION_INDEX + 1))/{completions}""#)),
        "{command}"
    );
    assert!(run["spec"]["backoffLimitPerIndex"].as_u64().is_some());
    assert_eq!(run["spec"]["template"]["spec"]["restartPolicy"], "Never", "which backoffLimitPerIndex needs");
    for job in [run, check] {
        let resources = &container(job)["resources"];
        assert_eq!(resources["requests"], resources["limits"], "else the pod is not Guaranteed");
        assert!(resources["limits"]["cpu"].as_str().unwrap().parse::<u32>().is_ok(), "whole CPUs");
        let spec = &job["spec"]["template"]["spec"];
        assert_eq!(spec["volumes"][0]["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
        assert_eq!(container(job)["volumeMounts"][0]["mountPath"], "/runs");
    }
}

/// The last index, so that 0 and 1 are not mixed up; smaller, and in a folder of its own.
#[test]
fn the_clusters_command_runs_its_shard() {
    let scratch = Scratch::new();
    let file = documents("ci/kubernetes.yaml", &text("ci/kubernetes.yaml"));
    let runs = scratch.path("runs").display().to_string();
    let command = container(&file[1])["args"][0].as_str().unwrap();
    let smaller = command
        .replace("--entries 1000000 --repeat 5 --heap", "--entries 200 --ops 500 --quiet")
        .replace("/runs", &runs)
        .replace("mapprof run", &format!("{MAPPROF} run"));
    assert_ne!(smaller, command);
    let output = scratch
        .command("/bin/sh")
        .args(["-euc", &smaller])
        .env("JOB_COMPLETION_INDEX", "7")
        .output()
        .expect("the shell starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest = read_json(&scratch.path("runs/shard-8-of-8.json"));
    let shards: BTreeSet<u64> =
        manifest["cases"].as_array().unwrap().iter().map(|case| case["shard"].as_u64().unwrap()).collect();
    assert_eq!(shards, (1..=8).collect(), "every pod has something to do");
}

/// A block of the docs that is YAML, each.
fn blocks(markdown: &str) -> Vec<String> {
    let parts = markdown.split("```yaml\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_workflows_in_the_docs_give_inputs_that_the_action_has() {
    let action = yaml("action.yml");
    let declared = names(&action["inputs"]);
    let blocks = blocks(&text("docs/CI.md"));
    assert!(blocks.len() >= 3);
    let mut calls = 0;
    for block in blocks {
        let document = documents("docs/CI.md", &block).swap_remove(0);
        let jobs = document["jobs"].as_object().into_iter().flatten().map(|(_, job)| &job["steps"]);
        let steps = jobs.chain([&document["steps"], &document]).filter_map(Value::as_array).flatten();
        for step in steps.filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/mapprof@")))
        {
            let given = names(&step["with"]);
            assert!(given.is_subset(&declared), "{:?}", given.difference(&declared));
            calls += 1;
        }
    }
    assert!(calls >= 3, "{calls}");
}
