//! Which points a sweep has: each is a case of its own, with the settings in the place of its flags.

use std::collections::{BTreeMap, BTreeSet};

use super::planned_cases::plan;
use super::run_request::RunRequest;
use crate::cli::{CaseArgs, ProfileArgs, RunArgs, Skippable};
use crate::error::{Error, Result};
use crate::maps::ClosedForm;
use crate::number_parse::grouped;
use crate::oracle;
use crate::record::{CaseId, Settings};
use crate::run::plan::CasePlan;
use crate::sweep::setting::{ENTRIES, OPS, THREADS, check_number, label, points};
use crate::sweep::{PointSettings, Setting};
use crate::worker::protocol::Subject;
use crate::worker::registry::Registry;
use crate::workload::{Catalog, Overrides, Workload};

/// The sweep of one case.
pub struct SweepPlan {
    /// The case without what is swept.
    pub case: CaseId,
    /// The workload without it; none of a program.
    pub definition: Option<Workload>,
    /// What a program is run with, without it.
    pub program: Settings,
    /// Where the sizes at doublings are from, if they were asked for.
    pub cliffs: Option<String>,
    /// Its points, in the order in which they run.
    pub points: Vec<PointPlan>,
}

/// One point.
#[derive(Clone)]
pub struct PointPlan {
    /// The value of each setting.
    pub settings: PointSettings,
    /// Whether it was added as a size beside a doubling.
    pub cliff: bool,
    /// What is run.
    pub plan: CasePlan,
}

/// All sweeps of a command line.
pub struct SweepPlans {
    /// The settings that are swept.
    pub settings: Vec<String>,
    /// A sweep for each case.
    pub sweeps: Vec<SweepPlan>,
    /// Why cases or points were left out, each reason once for a case.
    pub skipped: Vec<String>,
}

/// The sweeps that are asked for.
///
/// # Errors
/// When a setting is none, there are too many points, or a point cannot be planned.
pub fn sweeps(registry: &Registry, args: &RunArgs) -> Result<SweepPlans> {
    let settings: Vec<Setting> = args.sweep.iter().map(|text| Setting::parse(text)).collect::<Result<_>>()?;
    let combinations = points(&settings)?;
    let names: Vec<String> = settings.iter().map(|setting| setting.name.clone()).collect();
    names.iter().try_for_each(|name| check_flags(name, &args.cases))?;
    if args.cliffs && !names.iter().any(|name| name == ENTRIES) {
        return Err(Error::input("--cliffs: is about sizes; add --sweep entries=1k..1M:13 or the like"));
    }
    let catalog = Catalog::load(args.cases.of.workloads.as_deref())?;
    let mut sweeps: Vec<SweepPlan> = Vec::new();
    let mut skipped: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for point in &combinations {
        let planned = planned(registry, args, &args.workload, &args.map, point)?;
        for reason in planned.skipped {
            let (case, why) = reason.split_once(": ").unwrap_or((&reason, ""));
            let entry = skipped.entry(case.to_owned()).or_insert_with(|| (why.to_owned(), Vec::new()));
            entry.1.push(label(point));
        }
        for plan in planned.cases {
            let case = without(&plan.case, &names);
            let place = match sweeps.iter().position(|sweep| sweep.case == case) {
                Some(place) => place,
                None => {
                    sweeps.push(begun(&catalog, args, case, &plan, &names)?);
                    sweeps.len() - 1
                }
            };
            if let Some(sweep) = sweeps.get_mut(place) {
                sweep.points.push(PointPlan { settings: point.clone(), cliff: false, plan });
            }
        }
    }
    if args.cliffs {
        for sweep in &mut sweeps {
            add_cliffs(registry, args, sweep)?;
            check_number(sweep.points.len())?;
        }
    }
    let all = combinations.len();
    let reason = |(case, (why, at)): (String, (String, Vec<String>))| match at.len() {
        points if points == all => format!("{case}: {why}"),
        1 => format!("{case} at {}: {why}", at.concat()),
        points => {
            format!("{case} at {points} points from {}: {why}", at.first().cloned().unwrap_or_default())
        }
    };
    Ok(SweepPlans { settings: names, sweeps, skipped: skipped.into_iter().map(reason).collect() })
}

