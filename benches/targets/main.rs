//! What mapprof promises of itself, measured: `make bench` prints each figure beside its limit.
//!
//! Pairs are interleaved and their ratios' median is quoted, since the machine's speed drifts. Give words to run only
//! the sections whose names contain one of them: `cargo bench --bench targets -- floor`.

mod accuracy;
mod alarms;
mod by_hand;
mod catalogue;
#[path = "../by_hand/churn.rs"]
mod churn;
mod closure;
mod counting;
mod coverage;
mod cpu;
mod draws;
mod dump;
mod floor;
mod go;
mod large;
mod latency;
mod leaks;
mod overhead;
mod passes;
mod peers;
mod programs;
mod reading;
mod reports;
mod small_maps;
mod threads;
mod timeline;
mod writing;

use std::process::ExitCode;
use std::time::Instant;

use mapprof::App;

/// The sections in order, with what each measures.
const SECTIONS: [(&str, fn()); 25] = [
    ("overhead", overhead::section),
    ("counting", counting::section),
    ("accuracy", accuracy::section),
    ("dump", dump::section),
    ("coverage", coverage::section),
    ("cpu", cpu::section),
    ("closure", closure::section),
    ("small-maps", small_maps::section),
    ("timeline", timeline::section),
    ("threads", threads::section),
    ("latency", latency::section),
    ("floor", floor::section),
    ("draws", draws::section),
    ("by-hand", by_hand::section),
    ("each-type", by_hand::types_section),
    ("large", large::section),
    ("peers", peers::section),
    ("writing", writing::section),
    ("reports", reports::section),
    ("alarms", alarms::section),
    ("reading", reading::section),
    ("leaks", leaks::section),
    ("go", go::section),
    ("catalogue", catalogue::section),
    ("every-map", catalogue::every_map),
];

/// The argument that makes this program a worker of mapprof's.
const WORKER: &str = "worker";

mapprof::install_allocator!();

fn main() -> ExitCode {
    // Some of the sections start this program again as something else.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(WORKER) if std::env::var_os(alarms::PLANTED).is_some() => {
            return alarms::worker(&std::env::var(alarms::PLANTED).unwrap_or_default());
        }
        Some(WORKER) => return cpu::programs(peers::program(reports::program(App::new()))).main(),
        _ => {}
    }
    let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    for (name, section) in SECTIONS {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            println!("\n## {name}");
            let start = Instant::now();
            section();
            println!("({:.0} s)", start.elapsed().as_secs_f64());
        }
    }
    ExitCode::SUCCESS
}

/// Prints a figure beside its limit.
fn row(what: &str, figure: String, limit: &str, kept: bool) {
    println!("{what:64} {figure:>19}   {limit:14} {}", if kept { "kept" } else { "MISSED" });
}

/// Prints a figure that has no limit.
fn figure(what: &str, figure: String) {
    println!("{what:64} {figure:>19}");
}
