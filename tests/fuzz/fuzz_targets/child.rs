#![no_main]

#[path = "../limits.rs"]
mod limits;
#[path = "../readers.rs"]
#[allow(dead_code, reason = "each target is one of them")]
mod readers;

mapprof::install_allocator!();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| limits::time(bytes, |bytes| limits::memory(bytes, readers::child)));
