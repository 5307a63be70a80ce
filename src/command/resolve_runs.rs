//! The runs that a comparison is of: those found in folders, and those of workloads, of which the missing ones are run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::existing_run::{Present, present};
use super::planned_cases::{Plans, plan};
use super::run;
use super::run_request::RunRequest;
use super::terminal::{complain, note};
use crate::cli::{CaseArgs, ProfileArgs};
use crate::compare::Filter;
use crate::error::{Error, Result, nearest};
use crate::printable::PrintablePath;
use crate::record::CaseId;
use crate::record::run_store::{self, StoredRun};
use crate::run::plan::CasePlan;
use crate::run::rerun::quoted;
use crate::worker::program_info::Program;
use crate::worker::registry::Registry;
use crate::workload::catalog::parts;
use crate::workload::{Catalog, Overrides};

/// Where runs come from.
enum RunSource {
    /// A folder.
    Runs(Vec<StoredRun>),
    /// The cases of a workload.
    Cases(Plans),
}

/// What came together.
#[derive(Default)]
pub struct ResolvedRuns {
    /// The runs, each once, in the order in which they were asked for.
    pub runs: Vec<StoredRun>,
    /// The exit code of running what was missing; 0 if all went well, or nothing was missing.
    pub code: u8,
    /// Their folders, so that one that is reached in two ways is there once.
    places: BTreeSet<PathBuf>,
}

