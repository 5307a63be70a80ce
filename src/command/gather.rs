//! The runs that a comparison is of: those found in folders, and those of workloads, of which the missing ones are run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::plan::{Plans, Wanted, plan, quoted};
use super::{complain, note, run};
use crate::cli::{CaseArgs, ProfileArgs};
use crate::compare::Filter;
use crate::error::{Error, Result, nearest};
use crate::printable::Shown;
use crate::record::found::{self, Found, RECORD};
use crate::run::case::CasePlan;
use crate::run::pass_table::row;
use crate::run::protocol::Subject;
use crate::run::registry::Registry;
use crate::workload::{Catalog, Overrides, Workload};

/// Where runs come from.
enum Source<'a> {
    /// A folder.
    Runs(Vec<Found>),
    /// A workload of that name.
    Cases(&'a String, Plans),
}

/// What came together.
#[derive(Default)]
pub struct Gathered {
    /// The runs, each once, in the order in which they were asked for.
    pub runs: Vec<Found>,
    /// The exit code of running what was missing; 0 if all went well, or nothing was missing.
    pub code: u8,
    /// Their folders, so that one that is reached in two ways is there once.
    places: BTreeSet<PathBuf>,
}

impl Gathered {
    /// Takes a run in, unless it is there already, does not pass, or failed, which is said.
    fn take(&mut self, found: Found, filter: &Filter) {
        if !filter.case(&found.record.workload, &found.record.map.name) {
            return;
        }
        let place = std::fs::canonicalize(&found.path).unwrap_or_else(|_| found.path.clone());
        if !self.places.insert(place) {
            return;
        }
        match found.failures.first() {
            None => self.runs.push(found),
            Some(failure) => complain(&format!(
                "{} is left out, as its {} pass failed: {}: {}",
                found.path.shown(),
                failure.pass,
                failure.kind,
                failure.message
            )),
        }
    }
}

/// The runs of `of`: what is a path is a folder with runs, and what is not is a workload, whose cases on `maps` (those
/// recorded, if none are named) are run if they are not there.
///
/// # Errors
/// When something is neither, a folder has no runs, or nothing could be begun.
pub fn gather(
    registry: &Registry,
    of: &[String],
    maps: &[String],
    filter: &Filter,
    cases: &CaseArgs,
) -> Result<Gathered> {
    let catalog = Catalog::load(cases.of.workloads.as_deref())?;
    let is_workload =
        |name: &str| registry.program(name).is_some() || catalog.names().any(|known| known == name);
    let (mut folders, mut workloads) = (0, 0);
    for name in of {
        match Path::new(name).exists() {
            true => folders += 1,
            false if is_workload(name) => workloads += 1,
            false => return Err(neither(registry, &catalog, name)),
        }
    }
    let overrides = Overrides { entries: cases.of.entries, ops: cases.of.ops, set: cases.of.set.clone() };
    if workloads == 0 && !overrides.is_empty() {
        return Err(Error::input(
            "--entries, --ops and --set are for workloads, and only folders with runs are given",
        ));
    }
    // What cannot be read or planned is told before anything runs.
    let mut sources = Vec::new();
    for name in of {
        if Path::new(name).exists() {
            sources.push(Source::Runs(found::find(Path::new(name))?));
        } else if filter.workload(name) {
            sources.push(Source::Cases(name, planned(registry, name, maps, filter, cases)?));
        }
    }
    let mut gathered = Gathered::default();
    for source in sources {
        match source {
            Source::Runs(runs) => runs.into_iter().for_each(|run| gathered.take(run, filter)),
            Source::Cases(name, plans) => {
                if gathered.code != INTERRUPTED {
                    let code = make_missing(registry, name, &plans, cases)?;
                    gathered.code = if code == INTERRUPTED { code } else { gathered.code.max(code) };
                }
                take_cases(&plans, filter, cases, &mut gathered);
            }
        }
    }
    if gathered.runs.is_empty() && gathered.code == 0 {
        let what = if folders > 0 { "the runs that were found" } else { "the workloads" };
        return Err(Error::input(format!(
            "nothing is left to compare: --workload, --map or failures leave none of {what}"
        )));
    }
    Ok(gathered)
}

/// The exit code of what the user stopped.
const INTERRUPTED: u8 = 130;

