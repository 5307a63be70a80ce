//! `mapprof run --sweep`: the points of a sweep, each in the record as soon as it is done.

use std::path::{Path, PathBuf};

use super::existing_run::built_since;
use super::fit;
use super::planned_cases::nothing_left;
use super::progress::Progress;
use super::run::{ProgressWatcher, again_with, launcher, session};
use super::sweep_plan::{PointPlan, SweepPlan, SweepPlans, by_name, sweeps};
use super::terminal::{alarm, complain, note, print, width};
use super::{case_failures, case_table, verify};
use crate::cli::{CaseArgs, RunArgs};
use crate::compare::{definitions, environments, parameters};
use crate::error::{Error, Result};
use crate::oracle;
use crate::output::sweep_chart;
use crate::printable::{PrintablePath, printable};
use crate::record::{CaseRecord, Failure, Machine, leaked_bytes};
use crate::run::case;
use crate::run::passes::MeasuredProgram;
use crate::run::plan::CasePlan;
use crate::run::{run_dir, signals, write_files};
use crate::sweep::record::read;
use crate::sweep::setting::label;
use crate::sweep::{Bounds, PointRecord, SWEEP_FORMAT, SWEEP_PICTURE, SWEEP_RECORD, Series, SweepRecord};
use crate::worker::registry::Registry;

/// A sweep on its way: its plan, its folder, and what is known of it.
struct Running {
    plan: SweepPlan,
    folder: PathBuf,
    record: SweepRecord,
}

/// Runs the points that are not there yet, and returns the exit code.
///
/// # Errors
/// When a setting or a point is refused, another sweep is in the place, or nothing could be begun.
pub fn sweep(registry: &Registry, args: &RunArgs) -> Result<u8> {
    let cases = &args.cases;
    let SweepPlans { settings, sweeps, skipped } = sweeps(registry, args)?;
    let is_told_below = sweeps.is_empty() && skipped.len() == 1;
    if !cases.quiet && !is_told_below {
        skipped.iter().for_each(|reason| note(&format!("skipped {reason}")));
    }
    if sweeps.is_empty() {
        return Err(nothing_left(&skipped));
    }
    run_dir::check_writable(&cases.out)?;
    let mut running: Vec<Running> =
        sweeps.into_iter().map(|plan| begin(plan, &settings, cases)).collect::<Result<_>>()?;
    signals::answer_interrupts()?;
    let rerun_with = cases.worker.as_deref().map(again_with).unwrap_or_default();
    let session = session();
    let by = cases.worker.as_deref();
    let all: Vec<(usize, PointPlan)> = order(&running);
    let missing: Vec<(usize, PointPlan)> = all
        .iter()
        .filter(|(at, point)| running.get(*at).is_none_or(|sweep| !is_done(&sweep.record, point, by)))
        .cloned()
        .collect();
    if !cases.quiet && missing.len() < all.len() {
        note(&format!("{} of {} points are there already", all.len() - missing.len(), all.len()));
    }
    let progress = Progress::new(cases.quiet, missing.len());
    let mut ended = Ended::default();
    for (number, (at, point)) in missing.iter().enumerate() {
        let Some(sweep) = running.get_mut(*at) else { continue };
        let launcher = launcher(cases, &point.plan.run_by)?;
        let side =
            MeasuredProgram { name: "", launcher: &launcher, root: &cases.out, rerun_with: &rerun_with };
        let measured = case::measure(&point.plan, &side, &session, &mut ProgressWatcher(&progress));
        progress.clear();
        let (record, failures) = match measured {
            Ok(measured) => measured,
            Err(error) => {
                complain(&format!(
                    "interrupted: {number} of {} points are done; the same command runs the others",
                    missing.len()
                ));
                draw(&running, cases);
                return Ok(error.exit_code());
            }
        };
        tell(sweep, point, &record, &failures, args, &mut ended);
        sweep.record.put(point_record(point, &record, failures));
        run_dir::write_whole(&sweep.folder.join(SWEEP_RECORD), &write_files::json(&sweep.record)?)?;
    }
    draw(&running, cases);
    if !cases.quiet && !ended.is_mute {
        let told = running.iter().map(|sweep| (sweep.folder.as_path(), &sweep.record));
        print(&fit::growth(told, &fit::default_metrics(), width())?)?;
        let folders: Vec<String> =
            running.iter().map(|sweep| sweep.folder.join(SWEEP_PICTURE).shown().to_string()).collect();
        print(&format!("\n{}\n", folders.join("\n")))?;
    }
    Ok(ended.code(missing.len()))
}

