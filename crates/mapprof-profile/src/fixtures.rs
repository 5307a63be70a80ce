//! Small profiles with known numbers, for tests of everything that reads one: mapprof's own of heap and CPU, and one with
//! Go's names and no labels.

use crate::{Limit, Profile, pprof};

/// The files, as they were written.
pub const FILES: [&[u8]; 3] = [
    include_bytes!("../fixtures/heap.pb"),
    include_bytes!("../fixtures/cpu.pb"),
    include_bytes!("../fixtures/foreign.pb"),
];

fn read(file: usize) -> Profile {
    pprof::decode_plain(FILES[file], Limit::default()).unwrap()
}

/// A heap profile: eight sample types, inlined frames, labels with text and with numbers.
pub fn heap() -> Profile {
    read(0)
}

/// A CPU profile: two sample types, labels, a location without a source file.
pub fn cpu() -> Profile {
    read(1)
}

/// A heap profile as another program writes it.
pub fn foreign() -> Profile {
    read(2)
}