/// What is neither a path nor a workload, with what is near it of both.
fn neither(registry: &Registry, catalog: &Catalog, name: &str) -> Error {
    let path = Path::new(name);
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let beside = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let beside: Vec<String> = beside
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.path().strip_prefix(".").map_or(entry.path(), Path::to_path_buf))
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|path| !path.starts_with('.'))
        .collect();
    let workloads: Vec<&str> =
        catalog.names().chain(registry.programs.iter().map(|program| program.name.as_str())).collect();
    let quote =
        |names: Vec<&str>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
    let folders = nearest(name, beside.iter().map(String::as_str));
    let known = nearest(name, workloads.iter().copied());
    let hint = match (folders.is_empty(), known.is_empty()) {
        (true, true) => {
            format!("give a folder that mapprof run wrote to, or one of {}", workloads.join(", "))
        }
        (false, true) => format!("did you mean the folder {}?", quote(folders)),
        (true, false) => format!("did you mean the workload {}?", quote(known)),
        (false, false) => {
            format!("did you mean the folder {}, or the workload {}?", quote(folders), quote(known))
        }
    };
    Error::input(format!("\"{name}\" is neither a folder with runs nor a workload: {hint}"))
}

/// The cases of a workload on the maps that were named, or else on those that it has been run on.
fn planned(
    registry: &Registry,
    name: &String,
    maps: &[String],
    filter: &Filter,
    cases: &CaseArgs,
) -> Result<Plans> {
    let maps = match maps {
        [] if registry.program(name).is_none() => recorded(registry, name, filter, cases)?,
        maps => maps.to_vec(),
    };
    let (workloads, profiles) = (std::slice::from_ref(name), &ProfileArgs::default());
    let plans = plan(registry, &Wanted { workloads, maps: &maps, cases, profiles, verify: false })?;
    if !cases.quiet {
        for reason in &plans.skipped {
            note(&format!("skipped {reason}"));
        }
    }
    Ok(plans)
}

/// Runs the cases that are not there, and returns the exit code of that.
fn make_missing(registry: &Registry, name: &String, plans: &Plans, cases: &CaseArgs) -> Result<u8> {
    // Two programs are measured in turns, or their times cannot be compared: what one of them has is no use.
    let in_turns = cases.base_worker.is_some();
    let missing: Vec<&CasePlan> = plans
        .cases
        .iter()
        .filter(|plan| in_turns || there(plan, &cases.out, worker(&plan.rerun)).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(0);
    }
    if !cases.quiet {
        let missing: Vec<String> = missing.iter().map(|plan| plan.name()).collect();
        note(&format!("running what is missing: {}", missing.join(", ")));
    }
    let own = registry.program(name).is_some();
    let maps: Vec<String> = missing.iter().filter(|_| !own).map(|plan| plan.map.name.clone()).collect();
    Ok(run::measure(registry, cases, std::slice::from_ref(name), &maps)?.code)
}

/// Takes in the runs of planned cases, as far as they are there now.
fn take_cases(plans: &Plans, filter: &Filter, cases: &CaseArgs, gathered: &mut Gathered) {
    for plan in &plans.cases {
        let Some(found) = there(plan, &cases.out, worker(&plan.rerun)) else { continue };
        let session = found.record.session.clone();
        gathered.take(found, filter);
        if let Some(program) = &cases.base_worker {
            let base = there(plan, &cases.base_out, Some(&quoted(&program.to_string_lossy())));
            let in_turns = base.filter(|base| base.record.session == session);
            in_turns.into_iter().for_each(|base| gathered.take(base, filter));
        }
    }
}

/// The maps of the registry that a workload has been run on.
fn recorded(registry: &Registry, workload: &str, filter: &Filter, cases: &CaseArgs) -> Result<Vec<String>> {
    let folder = cases.out.join(workload);
    let runs = if folder.is_dir() { found::find(&folder).unwrap_or_default() } else { Vec::new() };
    let mut maps: Vec<String> = Vec::new();
    for run in runs.iter().filter(|run| run.failures.is_empty() && run.record.workload == workload) {
        let map = &run.record.map.name;
        if registry.map(map).is_some() && filter.case(workload, map) && !maps.contains(map) {
            maps.push(map.clone());
        }
    }
    if maps.is_empty() {
        return Err(Error::input(format!(
            "{workload}: no run of it in {}; say with --map which maps are to be run, such as \
             --map std,hashbrown,btree or --map all",
            quoted(&cases.out.to_string_lossy())
        )));
    }
    Ok(maps)
}

/// The run below `root` that a plan would make with that program, if it is there already.
fn there(plan: &CasePlan, root: &Path, worker: Option<&str>) -> Option<Found> {
    let place: PathBuf = root.join(plan.subject.name()).join(&plan.map.name);
    // One that cannot be understood is as good as none: a new one takes its place.
    let found = place.join(RECORD).is_file().then(|| found::read(&place).ok()).flatten()?;
    (is_what(plan, worker, &found) && !built_since(worker, found.record.started_unix_s)).then_some(found)
}