/// What came of the points so far.
#[derive(Default)]
struct Ended {
    failed: Vec<String>,
    disproved: Vec<String>,
    is_mute: bool,
}

impl Ended {
    /// Says what went wrong, and gives the exit code.
    fn code(&self, points: usize) -> u8 {
        if !self.disproved.is_empty() {
            complain(&format!("verification failed: {}", self.disproved.join("; ")));
        }
        if !self.failed.is_empty() {
            complain(&format!("{} of {points} points failed: {}", self.failed.len(), self.failed.join("; ")));
            return 3;
        }
        if self.disproved.is_empty() { 0 } else { verify::FAILED }
    }
}

/// Says what came of a point.
fn tell(
    sweep: &Running,
    point: &PointPlan,
    record: &CaseRecord,
    failures: &[Failure],
    args: &RunArgs,
    ended: &mut Ended,
) {
    let name = format!("{} at {}", sweep.plan.case, label(&point.settings));
    let line = case_table::line(record, failures);
    let figures = line.strip_prefix(&format!("{}: ", record.case)).unwrap_or(&line);
    if !args.cases.quiet
        && !ended.is_mute
        && let Err(error) = print(&format!("{name}: {figures}"))
    {
        complain(&error.to_string());
        ended.is_mute = true;
    }
    if leaked_bytes(&record.metrics) > 0 {
        alarm(&format!("at {}: {}", label(&point.settings), case_failures::leak(record).unwrap_or_default()));
    }
    if args.verify && verify::case(record, point.plan.closed_form, true) {
        ended.disproved.push(name.clone());
    }
    for failure in failures {
        complain(&format!("at {}: {}", label(&point.settings), case_failures::failure(failure)));
    }
    if !failures.is_empty() {
        ended.failed.push(name);
    }
}

/// The points of all sweeps in the order in which they run: the same point of each map one after the other, since a machine's
/// speed drifts, and then the sizes beside doublings.
fn order(running: &[Running]) -> Vec<(usize, PointPlan)> {
    let most = running.iter().map(|sweep| sweep.plan.points.len()).max().unwrap_or(0);
    let at = |cliff: bool| {
        (0..most).flat_map(move |number| {
            running.iter().enumerate().filter_map(move |(at, sweep)| {
                let point = sweep.plan.points.get(number).filter(|point| point.cliff == cliff)?;
                Some((at, point.clone()))
            })
        })
    };
    at(false).chain(at(true)).collect()
}

/// The sweep of a plan, with the points that are there.
fn begin(plan: SweepPlan, settings: &[String], cases: &CaseArgs) -> Result<Running> {
    let folder = plan.case.sweep_folder(&cases.out, settings);
    let path = folder.join(SWEEP_RECORD);
    let Some(first) = plan.points.first().map(|point| &point.plan) else {
        return Err(Error::input("no point is left to run"));
    };
    let mut new = new_record(&plan, settings, first);
    if path.is_file() {
        let old = read(&path)?;
        if let Some(difference) = difference(&old, &new) {
            return Err(Error::input(format!(
                "{}: the sweep in {} differs from what you asked for: {difference}; move it away, or choose another folder \
                 with --out",
                plan.case,
                folder.shown()
            )));
        }
        new.points = old.points;
        new.cliffs = new.cliffs.or(old.cliffs);
    }
    std::fs::create_dir_all(&folder).map_err(|e| {
        Error::case(format!("{}: cannot be created: {e}; choose another folder with --out", folder.shown()))
    })?;
    Ok(Running { plan, folder, record: new })
}

fn new_record(plan: &SweepPlan, settings: &[String], first: &CasePlan) -> SweepRecord {
    SweepRecord {
        format: SWEEP_FORMAT,
        mapprof: env!("CARGO_PKG_VERSION").to_owned(),
        case: plan.case.clone(),
        settings: settings.to_vec(),
        definition: plan.definition.clone(),
        map: first.map.clone(),
        seed: first.seed,
        machine: Machine::this(),
        environment: first.environment.clone(),
        arguments: first.arguments.clone(),
        program: plan.program.clone(),
        cliffs: plan.cliffs.clone(),
        points: Vec::new(),
    }
}

