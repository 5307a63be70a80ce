//! Sweeps with known figures, for tests of everything that shows one.

use std::collections::BTreeMap;

use crate::record::{CaseId, fixtures};
use crate::sweep::{PointRecord, SWEEP_FORMAT, SweepRecord};

/// A sweep over entries, with the bytes per entry of each point and 100 ns per operation.
pub(crate) fn sweep(workload: &str, map: &str, points: &[(u64, f64)]) -> SweepRecord {
    let of_case = fixtures::case();
    let point = |(entries, bytes): &(u64, f64)| {
        let mut metrics = of_case.metrics.clone();
        metrics.retain(|name, _| name == "bytes_per_entry" || name == "ns_per_op");
        for (name, value) in [("bytes_per_entry", *bytes), ("ns_per_op", 100.0)] {
            metrics.get_mut(name).unwrap().value = value;
        }
        PointRecord {
            settings: BTreeMap::from([("entries".to_owned(), entries.to_string())]),
            cliff: false,
            session: of_case.session.clone(),
            started_unix_s: of_case.started_unix_s,
            repeats: 1,
            passes: of_case.passes.keys().copied().collect(),
            metrics,
            closed_form: BTreeMap::new(),
            no_closed_form: None,
            failures: Vec::new(),
            rerun: of_case.rerun.clone(),
        }
    };
    SweepRecord {
        format: SWEEP_FORMAT,
        mapprof: of_case.mapprof.clone(),
        case: CaseId::new(workload, map),
        settings: vec!["entries".to_owned()],
        definition: None,
        map: of_case.map.clone(),
        seed: 1,
        machine: of_case.machine.clone(),
        environment: BTreeMap::new(),
        arguments: Vec::new(),
        program: Default::default(),
        cliffs: None,
        points: points.iter().map(point).collect(),
    }
}
