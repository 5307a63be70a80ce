//! The claims that recorded runs decide: told behind what one invocation measured, and shown in a report.

use super::planned_claims::DEFAULT_MAP;
use super::terminal::width;
use crate::compare::claim::{self, TestedClaim};
use crate::output::claims::text;
use crate::record::CaseRecord;
use crate::record::run_store::StoredRun;
use crate::report::WorkloadClaims;
use crate::workload::claim::{Claim, Side};
use crate::workload::{Catalog, Overrides};

/// A line or two for each claim whose sides are all among `runs`; empty if there is none.
pub fn told(catalog: &Catalog, runs: &[StoredRun]) -> String {
    let records: Vec<&CaseRecord> = runs.iter().map(|run| &run.record).collect();
    let of_workload = |(workload, claims): (&str, &[Claim])| test(catalog, workload, claims, &records).tested;
    let tested: Vec<TestedClaim> = catalog.claims().flat_map(of_workload).collect();
    text::brief(&tested, width())
}

/// The claims of the workloads that `runs` are of, each run with its side. Where a case is there twice, each side tests them alone.
pub fn of_workloads(catalog: &Catalog, runs: &[(&CaseRecord, &str)]) -> Vec<WorkloadClaims> {
    let mut all = Vec::new();
    for (workload, claims) in catalog.claims() {
        let of_it: Vec<(&CaseRecord, &str)> =
            runs.iter().copied().filter(|(record, _)| record.case.workload == workload).collect();
        let mut sides: Vec<Option<&str>> = Vec::new();
        for (record, side) in &of_it {
            let is_twice = of_it.iter().filter(|(other, _)| other.case == record.case).count() > 1;
            if is_twice && !sides.contains(&Some(side)) {
                sides.push(Some(side));
            }
        }
        if sides.is_empty() && !of_it.is_empty() {
            sides.push(None);
        }
        for side in sides {
            let is_of_side = |run: &&(&CaseRecord, &str)| side.is_none_or(|side| run.1 == side);
            let records: Vec<&CaseRecord> =
                of_it.iter().filter(is_of_side).map(|(record, _)| *record).collect();
            let (written, changed): (Vec<&CaseRecord>, Vec<&CaseRecord>) =
                records.iter().partition(|record| is_as_written(catalog, record));
            all.push(WorkloadClaims {
                side: side.map(str::to_owned),
                has_changed_runs: !changed.is_empty(),
                ..test(catalog, workload, claims, &written)
            });
        }
    }
    all
}

/// What `records` say of the claims of a workload.
fn test(catalog: &Catalog, workload: &str, claims: &[Claim], records: &[&CaseRecord]) -> WorkloadClaims {
    let of = |side: &Side| run_of(catalog, workload, side, records);
    let is_whole = |claim: &Claim, left: &CaseRecord| {
        claim.sides().all(|side| of(side).is_some_and(|run| was_like(left, run)))
    };
    let mut found = WorkloadClaims { workload: workload.to_owned(), ..WorkloadClaims::default() };
    for claim in claims {
        match of(&claim.left).filter(|left| is_whole(claim, left)) {
            Some(left) => found.tested.push(claim::test(workload, claim, &left.machine, false, of)),
            None if found.untested.contains(&claim.number) => {}
            None => found.untested.push(claim.number),
        }
    }
    found
}

/// Whether two runs were made by the same mapprof in the same way, so that only what a claim compares sets them apart.
fn was_like(one: &CaseRecord, other: &CaseRecord) -> bool {
    let how = |run: &CaseRecord| (run.seed, run.mapprof.clone(), run.environment.clone());
    let machine = |run: &CaseRecord| (run.machine.arch.clone(), run.machine.cpu.clone(), run.machine.cores);
    how(one) == how(other) && machine(one) == machine(other)
}

/// The one run of a side, on the map which `mapprof claims` runs it on if it names none.
fn run_of<'r>(
    catalog: &Catalog,
    workload: &str,
    side: &Side,
    records: &[&'r CaseRecord],
) -> Option<&'r CaseRecord> {
    let threads = side.threads.unwrap_or_else(|| usual_threads(catalog, workload, side.variant.as_deref()));
    let is_program = catalog.programs().any(|file| file.name == workload);
    // A program brings its own.
    let map = (!is_program).then(|| side.map.clone().unwrap_or_else(|| usual_map(catalog, workload, side)));
    let fits = |record: &&&CaseRecord| {
        let case = &record.case;
        case.workload == workload
            && case.variant == side.variant
            && case.threads == threads
            && map.as_ref().is_none_or(|map| case.map == *map)
    };
    let fitting: Vec<&CaseRecord> = records.iter().filter(fits).copied().collect();
    match fitting.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// The map of a side that names none: its variant's, if that has but one.
fn usual_map(catalog: &Catalog, workload: &str, side: &Side) -> String {
    let variant = side.variant.as_deref().and_then(|variant| {
        let variants = catalog.variants(&format!("{workload}@{variant}")).ok()?;
        variants.first().copied().flatten()
    });
    match variant.map_or(&[] as &[String], |variant| &variant.maps) {
        [only] => only.clone(),
        _ => DEFAULT_MAP.to_owned(),
    }
}

/// The threads of a variant.
fn usual_threads(catalog: &Catalog, workload: &str, variant: Option<&str>) -> u16 {
    let named = variant.and_then(|variant| {
        let variants = catalog.variants(&format!("{workload}@{variant}")).ok()?;
        variants.first().copied().flatten()?.threads
    });
    named.unwrap_or(1)
}