/// In what a sweep differs from the one that is asked for: its own side first. Points of both would not be of one sweep.
fn difference(old: &SweepRecord, new: &SweepRecord) -> Option<String> {
    let without_prose = |record: &SweepRecord| {
        let mut definition = record.definition.clone();
        if let Some(workload) = &mut definition {
            workload.about.clear();
        }
        definition
    };
    let (one, other) = (without_prose(old), without_prose(new));
    let clean = |text: &String| printable(text).into_owned();
    let arguments: Vec<String> = new.arguments.iter().map(clean).collect();
    let environment = new.environment.iter().map(|(name, value)| (clean(name), clean(value))).collect();
    let kind = |machine: &Machine| (machine.arch.clone(), machine.cpu.clone(), machine.cores);
    if old.mapprof != new.mapprof {
        Some(format!("mapprof {} and {}", old.mapprof, new.mapprof))
    } else if old.case != new.case {
        Some(format!("{} and {}", old.case, new.case))
    } else if one != other {
        Some(definitions(one.as_ref(), other.as_ref()))
    } else if old.seed != new.seed {
        Some(format!("seed {} and seed {}", old.seed, new.seed))
    } else if old.map.version != new.map.version {
        Some(format!("{} {} and {}", new.case.map, old.map.version, new.map.version))
    } else if kind(&old.machine) != kind(&new.machine) {
        Some("it is of another machine".to_owned())
    } else if old.arguments != arguments {
        Some(parameters(&old.arguments, &arguments))
    } else if old.environment != environment {
        Some(environments(&old.environment, &environment))
    } else {
        old.program.difference(&new.program)
    }
}

/// Whether a point is there: all went well, this program measured it, as often and with as many passes as the plan has.
fn is_done(record: &SweepRecord, point: &PointPlan, worker: Option<&Path>) -> bool {
    let settings = by_name(&point.settings);
    let Some(known) = record.points.iter().find(|known| known.settings == settings) else { return false };
    let worker = worker.map(|program| program.to_string_lossy().into_owned());
    known.failures.is_empty()
        && known.repeats >= point.plan.repeats
        && point.plan.kinds().all(|kind| known.passes.contains(&kind))
        && !built_since(worker.as_deref(), &point.plan.run_by, known.started_unix_s)
}

fn point_record(point: &PointPlan, record: &CaseRecord, failures: Vec<Failure>) -> PointRecord {
    let (closed_form, no_closed_form) = match oracle::figures(record, point.plan.closed_form) {
        Ok(figures) => {
            let one = |(name, (low, high)): (&str, (f64, f64))| (name.to_owned(), Bounds { low, high });
            (figures.into_iter().map(one).collect(), None)
        }
        Err(why) => (Default::default(), Some(why)),
    };
    PointRecord {
        settings: by_name(&point.settings),
        cliff: point.cliff,
        session: record.session.clone(),
        started_unix_s: record.started_unix_s,
        repeats: record.repeats,
        passes: record.passes.keys().copied().collect(),
        metrics: record.metrics.clone(),
        closed_form,
        no_closed_form,
        failures,
        rerun: record.rerun.clone(),
    }
}

/// Draws each sweep, and those of a workload together. What cannot be drawn or written is told, and the records stay.
fn draw(running: &[Running], cases: &CaseArgs) {
    let drawn = |sweeps: &[&Running], path: &Path| -> Result<()> {
        let series: Vec<Series<'_>> = sweeps.iter().flat_map(|sweep| Series::of(&sweep.record)).collect();
        let title = sweeps.first().map_or(String::new(), |sweep| sweep.plan.case.workload.clone());
        run_dir::write_whole(path, &sweep_chart::render(&title, &series)?)
    };
    let mut workloads: Vec<&str> = Vec::new();
    for sweep in running {
        if let Err(error) = drawn(&[sweep], &sweep.folder.join(SWEEP_PICTURE)) {
            complain(&error.to_string());
        }
        let workload = sweep.plan.case.workload.as_str();
        if !workloads.contains(&workload) {
            workloads.push(workload);
        }
    }
    for workload in workloads {
        let of_it: Vec<&Running> =
            running.iter().filter(|sweep| sweep.plan.case.workload == workload).collect();
        if of_it.len() > 1
            && let Err(error) = drawn(&of_it, &cases.out.join(workload).join(SWEEP_PICTURE))
        {
            complain(&error.to_string());
        }
    }
}
