//! What mapprof promises of itself, measured: `make bench` prints each figure beside its limit.
//!
//! Pairs are interleaved and their ratios' median is quoted, since the machine's speed drifts. Give a word to run only
//! the sections whose names contain it: `cargo bench --bench targets -- floor`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mapprof::profile::build::{Context, heap_profile};
use mapprof::profile::symbolize::Symbolizer;
use mapprof::record::{MapRecord, PassRecord};
use mapprof::run::case::{self, CasePlan, HeapMode, Watcher, choose_sample_bytes};
use mapprof::run::child::{self, Launcher, PassOutput};
use mapprof::run::protocol::{PROTOCOL, Pass, Request, Subject};
use mapprof::workload::spec::Op;
use mapprof::workload::stream::{Batch, Stream};
use mapprof::workload::{Catalog, Key, Overrides, Value, Workload};

const PAIRS: usize = 15;

/// What makes skewed-keys a workload of u64 -> u64.
const NUMBERS: [&str; 4] = ["key.type=u64", "key.length=8", "value.type=u64", "value.size=8"];

fn main() {
    // Started by `by_hand` below: a fresh process, as a child of mapprof is, whose memory nobody has touched yet.
    match std::env::args().nth(1).as_deref() {
        Some("plain-u64") => {
            return println!("{}", plain_loop::<u64, u64>(&workload("skewed-keys", &NUMBERS)));
        }
        Some("plain-string") => {
            return println!("{}", plain_loop::<String, Vec<u8>>(&workload("skewed-keys", &[])));
        }
        _ => {}
    }
    let filter = std::env::args().skip(1).find(|word| !word.starts_with("--")).unwrap_or_default();
    let sections: [(&str, fn()); 5] = [
        ("overhead", overhead),
        ("accuracy", accuracy),
        ("floor", floor),
        ("by-hand", by_hand),
        ("writing", writing),
    ];
    for (name, section) in sections {
        if name.contains(&filter) {
            println!("\n## {name}");
            section();
        }
    }
}

/// Prints a figure beside its limit.
fn row(what: &str, figure: String, limit: &str, kept: bool) {
    println!("{what:58} {figure:>22}   {limit:14} {}", if kept { "kept" } else { "MISSED" });
}

fn launcher() -> Launcher {
    Launcher {
        command: vec![PathBuf::from(env!("CARGO_BIN_EXE_mapprof")), PathBuf::from("worker")],
        time_limit: Duration::from_secs(600),
    }
}

fn workload(name: &str, set: &[&str]) -> Workload {
    let overrides = Overrides { set: set.iter().map(|s| s.to_string()).collect(), ..Overrides::default() };
    Catalog::load(None).and_then(|catalog| catalog.get(name, &overrides)).unwrap()
}

fn pass(workload: &Workload, map: &str, seed: u64, pass: Pass) -> PassOutput {
    let subject = Subject::Workload(Box::new(workload.clone()));
    let request = Request { protocol: PROTOCOL, pass, subject, map: map.into(), seed, threads: 1 };
    child::run(&launcher(), &request, &mut |_, _, _| {}).unwrap_or_else(|failure| panic!("{failure:?}"))
}

fn cpu_ns(record: &PassRecord) -> f64 {
    record.phases.iter().map(|phase| phase.cpu_ns).sum::<u64>() as f64
}

fn wall_ns(record: &PassRecord) -> f64 {
    record.phases.iter().map(|phase| phase.wall_ns).sum::<u64>() as f64
}

fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

fn spread((middle, least, most): (f64, f64, f64)) -> String {
    format!("{middle:.3} ({least:.2}-{most:.2})")
}