/// Whether a run is of the workload as its file has it: claims are about those sizes. Threads are compared with each claim's.
fn is_as_written(catalog: &Catalog, record: &CaseRecord) -> bool {
    let case = &record.case;
    if record.rerun.contains(" --worker ") {
        return false;
    }
    let Some(recorded) = &record.definition else {
        // What is not given has the program's default, which is not recorded.
        let is_given = record.rerun.contains(" --entries ");
        return !is_given && case.parameters.is_empty() && has_entries_of_file(catalog, record);
    };
    let written = catalog.get(&case.workload_and_variant(), &Overrides::default());
    // Prose changes nothing.
    written.is_ok_and(|mut written| {
        written.about.clone_from(&recorded.about);
        written == *recorded
    })
}

/// Whether a program had the entries that its file gives, if it gives any.
fn has_entries_of_file(catalog: &Catalog, record: &CaseRecord) -> bool {
    let case = &record.case;
    let Some(file) = catalog.programs().find(|file| file.name == case.workload) else { return false };
    let variant = file.variants.iter().find(|variant| Some(&variant.name) == case.variant.as_ref());
    let given =
        variant.and_then(|variant| variant.settings.entries.as_ref()).or(file.settings.entries.as_ref());
    given.is_none_or(|entries| record.settings.entries == Some(entries.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::claim::ClaimVerdict;
    use crate::record::{CaseId, fixtures};

    const WORKLOAD: &str = r#"
name = "rooms"
about = "A map with room."
entries = 500

[key]
type = "u64"

[value]
type = "u64"

[[phase]]
name = "fill"
ops_per_entry = 1.0
mix = { insert = 100 }

[[claim]]
number = 901
text = "A million entries take little."
source = "S1"
figure = "36 bytes"
metric = "bytes_per_entry"
left = { map = "std" }
right = 36
comparison = "at most"
mechanism = ""

[[claim]]
number = 902
text = "A tree takes less."
source = "S2"
figure = "0.5 times"
metric = "live_bytes"
left = { map = "btree" }
right = { map = "std" }
factor = 0.5
comparison = "at most"
mechanism = ""
"#;

    /// The catalogue, and a run of the workload on a map as its file has it.
    fn planted() -> (tempfile::TempDir, Catalog, impl Fn(&str) -> CaseRecord) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rooms.toml"), WORKLOAD).unwrap();
        let catalog = Catalog::load(Some(folder.path())).unwrap();
        let definition = catalog.get("rooms", &Overrides::default()).unwrap();
        let run = move |map: &str| {
            let mut record = fixtures::case();
            record.case = CaseId::new("rooms", map);
            record.definition = Some(definition.clone());
            record
        };
        (folder, catalog, run)
    }

    fn verdicts(claims: &WorkloadClaims) -> Vec<(u32, ClaimVerdict)> {
        claims.tested.iter().map(|claim| (claim.number, claim.verdict)).collect()
    }

    #[test]
    fn claims_are_tested_if_all_their_sides_were_run() {
        let (_folder, catalog, run) = planted();
        let (std, mut btree) = (run("std"), run("btree"));
        let [alone]: [WorkloadClaims; 1] = of_workloads(&catalog, &[(&std, "x")]).try_into().unwrap();
        assert_eq!(verdicts(&alone), [(901, ClaimVerdict::Upheld)]);
        assert_eq!((alone.untested, alone.has_changed_runs), (vec![902], false));
        btree.metrics.get_mut("live_bytes").unwrap().value *= 0.75;
        let [both]: [WorkloadClaims; 1] =
            of_workloads(&catalog, &[(&std, "x"), (&btree, "x")]).try_into().unwrap();
        assert_eq!(verdicts(&both), [(901, ClaimVerdict::Upheld), (902, ClaimVerdict::Refuted)]);
        assert_eq!((both.untested, both.side), (vec![], None));
    }

    #[test]
    fn each_side_tests_claims_alone() {
        let (_folder, catalog, run) = planted();
        let (std, btree) = (run("std"), run("btree"));
        let runs = [(&std, "main"), (&btree, "main"), (&std, "branch")];
        let [main, branch]: [WorkloadClaims; 2] = of_workloads(&catalog, &runs).try_into().unwrap();
        assert_eq!((main.side.as_deref(), main.tested.len()), (Some("main"), 2));
        assert_eq!((branch.side.as_deref(), branch.tested.len()), (Some("branch"), 1));
    }

    #[test]
    fn runs_of_other_sizes_threads_or_programs_test_nothing() {
        let (_folder, catalog, run) = planted();
        let tested = |change: &dyn Fn(&mut CaseRecord)| {
            let mut record = run("std");
            change(&mut record);
            let [claims]: [WorkloadClaims; 1] = of_workloads(&catalog, &[(&record, "x")]).try_into().unwrap();
            (claims.tested.len(), claims.has_changed_runs)
        };
        assert_eq!(
            tested(&|record| record.definition.as_mut().unwrap().about = "Other prose.".into()),
            (1, false)
        );
        assert_eq!(tested(&|record| record.definition.as_mut().unwrap().entries = 499), (0, true));
        assert_eq!(tested(&|record| record.definition = None), (0, true));
        assert_eq!(tested(&|record| record.rerun.push_str(" --worker ./mine")), (0, true));
        assert_eq!(tested(&|record| record.case.threads = 2), (0, false));
        let other = fixtures::case();
        assert_eq!(of_workloads(&catalog, &[(&other, "x")]), []);
    }
}
