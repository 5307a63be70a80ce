//! Reading profiles of other programs: a million samples, plain and gzipped, beside `go tool pprof` on the same file.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use mapprof::profile::{
    Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType, pprof,
};

use super::passes::{median, ratios, spread};
use super::peers::installed;
use super::{figure, row};

/// Samples of the file, and what they are drawn from.
const SAMPLES: u64 = 1_000_000;
const FUNCTIONS: u64 = 20_000;
const LOCATIONS: u64 = 40_000;

/// Pairs of runs.
const PAIRS: usize = 3;

pub fn section() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reading");
    std::fs::create_dir_all(&folder).unwrap();
    let (plain, packed, other) =
        (folder.join("plain.pb"), folder.join("packed.pb.gz"), folder.join("other.pb.gz"));
    let profile = generate(1);
    let bytes = pprof::encode_plain(&profile);
    std::fs::write(&plain, &bytes).unwrap();
    std::fs::write(&packed, pprof::encode(&profile)).unwrap();
    std::fs::write(&other, pprof::encode(&generate(2))).unwrap();
    let size = bytes.len() as f64;
    drop((profile, bytes));
    println!(
        "{SAMPLES} samples of {LOCATIONS} locations in {FUNCTIONS} functions, {:.1} MB unpacked; whole processes",
        size / 1e6
    );
    for (what, file) in [("plain", &plain), ("gzipped", &packed)] {
        if installed("go") {
            let [ratio] =
                ratios(PAIRS, |_| [seconds(&mut top(file))], |_| [seconds(&mut pprof_top(file))]).map(median);
            row(
                &format!("mapprof top / go tool pprof -top, {what}, {PAIRS} pairs"),
                spread(ratio),
                "at most 0.30",
                ratio.0 <= 0.30,
            );
        } else {
            figure(&format!("go tool pprof -top, {what}"), "not installed".into());
        }
        let alone = (0..PAIRS).map(|_| seconds(&mut top(file))).collect();
        figure(&format!("mapprof top, {what}, s"), spread(median(alone)));
        match peak_bytes(&top(file)) {
            Some(peak) => row(
                &format!("peak memory of mapprof top / unpacked size, {what}"),
                format!("{:.2}", peak / size),
                "below 4",
                peak < 4.0 * size,
            ),
            None => figure("peak memory: GNU time", "not installed".into()),
        }
    }
    let mut diff = mapprof(&["diff"]);
    diff.arg(&packed).arg(&other);
    if diff.output().unwrap().status.success() {
        let times = median((0..PAIRS).map(|_| seconds(&mut diff)).collect());
        row("mapprof diff of two such files, gzipped, s", spread(times), "under 3 s", times.0 < 3.0);
    } else {
        figure("mapprof diff of two such files", "fails".into());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn mapprof(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
    command.args(arguments);
    command
}

fn top(file: &Path) -> Command {
    let mut command = mapprof(&["top"]);
    command.arg(file);
    command
}

fn pprof_top(file: &Path) -> Command {
    let mut command = Command::new("go");
    command.args(["tool", "pprof", "-top", "-nodecount=20"]).arg(file);
    command
}

fn seconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    start.elapsed().as_secs_f64()
}

/// The most resident memory that a command had, bytes, as GNU time tells it; none if that is not installed. It is the
/// parent: a child's own figure begins with what its parent had, and this program has much.
fn peak_bytes(command: &Command) -> Option<f64> {
    if !installed("time") {
        return None;
    }
    let mut timed = Command::new("time");
    timed.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    let output = timed.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    Some(said.trim().parse::<f64>().unwrap() * 1024.0)
}

/// Numbers that look like chance (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The location that `at` calls at its call site `callee`: any, the first ones rather than the last ones.
fn called(at: u32, callee: u64) -> u32 {
    let mut chance = Chance(u64::from(at) * 64 + callee);
    (chance.below(LOCATIONS) * chance.below(LOCATIONS) / LOCATIONS) as u32
}

/// A heap profile of a large program: stacks of 16 to 24 locations out of a graph of calls, in which few paths are hot;
/// sizes of blocks as labels, as Go has them, on a quarter of the samples.
fn generate(seed: u64) -> Profile {
    let mut profile = Profile::default();
    let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
    let strings = &mut profile.strings;
    profile.sample_types =
        types.map(|(kind, unit)| ValueType { kind: strings.add(kind), unit: strings.add(unit) }).to_vec();
    profile.period_type = ValueType { kind: strings.add("space"), unit: strings.add("bytes") };
    profile.period = 524_288;
    let file = strings.add("/usr/bin/server");
    profile.mappings = vec![Mapping::new(0x40_0000, 0x400_0000, 0, file)];
    for function in 0..FUNCTIONS {
        let (module, name) = (function / 20, function % 20);
        let name = strings.add(&match function % 3 {
            0 => format!("server::module_{module}::Type_{name}<K,V>::method_{function}"),
            1 => {
                format!("<server::module_{module}::Type_{name}<T> as core::iter::Iterator>::next_{function}")
            }
            _ => format!("server::module_{module}::function_{function}"),
        });
        let file = strings.add(&format!("src/module_{module}.rs"));
        profile.functions.push(Function::new(name, file));
    }
    // The program is the same whatever the seed.
    let mut chance = Chance(7);
    for location in 0..LOCATIONS {
        // A third of the locations have inlined frames.
        let frames = 1 + if location % 3 == 0 { chance.below(3) } else { 0 };
        let function = |frame| ((location * 7919 + frame * 104_729) % FUNCTIONS) as u32;
        let line = |frame| Line::new(function(frame), (location % 900) as i64 + 1);
        let lines = (0..frames).map(line).collect();
        let mut location = Location::new(0x40_0000 + 8 * location, lines);
        location.mapping = Some(0);
        profile.locations.push(location);
    }
    let (key, unit) = (profile.strings.add("bytes"), profile.strings.add("bytes"));
    let mut chance = Chance(seed);
    let mut stack = Vec::new();
    for _ in 0..SAMPLES {
        stack.clear();
        let mut at = 0;
        for _ in 0..16 + chance.below(9) {
            stack.push(at);
            // One callee in each function is the one that is mostly called.
            let callee = if chance.below(4) > 0 { 0 } else { chance.below(8) };
            at = called(at, callee);
        }
        stack.reverse();
        let (objects, size) = (1 + chance.below(100) as i64, 16 << chance.below(8));
        let label = [Label { key, value: LabelValue::Number(size, unit) }];
        let labels = if chance.below(4) == 0 { &label[..] } else { &[] };
        let values = [objects, objects * size];
        profile.samples.push(Sample { locations: &stack, values: &values, labels });
    }
    profile
}
