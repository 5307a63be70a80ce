//! From what the passes of a case reported to its record and its profiles.

use std::collections::BTreeMap;
use std::time::Duration;

use super::case::CasePlan;
use super::heard::PassOutput;
use super::passes::Gathered;
use super::protocol::Subject;
use super::reconcile;
use crate::error::Result;
use crate::profile::Profile;
use crate::profile::build::{Context, cpu_profile, heap_profile};
use crate::profile::sites::name_sites;
use crate::profile::symbolize::Symbolizer;
use crate::record::{CaseRecord, FORMAT, Failure, Machine, MapRecord, PassKind, waterfalls};

/// When a case was run.
#[derive(Debug, Clone, Copy, Default)]
pub struct When<'a> {
    /// Since 1970.
    pub started: Duration,
    /// How long all passes took.
    pub took: Duration,
    /// The invocation.
    pub session: &'a str,
}

/// What the passes of a case came to.
pub struct Assembled {
    /// The record, files not yet named.
    pub record: CaseRecord,
    /// The heap profile.
    pub heap: Option<Profile>,
    /// The CPU profile.
    pub cpu: Option<Profile>,
    /// What went wrong.
    pub failures: Vec<Failure>,
}

/// Turns what the passes gave into profiles and a record. `rerun` is the command that runs the case again.
pub fn assemble(plan: &CasePlan, rerun: String, gathered: Gathered, when: &When) -> Assembled {
    let Gathered { mut outputs, metrics, repeats, mut failures } = gathered;
    let context = Context {
        workload: plan.subject.name().to_owned(),
        map: plan.map.name.clone(),
        seed: plan.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rerun: rerun.clone(),
        phases: outputs
            .values()
            .next()
            .map(|first| first.record.phases.iter().map(|phase| phase.name.clone()).collect())
            .unwrap_or_default(),
        time_nanos: when.started.as_nanos() as i64,
        duration_nanos: when.took.as_nanos() as i64,
    };
    let mut symbolizer = Symbolizer::new();
    if let Some(memory) = outputs.get_mut(&PassKind::Memory) {
        name_growth(memory, &mut symbolizer);
    }
    let mut profile_of =
        |pass: PassKind, build: &mut dyn FnMut(&PassOutput, &mut Symbolizer) -> Option<Result<Profile>>| {
            let built = build(outputs.get(&pass)?, &mut symbolizer)?;
            built
                .map_err(|error| failures.push(plan.failure(pass.name(), "no-profile", error.to_string())))
                .ok()
        };
    let heap = profile_of(PassKind::Heap, &mut |output, symbolizer| {
        Some(heap_profile(output.heap.as_ref()?, &output.mappings, &context, symbolizer))
    });
    let cpu = profile_of(PassKind::Cpu, &mut |output, symbolizer| {
        Some(cpu_profile(output.cpu.as_ref()?, &output.mappings, &context, symbolizer))
    });
    let record = CaseRecord {
        format: FORMAT,
        mapprof: env!("CARGO_PKG_VERSION").to_owned(),
        workload: plan.subject.name().to_owned(),
        definition: match &plan.subject {
            Subject::Workload(workload) => Some((**workload).clone()),
            Subject::Program(_) => None,
        },
        map: map_of(plan, &outputs),
        seed: plan.seed,
        threads: plan.threads,
        session: when.session.to_owned(),
        repeats,
        machine: Machine::this(),
        started_unix_s: when.started.as_secs(),
        rerun,
        metrics,
        waterfalls: outputs
            .get(&PassKind::Memory)
            .and_then(|memory| Some(waterfalls(memory.record.memory.as_ref()?, &memory.record.phases)))
            .unwrap_or_default(),
        heap: outputs
            .get(&PassKind::Heap)
            .zip(heap.as_ref())
            .and_then(|(output, profile)| reconcile::heap(output, profile)),
        cpu: outputs
            .get(&PassKind::Cpu)
            .zip(cpu.as_ref())
            .and_then(|(output, profile)| reconcile::cpu(output, profile)),
        passes: outputs.into_iter().map(|(kind, output)| (kind, output.record)).collect(),
        files: Vec::new(),
    };
    Assembled { record, heap, cpu, failures }
}

/// The map as the child knows it: another program may have another version of the package.
fn map_of(plan: &CasePlan, outputs: &BTreeMap<PassKind, PassOutput>) -> MapRecord {
    let told = outputs.values().find_map(|output| output.map.as_ref());
    told.filter(|map| map.name == plan.map.name).unwrap_or(&plan.map).clone()
}

/// Gives the growth events of a memory pass the names of their sites, in place of addresses.
fn name_growth(output: &mut PassOutput, symbolizer: &mut Symbolizer) {
    let Some(memory) = &mut output.record.memory else { return };
    let stacks: Vec<Vec<u64>> =
        memory.growth.iter_mut().map(|growth| std::mem::take(&mut growth.stack)).collect();
    let borrowed: Vec<&[u64]> = stacks.iter().map(Vec::as_slice).collect();
    let sites = name_sites(&borrowed, &output.mappings, symbolizer);
    for (growth, site) in memory.growth.iter_mut().zip(sites) {
        (growth.site, growth.file, growth.line) = (site.name, site.file, site.line);
    }
}
