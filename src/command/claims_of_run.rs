//! The claims that the runs of one invocation decide: told behind what they measured.

use super::terminal::width;
use crate::compare::claim::{self, TestedClaim};
use crate::output::claims::text;
use crate::record::Machine;
use crate::record::run_store::StoredRun;
use crate::workload::Catalog;
use crate::workload::claim::Side;

/// A line or two for each claim whose sides are all among `runs`; empty if there is none.
pub fn told(catalog: &Catalog, runs: &[StoredRun]) -> String {
    let machine = Machine::this();
    let mut tested: Vec<TestedClaim> = Vec::new();
    for (workload, claims) in catalog.claims() {
        let of = |side: &Side| {
            let is_it = |run: &&StoredRun| {
                let case = run.case();
                case.workload == workload
                    && case.variant == side.variant
                    && side.map.as_ref().is_none_or(|map| case.map == *map)
                    && side.threads.is_none_or(|threads| case.threads == threads)
            };
            // A side that names no map is one run or none.
            let mut fitting = runs.iter().filter(is_it);
            fitting.next().filter(|_| fitting.next().is_none()).map(|run| &run.record)
        };
        for claim in claims.iter().filter(|claim| claim.sides().all(|side| of(side).is_some())) {
            tested.push(claim::test(workload, claim, &machine, of));
        }
    }
    text::brief(&tested, width())
}
