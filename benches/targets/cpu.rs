//! The CPU pass: how many of its samples come, what they cost, and whether the shares that they tell are true, on a program
//! whose shares are known.

use std::hint::black_box;
use std::path::PathBuf;

use mapprof::App;
use mapprof::capture::cpu::{CpuBackend, CpuSampling};
use mapprof::profile::Profile;
use mapprof::profile::build::{Context, cpu_profile};
use mapprof::profile::interval::{Estimate, Sampling};
use mapprof::profile::symbolize::Symbolizer;
use mapprof::run::child::Launcher;
use mapprof::run::event_reader::PassOutput;
use mapprof::worker::program::Bench;
use mapprof::worker::protocol::{PROTOCOL, Pass, Request, Subject};

use super::passes::{FEWER, cpu_ns, launcher, median, pass_with, ratios, run, spread, workload};
use super::{WORKER, figure, row};

/// Seeds over which intervals are tried.
const SEEDS: u64 = 200;

/// Pairs of the program in registers, whose times vary little.
const PAIRS: usize = 3;

/// Operations of the program: for shares, and for each seed.
const LONG: &str = "shares";
const SHORT: &str = "few-samples";

/// The parts of the program: of a hundred turns of one loop, so many are each one's.
const PARTS: [(&str, u64); 4] = [("half", 50), ("third", 30), ("sixth", 15), ("twentieth", 5)];

/// Turns of the loop for one of a hundred.
const TURNS: u64 = 40;

/// Adds the program of known shares to those of this worker.
pub fn programs(app: App) -> App {
    app.program(LONG, "Burns CPU time in four functions of known shares", |bench| burn(bench, 1_000_000))
        .program(SHORT, "The same for a quarter of a second", |bench| burn(bench, 25_000))
}

/// A chain of multiplications: each waits for the one before, so a turn takes the same time wherever it stands.
#[inline(always)]
fn turns(mut state: u64, turns: u64, factor: u64) -> u64 {
    for _ in 0..turns {
        state = black_box(state).wrapping_mul(factor) | 1;
    }
    state
}

#[inline(never)]
fn half(state: u64) -> u64 {
    turns(state, 50 * TURNS, 0x5851_f42d_4c95_7f2d)
}

#[inline(never)]
fn third(state: u64) -> u64 {
    turns(state, 30 * TURNS, 0x1405_7b7e_f767_814f)
}

#[inline(never)]
fn sixth(state: u64) -> u64 {
    turns(state, 15 * TURNS, 0x2545_f491_4f6c_dd1d)
}

#[inline(never)]
fn twentieth(state: u64) -> u64 {
    turns(state, 5 * TURNS, 0x9e37_79b9_7f4a_7c15)
}

fn burn(bench: &mut Bench, operations: u64) {
    let mut state = bench.seed() | 1;
    bench.phase("burn", operations, |_| {
        // The order follows the state, so that no tick can keep step with it. Each part comes once.
        let first = state >> 60;
        for part in 0..4 {
            state = match (first + part) & 3 {
                0 => half(state),
                1 => third(state),
                2 => sixth(state),
                _ => twentieth(state),
            };
        }
        1
    });
    black_box(state);
}

/// A pass over one of the programs.
fn burned(program: &str, seed: u64, pass: Pass) -> PassOutput {
    let launcher = Launcher {
        environment: Default::default(),
        command: vec![std::env::current_exe().expect("it runs"), PathBuf::from(WORKER)],
        ..launcher()
    };
    let subject = Subject::Program(program.to_owned());
    run(
        &launcher,
        Request {
            protocol: PROTOCOL,
            pass,
            subject,
            map: "own".into(),
            seed,
            threads: 1,
            arguments: Vec::new(),
            settings: Default::default(),
        },
    )
}

fn sampling(backend: CpuBackend) -> Pass {
    sampling_at(1000, backend)
}

fn sampling_at(hertz: u64, backend: CpuBackend) -> Pass {
    Pass::Cpu(CpuSampling { hertz, backend: Some(backend) })
}

/// The CPU profile of one run of the program.
fn profile(program: &str, seed: u64, backend: CpuBackend, symbolizer: &mut Symbolizer) -> Profile {
    profile_of(&burned(program, seed, sampling(backend)), symbolizer)
}

fn profile_of(output: &PassOutput, symbolizer: &mut Symbolizer) -> Profile {
    let raw = output.cpu.as_ref().expect("there are samples");
    // Of a run that another backend took part in, the figures say nothing.
    let backends: Vec<&str> = raw.threads.iter().map(|thread| thread.backend.as_str()).collect();
    assert!(backends.iter().all(|backend| *backend == raw.backend), "{backends:?}: {:?}", raw.notes);
    cpu_profile(raw, &output.mappings, &Context::default(), symbolizer).expect("it is a profile")
}

