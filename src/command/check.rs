//! `mapprof check`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::arguments::filter;
use super::planned_cases::plan;
use super::run_request::RunRequest;
use super::terminal::{complain, print, print_bytes, width};
use super::top_changed_site::first_sites;
use super::{atomic_file, run};
use crate::cli::{CheckArgs, CheckFormat, Mismatch, ProfileArgs};
use crate::compare::tolerance::percent;
use crate::compare::{
    Budgets, FirstSites, Judgement, Report, Rules, Tolerances, Verdict, against_baseline, against_budgets,
    refused_pair,
};
use crate::error::{Error, Result, nearest};
use crate::output::{bencher, github, junit, verdicts};
use crate::printable::PrintablePath;
use crate::record::run_store::{self, StoredRun};
use crate::record::{CaseId, Failure};
use crate::worker::program::OWN_MAP;
use crate::worker::program_info::Program;
use crate::worker::registry::Registry;
use crate::workload::Catalog;
use crate::workload::catalog::parts;
use crate::workload::toml_reader::text_of;

/// Checks what the arguments ask for and returns the exit code.
///
/// # Errors
/// When there is nothing to be checked, or the runs cannot be compared.
pub fn check(registry: &Registry, args: &CheckArgs) -> Result<u8> {
    let filter = filter(&args.filter)?;
    let rules = Rules {
        tolerances: Tolerances::parse(&args.tolerance)?,
        drift: percent(&format!("--drift {}", args.drift), &args.drift)?,
        allow_machine_mismatch: args.allow_mismatch.contains(&Mismatch::Machine),
        filter: &filter,
    };
    let mut budgets = Budgets { budgets: Vec::new() };
    for file in &args.budget {
        budgets.budgets.extend(Budgets::parse(&text_of(file)?, &file.shown())?.budgets);
    }
    let asked = Asked::new(registry, args)?;
    if budgets.budgets.is_empty() && args.baseline.is_none() && args.cases.base_program.is_none() {
        return Err(Error::input(
            "nothing to check against: give --budget FILE, --baseline DIR, or --base-program PROGRAM with a workload",
        ));
    }
    // Looked at before anything is run: a wrong folder or name should not cost the time of a run.
    asked.refuse_itself(args)?;
    for file in args.junit.iter().chain(&args.json).chain(&args.bencher) {
        atomic_file::check(file)?;
    }
    let recorded = args.baseline.as_deref().map(run_store::find).transpose()?;
    let found = asked.found()?;
    asked.refuse_idle(registry, args, &budgets, &found)?;
    let Runs { new, base, code, failures } = asked.runs(registry, args, found, recorded)?;
    if code == 130 {
        return Ok(code);
    }

    let kept = |runs: Vec<StoredRun>| -> Vec<StoredRun> {
        runs.into_iter().filter(|run| filter.case(run.case())).collect()
    };
    let (good, failed): (Vec<StoredRun>, Vec<StoredRun>) =
        kept(new).into_iter().partition(|run| run.failures.is_empty());
    if good.is_empty() && failed.is_empty() && failures.is_empty() {
        return Err(Error::input("no run is left to check: --workload and --map let none pass"));
    }
    let good = by_case(good, "run")?;
    let gone: BTreeSet<CaseId> = failed
        .iter()
        .map(StoredRun::case)
        .chain(failures.iter().map(|failure| &failure.case))
        .cloned()
        .collect();
    let failures: Vec<Failure> = failed.into_iter().flat_map(|run| run.failures).chain(failures).collect();
    let mut judgements = Vec::new();
    let mut sites = FirstSites::new();
    if let Some(base) = base {
        // Of a recorded baseline the failed runs are none.
        let base = kept(base).into_iter().filter(|run| run.failures.is_empty()).collect();
        let base = by_case(base, "baseline")?;
        let refused = refused(&good, &base, &args.allow_mismatch);
        if !refused.is_empty() {
            refused.iter().for_each(|line| complain(line));
            return Ok(2);
        }
        judgements.extend(compared(&good, &base, &gone, &rules));
        sites = first_sites(&base, &good, &judgements);
    }
    for run in good.values() {
        judgements.extend(against_budgets(&run.record, &budgets.budgets, &filter));
    }
    let mut report = Report::new(judgements, failures, args.strict).with_sites(&sites);
    report.exit_code = report.exit_code.max(code);
    if report.judgements.is_empty() && report.exit_code == 0 {
        return Err(Error::input("no metric is left to check: the filters let none pass"));
    }
    if let (Some(why), 0 | 1) = (nothing_compared(&report), report.exit_code) {
        return Err(Error::input(why));
    }
    let bencher = args.bencher.as_ref().map_or(Ok(()), |file| {
        let json = bencher::render(good.values().map(|run| &run.record), |name| filter.metric(name))?;
        atomic_file::write(file, json.as_bytes())
    });
    tell(&report, args).and(bencher)?;
    Ok(report.exit_code)
}