/// What the profilers cost: CPU time inside operations, heap and CPU pass over measure pass.
fn overhead() {
    let workload = workload("skewed-keys", &[]);
    let first = pass(&workload, "hashbrown", 1, Pass::Measure);
    let sample_bytes = choose_sample_bytes(&first.record.total.allocs_by_size);
    let (mut heap, mut cpu, mut samples) = (Vec::new(), Vec::new(), 0);
    for seed in 0..PAIRS as u64 {
        let measure = cpu_ns(&pass(&workload, "hashbrown", seed, Pass::Measure).record);
        let sampled = pass(&workload, "hashbrown", seed, Pass::Heap { sample_bytes });
        samples = sampled.heap.map_or(0, |heap| heap.rows.iter().map(|row| row.allocated).sum::<u64>());
        heap.push(cpu_ns(&sampled.record) / measure);
        let again = cpu_ns(&pass(&workload, "hashbrown", seed, Pass::Measure).record);
        cpu.push(cpu_ns(&pass(&workload, "hashbrown", seed, Pass::Cpu { hertz: 199 }).record) / again);
    }
    let (heap, cpu) = (median(heap), median(cpu));
    println!("skewed-keys on hashbrown, {PAIRS} pairs, {samples} heap samples, one every {sample_bytes} B");
    row("heap pass / measure pass, CPU time", spread(heap), "at most 1.10", heap.0 <= 1.10);
    row("CPU pass / measure pass, CPU time", spread(cpu), "at most 1.03", cpu.0 <= 1.03);
}

/// What the samples are worth: a program whose shares are known, over 50 seeds.
fn accuracy() {
    let workload = workload("skewed-keys", &["entries=200000", "phase.serve.ops=800000"]);
    let sample_bytes =
        choose_sample_bytes(&pass(&workload, "hashbrown", 1, Pass::Measure).record.total.allocs_by_size);
    let mut sums: BTreeMap<&str, (f64, u32)> = BTreeMap::new();
    let (mut worst_total, mut beyond, mut cells) = (0f64, 0, 0);
    let seeds = 50;
    for seed in 0..seeds {
        let output = pass(&workload, "hashbrown", seed, Pass::Heap { sample_bytes });
        let raw = output.heap.as_ref().unwrap();
        let context = Context {
            phases: workload.phases.iter().map(|p| p.name.clone()).collect(),
            ..Context::default()
        };
        let profile = heap_profile(raw, &output.mappings, &context, &mut Symbolizer::new()).unwrap();
        // The truth: a key of 24 bytes for each insertion, a value of 64 for each insertion and update, the rest is table.
        let exact: u64 = output.record.phases.iter().map(|phase| phase.alloc_bytes).sum();
        let key_truth = 24.0 * workload.entries as f64;
        let made = output.record.phases.iter().map(|phase| phase.allocs).sum::<u64>();
        let values_made = made as f64 - workload.entries as f64 - table_allocs(&output) as f64;
        let value_truth = 64.0 * values_made;
        let truths =
            [("key", key_truth), ("value", value_truth), ("table", exact as f64 - key_truth - value_truth)];
        let mut estimate: BTreeMap<&str, f64> = BTreeMap::new();
        let index = profile.sample_type("alloc_space").unwrap();
        for sample in &profile.samples {
            for (role, _) in truths {
                if profile.label(sample, "role") == Some(role) {
                    *estimate.entry(role).or_default() += sample.values[index] as f64;
                }
            }
        }
        let total: f64 = estimate.values().sum();
        worst_total = worst_total.max((total / exact as f64 - 1.0).abs() * 100.0);
        let mut variance: BTreeMap<&str, f64> = BTreeMap::new();
        for row in &raw.rows {
            let role = match row.size {
                24 => "key",
                64 => "value",
                _ => "table",
            };
            let p = 1.0 - (-(row.usable as f64) / sample_bytes as f64).exp();
            *variance.entry(role).or_default() +=
                row.allocated as f64 * (1.0 - p) * (row.size as f64 / p).powi(2);
        }
        let total_variance: f64 = variance.values().sum();
        for (role, truth) in truths {
            let (share, true_share) = (estimate[role] / total, truth / exact as f64);
            // Of a share x = a / (a + b): the variance of both parts, carried through the quotient.
            let own = variance[role];
            let others = total_variance - own;
            let error = ((1.0 - share).powi(2) * own + share.powi(2) * others).sqrt() / total;
            cells += 1;
            if (share - true_share).abs() > 3.0 * error {
                beyond += 1;
            }
            let sum = sums.entry(role).or_default();
            sum.0 += estimate[role] / truth;
            sum.1 += 1;
        }
    }
    println!("skewed-keys of 200,000 entries on hashbrown, {seeds} seeds, one sample every {sample_bytes} B");
    row(
        "sampled total, farthest from the exact one",
        format!("{worst_total:.2} %"),
        "within 2 %",
        worst_total <= 2.0,
    );
    // Of 150 normal cells 0.4 lie beyond three standard errors; two or more happen once in 16 benches.
    row("shares beyond three standard errors", format!("{beyond} of {cells}"), "at most 1", beyond <= 1);
    for (role, (sum, count)) in sums {
        let mean = (sum / f64::from(count) - 1.0) * 100.0;
        row(&format!("mean over seeds, {role}"), format!("{mean:+.3} %"), "within 0.5 %", mean.abs() <= 0.5);
    }
}

