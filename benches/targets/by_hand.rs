//! The harness against a hand-written loop over the same operations.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use mapprof::run::protocol::Pass;
use mapprof::workload::spec::Op;
use mapprof::workload::stream::{Batch, Stream};
use mapprof::workload::{Key, Workload};

use super::passes::{NUMBERS, median, pass, spread, wall_ns, workload};
use super::plain;
use super::programs::{newest, printed};
use super::row;

const PAIRS: usize = 9;

pub fn section() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let program = newest("by_hand").expect("by_hand is built");
    for (what, set, kind) in [("u64 -> u64", &NUMBERS[..], "u64"), ("String -> Vec", &[][..], "string")] {
        let workload = workload("skewed-keys", set);
        let file = folder.join("operations");
        match kind {
            "u64" => write_operations::<u64>(&workload, &file),
            _ => write_operations::<String>(&workload, &file),
        }
        let (mut same_batches, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let plain = plain::in_fresh_process(&workload);
            same_batches.push(plain / wall_ns(&pass(&workload, "hashbrown", 1, Pass::Measure).record));
            let by_hand = printed(Command::new(&program).arg("replay").arg(&file).args([kind, "24", "64"]));
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
