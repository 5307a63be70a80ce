//! Other heap profilers beside the exact heap pass, on one program: whole processes, from start to exit, over the plain
//! run.
//!
//! The program is the loop of `by_hand/churn.rs`. The peers are given it as it is; mapprof is given it as a program of
//! the user's own, whose child is this bench started again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mapprof::App;
use mapprof::profile::build::{Context, heap_profile};
use mapprof::profile::symbolize::Symbolizer;
use mapprof::run::child::Launcher;
use mapprof::worker::protocol::{PROTOCOL, Pass, Request, Subject};

use super::churn::Churn;
use super::passes::{EXACT, median, ratios, run, spread};
use super::programs::built;
use super::{WORKER, figure, row};

/// Entries, and turns of one removal and one insertion. The plain run takes about a second.
const ENTRIES: u64 = 100_000;
const TURNS: u64 = 1_500_000;

/// Pairs of runs for a tool that is fast, and for one that takes half a minute.
const PAIRS: usize = 3;
const FEW: usize = 1;

/// What heaptrack took for such a program where it is not installed to ask.
const HEAPTRACK: f64 = 3.2;

/// A tool that watches a program: its command, its arguments, and how often it is run.
type Peer = (&'static str, &'static str, &'static [&'static str], usize);

const PEERS: [Peer; 3] = [
    ("heaptrack", "heaptrack", &["-o", "out"], PAIRS),
    ("valgrind --tool=massif", "valgrind", &["--tool=massif", "--massif-out-file=out"], FEW),
    ("valgrind --tool=dhat", "valgrind", &["--tool=dhat", "--dhat-out-file=out"], FEW),
];

/// Adds the program to those of this worker.
pub fn program(app: App) -> App {
    app.program("churn", "inserts and removes", |bench| {
        let mut churn = Churn::default();
        let mut done = |work: fn(&mut Churn)| {
            work(&mut churn);
            0
        };
        bench.phase("fill", ENTRIES, |_| done(Churn::grow));
        bench.phase("serve", TURNS, |_| done(Churn::turn));
    })
}

pub fn section() {
    println!(
        "churn of String -> Vec, {ENTRIES} entries, {TURNS} turns; wall time of whole processes / plain run"
    );
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    let (by_hand, system) = (built("by_hand"), built("by_hand_system"));
    let [plain] = ratios(PAIRS, |_| [seconds(&mut churn(&by_hand))], |_| [1.0]).map(median);
    figure("plain run with jemalloc, s", spread(plain));
    let [plain] = ratios(PAIRS, |_| [seconds(&mut churn(&system))], |_| [1.0]).map(median);
    figure("plain run with the system's allocator, s", spread(plain));
    let mut best = f64::INFINITY;
    for (name, tool, arguments, pairs) in PEERS {
        if !installed(tool) {
            figure(name, "not installed".into());
            continue;
        }
        let command = churn(&system);
        let watched = |_| {
            let mut watched = Command::new(tool);
            watched.args(arguments).arg(command.get_program()).args(command.get_args()).current_dir(&folder);
            [seconds(&mut watched)]
        };
        let [ratio] = ratios(pairs, watched, |_| [seconds(&mut churn(&system))]).map(median);
        best = best.min(ratio.0);
        figure(&format!("{name}, {pairs} pairs"), spread(ratio));
    }
    let dhat = built("by_hand_dhat");
    let watched = |_| [seconds(churn(&dhat).current_dir(&folder))];
    let [ratio] = ratios(FEW, watched, |_| [seconds(&mut churn(&system))]).map(median);
    best = best.min(ratio.0);
    figure(&format!("dhat-rs, {FEW} pairs"), spread(ratio));
    std::fs::remove_dir_all(&folder).unwrap();
    if !best.is_finite() {
        best = HEAPTRACK;
    }
    let limit = format!("below {best:.2}");
    let [exact] = ratios(PAIRS, |_| [ours(EXACT)], |_| [ours(Pass::Time)]).map(median);
    row("mapprof's exact heap pass, names included / time pass", spread(exact), &limit, exact.0 < best);
}

fn churn(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["churn", &ENTRIES.to_string(), &TURNS.to_string()]);
    command
}

fn seconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    start.elapsed().as_secs_f64()
}

/// A pass from the start of the child to its end, and to the profile with its names if it takes one.
fn ours(pass: Pass) -> f64 {
    let launcher = Launcher {
        environment: Default::default(),
        command: vec![std::env::current_exe().unwrap(), PathBuf::from(WORKER)],
        time_limit: Duration::from_secs(600),
    };
    let subject = Subject::Program("churn".into());
    let request = Request {
        protocol: PROTOCOL,
        pass,
        subject,
        map: "own".into(),
        seed: 1,
        threads: 1,
        arguments: Vec::new(),
        settings: Default::default(),
    };
    let start = Instant::now();
    let output = run(&launcher, request);
    if let Some(raw) = &output.heap {
        heap_profile(raw, &output.mappings, &Context::default(), &mut Symbolizer::new()).unwrap();
    }
    start.elapsed().as_secs_f64()
}

pub fn installed(tool: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(tool).is_file())
}