/// The CPU time of each part, with what its interval follows from, and that of all.
fn parts(profile: &Profile) -> ([Estimate; PARTS.len()], Estimate) {
    let index = profile.sample_type("cpu").expect("it has CPU time");
    let sampling = Sampling::of(profile, index).expect("it is sampled");
    let (mut parts, mut all) = ([Estimate::default(); PARTS.len()], Estimate::default());
    for sample in &profile.samples {
        let estimate = sampling.estimate(sample);
        all.add(estimate);
        let names: Vec<&str> =
            profile.frames(sample.locations).map(|line| profile.function_name(line)).collect();
        let of = |part: &str| names.iter().any(|name| name.ends_with(&format!("::cpu::{part}")));
        if let Some(place) = PARTS.iter().position(|(part, _)| of(part)) {
            parts[place].add(estimate);
        }
    }
    (parts, all)
}

pub fn section() {
    for backend in [CpuBackend::Perf, CpuBackend::Timer] {
        println!("{}, 1,000 samples asked for per second of CPU time", backend.name());
        delivery(backend);
        shares(backend);
    }
    let mut symbolizer = Symbolizer::new();
    let profile = profile(LONG, 1, CpuBackend::PprofRs, &mut symbolizer);
    println!("pprof-rs, 1,000 samples asked for per second of CPU time");
    let total = |kind| profile.total(kind).unwrap_or(0) as f64;
    figure("samples delivered of asked for", format!("{:.3}", total("samples") * 1e6 / total("cpu")));
    figure("largest error of a share", format!("{:.2} points", worst(&profile)));
}

/// How many samples come, where they are, and what they cost.
fn delivery(backend: CpuBackend) {
    let skewed = workload("skewed-keys", &[]);
    for (map, threads) in [("hashbrown", 1), ("dashmap", 2)] {
        let output = pass_with(&skewed, map, 1, threads, sampling(backend));
        let profile = profile_of(&output, &mut Symbolizer::new());
        let raw = output.cpu.as_ref().expect("there are samples");
        let total = |kind| profile.total(kind).unwrap_or(0) as f64;
        let delivered = total("samples") * 1e6 / raw.cpu_ns as f64;
        row(
            &format!("samples delivered of asked for, {threads} threads, {map}"),
            format!("{delivered:.4}"),
            "at least 0.98",
            delivered >= 0.98,
        );
        let index = profile.sample_type("samples").expect("it counts samples");
        let generator: i64 = profile
            .samples
            .iter()
            .filter(|sample| {
                profile
                    .frames(sample.locations)
                    .any(|line| profile.function_name(line).starts_with("mapprof::workload::stream"))
            })
            .map(|sample| sample.values[index])
            .sum();
        let share = generator as f64 / total("samples");
        row("  of them in the generator", format!("{:.2} %", 100.0 * share), "below 1 %", share < 0.01);
        let cost = |pass: Pass| {
            let skewed = &skewed;
            move |seed| [cpu_ns(&pass_with(skewed, map, seed, threads, pass).record)]
        };
        let [cpu] = ratios(FEWER, cost(sampling(backend)), cost(Pass::Time)).map(median);
        row("  CPU pass / time pass, CPU time", spread(cpu), "at most 1.03", cpu.0 <= 1.03);
        let [cpu] = ratios(FEWER, cost(sampling_at(100, backend)), cost(Pass::Time)).map(median);
        figure("  the same at 100 samples per second", spread(cpu));
    }
}

/// The largest difference between a share and the truth, percentage points.
fn worst(profile: &Profile) -> f64 {
    let (parts, all) = parts(profile);
    let off = |(part, (_, percent)): (&Estimate, &(&str, u64))| {
        (100.0 * part.value / all.value - *percent as f64).abs()
    };
    parts.iter().zip(&PARTS).map(off).fold(0.0, f64::max)
}

/// Whether shares are true, and how often their intervals hold the truth.
fn shares(backend: CpuBackend) {
    // A program that touches no memory: what a sample costs by itself.
    let cost = |pass: Pass| move |seed| [cpu_ns(&burned(LONG, seed, pass).record)];
    let [cpu] = ratios(PAIRS, cost(sampling(backend)), cost(Pass::Time)).map(median);
    row("CPU pass / time pass, CPU time, a program in registers", spread(cpu), "at most 1.03", cpu.0 <= 1.03);
    let mut symbolizer = Symbolizer::new();
    let off = worst(&profile(LONG, 1, backend, &mut symbolizer));
    row("largest error of a share", format!("{off:.2} points"), "at most 2", off <= 2.0);
    let (mut all, mut inside) = (0, 0);
    for seed in 0..SEEDS {
        let profile = profile(SHORT, seed, backend, &mut symbolizer);
        let (parts, total) = parts(&profile);
        for (part, (_, percent)) in parts.iter().zip(PARTS) {
            let truth = total.value * percent as f64 / 100.0;
            let interval = part.interval_of_known_total(&total).expect("it is sampled");
            all += 1;
            inside += u64::from(interval.low <= truth && truth <= interval.high);
        }
    }
    let percent = 100.0 * inside as f64 / f64::from(all);
    row(
        &format!("true shares in their intervals, {all} cases"),
        format!("{percent:.1} %"),
        "at least 93 %",
        percent >= 93.0,
    );
}
