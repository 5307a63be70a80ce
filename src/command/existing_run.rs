//! What stands in the place of a planned case: the run that is asked for, an older one of the same, or another one, which
//! a command that compares does not replace.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::own_worker;
use crate::compare::{definitions, environments, parameters};
use crate::printable::printable;
use crate::record::PassKind;
use crate::record::run_store::{self, RECORD, StoredRun};
use crate::run::plan::CasePlan;
use crate::worker::pass_table::row;
use crate::worker::protocol::Subject;
use crate::worker::registry::RunBy;
use crate::workload::Workload;

/// What stands in the place of a case.
#[derive(Debug)]
pub enum Present {
    /// No run.
    Nothing,
    /// The run that the plan would make, or a better one.
    Serves(Box<StoredRun>),
    /// The same work measured alike, by an older program.
    Outdated(Box<StoredRun>),
    /// Another run: in what it differs.
    Differs(String),
}

impl Present {
    /// Why a run of the plan may not take its place, if so: it is of another kind, or has more than the new one would.
    pub fn kept_from(&self, plan: &CasePlan) -> Option<String> {
        match self {
            Present::Nothing => None,
            Present::Differs(why) => Some(why.clone()),
            Present::Serves(found) => Some(surplus(plan, found)?),
            Present::Outdated(found) => {
                Some(format!("an older program made it, and it has {}", surplus(plan, found)?))
            }
        }
    }
}

/// What stands below `root` in the place of the plan's case, which that program would serve.
pub fn present(plan: &CasePlan, root: &Path, by: Option<&str>) -> Present {
    let place = plan.case.folder(root);
    if !place.join(RECORD).is_file() {
        return Present::Nothing;
    }
    let found = match run_store::read(&place) {
        Ok(found) => Box::new(found),
        Err(error) => return Present::Differs(error.to_string()),
    };
    if let Some(difference) = difference(plan, by, &found) {
        return Present::Differs(difference);
    }
    let record = &found.record;
    let is_current = found.failures.is_empty()
        && record.mapprof == env!("CARGO_PKG_VERSION")
        && record.map.version == plan.map.version
        && !built_since(by, &plan.run_by, record.started_unix_s);
    if is_current { Present::Serves(found) } else { Present::Outdated(found) }
}

/// Whether the program was built after that moment, seconds since 1970: then what it did before tells nothing of it.
pub fn built_since(worker: Option<&str>, run_by: &RunBy, moment: u64) -> bool {
    let program = worker.map_or_else(|| own_worker::path(run_by), PathBuf::from);
    let built = std::fs::metadata(program).and_then(|about| about.modified());
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(moment));
    built.is_ok_and(|built| moment.is_some_and(|moment| built > moment))
}

/// In what a run differs from the one that the plan would make: first the run's side, then the plan's. A run that was
/// measured more often or more closely does not.
fn difference(plan: &CasePlan, by: Option<&str>, found: &StoredRun) -> Option<String> {
    let record = &found.record;
    // Prose changes nothing.
    let without_prose = |workload: &Workload| Workload { about: String::new(), ..workload.clone() };
    let definition = match &plan.subject {
        Subject::Workload(workload) => Some(without_prose(workload)),
        Subject::Program(_) => None,
    };
    let recorded = record.definition.as_ref().map(without_prose);
    if record.case != plan.case {
        return Some(format!("{} and {}", record.case, plan.case));
    }
    if recorded != definition {
        return Some(definitions(recorded.as_ref(), definition.as_ref()));
    }
    if record.seed != plan.seed {
        return Some(format!("seed {} and seed {}", record.seed, plan.seed));
    }
    if let Some(settings) = record.settings.difference(&plan.settings) {
        return Some(settings);
    }
    // What is read of a record is cleaned.
    let arguments: Vec<String> = plan.arguments.iter().map(|argument| clean(argument)).collect();
    if record.arguments != arguments {
        return Some(parameters(&record.arguments, &arguments));
    }
    let environment = plan.environment.iter().map(|(name, value)| (clean(name), clean(value))).collect();
    if record.environment != environment {
        return Some(environments(&record.environment, &environment));
    }
    if record.repeats < plan.repeats {
        return Some(format!("{} and {} repeats", record.repeats, plan.repeats));
    }
    let measured = plan.kinds().filter(|kind| row(*kind).repeats);
    if let Some(kind) = measured.into_iter().find(|kind| !record.passes.contains_key(kind)) {
        return Some(format!("it has no {} pass", kind.name()));
    }
    match (worker(&record.rerun, &plan.rerun.ending()), by) {
        (own, by) if own == by => None,
        (own, by) => {
            let named = |program: Option<&str>| program.unwrap_or("mapprof itself").to_owned();
            Some(format!("served by {} and by {}", named(own), named(by)))
        }
    }
}

