//! Which runs' figures may stand beside each other.

use super::RankedRun;
use super::differing::{Difference, differences};
use crate::record::CaseRecord;

/// Runs of one workload, split so that those in one group did the same work on the same machine: the same size, seed and
/// threads, as far as their variants leave that open. In the order in which they come. Versions may differ, as the point of a
/// comparison often is to see by how much.
pub fn comparable(runs: Vec<RankedRun<'_>>) -> Vec<Vec<RankedRun<'_>>> {
    let mut groups: Vec<Vec<RankedRun<'_>>> = Vec::new();
    for run in runs {
        match groups.iter_mut().find(|group| fits(group, run.record)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}

fn fits(group: &[RankedRun<'_>], record: &CaseRecord) -> bool {
    let Some(first) = group.first() else { return true };
    if first.record.case.workload != record.case.workload {
        return false;
    }
    let like = group.iter().find(|run| run.record.case.same_setting(&record.case));
    let differ = |run: &RankedRun<'_>| {
        differences(run.record, record).into_iter().any(|(what, _)| what != Difference::Version)
    };
    !like.is_some_and(differ)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::record::{CaseId, fixtures};

    #[test]
    fn sizes_seeds_and_workloads_are_apart_and_versions_are_not() {
        let of = |map: &str, change: fn(&mut CaseRecord)| {
            let mut record = fixtures::case();
            record.case = CaseId { map: map.to_owned(), ..record.case };
            change(&mut record);
            record
        };
        let records = [
            of("std", |_| {}),
            of("btree", |_| {}),
            of("std", |record| record.seed += 1),
            of("btree", |record| record.mapprof = "9.9.9".to_owned()),
            of("std", |record| record.case.workload = "another".to_owned()),
            of("btree", |record| record.seed += 1),
            of("std", |record| record.machine.cores += 1),
            of("std", |record| record.case.variant = Some("v".to_owned())),
        ];
        let run = |record| RankedRun { record, path: Path::new("."), side: String::new(), floor: false };
        let groups = comparable(records.iter().map(run).collect());
        let place = |record: &CaseRecord| records.iter().position(|known| std::ptr::eq(known, record));
        let places: Vec<Vec<usize>> =
            groups.iter().map(|group| group.iter().filter_map(|run| place(run.record)).collect()).collect();
        assert_eq!(places, [vec![0, 1, 3, 7], vec![2, 5], vec![4], vec![6]]);
    }
}
