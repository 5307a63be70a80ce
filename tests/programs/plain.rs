//! A program that keeps the allocator it has, for the tests: nothing installs mapprof's.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

fn main() -> std::process::ExitCode {
    mapprof::App::new()
        .program("numbers", "Puts numbers into a map", |bench| {
            let mut numbers: HashMap<u64, u64, BuildHasherDefault<DefaultHasher>> = HashMap::default();
            bench.phase("fill", bench.entries(), |n| u64::from(numbers.insert(n, n).is_none()));
            bench.holds(numbers.len() as u64, 16 * numbers.len() as u64);
        })
        .entries(300_000)
        .main()
}