impl ResolvedRuns {
    /// Takes a run in, unless it is there already, does not pass, or failed, which is said.
    fn take(&mut self, found: StoredRun, filter: &Filter) {
        if !filter.case(found.case()) {
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
) -> Result<ResolvedRuns> {
    let catalog = Catalog::load(cases.of.workloads.as_deref())?;
    let is_workload = |name: &str| {
        registry.program(parts(name).0).is_some() || catalog.names().any(|known| known == parts(name).0)
    };
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
    // A pattern may be of a workload, or of one of its variants.
    let known: Vec<String> = catalog
        .names_with_variants()
        .chain(registry.programs.iter().flat_map(Program::names_with_variants))
        .collect();
    let is_chosen = |name: &str| {
        filter.workload(parts(name).0)
            || known.iter().any(|full| (full == name || parts(full).0 == name) && filter.workload(full))
    };
    // What cannot be read or planned is told before anything runs.
    let mut sources = Vec::new();
    for name in of {
        if Path::new(name).exists() {
            sources.push(RunSource::Runs(run_store::find(Path::new(name))?));
        } else if is_chosen(name) {
            let plans = planned(registry, name, maps, filter, cases)?;
            refuse_to_replace(&plans, cases)?;
            sources.push(RunSource::Cases(plans));
        }
    }
    let mut gathered = ResolvedRuns::default();
    for source in sources {
        match source {
            RunSource::Runs(runs) => runs.into_iter().for_each(|run| gathered.take(run, filter)),
            RunSource::Cases(plans) => {
                if gathered.code != INTERRUPTED {
                    let code = make_missing(&plans, cases)?;
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

/// The runs of planned cases, of which those that are missing are made. `code` is [`INTERRUPTED`] if the user stopped that.
///
/// # Errors
/// When another run is in the place of one of them, or nothing could be begun.
pub fn of_plans(plans: &Plans, cases: &CaseArgs) -> Result<ResolvedRuns> {
    refuse_to_replace(plans, cases)?;
    let mut gathered = ResolvedRuns { code: make_missing(plans, cases)?, ..ResolvedRuns::default() };
    take_cases(plans, &Filter::new(&[], &[], &[], false)?, cases, &mut gathered);
    Ok(gathered)
}

/// The exit code of what the user stopped.
pub const INTERRUPTED: u8 = 130;

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
            "give a folder that mapprof run wrote to, or a workload; mapprof list has them".to_owned()
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
        [] if registry.program(parts(name).0).is_none() => recorded(registry, name, filter, cases)?,
        maps => maps.to_vec(),
    };
    let (workloads, profiles) = (std::slice::from_ref(name), &ProfileArgs::default());
    let mut plans = plan(registry, &RunRequest { workloads, maps: &maps, cases, profiles, verify: false })?;
    plans.cases.retain(|plan| filter.case(&plan.case));
    if !cases.quiet && !plans.cases.is_empty() {
        for reason in &plans.skipped {
            note(&format!("skipped {reason}"));
        }
    }
    Ok(plans)
}

/// Runs the cases that are not there, and returns the exit code of that.
fn make_missing(plans: &Plans, cases: &CaseArgs) -> Result<u8> {
    let is_missing = |plan: &&CasePlan| matches!(needed(plan, cases), Needed::Run);
    let missing: Vec<CasePlan> = plans.cases.iter().filter(is_missing).cloned().collect();
    if missing.is_empty() {
        return Ok(0);
    }
    if !cases.quiet {
        let missing: Vec<String> = missing.iter().map(|plan| plan.case.to_string()).collect();
        note(&format!("running what is missing: {}", missing.join(", ")));
    }
    Ok(run::measure(cases, &Plans { cases: missing, skipped: Vec::new() })?.code)
}

/// Takes in the runs of planned cases, as far as they are there now.
fn take_cases(plans: &Plans, filter: &Filter, cases: &CaseArgs, gathered: &mut ResolvedRuns) {
    for plan in &plans.cases {
        let Present::Serves(found) = present(plan, &cases.out, own_worker(cases).as_deref()) else {
            continue;
        };
        let session = found.record.session.clone();
        gathered.take(*found, filter);
        if let Some(Present::Serves(base)) = base_of(plan, cases)
            && base.record.session == session
        {
            gathered.take(*base, filter);
        }
    }
}

/// The program that serves the passes, as it stands in the command that runs a case again; none if this one does.
fn own_worker(cases: &CaseArgs) -> Option<String> {
    cases.worker.as_ref().map(|program| quoted(&program.to_string_lossy()))
}

/// What stands in the place of the second program's run, if there is a second program.
fn base_of(plan: &CasePlan, cases: &CaseArgs) -> Option<Present> {
    let program = cases.base_program.as_ref()?;
    Some(present(plan, &cases.base_out, Some(&quoted(&program.to_string_lossy()))))
}

/// What must be done for a case to be there.
enum Needed {
    Nothing,
    /// It must be run.
    Run,
    /// It would have to be run, in the place of a run that is not to be lost: the folder, and how that run differs.
    Place(PathBuf, String),
}

/// What must be done for the case of a plan to be there. Two programs are measured in turns, or their times cannot be
/// compared: a run that serves by itself is then no use.
fn needed(plan: &CasePlan, cases: &CaseArgs) -> Needed {
    let own = present(plan, &cases.out, own_worker(cases).as_deref());
    let base = base_of(plan, cases);
    match (&own, &base) {
        (Present::Serves(_), None) => return Needed::Nothing,
        (Present::Serves(own), Some(Present::Serves(base))) if own.record.session == base.record.session => {
            return Needed::Nothing;
        }
        _ => {}
    }
    let sides = [(Some(own), &cases.out), (base, &cases.base_out)];
    for (present, root) in sides {
        if let Some(why) = present.and_then(|present| present.kept_from(plan)) {
            return Needed::Place(plan.case.folder(root), why);
        }
    }
    Needed::Run
}

/// Refuses to put runs in the places of others: a command that reads runs loses none.
fn refuse_to_replace(plans: &Plans, cases: &CaseArgs) -> Result<()> {
    let kept: Vec<(String, PathBuf, String)> = plans
        .cases
        .iter()
        .filter_map(|plan| match needed(plan, cases) {
            Needed::Place(place, why) => Some((plan.case.to_string(), place, why)),
            Needed::Nothing | Needed::Run => None,
        })
        .collect();
    let Some((case, place, why)) = kept.first() else { return Ok(()) };
    let more = match kept.len() {
        1 => String::new(),
        2 => " (and of 1 more case)".to_owned(),
        all => format!(" (and of {} more cases)", all - 1),
    };
    Err(Error::input(format!(
        "{case}: the run in {}{more} differs from what you asked for: {why}; no such run is replaced: ask for what \
         it has, name its folder, or choose another folder with --out",
        place.shown()
    )))
}

/// The maps of the registry that a workload has been run on.
fn recorded(registry: &Registry, name: &str, filter: &Filter, cases: &CaseArgs) -> Result<Vec<String>> {
    let (workload, variant) = parts(name);
    let folder = cases.out.join(workload);
    let runs = if folder.is_dir() { run_store::find(&folder).unwrap_or_default() } else { Vec::new() };
    let mut maps: Vec<String> = Vec::new();
    let is_of_it = |run: &&StoredRun| {
        let case = run.case();
        case.workload == workload && variant.is_none_or(|name| case.variant.as_deref() == Some(name))
    };
    for run in runs.iter().filter(|run| run.failures.is_empty()).filter(is_of_it) {
        let CaseId { map, runtime, .. } = run.case();
        let map = runtime.as_ref().map_or_else(|| map.clone(), |runtime| format!("{runtime}/{map}"));
        let is_known = registry.maps_named(&map).next().is_some();
        if is_known && filter.case(run.case()) && !maps.contains(&map) {
            maps.push(map);
        }
    }
    if maps.is_empty() {
        return Err(Error::input(format!(
            "{name}: no run of it in {}; say with --map which maps are to be run, such as \
             --map std,hashbrown,btree or --map all",
            quoted(&cases.out.to_string_lossy())
        )));
    }
    Ok(maps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::registry::built_in_maps;

    #[test]
    fn what_is_neither_is_told_what_is_near() {
        let registry = Registry { maps: built_in_maps(), ..Registry::default() };
        let catalog = Catalog::load(None).unwrap();
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("branch")).unwrap();
        let said = |name: &str| neither(&registry, &catalog, name).to_string();
        assert!(said("chrun").contains("the workload \"churn\"?"), "{}", said("chrun"));
        let near = said(&root.path().join("brnach").to_string_lossy());
        assert!(near.contains("the folder \"") && near.contains("branch\""), "{near}");
        assert!(said("zzzzzz").contains("or a workload; mapprof list has them"), "{}", said("zzzzzz"));
    }
}