/// Refuses a setting that a flag gives too.
fn check_flags(name: &str, cases: &CaseArgs) -> Result<()> {
    let sets = |set: &String| set.split_once('=').is_some_and(|(path, _)| path.trim() == name);
    let flag = match name {
        ENTRIES if cases.of.entries.is_some() => "--entries".to_owned(),
        OPS if cases.of.ops.is_some() => "--ops".to_owned(),
        THREADS if cases.threads.is_some() => "--threads".to_owned(),
        name if cases.of.set.iter().any(sets) => format!("--set {name}=…"),
        _ => return Ok(()),
    };
    Err(Error::input(format!("--sweep {name}: {flag} gives it one value; leave one of the two out")))
}

/// The flags of a point: those of the command line and its settings.
fn flags(cases: &CaseArgs, point: &PointSettings) -> Result<CaseArgs> {
    let mut cases = cases.clone();
    for (name, value) in point {
        let number =
            || value.parse::<u64>().map_err(|_| Error::input(format!("{name}={value}: is no whole number")));
        match name.as_str() {
            ENTRIES => cases.of.entries = Some(number()?),
            OPS => cases.of.ops = Some(number()?),
            THREADS => {
                let threads = number()?;
                if !(1..=1024).contains(&threads) {
                    return Err(Error::input(format!(
                        "threads must be from 1 to 1_024, got {}",
                        grouped(threads)
                    )));
                }
                cases.threads = u16::try_from(threads).ok();
            }
            name => cases.of.set.push(format!("{name}={value}")),
        }
    }
    Ok(cases)
}

/// The cases of a point. What is wrong with them is told as the sweep's.
fn planned(
    registry: &Registry,
    args: &RunArgs,
    workloads: &[String],
    maps: &[String],
    point: &PointSettings,
) -> Result<super::planned_cases::Plans> {
    let cases = flags(&args.cases, point).map_err(|error| of_point(point, &error))?;
    let wanted =
        RunRequest { workloads, maps, cases: &cases, profiles: &ProfileArgs::default(), verify: args.verify };
    plan(registry, &wanted).map_err(|error| of_point(point, &error))
}

/// An error with the point that has it, unless it names the setting as a flag.
fn of_point(point: &PointSettings, error: &Error) -> Error {
    let text = error.to_string();
    for (name, value) in point {
        let flag = match name.as_str() {
            ENTRIES | OPS => format!("--{name} {value}: "),
            _ => format!("--set {name}={value}: "),
        };
        if let Some(what) = text.strip_prefix(&flag) {
            return Error::input(format!("--sweep {name}={value}: {what}"));
        }
    }
    Error::input(format!("--sweep at {}: {text}", label(point)))
}

/// The case without what is swept: its points have it in their settings.
fn without(case: &CaseId, names: &[String]) -> CaseId {
    let mut case = case.clone();
    for name in names {
        match name.as_str() {
            THREADS => case.threads = 1,
            "hasher" => case.hasher = None,
            name => _ = case.parameters.remove(name),
        }
    }
    case
}

/// The sweep of a case that has no points yet.
fn begun(
    catalog: &Catalog,
    args: &RunArgs,
    case: CaseId,
    plan: &CasePlan,
    names: &[String],
) -> Result<SweepPlan> {
    let of = &args.cases.of;
    let overrides = Overrides { entries: of.entries, ops: of.ops, set: of.set.clone() };
    let definition = match &plan.subject {
        Subject::Workload(_) => Some(catalog.get(&case.workload_and_variant(), &overrides)?),
        Subject::Program(_) => None,
    };
    let mut program = plan.settings.clone();
    for name in names {
        program.parameters.remove(name);
        if name == ENTRIES {
            program.entries = None;
        }
    }
    Ok(SweepPlan { case, definition, program, cliffs: None, points: Vec::new() })
}

