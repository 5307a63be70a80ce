// The ten functions of a pprof profile with the most of its default sample type, as `go tool pprof -top` has them:
// `cargo run --example top -- cpu.pb.gz`.

use std::error::Error;

use mapprof_profile::{Limit, Profile, pprof};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: top PROFILE")?;
    let profile = pprof::decode(&std::fs::read(path)?, Limit::default())?;
    let index = profile.default_type();
    println!("{} of {:?}", profile.unit(index), profile.kinds().get(index));
    for (name, value) in functions(&profile, index).iter().take(10) {
        println!("{value:>15}  {name}");
    }
    Ok(())
}

/// The names of functions, each with the sum of the sample type at `index` over the samples that it is the innermost frame
/// of; the greatest first.
pub fn functions(profile: &Profile, index: usize) -> Vec<(&str, i64)> {
    let mut sums = std::collections::HashMap::new();
    for sample in &profile.samples {
        if let Some(innermost) = profile.frames(sample.locations).next() {
            let sum: &mut i64 = sums.entry(profile.function_name(innermost)).or_default();
            *sum = sum.saturating_add(sample.values[index]);
        }
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(name, sum)| (std::cmp::Reverse(*sum), *name));
    sums
}