/// Why nothing could be said of any figure, if so: then the check has neither passed nor failed.
fn nothing_compared(report: &Report) -> Option<String> {
    let idle = |judgement: &Judgement| matches!(judgement.verdict, Verdict::Skipped | Verdict::New);
    if !report.judgements.iter().all(idle) {
        return None;
    }
    let first = report.judgements.iter().find(|judgement| judgement.verdict == Verdict::Skipped);
    Some(match (first, report.judgements.first()) {
        (Some(skipped), _) => {
            format!("nothing could be compared: {}: {}", skipped.case, skipped.words)
        }
        (None, Some(new)) => {
            format!("nothing could be compared: the baseline does not have {} of {}", new.subject(), new.case)
        }
        (None, None) => "nothing could be compared".to_owned(),
    })
}

/// The runs by case, each there once.
fn by_case(runs: Vec<StoredRun>, what: &str) -> Result<BTreeMap<CaseId, StoredRun>> {
    let mut all: BTreeMap<CaseId, StoredRun> = BTreeMap::new();
    for run in runs {
        if let Some(other) = all.get(run.case()) {
            return Err(Error::input(format!(
                "{} is there twice as a {what}: {} and {}; name one of them",
                run.case(),
                other.path.shown(),
                run.path.shown()
            )));
        }
        all.insert(run.case().clone(), run);
    }
    Ok(all)
}

fn refused(
    good: &BTreeMap<CaseId, StoredRun>,
    base: &BTreeMap<CaseId, StoredRun>,
    allowed: &[Mismatch],
) -> Vec<String> {
    let allowed = super::arguments::allowed_mismatches(allowed);
    let pairs = good.iter().filter_map(|(case, run)| Some((base.get(case)?, run)));
    pairs.flat_map(|(base, run)| refused_pair(&base.record, &run.record, &allowed)).collect()
}

/// Every case of both sides. Those of `gone` failed to run, which is told elsewhere.
fn compared(
    good: &BTreeMap<CaseId, StoredRun>,
    base: &BTreeMap<CaseId, StoredRun>,
    gone: &BTreeSet<CaseId>,
    rules: &Rules,
) -> Vec<Judgement> {
    let whole = |case: &CaseId, verdict, words| Judgement::of(case, "", verdict, words);
    let mut judgements = Vec::new();
    for (case, run) in good {
        match base.get(case) {
            Some(base) => judgements.extend(against_baseline(&base.record, &run.record, rules)),
            None if rules.filter.intersection || gone.contains(case) => {}
            None => judgements.push(whole(case, Verdict::New, "new: the baseline does not have it")),
        }
    }
    let is_missing = |case: &&CaseId| !good.contains_key(*case) && !gone.contains(*case);
    if !rules.filter.intersection {
        let words = "missing: the baseline has it, and there is no run";
        judgements.extend(base.keys().filter(is_missing).map(|case| whole(case, Verdict::Missing, words)));
    }
    judgements
}

