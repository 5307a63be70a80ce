//! The sections: each is a function of a record, or of a profile, and says one thing.

pub mod cautions;
pub mod claims;
pub mod cpu;
mod fullest_phase;
pub mod growth;
pub mod heading;
pub mod headline;
pub mod heap;
pub mod hot_sites;
pub mod huge_pages;
pub mod jemalloc_dump;
pub mod latency;
pub mod measured;
pub mod phases;
pub mod settling;
pub mod summary_sites;
pub mod sweep;
pub mod verdict;
pub mod waterfall;
pub mod waterfall_line;

use crate::record::{Failure, PhaseRecord};

/// A sentence for each failure.
pub fn failures(failures: &[Failure]) -> Vec<String> {
    let line = |failure: &Failure| {
        format!("FAILED in the {} pass: {}: {}", failure.pass, failure.kind, failure.message)
    };
    failures.iter().map(line).collect()
}

/// The name of a phase by its place.
fn phase_name(phases: &[PhaseRecord], index: u16) -> String {
    let known = phases.get(usize::from(index)).map(|phase| phase.name.clone());
    known.unwrap_or_else(|| format!("phase {}", u32::from(index) + 1))
}
