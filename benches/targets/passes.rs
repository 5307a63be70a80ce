//! Passes over workloads, and what becomes of the figures of several.

use std::path::PathBuf;
use std::time::Duration;

use mapprof::capture::heap_recording::HeapRecording;
use mapprof::record::PassRecord;
use mapprof::run::child::{self, Launcher};
use mapprof::run::event_reader::PassOutput;
use mapprof::worker::protocol::{PROTOCOL, Pass, Request, Subject};
use mapprof::workload::{Catalog, Overrides, Workload};

/// The heap pass of every allocation.
pub const EXACT: Pass = Pass::Heap(HeapRecording::Exact);

/// The heap pass with so many bytes between samples, on average.
pub fn sampled_every(sample_bytes: u64) -> Pass {
    Pass::Heap(HeapRecording::Sampled { sample_bytes: Some(sample_bytes) })
}

/// Pairs of passes, where nothing else is said.
pub const PAIRS: usize = 15;

/// Pairs where the limit leaves more room.
pub const FEWER: usize = 7;

/// What makes a workload one of u64 -> u64.
pub const NUMBERS: [&str; 4] = ["key.type=u64", "key.length=8", "value.type=u64", "value.size=8"];

pub fn launcher() -> Launcher {
    Launcher {
        environment: Default::default(),
        command: vec![PathBuf::from(env!("CARGO_BIN_EXE_mapprof")), PathBuf::from("worker")],
        time_limit: Duration::from_secs(600),
    }
}

/// A built-in workload with `--set` overrides.
pub fn workload(name: &str, set: &[&str]) -> Workload {
    let overrides = Overrides { set: set.iter().map(|s| s.to_string()).collect(), ..Overrides::default() };
    Catalog::load(None).and_then(|catalog| catalog.get(name, &overrides)).unwrap()
}

/// A pass on one thread.
pub fn pass(workload: &Workload, map: &str, seed: u64, pass: Pass) -> PassOutput {
    pass_with(workload, map, seed, 1, pass)
}

/// A pass on several threads.
pub fn pass_with(workload: &Workload, map: &str, seed: u64, threads: u16, pass: Pass) -> PassOutput {
    let subject = Subject::Workload(Box::new(workload.clone()));
    run(
        &launcher(),
        Request {
            protocol: PROTOCOL,
            pass,
            subject,
            map: map.into(),
            seed,
            threads,
            arguments: Vec::new(),
            settings: Default::default(),
        },
    )
}

/// A pass as it is asked for.
pub fn run(launcher: &Launcher, request: Request) -> PassOutput {
    child::run(launcher, &request, &mut |_, _, _| {}).unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// CPU time inside operations.
pub fn cpu_ns(record: &PassRecord) -> f64 {
    record.phases.iter().map(|phase| phase.cpu_ns).sum::<u64>() as f64
}

/// Wall time inside operations.
pub fn wall_ns(record: &PassRecord) -> f64 {
    record.phases.iter().map(|phase| phase.wall_ns).sum::<u64>() as f64
}

/// The ratios of the figures of two measurements, pair by pair. Each of the two goes first in every other pair, and is told
/// the pair's number to take for a seed.
pub fn ratios<const N: usize>(
    pairs: usize,
    mut upper: impl FnMut(u64) -> [f64; N],
    mut lower: impl FnMut(u64) -> [f64; N],
) -> [Vec<f64>; N] {
    let mut ratios = [const { Vec::new() }; N];
    for pair in 0..pairs as u64 {
        let (above, below) = if pair % 2 == 0 {
            let above = upper(pair);
            (above, lower(pair))
        } else {
            let below = lower(pair);
            (upper(pair), below)
        };
        for (place, ratios) in ratios.iter_mut().enumerate() {
            ratios.push(above[place] / below[place]);
        }
    }
    ratios
}

/// The median, the least and the greatest.
pub fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let median = match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    };
    (median, values[0], values[values.len() - 1])
}

pub fn spread((middle, least, most): (f64, f64, f64)) -> String {
    format!("{middle:.3} ({least:.2}-{most:.2})")
}
