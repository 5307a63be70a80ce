//! `mapprof pick`: which map is best within limits.

use std::slice::from_ref;

use super::planned_cases::plan;
use super::resolve_runs::{self, INTERRUPTED};
use super::run_request::RunRequest;
use super::terminal::{complain, note, print, print_json, width};
use crate::cli::{CaseArgs, PickArgs, ProfileArgs, Skippable};
use crate::compare::{Choice, Goal, Limit, refused_among};
use crate::error::{Error, Result};
use crate::output::choice::Answer;
use crate::output::comparison::TWO_LANGUAGES;
use crate::record::run_store::StoredRun;
use crate::record::{CaseId, PassKind, pass_of};
use crate::worker::registry::Registry;
use crate::workload::catalog::parts;

/// The exit code where no map keeps the limits.
const NONE: u8 = 1;

/// Runs what is missing, and says which map is best. Returns the exit code.
///
/// # Errors
/// When a limit or a metric is none, no map can run the workload, or a run in the place of one that is needed differs.
pub fn pick(registry: &Registry, args: &PickArgs) -> Result<u8> {
    let of_limit = |text: &String| {
        Limit::parse(text, "--limit".to_owned()).map_err(|wrong| Error::input(format!("--limit: {wrong}")))
    };
    let limits: Vec<Limit> = args.limit.iter().map(of_limit).collect::<Result<_>>()?;
    let goal =
        Goal::parse(&args.best).map_err(|wrong| Error::input(format!("--best {}: {wrong}", args.best)))?;
    if args.cases.base_program.is_some() {
        return Err(Error::input("--base-program: pick is about the maps of one program; leave it out"));
    }
    let named: Vec<(String, Vec<String>)> =
        limits.iter().map(|limit| (limit.text.clone(), limit.figures())).collect();
    let cases = with_passes(&args.cases, &goal, &named)?;
    let all = ["all".to_owned()];
    let maps = match args.map.as_slice() {
        [] if registry.program(parts(&args.workload).0).is_none() => &all,
        maps => maps,
    };
    let (workloads, profiles) = (from_ref(&args.workload), &ProfileArgs::default());
    let mut plans = plan(registry, &RunRequest { workloads, maps, cases: &cases, profiles, verify: false })?;
    // The floor does no work, so it is best in everything.
    plans.cases.retain(|plan| !registry.is_floor(&plan.case.map));
    if plans.cases.is_empty() {
        let why = plans.skipped.first().map_or(String::new(), |reason| format!(": {reason}"));
        return Err(Error::input(format!(
            "{}: no map is left to choose from{why}; mapprof list maps has all",
            args.workload
        )));
    }
    let resolved = resolve_runs::of_plans(&plans, &cases)?;
    if resolved.code == INTERRUPTED {
        return Ok(INTERRUPTED);
    }
    let beside: Vec<_> = resolved.runs.iter().map(|run| (run.path.as_path(), &run.record)).collect();
    let refused = refused_among(&beside, &[]);
    if !refused.is_empty() {
        refused.iter().for_each(|line| complain(&without_flag(line)));
        return Ok(2);
    }
    let is_go = |run: &StoredRun| run.case().runtime.is_some();
    if !cases.quiet && resolved.runs.iter().any(is_go) && !resolved.runs.iter().all(is_go) {
        note(TWO_LANGUAGES);
    }
    let choice = Choice::new(goal, &limits, resolved.runs.iter().map(|run| &run.record));
    let has_run = |case: &CaseId| resolved.runs.iter().any(|run| run.case() == case);
    let failed: Vec<CaseId> =
        plans.cases.iter().map(|plan| plan.case.clone()).filter(|case| !has_run(case)).collect();
    let answer = Answer {
        workload: &args.workload,
        choice: &choice,
        limits: &named,
        failed: &failed,
        skipped: &plans.skipped,
    };
    if args.json {
        print_json(&answer.data())?;
    } else {
        print(&if cases.quiet { answer.sentence() } else { answer.text(width()) })?;
    }
    Ok(match resolved.code {
        0 if choice.kept.is_empty() => NONE,
        code => code,
    })
}

/// What may not be chosen among, without the flag of `compare` that permits it.
fn without_flag(line: &str) -> String {
    let what = line.split_once("; compare them all the same").map_or(line, |(what, _)| what);
    format!("{what}; run them again, or choose another folder with --out")
}

/// The cases with the passes that the figures come from.
fn with_passes(cases: &CaseArgs, goal: &Goal, limits: &[(String, Vec<String>)]) -> Result<CaseArgs> {
    let mut cases = cases.clone();
    let of_goal = (format!("--best {}", goal.metric), &goal.metric);
    let of_limits = limits
        .iter()
        .flat_map(|(text, figures)| figures.iter().map(move |name| (format!("--limit '{text}'"), name)));
    for (flag, name) in [of_goal].into_iter().chain(of_limits) {
        let skips = |pass| cases.skip.contains(&pass);
        match pass_of(name) {
            Some(PassKind::Latency) => cases.latency = true,
            Some(PassKind::HugePages) => {
                let pass = PassKind::HugePages.name().to_owned();
                if !cases.also.contains(&pass) {
                    cases.also.push(pass);
                }
            }
            Some(kind @ PassKind::Time) if skips(Skippable::Time) => return Err(skipped(&flag, name, kind)),
            Some(kind @ PassKind::Memory) if skips(Skippable::Memory) => {
                return Err(skipped(&flag, name, kind));
            }
            _ => {}
        }
    }
    Ok(cases)
}

fn skipped(flag: &str, metric: &str, kind: PassKind) -> Error {
    let pass = kind.name();
    Error::input(format!("{flag}: {metric} comes from the {pass} pass; leave --skip {pass} out"))
}