fn clean(text: &str) -> String {
    printable(text).into_owned()
}

/// What a run has that one of the plan would not, if anything.
fn surplus(plan: &CasePlan, found: &StoredRun) -> Option<String> {
    let record = &found.record;
    if record.repeats > plan.repeats {
        return Some(format!("{} repeats and not {}", record.repeats, plan.repeats));
    }
    // It follows from the others, and is taken again where there is need of it.
    let planned = |kind: &PassKind| *kind == PassKind::Leaks || plan.kinds().any(|planned| planned == *kind);
    let kind = record.passes.keys().find(|kind| !planned(kind))?;
    Some(format!("a {} pass too", kind.name()))
}

/// The program that served the passes, of the command that runs a case again and ends with `ending`, if another one did.
fn worker<'r>(rerun: &'r str, ending: &str) -> Option<&'r str> {
    let before = rerun.strip_suffix(ending).unwrap_or(rerun);
    before.rsplit_once(" --worker ").map(|(_, program)| program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CaseId, fixtures};
    use crate::workload::{Catalog, Overrides};

    fn planned() -> CasePlan {
        let record = fixtures::case();
        let catalog = Catalog::load(None).unwrap();
        CasePlan {
            run_by: RunBy::This,
            subject: Subject::Workload(Box::new(catalog.get("churn", &Overrides::default()).unwrap())),
            case: CaseId::new("churn", "std"),
            map: record.map,
            closed_form: Err("it is not asked for"),
            seed: 1,
            heap: None,
            also: Vec::new(),
            skip: Vec::new(),
            cpu: None,
            harness_frames: false,
            repeats: 1,
            environment: Default::default(),
            arguments: Vec::new(),
            settings: Default::default(),
            rerun: Default::default(),
        }
    }

    fn made_by(plan: &CasePlan) -> StoredRun {
        let mut record = fixtures::case();
        if let Subject::Workload(workload) = &plan.subject {
            record.case.workload = workload.name.clone();
            record.definition = Some((**workload).clone());
        }
        record.mapprof = env!("CARGO_PKG_VERSION").into();
        StoredRun { path: "somewhere".into(), record, failures: Vec::new() }
    }

    /// In what a changed run differs.
    fn said(change: impl Fn(&mut StoredRun)) -> Option<String> {
        let plan = planned();
        let mut found = made_by(&plan);
        change(&mut found);
        difference(&plan, None, &found)
    }

    #[test]
    fn a_run_serves_if_it_is_of_the_same_work_and_measured_as_often() {
        let plan = planned();
        let found = made_by(&plan);
        assert_eq!(said(|_| {}), None);
        assert_eq!(said(|f| f.record.repeats = 5), None);
        assert_eq!(said(|f| f.record.seed = 2).unwrap(), "seed 2 and seed 1");
        assert_eq!(said(|f| f.record.case.threads = 2).unwrap(), "churn/std,threads=2 and churn/std");
        let entries = said(|f| f.record.definition.as_mut().unwrap().entries = 7).unwrap();
        assert!(entries.starts_with("7 and ") && entries.ends_with(" entries"), "{entries}");
        assert!(said(|f| f.record.definition = None).is_some());
        let served =
            |f: &mut StoredRun| f.record.rerun = "mapprof run churn --worker mine --worker other".into();
        let asked = |f: &mut StoredRun| f.record.arguments = vec!["5".into()];
        assert_eq!(said(asked).unwrap(), "arguments 5 and none");
        let set = |f: &mut StoredRun| f.record.environment = [("A".to_owned(), "b".to_owned())].into();
        assert_eq!(said(set).unwrap(), "environment A=b and none");
        assert_eq!(worker("own run sessions --worker w -- 5", " -- 5"), Some("w"));
        let arguments = " -- ' --worker x'";
        assert_eq!(worker(&format!("own run sessions{arguments}"), arguments), None);
        assert_eq!(said(served).unwrap(), "served by other and by mapprof itself");
        let often = CasePlan { repeats: 2, ..plan.clone() };
        assert_eq!(difference(&often, None, &found).unwrap(), "1 and 2 repeats");
        let mut base = found.clone();
        served(&mut base);
        assert_eq!(difference(&plan, Some("other"), &base), None);
        let mut hasty = found.clone();
        hasty.record.passes.remove(&PassKind::Latency);
        assert_eq!(difference(&plan, None, &hasty), None);
        let closely = CasePlan { also: vec![PassKind::Latency], ..plan.clone() };
        assert_eq!(difference(&closely, None, &hasty).unwrap(), "it has no latency pass");
    }

    #[test]
    fn what_is_cleaned_in_a_record_differs_in_nothing() {
        let root = tempfile::tempdir().unwrap();
        let odd = "a\tb\nc\u{202e}";
        let plan = CasePlan {
            arguments: vec![odd.into()],
            environment: [("A".to_owned(), odd.to_owned())].into(),
            ..planned()
        };
        let StoredRun { mut record, .. } = made_by(&plan);
        (record.arguments, record.environment) = (plan.arguments.clone(), plan.environment.clone());
        // Any number may stand in a record.
        record.started_unix_s = u64::MAX;
        let place = plan.case.folder(root.path());
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(RECORD), serde_json::to_vec(&record).unwrap()).unwrap();
        let found = present(&plan, root.path(), None);
        assert!(matches!(found, Present::Serves(_)), "{found:?}");
        let other = CasePlan { arguments: vec!["a".into()], ..plan };
        assert!(matches!(present(&other, root.path(), None), Present::Differs(_)));
    }

    #[test]
    fn an_older_run_is_replaced_only_by_one_that_has_all_of_it() {
        let plan = CasePlan { also: vec![PassKind::Latency], ..planned() };
        let outdated = |change: &dyn Fn(&mut StoredRun)| {
            let mut found = made_by(&plan);
            change(&mut found);
            Present::Outdated(Box::new(found)).kept_from(&plan)
        };
        assert_eq!(outdated(&|_| {}), None);
        assert!(outdated(&|f| f.record.repeats = 5).unwrap().contains("5 repeats and not 1"));
        let profiled = |f: &mut StoredRun| drop(f.record.passes.insert(PassKind::Heap, Default::default()));
        assert!(outdated(&profiled).unwrap().contains("a heap pass too"));
        assert_eq!(Present::Nothing.kept_from(&plan), None);
    }

    #[test]
    fn a_record_that_cannot_be_understood_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let plan = planned();
        assert!(matches!(present(&plan, root.path(), None), Present::Nothing));
        let place = root.path().join("churn/std");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(RECORD), "{\"format\": 1}").unwrap();
        let Present::Differs(why) = present(&plan, root.path(), None) else { panic!("it is replaced") };
        assert!(why.contains("reads format"), "{why}");
    }
}
