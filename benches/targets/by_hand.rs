//! The time pass against hand-written loops over the same operations, which lie ready in memory.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use mapprof::worker::protocol::Pass;
use mapprof::workload::payload::KeyStore;
use mapprof::workload::spec::Op;
use mapprof::workload::{Batch, Key, OperationSource, Stream, Workload};

use super::passes::{NUMBERS, median, pass, ratios, spread, wall_ns, workload};
use super::programs::{built, printed};
use super::row;

/// Kinds of keys and values: what is said of them, the overrides that make them, and the judge's word for them.
const KINDS: [(&str, &[&str], &str); 2] = [("u64 -> u64", &NUMBERS, "u64"), ("String -> Vec", &[], "string")];

/// Entries, operations on them, and pairs. The judge and mapprof hold the same map and the same operations; 100 M entries
/// of String -> Vec would need more than 24 GiB.
const SIZES: [(u64, u64, usize); 3] =
    [(1_000, 4_000_000, 9), (1_000_000, 4_000_000, 7), (10_000_000, 4_000_000, 5)];
const LARGEST: (u64, u64, usize) = (100_000_000, 4_000_000, 2);

/// Where the judge's map is: a local of the function with the loop, whose fields the compiler keeps in registers and on the
/// stack, or behind a reference, as in a structure.
const PLACES: [&str; 2] = ["local", "behind"];

/// Maps whose times are held against hashbrown's, and pairs.
const OTHERS: [&str; 2] = ["std", "btree"];
const PAIRS: usize = 7;

pub fn section() {
    let judge = Judge {
        program: built("by_hand"),
        file: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("operations"),
    };
    for (what, set, kind) in KINDS {
        let largest = (kind == "u64").then_some(LARGEST);
        for (entries, operations, pairs) in SIZES.into_iter().chain(largest) {
            let workload = sized(set, entries, operations);
            judge.write(&workload, kind);
            // A greater throughput is a shorter time: the judge's goes above.
            let by_hand = |_| PLACES.map(|place| judge.time("hashbrown", kind, place));
            let found = ratios(pairs, by_hand, |_| [time(&workload, "hashbrown"); PLACES.len()]).map(median);
            let least = if entries > 10_000_000 { 0.95 } else { 0.97 };
            for (place, ratio) in PLACES.into_iter().zip(found) {
                row(
                    &format!("throughput / by hand, {place}, {what}, {entries} entries"),
                    spread(ratio),
                    &format!("at least {least}"),
                    ratio.0 >= least,
                );
            }
        }
        let workload = sized(set, 1_000_000, 4_000_000);
        judge.write(&workload, kind);
        for other in OTHERS {
            let ours = |_| [time(&workload, other) / time(&workload, "hashbrown")];
            let theirs = |_| [judge.time(other, kind, "behind") / judge.time("hashbrown", kind, "behind")];
            let [ratio] = ratios(PAIRS, ours, theirs).map(median);
            row(
                &format!("{other} over hashbrown, ours / by hand, {what}"),
                spread(ratio),
                "0.97 to 1.03",
                (ratio.0 - 1.0).abs() <= 0.03,
            );
        }
    }
    let _ = std::fs::remove_file(&judge.file);
}

fn sized(set: &[&str], entries: u64, operations: u64) -> Workload {
    let (entries, operations) = (format!("entries={entries}"), format!("phase.serve.ops={operations}"));
    workload("skewed-keys", &[set, &[entries.as_str(), operations.as_str()]].concat())
}

fn time(workload: &Workload, map: &str) -> f64 {
    wall_ns(&pass(workload, map, 1, Pass::Time).record)
}

/// The hand-written loops, and the file of their operations.
struct Judge {
    program: PathBuf,
    file: PathBuf,
}

impl Judge {
    /// Nanoseconds inside the loops.
    fn time(&self, map: &str, kind: &str, place: &str) -> f64 {
        let mut command = Command::new(&self.program);
        printed(command.arg("replay").arg(&self.file).args([map, kind, "24", "64", place]))
    }

    /// Writes the operations of seed 1.
    fn write(&self, workload: &Workload, kind: &str) {
        match kind {
            "u64" => write_operations::<u64>(workload, &self.file),
            _ => write_operations::<String>(workload, &self.file),
        }
    }
}

fn write_operations<K: Key>(workload: &Workload, file: &Path)
where
    K::Ref: AsBytes,
{
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    let mut stream = Stream::<K>::new(workload, 1, 0, 1);
    // One batch has a whole phase.
    let mut batch = Batch::folded(stream.keys(), usize::MAX);
    let code = |op: Op| match op {
        Op::Insert => 0u8,
        Op::Get => 1,
        Op::Update => 2,
        Op::Remove => 3,
        other => panic!("the judge has no {}", other.name()),
    };
    for index in 0..workload.phases.len() {
        stream.begin_phase(index);
        stream.next_batch(&mut batch);
        out.write_all(&[batch.only().map_or(255, code)]).unwrap();
        out.write_all(&(batch.len() as u64).to_le_bytes()).unwrap();
        if batch.only().is_none() {
            let kinds: Vec<u8> = batch.calls.iter().map(|call| code(call.op())).collect();
            out.write_all(&kinds).unwrap();
        }
        batch.keys.store::<K>().unwrap().range(0..batch.len()).for_each(|key| key.write_to(&mut out));
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