/// What the command line names: folders with runs, and workloads to be run first.
struct Asked {
    folders: Vec<PathBuf>,
    workloads: Vec<String>,
}

/// The runs that are checked, and those they are compared with.
struct Runs {
    new: Vec<StoredRun>,
    base: Option<Vec<StoredRun>>,
    /// What the running came to: 0, 3 or 130.
    code: u8,
    /// What failed of it.
    failures: Vec<Failure>,
}

impl Asked {
    fn new(registry: &Registry, args: &CheckArgs) -> Result<Self> {
        let catalog = Catalog::load(args.cases.of.workloads.as_deref())?;
        let mut asked = Asked { folders: Vec::new(), workloads: Vec::new() };
        for name in &args.of {
            if Path::new(name).exists() {
                asked.folders.push(name.into());
            } else if catalog.names().any(|known| known == parts(name).0)
                || registry.program(parts(name).0).is_some()
            {
                if !asked.workloads.contains(name) {
                    asked.workloads.push(name.clone());
                }
            } else {
                let programs = registry.programs.iter().map(|program| program.name.as_str());
                let near = nearest(name, catalog.names().chain(programs));
                let near = near.first().map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
                return Err(Error::input(format!("{name}: neither a folder with runs nor a workload{near}")));
            }
        }
        if args.baseline.is_some() && args.cases.base_program.is_some() {
            return Err(Error::input(
                "--baseline and --base-program: each of them names a baseline; give one of the two",
            ));
        }
        if asked.workloads.is_empty() && args.cases.base_program.is_some() {
            return Err(Error::input(
                "--base-program: runs in folders are not measured again; name a workload to be run",
            ));
        }
        Ok(asked)
    }

    /// Refuses a baseline that is what is checked, or that the runs to be made would take the place of.
    fn refuse_itself(&self, args: &CheckArgs) -> Result<()> {
        let Some(baseline) = &args.baseline else { return Ok(()) };
        let place = place_of(baseline);
        if let Some(folder) = self.folders.iter().find(|folder| place_of(folder) == place) {
            return Err(Error::input(format!(
                "--baseline {}: is {} itself, which is to be checked; give the folder of other runs",
                baseline.shown(),
                folder.shown()
            )));
        }
        let out = place_of(&args.cases.out);
        if !self.workloads.is_empty() && (out.starts_with(&place) || place.starts_with(&out)) {
            return Err(Error::input(format!(
                "--baseline {}: the runs to be checked would land in {} and could take its place; \
                 choose another folder with --out",
                baseline.shown(),
                args.cases.out.shown()
            )));
        }
        Ok(())
    }

    /// Whether the baseline is measured now, in turns.
    fn measures_base(&self, args: &CheckArgs) -> bool {
        args.cases.base_program.is_some()
    }

    /// The runs in the folders.
    fn found(&self) -> Result<Vec<StoredRun>> {
        let runs: Result<Vec<Vec<StoredRun>>> =
            self.folders.iter().map(|folder| run_store::find(folder)).collect();
        Ok(runs?.into_iter().flatten().collect())
    }

    /// Runs the workloads, and reads what they left.
    fn runs(
        &self,
        registry: &Registry,
        args: &CheckArgs,
        found: Vec<StoredRun>,
        recorded: Option<Vec<StoredRun>>,
    ) -> Result<Runs> {
        let mut runs = Runs { new: found, base: recorded, code: 0, failures: Vec::new() };
        if self.workloads.is_empty() {
            return Ok(runs);
        }
        let wanted = RunRequest {
            workloads: &self.workloads,
            maps: &args.filter.map,
            cases: &args.cases,
            profiles: &ProfileArgs::default(),
            verify: false,
        };
        let measured = run::measure(&args.cases, &plan(registry, &wanted)?)?;
        let fresh = measured.good_runs(&args.cases.out)?;
        if let (Some(base), true) = (&mut runs.base, self.folders.is_empty()) {
            // Of a baseline with more than was run, the rest is not missing.
            base.retain(|run| measured.cases.contains(run.case()));
        }
        runs.new.extend(fresh);
        if self.measures_base(args) {
            runs.base = Some(measured.good_runs(&args.cases.base_out)?);
        }
        (runs.code, runs.failures) = (measured.code, measured.failures);
        Ok(runs)
    }