/// Whether the program was built after that moment, seconds since 1970: then what it did before tells nothing of it.
fn built_since(worker: Option<&str>, moment: u64) -> bool {
    let program = worker.map_or(Path::new("/proc/self/exe"), Path::new);
    let built = std::fs::metadata(program).and_then(|about| about.modified());
    built.is_ok_and(|built| built > UNIX_EPOCH + Duration::from_secs(moment))
}

/// Whether a run is what the plan would make: the same work on the same map by the same program, measured as often and as
/// closely.
fn is_what(plan: &CasePlan, by: Option<&str>, found: &Found) -> bool {
    let record = &found.record;
    // Prose changes nothing.
    let without_prose = |workload: &Workload| Workload { about: String::new(), ..workload.clone() };
    let definition = match &plan.subject {
        Subject::Workload(workload) => Some(without_prose(workload)),
        Subject::Program(_) => None,
    };
    found.failures.is_empty()
        && record.workload == plan.subject.name()
        && record.definition.as_ref().map(without_prose) == definition
        && record.map.name == plan.map.name
        && record.map.version == plan.map.version
        && (record.seed, record.threads) == (plan.seed, plan.threads)
        && record.mapprof == env!("CARGO_PKG_VERSION")
        && record.repeats >= plan.repeats
        && plan.kinds().filter(|kind| row(*kind).repeats).all(|kind| record.passes.contains_key(&kind))
        && worker(&record.rerun) == by
}

/// The program that served the passes, of the command that runs a case again: its last words, if another one did.
fn worker(rerun: &str) -> Option<&str> {
    rerun.rsplit_once(" --worker ").map(|(_, program)| program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PassKind, planted};
    use crate::run::registry::built_in_maps;

    fn planned() -> CasePlan {
        let record = planted::case();
        let catalog = Catalog::load(None).unwrap();
        CasePlan {
            subject: Subject::Workload(Box::new(catalog.get("churn", &Overrides::default()).unwrap())),
            map: record.map,
            seed: 1,
            threads: 1,
            heap: None,
            latency: false,
            skip: Vec::new(),
            cpu: None,
            harness_frames: false,
            repeats: 1,
            rerun: "mapprof run churn".into(),
        }
    }

    fn made_by(plan: &CasePlan) -> Found {
        let mut record = planted::case();
        if let Subject::Workload(workload) = &plan.subject {
            record.workload = workload.name.clone();
            record.definition = Some((**workload).clone());
        }
        record.mapprof = env!("CARGO_PKG_VERSION").into();
        Found { path: "somewhere".into(), record, failures: Vec::new() }
    }

    #[test]
    fn a_run_is_there_if_it_is_of_the_same_work_and_measured_as_often() {
        let plan = planned();
        let found = made_by(&plan);
        assert!(is_what(&plan, None, &found));
        let differs = |change: &dyn Fn(&mut Found)| {
            let mut other = found.clone();
            change(&mut other);
            !is_what(&plan, None, &other)
        };
        assert!(differs(&|f| f.record.seed = 2));
        assert!(differs(&|f| f.record.threads = 2));
        assert!(differs(&|f| f.record.mapprof = "0.0.0".into()));
        assert!(differs(&|f| f.record.map.version = "0".into()));
        assert!(differs(&|f| f.record.definition.as_mut().unwrap().entries += 1));
        assert!(differs(&|f| f.record.definition = None));
        let served = |f: &mut Found| f.record.rerun = "mapprof run churn --worker mine --worker other".into();
        assert!(differs(&served));
        assert!(!differs(&|f| f.record.repeats = 5));
        assert!(!is_what(&CasePlan { repeats: 2, ..plan.clone() }, None, &found));
        let mut base = found.clone();
        served(&mut base);
        assert!(is_what(&plan, Some("other"), &base) && !is_what(&plan, Some("mine"), &base));
        let mut hasty = found.clone();
        hasty.record.passes.remove(&PassKind::Latency);
        assert!(is_what(&plan, None, &hasty));
        assert!(!is_what(&CasePlan { latency: true, ..plan.clone() }, None, &hasty));
    }

    #[test]
    fn what_is_neither_is_told_what_is_near() {
        let registry = Registry { maps: built_in_maps(), programs: Vec::new() };
        let catalog = Catalog::load(None).unwrap();
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("branch")).unwrap();
        let said = |name: &str| neither(&registry, &catalog, name).to_string();
        assert!(said("chrun").contains("the workload \"churn\"?"), "{}", said("chrun"));
        let near = said(&root.path().join("brnach").to_string_lossy());
        assert!(near.contains("the folder \"") && near.contains("branch\""), "{near}");
        assert!(said("zzzzzz").contains("or one of churn"), "{}", said("zzzzzz"));
    }
}
