//! jemalloc's own dump, as a service has it, beside our own sampling: how far each is from the exact recorder by role,
//! and what each costs inside operations.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use mapprof::capture::heap_recording::HeapRecording;
use mapprof::capture::raw_samples::{RawHeap, RawMapping};
use mapprof::profile::Profile;
use mapprof::profile::attribute::Role;
use mapprof::profile::build::{Context, heap_profile};
use mapprof::profile::jemalloc_dump::dump_profiles;
use mapprof::profile::sites::roles;
use mapprof::profile::symbolize::Symbolizer;
use mapprof::record::{CaseRecord, DumpRole};
use mapprof::run::plan::choose_sample_bytes;
use mapprof::worker::protocol::Pass;
use mapprof::workload::Workload;

use super::passes::{EXACT, FEWER, cpu_ns, median, pass, ratios, sampled_every, spread, workload};
use super::{figure, row};

/// Seeds over which errors are taken, and seeds over which intervals are tried.
const SEEDS: u64 = 20;
const INTERVALS: u64 = 40;

/// What services leave jemalloc at, and its default.
const SERVICE: u64 = 512 << 10;

/// Bytes by role.
type ByRole = BTreeMap<Role, f64>;

/// The heap pass that dumps, with so many bytes between samples, on average.
fn dumped_every(sample_bytes: u64) -> Pass {
    Pass::Heap(HeapRecording::Dump { sample_bytes: Some(sample_bytes) })
}

pub fn section() {
    let workload = workload("skewed-keys", &["entries=200000", "phase.serve.ops=800000"]);
    let memory = pass(&workload, "hashbrown", 1, Pass::Memory);
    let chosen = choose_sample_bytes(&memory.record.total.allocs_by_size);
    println!(
        "skewed-keys of 200,000 entries on hashbrown: bytes in use at the end, relative error over {SEEDS} seeds"
    );
    for sample_bytes in [chosen, SERVICE] {
        errors(&workload, sample_bytes);
    }
    intervals();
    println!("CPU time inside operations over that of the memory pass, {FEWER} pairs");
    for sample_bytes in [chosen, SERVICE] {
        for (what, kind) in [("dump", dumped_every(sample_bytes)), ("sampled", sampled_every(sample_bytes))] {
            let cost = |kind: Pass| {
                let workload = &workload;
                move |seed| [cpu_ns(&pass(workload, "hashbrown", seed, kind).record)]
            };
            let [ratio] = ratios(FEWER, cost(kind), cost(Pass::Memory)).map(median);
            figure(&format!("{what} pass / memory pass, one sample every {sample_bytes} B"), spread(ratio));
        }
    }
}

/// How often the interval of a dump's figure, as a run reports it, holds what dumps come to on average.
fn intervals() {
    let (mut all, mut inside) = (0u32, 0u32);
    for seed in 0..INTERVALS {
        for role in reported(seed).iter().filter(|role| ["key", "value"].contains(&role.role.as_str())) {
            let (expected, low, high) = (role.expected.unwrap(), role.low.unwrap(), role.high.unwrap());
            all += 1;
            inside += u32::from(low <= expected && expected <= high);
        }
    }
    let percent = 100.0 * f64::from(inside) / f64::from(all);
    row(
        &format!("expected figures of keys and values in their intervals, {all} cases"),
        format!("{percent:.1} %"),
        "at least 93 %",
        percent >= 93.0,
    );
}

/// What `mapprof run` says of the dumps of a small case, of each phase's end and role.
fn reported(seed: u64) -> Vec<DumpRole> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dump");
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapprof"));
    command.current_dir(&folder).args([
        "run",
        "skewed-keys",
        "--map",
        "hashbrown",
        "--entries",
        "20000",
        "--quiet",
    ]);
    let output =
        command.args(["--heap=dump", "--skip", "time", "--seed", &seed.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record = std::fs::read(folder.join("profiles/skewed-keys/hashbrown/run.json")).unwrap();
    let record: CaseRecord = serde_json::from_slice(&record).unwrap();
    record.dump.unwrap().ends.into_iter().flat_map(|end| end.roles).collect()
}

/// Prints the mean and the root mean square of the relative errors of both, by role.
fn errors(workload: &Workload, sample_bytes: u64) {
    let mut found: BTreeMap<(Role, &str), Vec<f64>> = BTreeMap::new();
    for seed in 0..SEEDS {
        let exact = pass(workload, "hashbrown", seed, EXACT);
        let (usable, requested) = truth(exact.heap.as_ref().unwrap(), &exact.mappings);
        let dumped = pass(workload, "hashbrown", seed, dumped_every(sample_bytes));
        let sampled = pass(workload, "hashbrown", seed, sampled_every(sample_bytes));
        let (context, mut symbolizer) = (Context::default(), Symbolizer::new());
        let dumps = dumped.dumps.as_ref().unwrap();
        let dumps = dump_profiles(dumps, &dumped.mappings, Some(0), &context, &mut symbolizer).unwrap();
        let dump = by_role(&dumps.last().unwrap().1);
        let raw = sampled.heap.as_ref().unwrap();
        let own = by_role(&heap_profile(raw, &sampled.mappings, &context, &mut symbolizer).unwrap());
        for role in [Role::Key, Role::Value, Role::Table] {
            let error = |found: &ByRole, truth: &ByRole| {
                found.get(&role).copied().unwrap_or(0.0) / truth.get(&role).copied().unwrap_or(f64::NAN) - 1.0
            };
            found.entry((role, "dump")).or_default().push(error(&dump, &usable));
            found.entry((role, "sampled")).or_default().push(error(&own, &requested));
        }
    }
    for ((role, what), errors) in found {
        let mean = |of: fn(f64) -> f64| errors.iter().copied().map(of).sum::<f64>() / errors.len() as f64;
        let (bias, spread) = (100.0 * mean(|error| error), 100.0 * mean(|error| error * error).sqrt());
        figure(
            &format!("{}, {what}, one sample every {sample_bytes} B: mean, root mean square", role.name()),
            format!("{bias:+.2} %, {spread:.2} %"),
        );
    }
}

/// Usable and requested bytes in use at the end of the last phase.
fn truth(raw: &RawHeap, mappings: &[RawMapping]) -> (ByRole, ByRole) {
    let roles = roles(&raw.stacks, mappings, &mut Symbolizer::new());
    let ends = raw.phase_ends.as_deref().unwrap_or_default();
    let last = ends.iter().map(|end| end.phase).max();
    let (mut usable, mut requested) = (ByRole::new(), ByRole::new());
    for end in ends.iter().filter(|end| Some(end.phase) == last) {
        let role = roles[end.stack as usize];
        *usable.entry(role).or_default() += end.usable as f64;
        *requested.entry(role).or_default() += end.bytes as f64;
    }
    (usable, requested)
}

/// The bytes in use of a profile.
fn by_role(profile: &Profile) -> ByRole {
    let space = profile.sample_type("inuse_space").unwrap();
    let mut sums = ByRole::new();
    for sample in &profile.samples {
        if let Some(role) = profile.label(sample, "role").and_then(Role::named) {
            *sums.entry(role).or_default() += sample.values[space] as f64;
        }
    }
    sums
}