/// Adds the sizes just under and over each doubling, within the range of the sweep, for each value of the other setting.
fn add_cliffs(registry: &Registry, args: &RunArgs, sweep: &mut SweepPlan) -> Result<()> {
    let entries = |point: &PointPlan| {
        let value = point.settings.iter().find(|(name, _)| name == ENTRIES);
        value.and_then(|(_, value)| value.parse::<u64>().ok())
    };
    let others = |settings: &PointSettings| -> PointSettings {
        settings.iter().filter(|(name, _)| name != ENTRIES).cloned().collect()
    };
    let mut ranges: BTreeMap<PointSettings, (u64, u64)> = BTreeMap::new();
    for point in &sweep.points {
        let Some(entries) = entries(point) else { continue };
        let range = ranges.entry(others(&point.settings)).or_insert((entries, entries));
        *range = (range.0.min(entries), range.1.max(entries));
    }
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut added: Vec<PointPlan> = Vec::new();
    for (other, (low, high)) in ranges {
        let Some(like) = sweep.points.iter().find(|point| others(&point.settings) == other) else { continue };
        let (sizes, how) = sizes(&like.plan, low, high);
        told.insert(how);
        for size in sizes {
            let mut settings = like.settings.clone();
            for (name, value) in &mut settings {
                if name == ENTRIES {
                    *value = size.to_string();
                }
            }
            let is_there = |point: &PointPlan| point.settings == settings;
            if sweep.points.iter().any(is_there) || added.iter().any(is_there) {
                continue;
            }
            let mut args_of_it = args.cases.clone();
            args_of_it.skip = vec![Skippable::Time];
            args_of_it.latency = false;
            args_of_it.also.clear();
            let case = &like.plan.case;
            let cases = flags(&args_of_it, &settings).map_err(|error| of_point(&settings, &error))?;
            let (workload, map) = (case.workload_and_variant(), case.map.clone());
            let wanted = RunRequest {
                workloads: &[workload],
                maps: &[map],
                cases: &cases,
                profiles: &ProfileArgs::default(),
                verify: args.verify,
            };
            let planned = plan(registry, &wanted).map_err(|error| of_point(&settings, &error))?;
            added.extend(planned.cases.into_iter().map(|plan| PointPlan {
                settings: settings.clone(),
                cliff: true,
                plan,
            }));
        }
    }
    sweep.points.extend(added);
    sweep.cliffs = Some(told.into_iter().collect::<Vec<_>>().join("; "));
    Ok(())
}

/// The sizes beside doublings from `low` to `high`, and where they are from, in words.
fn sizes(plan: &CasePlan, low: u64, high: u64) -> (Vec<u64>, String) {
    let Subject::Workload(workload) = &plan.subject else {
        return (Vec::new(), "none: a program does not say when it grows".to_owned());
    };
    let map = &plan.case.map;
    let form = plan.closed_form.map_err(|why| format!("{map} {why}"));
    let of_form = form.and_then(|form| {
        if matches!(form, ClosedForm::Nothing | ClosedForm::Tree) {
            return Ok(None);
        }
        oracle::doublings(workload, form, low, high)?
            .map(Some)
            .ok_or_else(|| format!("{map} has several tables, which double one by one"))
    });
    match of_form {
        Ok(None) => (Vec::new(), format!("none: {map} has no table that doubles")),
        Ok(Some(full)) => (beside(full, low, high), format!("doublings by the closed form of {map}")),
        Err(why) => {
            let powers = (3..u64::BITS - 4).map(|power| 7 << power).filter(|full| (low..high).contains(full));
            (beside(powers.collect(), low, high), format!("seven eighths of each power of two: {why}"))
        }
    }
}

/// Each size and the next one, as far as they are within the range.
fn beside(full: Vec<u64>, low: u64, high: u64) -> Vec<u64> {
    full.into_iter().flat_map(|size| [size, size + 1]).filter(|size| (low..=high).contains(size)).collect()
}

/// A point's settings by name, as its record has them.
pub fn by_name(settings: &PointSettings) -> BTreeMap<String, String> {
    settings.iter().cloned().collect()
}
