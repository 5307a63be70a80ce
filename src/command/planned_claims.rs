//! The cases that the claims of a workload compare, each with the passes that their figures need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::planned_cases::{Plans, plan};
use super::run_request::RunRequest;
use crate::cli::{CaseArgs, ClaimsArgs, ProfileArgs, Skippable, WorkloadArgs};
use crate::compare::claim::{self, TestedClaim};
use crate::error::{Error, Result};
use crate::record::{CaseId, CaseRecord, Machine, PassKind, pass_of, run_store};
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
    ) -> Result<Self> {
        let mut planned = PlannedClaims {
            workload,
            claims,
            plans: Plans { cases: Vec::new(), skipped: Vec::new() },
            cases: BTreeMap::new(),
        };
        let mut needed: BTreeMap<Setting, (String, BTreeSet<PassKind>)> = BTreeMap::new();
        for claim in planned.claims.iter().filter(|claim| claim::inapplicable(claim, machine).is_none()) {
            for side in claim.sides() {
                let (_, passes) = needed
                    .entry(setting(registry, catalog, workload, claim, side)?)
                    .or_insert_with(|| (claim.place.clone(), BTreeSet::new()));
                passes.extend(pass_of(claim.metric_of(side)));
                passes.extend(claim.shown_by.iter().map(|name| pass_of(name).unwrap_or(PassKind::Memory)));
            }
        }
        for (setting, (place, passes)) in needed {
            planned.add(registry, args, setting, &place, &passes)?;
        }
        Ok(planned)
    }

    fn add(
        &mut self,
        registry: &Registry,
        args: &ClaimsArgs,
        setting: Setting,
        place: &str,
        passes: &BTreeSet<PassKind>,
    ) -> Result<()> {
        let (variant, map, threads) = &setting;
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
        let plans = plan(registry, &wanted).map_err(|error| Error::input(format!("{place}: {error}")))?;
        for case in plans.cases {
            self.cases.insert(setting.clone(), case.case.clone());
            self.plans.cases.push(case);
        }
        Ok(())
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
            claim::test(self.workload, claim, machine, |side| {
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
        go: Vec::new(),
        worker: None,
        timeout: args.timeout,
        out: args.out.clone(),
        base_out: args.out.clone(),
        quiet: true,
    }
}
