//! Other heap profilers beside the exact heap pass, on one program: whole processes, from start to exit, over the plain
//! run.
//!
//! The program is the loop of `by_hand/churn.rs`. The peers are given it as it is; mapprof is given it as a program of
//! the user's own, whose child is this bench started again. Go's profile and memray know only their own languages, so
//! they have the loop in Go and in Python (`benches/peers`), each over its own plain run.

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

/// Pairs of runs for a sampler, whose cost is near the noise, for a tool that is fast, and for one that takes half a
/// minute.
const MANY: usize = 11;
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

/// The options of jemalloc's own profile: its default distance between samples, a dense one, and every allocation.
const JEMALLOC: [(&str, &str, usize); 3] = [
    ("jemalloc's profile, one sample every 512 KiB", "lg_prof_sample:19", MANY),
    ("jemalloc's profile, one sample every 4 KiB", "lg_prof_sample:12", MANY),
    ("jemalloc's profile, every allocation", "lg_prof_sample:0", PAIRS),
];

/// `runtime.MemProfileRate` of the Go program: its default, and every allocation.
const GO: [(&str, &str, usize); 2] = [
    ("Go's heap profile, one sample every 512 KiB", "524288", MANY),
    ("Go's heap profile, every allocation", "1", PAIRS),
];

/// What memray records: calls of the C allocator, where Python gets its small objects by the arena, or every object too.
const MEMRAY: [(&str, &[&str]); 2] =
    [("memray", &[]), ("memray --trace-python-allocators", &["--trace-python-allocators"])];

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
    jemalloc(&system, &folder);
    go(&folder);
    memray(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    if !best.is_finite() {
        best = HEAPTRACK;
    }
    let limit = format!("below {best:.2}");
    let [exact] = ratios(PAIRS, |_| [ours(EXACT)], |_| [ours(Pass::Time)]).map(median);
    row("mapprof's exact heap pass, names included / time pass", spread(exact), &limit, exact.0 < best);
}

/// The profile of the system's jemalloc, under the program that heaptrack and valgrind get.
fn jemalloc(system: &Path, folder: &Path) {
    let loaded = |mut command: Command, options: &str| {
        command.env("LD_PRELOAD", "libjemalloc.so.2").env("MALLOC_CONF", options).current_dir(folder);
        command
    };
    let profiled = |options: &str| format!("prof:true,prof_final:true,prof_prefix:jemalloc,{options}");
    // A loader that does not find the library goes on without it, and so does a jemalloc that was built without profiles.
    seconds(&mut loaded(Command::new(system), &profiled(JEMALLOC[0].1)));
    let files = std::fs::read_dir(folder).unwrap();
    if !files.map(|file| file.unwrap().path()).any(|file| file.extension().is_some_and(|end| end == "heap")) {
        return figure("libjemalloc.so.2 with profiles", "not installed".into());
    }
    let plain = |_| [seconds(&mut loaded(churn(system), "prof:false"))];
    let [took] = ratios(PAIRS, plain, |_| [1.0]).map(median);
    figure("plain run with libjemalloc.so.2, s", spread(took));
    for (name, options, pairs) in JEMALLOC {
        let watched = |_| [seconds(&mut loaded(churn(system), &profiled(options)))];
        let [ratio] = ratios(pairs, watched, plain).map(median);
        figure(&format!("{name}, {pairs} pairs"), spread(ratio));
    }
}

/// The profile of Go's runtime, on the loop in Go.
fn go(folder: &Path) {
    if !installed("go") {
        return figure("go", "not installed".into());
    }
    let program = folder.join("churn-go");
    seconds(Command::new("go").args(["build", "-o"]).arg(&program).arg(source("churn.go")));
    let rated = |rate: &str| [seconds(sized(&mut Command::new(&program)).arg(rate).current_dir(folder))];
    let plain = |_| rated("0");
    let [took] = ratios(PAIRS, plain, |_| [1.0]).map(median);
    figure("plain run in Go, s", spread(took));
    for (name, rate, pairs) in GO {
        let [ratio] = ratios(pairs, |_| rated(rate), plain).map(median);
        figure(&format!("{name}, {pairs} pairs"), spread(ratio));
    }
}

/// memray, on the loop in Python.
fn memray(folder: &Path) {
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.args(arguments).current_dir(folder);
        command
    };
    if !python(&["-c", "import memray"]).output().is_ok_and(|output| output.status.success()) {
        return figure("memray", "not installed".into());
    }
    let plain = |_| [seconds(sized(python(&[]).arg(source("churn.py"))))];
    let [took] = ratios(PAIRS, plain, |_| [1.0]).map(median);
    figure("plain run in Python, s", spread(took));
    for (name, options) in MEMRAY {
        let watched = |_| {
            let mut watched =
                python(&["-m", "memray", "run", "--quiet", "--force", "--output", "memray.bin"]);
            [seconds(sized(watched.args(options).arg(source("churn.py"))))]
        };
        let [ratio] = ratios(PAIRS, watched, plain).map(median);
        figure(&format!("{name}, {PAIRS} pairs"), spread(ratio));
    }
}

/// The loop in another language.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}

fn churn(program: &Path) -> Command {
    let mut command = Command::new(program);
    sized(command.arg("churn"));
    command
}

/// Entries and turns, as each of the programs takes them.
fn sized(command: &mut Command) -> &mut Command {
    command.args([ENTRIES.to_string(), TURNS.to_string()])
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
