//! Which run of one folder is held against which of another.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::printable::PrintablePath;
use crate::record::CaseId;
use crate::record::run_store::StoredRun;

use super::Filter;

/// The runs of two sides, matched by workload and map.
#[derive(Debug, Default)]
pub struct Pairs<'a> {
    /// Base and new run of each case that both have, in the order of their names.
    pub both: Vec<(&'a StoredRun, &'a StoredRun)>,
    /// Cases of the base alone.
    pub only_base: Vec<CaseId>,
    /// Cases of the new side alone.
    pub only_new: Vec<CaseId>,
    /// Cases that failed on a side and are left out.
    pub failed: Vec<CaseId>,
}

/// Matches the runs that `filter` lets through. Of one run on each side the maps may differ: the user named both.
///
/// # Errors
/// When a side has several runs of one case, or there is nothing to compare.
pub fn pairs<'a>(base: &'a [StoredRun], new: &'a [StoredRun], filter: &Filter) -> Result<Pairs<'a>> {
    let mut pairs = Pairs::default();
    if let ([base], [new]) = (base, new) {
        pairs.both.push((base, new));
        return Ok(pairs);
    }
    let mut failed = Vec::new();
    let mut left = by_case(base, filter, &mut failed)?;
    let mut right = by_case(new, filter, &mut failed)?;
    failed.sort();
    failed.dedup();
    for case in &failed {
        left.remove(case);
        right.remove(case);
    }
    for (case, base) in &left {
        match right.remove(case) {
            Some(new) => pairs.both.push((base, new)),
            None => pairs.only_base.push((*case).clone()),
        }
    }
    pairs.only_new = right.into_keys().collect();
    pairs.failed = failed;
    if pairs.both.is_empty() {
        let some = |cases: &[CaseId]| match cases {
            [] => "none".to_owned(),
            [one] => one.to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        return Err(Error::input(format!(
            "no case is on both sides: the base has {}, the new side {}; {}",
            some(&pairs.only_base),
            some(&pairs.only_new),
            match pairs.failed.as_slice() {
                [] => "name the folders of two runs to compare different maps".to_owned(),
                failed => format!("left out because they failed: {}", some(failed)),
            }
        )));
    }
    Ok(pairs)
}

/// The runs by case. Failed ones are noted instead: a good one beside it (`<map>.failed`) is the same case, and stays.
fn by_case<'a>(
    runs: &'a [StoredRun],
    filter: &Filter,
    failed: &mut Vec<CaseId>,
) -> Result<BTreeMap<CaseId, &'a StoredRun>> {
    let mut found: BTreeMap<CaseId, &StoredRun> = BTreeMap::new();
    let looked_at = |run: &&StoredRun| filter.case(run.case());
    for run in runs.iter().filter(looked_at).filter(|run| run.failures.is_empty()) {
        if let Some(other) = found.insert(run.case().clone(), run) {
            return Err(Error::input(format!(
                "{}: a second run of {}, which is in {} too; name a folder with one of them",
                run.path.shown(),
                run.case(),
                other.path.shown()
            )));
        }
    }
    let broken =
        runs.iter().filter(looked_at).filter(|run| !run.failures.is_empty()).map(|run| run.case().clone());
    failed.extend(broken.filter(|case| !found.contains_key(case)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Failure, fixtures};

    fn run(map: &str, path: &str) -> StoredRun {
        let mut record = fixtures::case();
        record.case.map = map.to_owned();
        StoredRun { path: path.into(), record, failures: Vec::new() }
    }

    fn names(pairs: &Pairs) -> Vec<String> {
        pairs.both.iter().map(|(base, _)| base.case().to_string()).collect()
    }

    #[test]
    fn cases_are_matched_by_workload_and_map() {
        let base = [run("std", "a"), run("btree", "b"), run("papaya", "c")];
        let new = [run("btree", "d"), run("std", "e"), run("scc", "f")];
        let found = pairs(&base, &new, &Filter::default()).unwrap();
        assert_eq!(names(&found), ["planted/btree", "planted/std"]);
        assert_eq!(
            (found.only_base, found.only_new),
            (vec![CaseId::new("planted", "papaya")], vec![CaseId::new("planted", "scc")])
        );
        let filter = Filter::new(&[], &["s*".into()], &[], false).unwrap();
        let found = pairs(&base, &new, &filter).unwrap();
        assert_eq!((names(&found), found.only_base.len()), (vec!["planted/std".into()], 0));
    }

    #[test]
    fn two_runs_may_be_of_two_maps_and_two_folders_may_not() {
        let [std, btree] = [run("std", "a"), run("btree", "b")];
        let (one, other) = (std::slice::from_ref(&std), std::slice::from_ref(&btree));
        assert_eq!(pairs(one, other, &Filter::default()).unwrap().both.len(), 1);
        let said = pairs(one, &[btree, run("scc", "c")], &Filter::default()).unwrap_err().to_string();
        assert!(said.contains("the base has planted/std, the new side planted/btree and 1 more"), "{said}");
    }

    #[test]
    fn a_failed_run_is_left_out_unless_a_good_one_is_beside_it() {
        let failure = Failure {
            case: CaseId::new("planted", "std"),
            pass: "heap".into(),
            kind: "crashed".into(),
            message: String::new(),
            last_words: Vec::new(),
        };
        let failed = StoredRun { failures: vec![failure], ..run("std", "std.failed") };
        let base = [run("std", "std"), failed.clone(), run("btree", "b")];
        let new = [failed, run("btree", "b")];
        let found = pairs(&base, &new, &Filter::default()).unwrap();
        assert_eq!(
            (names(&found), &found.failed),
            (vec!["planted/btree".into()], &vec![CaseId::new("planted", "std")])
        );
        assert_eq!(pairs(&base, &base, &Filter::default()).unwrap().both.len(), 2);
    }

    #[test]
    fn two_runs_of_one_case_on_one_side_are_ambiguous() {
        let base = [run("std", "x/std"), run("std", "y/std")];
        let said = pairs(&base, &base, &Filter::default()).unwrap_err().to_string();
        assert!(said.starts_with("y/std: a second run of planted/std, which is in x/std too"), "{said}");
    }
}
