//! False alarms and missed ones of `check`: the same case many times over, unchanged, and with changes planted in what
//! the worker reports.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use super::{figure, row};

/// Says what is planted to this program when it is started as a worker.
pub const PLANTED: &str = "MAPPROF_BENCH_PLANTED";

/// Checks of each kind.
const CHECKS: usize = 100;

/// Measurements of each side, in turns, where times are compared.
const REPEATS: &str = "60";

/// A case that lies in the processor's caches. On one that does not, where its pages lie makes a process faster or slower
/// by tens of percent, and so many pairs decide little.
const CASE: [&str; 8] = ["check", "churn", "--map", "btree", "--entries", "2000", "--ops", "100000"];

/// What is planted: a word for the worker, fields of a phase, and what they are multiplied by.
const SLOWER: (&str, &[&str], f64) = ("slower", &["wall_ns", "cpu_ns", "span_ns"], 1.10);
const LARGER: (&str, &[&str], f64) = ("larger", &["live_bytes"], 1.03);

const MAPPROF: &str = env!("CARGO_BIN_EXE_mapprof");

/// A worker that has mapprof's own do the work, and reports it with the change planted.
pub fn worker(planted: &str) -> ExitCode {
    let change = [SLOWER, LARGER].into_iter().find(|(word, ..)| *word == planted);
    let (_, fields, factor) = change.expect("a known change is planted");
    let mut request = String::new();
    std::io::stdin().read_line(&mut request).expect("a request comes");
    let mut child = Command::new(MAPPROF)
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the worker can be started");
    child.stdin.take().unwrap().write_all(request.as_bytes()).expect("the worker reads its request");
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let mut event: Value = serde_json::from_str(&line.unwrap()).expect("an event is JSON");
        if event["event"] == "phase" {
            for field in fields {
                let value = event[field].as_f64().expect("it is a number");
                event[field] = ((value * factor).round() as u64).into();
            }
        }
        println!("{event}");
    }
    ExitCode::from(u8::from(!child.wait().unwrap().success()))
}

pub fn section() {
    println!("{CHECKS} checks each of {}, {REPEATS} pairs", CASE[1..].join(" "));
    let [mut unchanged, mut slower, mut larger] = [const { Vec::new() }; 3];
    // One of each after the other: the machine is not the same at all times.
    for _ in 0..CHECKS {
        unchanged.push(check(REPEATS, None));
        slower.push(check(REPEATS, Some(SLOWER.0)));
        larger.push(check("1", Some(LARGER.0)));
    }

    let with = |checks: &[Vec<Value>], of: &dyn Fn(&Value) -> bool| {
        checks.iter().filter(|judgements| judgements.iter().any(of)).count()
    };
    let worse = |noise: &'static str| move |j: &Value| j["verdict"] == "worse" && j["noise"] == noise;
    let of = |metric: &'static str, verdict: &'static str| {
        move |j: &Value| j["metric"] == metric && j["verdict"] == verdict
    };
    let open = |checks: &[Vec<Value>]| {
        ["ns_per_op", "cpu_ns_per_op"].map(|time| with(checks, &of(time, "undecided")))
    };
    let alarms = with(&unchanged, &worse("exact"));
    row("unchanged: checks with an exact figure that is worse", alarms.to_string(), "0", alarms == 0);
    let alarms = with(&unchanged, &worse("time"));
    row("unchanged: checks with a time that is worse", alarms.to_string(), "at most 2", alarms <= 2);
    figure("unchanged: checks with pages that are worse", with(&unchanged, &worse("pages")).to_string());
    let [wall, cpu] = open(&unchanged);
    figure("unchanged: checks that do not decide on wall time, on CPU time", format!("{wall}, {cpu}"));
    let caught = with(&slower, &worse("time"));
    row("10 % slower: checks that say so", caught.to_string(), "at least 95", caught >= 95);
    let [wall, cpu] = open(&slower);
    figure("10 % slower: checks that do not decide on wall time, on CPU time", format!("{wall}, {cpu}"));
    let caught = with(&larger, &of("bytes_per_entry", "worse"));
    row("3 % more bytes per entry: checks that say so", caught.to_string(), "100", caught == CHECKS);
}

/// The judgements of one check, with a change planted in the new side.
fn check(repeats: &str, planted: Option<&str>) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("alarms");
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(MAPPROF);
    command.current_dir(&folder).args(CASE).args(["--format", "json", "--repeat", repeats]);
    command.args(["--base-program", MAPPROF]);
    if let Some(planted) = planted {
        command.arg("--worker").arg(std::env::current_exe().unwrap()).env(PLANTED, planted);
    }
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    report["judgements"].as_array().expect("there are judgements").clone()
}
