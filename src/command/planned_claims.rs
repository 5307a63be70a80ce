//! The cases that the claims of a workload compare, each with the passes that their figures need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::go_counterpart;
use super::planned_cases::{Plans, plan};
use super::run_request::RunRequest;
use crate::cli::{CaseArgs, ClaimsArgs, ProfileArgs, Skippable, WorkloadArgs};
use crate::compare::claim::{self, TestedClaim, TestedElsewhere};
use crate::error::{Error, Result};
use crate::record::{CaseId, CaseRecord, Failure, Machine, PassKind, failed_case, pass_of, run_store};
use crate::worker::program::OWN_MAP;
use crate::worker::registry::Registry;
use crate::workload::Catalog;
use crate::workload::claim::{Claim, Side};

/// The map of a side that names none, where its variant does not either.
pub(super) const DEFAULT_MAP: &str = "std";

/// What tells the cases of a workload apart: variant, map, threads.
type Setting = (Option<String>, Option<String>, Option<u16>);

/// The claims of a workload, with the cases that they compare.
pub struct PlannedClaims<'c> {
    /// The workload.
    pub workload: &'c str,
    /// Its claims.
    pub claims: Vec<&'c Claim>,
    /// The cases that are to run.
    pub plans: Plans,
    /// Which case a side is.
    cases: BTreeMap<Setting, CaseId>,
    /// The other language whose maps they are put to the test on; none for Rust.
    runtime: Option<String>,
    /// Why sides cannot be run in that language.
    refused: BTreeMap<Setting, String>,
}

impl<'c> PlannedClaims<'c> {
    /// Plans the cases of claims that apply on this machine.
    ///
    /// # Errors
    /// When a side names a map that is not there, or one that cannot run the workload.
    pub fn new(
        registry: &Registry,
        catalog: &Catalog,
        args: &ClaimsArgs,
        workload: &'c str,
        claims: Vec<&'c Claim>,
        machine: &Machine,
        runtime: Option<&str>,
    ) -> Result<Self> {
        let mut planned = PlannedClaims {
            workload,
            claims,
            plans: Plans { cases: Vec::new(), skipped: Vec::new() },
            cases: BTreeMap::new(),
            runtime: runtime.map(str::to_owned),
            refused: BTreeMap::new(),
        };
        let mut needed: BTreeMap<Setting, (String, BTreeSet<PassKind>)> = BTreeMap::new();
        for claim in planned
            .claims
            .iter()
            .filter(|claim| claim::inapplicable(claim, machine, runtime.is_some()).is_none())
        {
            for side in claim.sides() {
                let (_, passes) = needed
                    .entry(setting(registry, catalog, workload, claim, side)?)
                    .or_insert_with(|| (claim.place.clone(), BTreeSet::new()));
                passes.extend(pass_of(claim.metric_of(side)));
                passes.extend(claim.shown_by.iter().map(|name| pass_of(name).unwrap_or(PassKind::Memory)));
            }
        }
        for (setting, (place, passes)) in needed {
            match (planned.add(registry, args, &setting, &place, &passes), runtime) {
                (Err(why), Some(_)) => {
                    // Another claim may have the same side.
                    let why = why.to_string();
                    let words = why.strip_prefix(&format!("{place}: ")).unwrap_or(&why);
                    planned.refused.insert(setting, words.to_owned());
                }
                (added, _) => added?,
            }
        }
        Ok(planned)
    }

    fn add(
        &mut self,
        registry: &Registry,
        args: &ClaimsArgs,
        setting: &Setting,
        place: &str,
        passes: &BTreeSet<PassKind>,
    ) -> Result<()> {
        let (variant, map, threads) = setting;
        let wrong = |why: &dyn std::fmt::Display| Error::input(format!("{place}: {why}"));
        // In another language the map has another name, with the language's before it.
        let map = match (&self.runtime, map) {
            (None, map) => map.clone(),
            (Some(runtime), None) => Some(format!("{runtime}/{OWN_MAP}")),
            (Some(runtime), Some(map)) => {
                Some(format!("{runtime}/{}", go_counterpart::of(map).map_err(|why| wrong(&why))?))
            }
        };
        let name = match variant {
            Some(variant) => format!("{}@{variant}", self.workload),
            None => self.workload.to_owned(),
        };
        let cases = case_args(args, *threads, passes);
        let wanted = RunRequest {
            workloads: &[name],
            maps: map.as_slice(),
            cases: &cases,
            profiles: &ProfileArgs::default(),
            verify: false,
        };
        let plans = plan(registry, &wanted).map_err(|error| wrong(&error))?;
        for case in plans.cases {
            self.cases.insert(setting.clone(), case.case.clone());
            self.plans.cases.push(case);
        }
        Ok(())
    }

    /// Whether they are put to the test on the maps of another language.
    pub fn is_elsewhere(&self) -> bool {
        self.runtime.is_some()
    }

    /// Takes in why cases could not be run, of which nothing can then be said in another language.
    pub fn take_failures(&mut self, failures: &[Failure]) {
        let refused = |case: &CaseId| {
            failures.iter().find(|failure| failure.case == *case && failure.kind == "refused")
        };
        let of_settings = self.cases.iter().filter_map(|(setting, case)| Some((setting, refused(case)?)));
        let found: Vec<(Setting, String)> =
            of_settings.map(|(setting, failure)| (setting.clone(), failure.message.clone())).collect();
        self.refused.extend(found);
    }

