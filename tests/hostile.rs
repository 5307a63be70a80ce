//! What fuzzing found, and the seeds that it starts from: every reader of bytes from elsewhere must come back from each.

#[path = "fuzz/limits.rs"]
#[allow(dead_code, reason = "no test looks at the time")]
mod limits;
#[path = "fuzz/readers.rs"]
mod readers;

use std::path::Path;

// The limits are on what this allocator gives.
mapprof::install_allocator!();

/// A reader, and the name of its folders.
type Reader = (&'static str, fn(&[u8]));

const READERS: [Reader; 6] = [
    ("pprof", readers::pprof),
    ("heap_v2", readers::heap_v2),
    ("folded", readers::folded),
    ("workload", readers::workload),
    ("budget", readers::budget),
    ("child", readers::child),
];

/// Every file of `folder`, by its path.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), std::fs::read(path).unwrap())
        })
        .collect()
}

#[test]
fn readers_come_back_from_what_was_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    for (name, read) in READERS {
        let seeds = files(&root.join("seeds").join(name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for (path, bytes) in seeds.into_iter().chain(files(&root.join("found").join(name))) {
            // The name, should it panic.
            eprintln!("{path}");
            limits::memory(&bytes, read);
        }
    }
}

#[test]
fn readers_come_back_from_every_cut_of_a_seed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    for (name, read) in READERS {
        for (_, bytes) in files(&root.join(name)) {
            let step = (bytes.len() / 64).max(1);
            for end in (0..bytes.len()).step_by(step) {
                limits::memory(&bytes[..end], read);
            }
        }
    }
}
