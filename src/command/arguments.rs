//! Flags of several commands, turned into checked values.

use crate::cli::{FilterArgs, LimitArgs, Mismatch};
use crate::compare::filter::known_metric;
use crate::compare::{Difference, Filter};
use crate::error::Result;
use crate::profile::Limit;

/// How much of a profile is taken in, as it was typed.
pub fn limit(typed: &LimitArgs) -> Limit {
    Limit::mib(typed.max_unpacked_mib).with_frames(typed.max_frames)
}

/// The filter that was typed. Maps choose what is run too, where `all` is a word.
pub fn filter(args: &FilterArgs) -> Result<Filter> {
    for text in &args.metric {
        known_metric(text)?;
    }
    let maps: &[String] = if args.map.iter().any(|map| map.trim() == "all") { &[] } else { &args.map };
    Filter::new(&args.workload, maps, &args.metric, args.intersection)
}

/// What may differ, as it was typed.
pub fn allowed_mismatches(typed: &[Mismatch]) -> Vec<Difference> {
    let meant = |what: &Mismatch| match what {
        Mismatch::Seed => Difference::Seed,
        Mismatch::Size => Difference::Size,
        Mismatch::Threads => Difference::Threads,
        Mismatch::Machine => Difference::Machine,
        Mismatch::Version => Difference::Version,
    };
    typed.iter().map(meant).collect()
}