    /// Refuses a budget that no run is held to: what holds nothing is a slip. Where workloads were run, there may be
    /// others in the file; then the names are what must be right.
    fn refuse_idle(
        &self,
        registry: &Registry,
        args: &CheckArgs,
        budgets: &Budgets,
        runs: &[StoredRun],
    ) -> Result<()> {
        let catalog = Catalog::load(args.cases.of.workloads.as_deref())?;
        for budget in &budgets.budgets {
            let held = runs.iter().any(|run| budget.fits(run.case()));
            let programs = registry.programs.iter().flat_map(Program::names_with_variants);
            let mut names = catalog.names_with_variants().chain(programs);
            let typed = args.filter.map.iter().map(|map| map.trim());
            let mut maps = registry.maps.iter().map(|entry| entry.info.name).chain([OWN_MAP]).chain(typed);
            let known = !self.workloads.is_empty()
                && names.any(|name| budget.fits_workload(&name))
                && maps.any(|map| budget.fits_map(map));
            if !held && !known {
                let cases: BTreeSet<String> = runs.iter().map(|run| run.case().to_string()).collect();
                let cases: Vec<String> = cases.into_iter().take(10).collect();
                let there = match cases.is_empty() {
                    true => "workload and map must be names that mapprof list knows, or patterns of them"
                        .to_owned(),
                    false => format!("there are {}", cases.join(", ")),
                };
                return Err(Error::input(format!(
                    "{}: the budget for {} fits no run; {there}",
                    budget.place,
                    budget.scope()
                )));
            }
        }
        Ok(())
    }
}

/// Where a folder is, or would be once it is made; of a file, the folder that it is in.
fn place_of(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there = path.ancestors().find_map(|there| Some((there, there.canonicalize().ok()?)));
    let Some((there, real)) = there else { return path };
    match path.strip_prefix(there) {
        Ok(rest) if rest.as_os_str().is_empty() && real.is_file() => {
            real.parent().map(Path::to_path_buf).unwrap_or(real)
        }
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
    }
}

/// Writes and prints the report in every form that was asked for.
fn tell(report: &Report, args: &CheckArgs) -> Result<()> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let in_actions = set("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let format = args.format.unwrap_or(match in_actions {
        true => CheckFormat::Github,
        false => CheckFormat::Table,
    });
    let mut written = Vec::new();
    if let Some(file) = &args.junit {
        written.push(atomic_file::write(file, junit::render(report)?.as_bytes()));
    }
    if let Some(file) = &args.json {
        written.push(atomic_file::write(file, json(report)?.as_bytes()));
    }
    if let (CheckFormat::Github, Some(file)) = (format, set("GITHUB_STEP_SUMMARY")) {
        written.push(append(Path::new(&file), &github::step_summary(report)));
    }
    if args.cases.quiet && args.format.is_none() {
        if report.exit_code != 0 {
            complain(&verdicts::summary(report));
        }
        return written.into_iter().collect();
    }
    match format {
        CheckFormat::Table => print(&verdicts::render(report, width())),
        // Commands for the CI service: each part of one is cleaned.
        CheckFormat::Github => print_bytes(github::annotations(report).as_bytes()),
        CheckFormat::Json => print(&json(report)?),
        CheckFormat::Junit => print(&junit::render(report)?),
    }?;
    written.into_iter().collect()
}

fn json(report: &Report) -> Result<String> {
    let mut text = serde_json::to_string_pretty(report).map_err(Error::case)?;
    text.push('\n');
    Ok(text)
}

/// The summary's file is shared with the other commands of a step: each adds to it.
fn append(path: &Path, text: &str) -> Result<()> {
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| Error::at(path, "cannot be written", &e))
}