/// Table allocations of hashbrown while it grows to the workload's size: one for each doubling.
fn table_allocs(output: &PassOutput) -> u64 {
    let entries = output.record.phases[0].entries;
    let mut buckets = 4;
    let mut count = 1;
    while if buckets <= 8 { buckets - 1 } else { buckets / 8 * 7 } < entries {
        buckets *= 2;
        count += 1;
    }
    count
}

/// The harness's own cost: the map that does nothing.
fn floor() {
    let workload = workload("skewed-keys", &NUMBERS);
    let (mut per_op, mut rss) = (Vec::new(), 0);
    for seed in 0..PAIRS as u64 {
        let record = pass(&workload, "null", seed, Pass::Measure).record;
        let ops: u64 = record.phases.iter().map(|phase| phase.ops).sum();
        per_op.push(wall_ns(&record) / ops as f64);
        rss = rss.max(record.total.max_rss_bytes);
    }
    let per_op = median(per_op);
    println!("null, u64 -> u64, 5.5 M operations, {PAIRS} runs");
    row("ns per operation", spread(per_op), "at most 5", per_op.0 <= 5.0);
    row("max RSS of the child", format!("{:.1} MiB", rss as f64 / 1048576.0), "under 32 MiB", rss < 32 << 20);
    for name in ["skewed-keys", "churn", "large-values"] {
        let record = pass(&self::workload(name, &[]), "null", 1, Pass::Measure).record;
        let rss = record.total.max_rss_bytes;
        let live: u64 = record.phases.iter().map(|phase| phase.live_bytes).sum();
        row(
            &format!("max RSS of the child, {name}"),
            format!("{:.1} MiB", rss as f64 / 1048576.0),
            "under 32 MiB",
            rss < 32 << 20,
        );
        row(&format!("live bytes that are not the map's, {name}"), format!("{live} B"), "none", live == 0);
    }
}

/// The harness against a hand-written loop over the same operations.
fn by_hand() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let program = newest_by_hand();
    for (what, set, kind) in [("u64 -> u64", &NUMBERS[..], "u64"), ("String -> Vec", &[][..], "string")] {
        let workload = workload("skewed-keys", set);
        let file = folder.join("operations");
        match kind {
            "u64" => write_operations::<u64>(&workload, &file),
            _ => write_operations::<String>(&workload, &file),
        }
        let (mut same_batches, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let plain = printed(Command::new(std::env::current_exe().unwrap()).arg(format!("plain-{kind}")));
            same_batches.push(plain / wall_ns(&pass(&workload, "hashbrown", 1, Pass::Measure).record));
            let by_hand = printed(Command::new(&program).arg(&file).args([kind, "24", "64"]));
            ratios.push(by_hand / wall_ns(&pass(&workload, "hashbrown", 1, Pass::Measure).record));
        }
        // The first says what the harness adds to each operation. The second has its operations made beforehand and so
        // never loses the cache to a generator: what it gains over the first is the price of generating in between.
        let limit = "at least 0.95";
        for (kind, ratios) in [("same batches", same_batches), ("made beforehand", ratios)] {
            let ratios = median(ratios);
            row(
                &format!("throughput / hand-written, {what}, {kind}"),
                spread(ratios),
                limit,
                ratios.0 >= 0.95,
            );
        }
        std::fs::remove_file(&file).unwrap();
    }
}

/// The number that a command prints.
fn printed(command: &mut Command) -> f64 {
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim().parse().unwrap()
}

