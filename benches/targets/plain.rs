//! A plain loop over the batches that the harness itself uses, in a fresh process, as a child of mapprof is, whose memory
//! nobody has touched yet.

use std::process::Command;
use std::time::Instant;

use mapprof::workload::spec::{KeyKind, Op};
use mapprof::workload::stream::{Batch, Stream};
use mapprof::workload::{Key, Value, Workload};

use super::programs::printed;

/// The argument that makes this program such a process.
pub const ARGUMENT: &str = "plain";

/// Nanoseconds inside the loop, in a process of its own.
pub fn in_fresh_process(workload: &Workload) -> f64 {
    let workload = serde_json::to_string(workload).unwrap();
    printed(Command::new(std::env::current_exe().unwrap()).args([ARGUMENT, &workload]))
}

/// What that process does: prints nanoseconds inside the loop over a workload, which is one of u64 -> u64 or String ->
/// Vec.
pub fn main(workload: &str) {
    let workload: Workload = serde_json::from_str(workload).unwrap();
    let nanoseconds = match workload.key.kind {
        KeyKind::U64 => plain_loop::<u64, u64>(&workload),
        _ => plain_loop::<String, Vec<u8>>(&workload),
    };
    println!("{nanoseconds}");
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
