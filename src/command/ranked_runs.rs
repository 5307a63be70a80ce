//! Stored runs as the ranking takes them.

use crate::compare::RankedRun;
use crate::record::run_store::StoredRun;
use crate::worker::registry::Registry;

/// `runs`, each on the side of that place in `sides`.
pub fn ranked_runs<'r>(
    registry: &Registry,
    runs: impl IntoIterator<Item = &'r StoredRun>,
    sides: impl IntoIterator<Item = String>,
) -> Vec<RankedRun<'r>> {
    runs.into_iter()
        .zip(sides)
        .map(|(run, side)| RankedRun {
            record: &run.record,
            path: &run.path,
            side,
            floor: registry.is_floor(&run.case().map),
        })
        .collect()
}