/// A plain loop over the batches of seed 1: no ledger, no checksum, no adapter. Nanoseconds inside it.
fn plain_loop<K: Key, V: Value>(workload: &Workload) -> f64 {
    let mut map: hashbrown::HashMap<K, V, foldhash::fast::FixedState> = Default::default();
    let mut stream = Stream::new(workload, 1, 0, 1);
    let mut batch = Batch::new();
    let (mut found, mut nanoseconds) = (0u64, 0u128);
    for index in 0..workload.phases.len() {
        stream.begin_phase(index);
        while stream.next_batch::<K>(&mut batch) > 0 {
            let start = Instant::now();
            for (place, call) in batch.calls.iter().enumerate() {
                let key = K::read(&batch.keys, place);
                let value = || V::make(call.size as usize, call.tag);
                match call.op {
                    Op::Insert => found += u64::from(map.insert(K::make(key), value()).is_none()),
                    Op::Get => found = found.wrapping_add(map.get(key).map_or(0, V::fingerprint)),
                    Op::Update => {
                        if let Some(slot) = map.get_mut(key) {
                            *slot = value();
                        }
                    }
                    _ => found += u64::from(map.remove(key).is_some()),
                }
            }
            nanoseconds += start.elapsed().as_nanos();
        }
    }
    std::hint::black_box((map, found));
    nanoseconds as f64
}

/// The bench program `by_hand`, which lies beside this one.
fn newest_by_hand() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let programs = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| {
        entry.file_name().to_string_lossy().starts_with("by_hand-") && entry.path().extension().is_none()
    });
    programs
        .max_by_key(|entry| entry.metadata().unwrap().modified().unwrap())
        .expect("by_hand is built")
        .path()
}

/// Writes the operations of seed 1 for `by_hand`.
fn write_operations<K: Key>(workload: &Workload, file: &Path)
where
    K::Ref: AsBytes,
{
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    let mut stream = Stream::new(workload, 1, 0, 1);
    let mut batch = Batch::new();
    for index in 0..workload.phases.len() {
        stream.begin_phase(index);
        while stream.next_batch::<K>(&mut batch) > 0 {
            for (place, call) in batch.calls.iter().enumerate() {
                let code = match call.op {
                    Op::Insert => 0,
                    Op::Get => 1,
                    Op::Update => 2,
                    _ => 3,
                };
                out.write_all(&[code]).unwrap();
                K::read(&batch.keys, place).write_to(&mut out);
            }
        }
    }
    out.flush().unwrap();
}

/// Keys as bytes of a file.
trait AsBytes {
    fn write_to(&self, out: &mut impl Write);
}

impl AsBytes for u64 {
    fn write_to(&self, out: &mut impl Write) {
        out.write_all(&self.to_le_bytes()).unwrap();
    }
}

impl AsBytes for str {
    fn write_to(&self, out: &mut impl Write) {
        out.write_all(self.as_bytes()).unwrap();
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn pass(&mut self, _: &str, _: &str) {}
    fn at(&mut self, _: &str, _: u64, _: u64) {}
}

/// Symbolizing and writing every file after the children ended.
fn writing() {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-runs");
    for map in ["hashbrown", "btree", "scc"] {
        let plan = CasePlan {
            subject: Subject::Workload(Box::new(workload("skewed-keys", &[]))),
            map: MapRecord { name: map.into(), package: String::new(), version: String::new() },
            seed: 1,
            threads: 1,
            heap: Some(HeapMode::Sampled(None)),
            latency: false,
            hertz: Some(199),
            harness_frames: false,
            rerun: String::new(),
        };
        let outcome = case::run(&plan, &launcher(), &root, &mut Nobody).unwrap();
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        let seconds = outcome.writing_seconds;
        row(
            &format!("symbolizing and writing, {map}"),
            format!("{seconds:.2} s"),
            "under 1 s",
            seconds < 1.0,
        );
        if let Some(heap) = outcome.record.heap {
            let off = heap.total("alloc_space").map_or(0.0, |total| total.difference_percent);
            row(
                &format!("sampled total beside the exact one, {map}"),
                format!("{off:+.2} %"),
                "within 2 %",
                off.abs() <= 2.0,
            );
        }
    }
    std::fs::remove_dir_all(&root).unwrap();
}