    /// Why cases below `root` could not be run when they were tried before.
    fn refused_before(&self, root: &Path) -> Result<BTreeMap<&Setting, String>> {
        let mut refused = BTreeMap::new();
        for (setting, case) in &self.cases {
            let folder = case.failed_folder(root);
            let has_run = case.folder(root).join(run_store::RECORD).is_file();
            if has_run || !folder.join(run_store::ERROR_RECORD).is_file() {
                continue;
            }
            let failures = failed_case::read(&folder)?.failures;
            let refusal = failures.into_iter().find(|failure| failure.kind == "refused");
            refused.extend(refusal.map(|failure| (setting, failure.message)));
        }
        Ok(refused)
    }

    /// Why a claim says nothing in the other language, if so.
    fn refusal(
        &self,
        registry: &Registry,
        catalog: &Catalog,
        claim: &Claim,
        before: &BTreeMap<&Setting, String>,
    ) -> Option<String> {
        let settings: Vec<Setting> = claim
            .sides()
            .filter_map(|side| setting(registry, catalog, self.workload, claim, side).ok())
            .collect();
        if let Some(why) = settings.iter().find_map(|of| self.refused.get(of).or_else(|| before.get(of))) {
            return Some(why.clone());
        }
        let cases: Vec<&CaseId> = settings.iter().filter_map(|setting| self.cases.get(setting)).collect();
        let is_one = matches!(cases.as_slice(), [left, right] if left == right);
        let differs = matches!(settings.as_slice(), [left, right] if left != right);
        (is_one && differs).then(|| "both sides are the same map in Go".to_owned())
    }

    /// What the runs below `root` say of each claim in the other language, in the order of the claims.
    ///
    /// # Errors
    /// When a record is there and cannot be understood.
    pub fn test_elsewhere(
        &self,
        registry: &Registry,
        catalog: &Catalog,
        machine: &Machine,
        root: &Path,
    ) -> Result<Vec<TestedElsewhere>> {
        let runtime = self.runtime.as_deref().unwrap_or_default();
        let tested = self.test(registry, catalog, machine, root)?;
        let before = self.refused_before(root)?;
        let one =
            |(claim, tested): (&&Claim, TestedClaim)| match self.refusal(registry, catalog, claim, &before) {
                Some(why) => TestedElsewhere::inapplicable(runtime, why),
                None => TestedElsewhere::of(runtime, tested),
            };
        Ok(self.claims.iter().zip(tested).map(one).collect())
    }

    /// What the runs below `root` say of each claim.
    ///
    /// # Errors
    /// When a record is there and cannot be understood.
    pub fn test(
        &self,
        registry: &Registry,
        catalog: &Catalog,
        machine: &Machine,
        root: &Path,
    ) -> Result<Vec<TestedClaim>> {
        let mut runs: BTreeMap<&Setting, CaseRecord> = BTreeMap::new();
        for (setting, case) in &self.cases {
            let folder = case.folder(root);
            if folder.join(run_store::RECORD).is_file() {
                runs.insert(setting, run_store::read(&folder)?.record);
            }
        }
        let tested = self.claims.iter().map(|claim| {
            claim::test(self.workload, claim, machine, self.runtime.is_some(), |side| {
                runs.get(&setting(registry, catalog, self.workload, claim, side).ok()?)
            })
        });
        Ok(tested.collect())
    }
}

/// The setting of a side, with the map that it stands for.
fn setting(
    registry: &Registry,
    catalog: &Catalog,
    workload: &str,
    claim: &Claim,
    side: &Side,
) -> Result<Setting> {
    let wrong = |what: String| Error::input(format!("{}: {what}", claim.place));
    if registry.program(workload).is_some() {
        return match (&side.map, side.threads) {
            (None, None) => Ok((side.variant.clone(), None, None)),
            _ => Err(wrong(format!(
                "\"{workload}\" is a program: its claims name variants, no maps and threads"
            ))),
        };
    }
    let name = side.variant.as_ref().map_or(workload.to_owned(), |variant| format!("{workload}@{variant}"));
    let variants = catalog.variants(&name)?;
    let of_variant = variants.first().copied().flatten().map_or(&[] as &[String], |variant| &variant.maps);
    let map = match (&side.map, of_variant) {
        (Some(map), _) => map.clone(),
        (None, []) => DEFAULT_MAP.to_owned(),
        (None, [only]) => only.clone(),
        (None, several) => {
            return Err(wrong(format!(
                "{name} is for {}: the side must name one of them",
                several.join(", ")
            )));
        }
    };
    Ok((side.variant.clone(), Some(map), side.threads))
}

/// How a case is run that needs these passes.
pub fn case_args(args: &ClaimsArgs, threads: Option<u16>, passes: &BTreeSet<PassKind>) -> CaseArgs {
    let is_timed = passes.iter().any(|pass| *pass != PassKind::Memory);
    let left_out =
        [Skippable::Time, Skippable::Memory].into_iter().filter(|one| !passes.contains(&one.kind()));
    let optional = |pass: &&PassKind| !matches!(pass, PassKind::Time | PassKind::Memory | PassKind::Latency);
    CaseArgs {
        of: WorkloadArgs { workloads: args.workloads.clone(), entries: None, ops: None, set: Vec::new() },
        seed: 1,
        threads,
        env: Vec::new(),
        arguments: Vec::new(),
        latency: passes.contains(&PassKind::Latency),
        also: passes.iter().filter(optional).map(|pass| pass.name().to_owned()).collect(),
        skip: left_out.collect(),
        repeat: if is_timed { args.repeat } else { 1 },
        base_program: None,
        go: args.go.clone(),
        worker: None,
        timeout: args.timeout,
        out: args.out.clone(),
        base_out: args.out.clone(),
        quiet: true,
    }
}
