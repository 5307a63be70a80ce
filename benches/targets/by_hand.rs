//! The time pass against hand-written loops over the same operations, which lie ready in memory.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use mapprof::worker::protocol::Pass;
use mapprof::workload::payload::key_types::{Composite, KEY_TYPES};
use mapprof::workload::payload::value_types::VALUE_TYPES;
use mapprof::workload::payload::{KeyInfo, KeyStore, ValueInfo};
use mapprof::workload::spec::Op;
use mapprof::workload::{Batch, Key, OperationSource, Stream, Workload};

use super::passes::{NUMBERS, median, pass, ratios, spread, wall_ns, workload};
use super::programs::{built, printed};
use super::row;

/// Kinds of keys and values: what is said of them, the overrides that make them, and their Rust types.
const KINDS: [(&str, &[&str], [&str; 2]); 2] =
    [("u64 -> u64", &NUMBERS, ["u64", "u64"]), ("String -> Vec", &[], ["String", "Vec<u8>"])];

/// Entries, operations on them, and pairs, where each type is tried.
const EACH_TYPE: (u64, u64, usize) = (1_000, 4_000_000, 7);

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
    let judge = Judge::new();
    for (what, set, kind) in KINDS {
        let largest = (kind[0] == "u64").then_some(LARGEST);
        for (entries, operations, pairs) in SIZES.into_iter().chain(largest) {
            let workload = sized(set, entries, operations);
            judge.write(&workload, kind[0]);
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
        judge.write(&workload, kind[0]);
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

/// Each type of keys with numbers, and numbers with each type of values.
pub fn types_section() {
    let judge = Judge::new();
    let number = |info: &KeyInfo| info.name == "u64";
    let (key, value) =
        (KEY_TYPES.iter().find(|info| number(info)), VALUE_TYPES.iter().find(|info| info.rust == "u64"));
    let (Some(key), Some(value)) = (key, value) else { panic!("there are no numbers") };
    let keys = KEY_TYPES.iter().map(|key| (key, value));
    let values = VALUE_TYPES.iter().filter(|info| info.rust != "u64").map(|value| (key, value));
    for (key, value) in keys.chain(values) {
        let (entries, operations, pairs) = EACH_TYPE;
        let (key_set, value_set) = (key_set(key), value_set(value));
        let workload = sized(&[&key_set, &value_set], entries, operations);
        judge.write(&workload, key.rust);
        let types = [key.rust, value.rust];
        let by_hand = |_| [judge.time("hashbrown", types, "behind")];
        let found = ratios(pairs, by_hand, |_| [time(&workload, "hashbrown")]).map(median);
        let what = format!("throughput / by hand, {} -> {}, {entries} entries", key.rust, value.rust);
        row(&what, spread(found[0]), "at least 0.97", found[0].0 >= 0.97);
    }
}

/// Bytes of keys and of values that do not have their own, as in [`Judge::time`].
const KEY_BYTES: usize = 24;
const VALUE_BYTES: u64 = 64;

/// What makes the keys of a workload those of a type.
fn key_set(info: &KeyInfo) -> String {
    format!("key={{ type = \"{}\", length = {} }}", info.name, info.bytes.unwrap_or(KEY_BYTES))
}

/// What makes its values those of a type.
fn value_set(info: &ValueInfo) -> String {
    let bytes = info.bytes.unwrap_or(VALUE_BYTES);
    let size = match info.layout.parts {
        0 => format!("size = {bytes}"),
        _ => format!("inline = {bytes}, heap = [\"18\"]"),
    };
    format!("value={{ type = \"{}\", {size} }}", info.name)
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
    fn new() -> Judge {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("operations");
        Judge { program: built("by_hand"), file }
    }

    /// Nanoseconds inside the loops on keys and values of these Rust types.
    fn time(&self, map: &str, [key, value]: [&str; 2], place: &str) -> f64 {
        let mut command = Command::new(&self.program);
        let key_bytes = KEY_TYPES.iter().find(|info| info.rust == key).and_then(|info| info.bytes);
        // A struct with padding is written as the number that it is made of.
        let key_bytes = if key == Composite::INFO.rust { 8 } else { key_bytes.unwrap_or(KEY_BYTES) };
        let sizes = [key_bytes.to_string(), VALUE_BYTES.to_string()];
        let names = [key, value].map(by_name);
        printed(command.arg("replay").arg(&self.file).arg(map).args(names).args(sizes).arg(place))
    }

    /// Writes the operations of seed 1, of a workload whose keys have this Rust type.
    fn write(&self, workload: &Workload, key: &str) {
        match key {
            "u64" => write_operations::<u64>(workload, &self.file),
            "u32" => write_operations::<u32>(workload, &self.file),
            "u128" => write_operations::<u128>(workload, &self.file),
            "[u8; 16]" => write_operations::<[u8; 16]>(workload, &self.file),
            "[u8; 32]" => write_operations::<[u8; 32]>(workload, &self.file),
            "Vec<u8>" | "Box<[u8]>" => write_operations::<Vec<u8>>(workload, &self.file),
            key if key == Composite::INFO.rust => write_operations::<Composite>(workload, &self.file),
            // All of text have the same keys.
            _ => write_operations::<String>(workload, &self.file),
        }
    }
}

/// The judge's name of a Rust type, where it is another one than ours.
fn by_name(rust: &str) -> String {
    match rust {
        rust if rust == Composite::INFO.rust => "Composite".to_owned(),
        rust => rust
            .strip_prefix("Record<")
            .map_or(rust.to_owned(), |bytes| format!("Record{}", bytes.trim_end_matches('>'))),
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

macro_rules! as_bytes {
    ($($key:ty: $this:ident => $bytes:expr;)*) => {$(
        impl AsBytes for $key {
            fn write_to(&self, out: &mut impl Write) {
                let $this = self;
                out.write_all($bytes).unwrap();
            }
        }
    )*};
}

as_bytes! {
    u32: key => &key.to_le_bytes();
    u64: key => &key.to_le_bytes();
    u128: key => &key.to_le_bytes();
    [u8; 16]: key => key;
    [u8; 32]: key => key;
    [u8]: key => key;
    str: key => key.as_bytes();
    Composite: key => &Composite::digest(key).to_le_bytes();
}
