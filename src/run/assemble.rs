//! From what the passes of a case reported to its record and its profiles.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::event_reader::PassOutput;
use super::leaks;
use super::owners;
use super::passes::PassResults;
use super::plan::CasePlan;
use super::reconcile;
use crate::error::Result;
use crate::profile::Profile;
use crate::profile::build::{Context, cpu_profile, heap_profile, heap_timeline};
use crate::profile::jemalloc_dump::dump_profiles;
use crate::profile::sites::name_sites;
use crate::profile::symbolize::Symbolizer;
use crate::record::{
    CaseRecord, FORMAT, Failure, Machine, MapRecord, PassKind, Waterfall, leaked_bytes, waterfalls,
};
use crate::worker::protocol::Subject;

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
    /// The heap profile; of several dumps the last one that has samples.
    pub heap: Option<Profile>,
    /// The heap profile over time, if the child told of time.
    pub heap_timeline: Option<Profile>,
    /// The phase at whose end `heap` was taken, if that is not the last.
    pub heap_end: Option<String>,
    /// Further heap profiles, by the names of their files: every dump, and the exact profile that they are held against.
    pub beside: Vec<(String, Profile)>,
    /// The CPU profile.
    pub cpu: Option<Profile>,
    /// What went wrong.
    pub failures: Vec<Failure>,
}

/// The file of the exact profile that dumps are held against.
const EXACT_FILE: &str = "heap.exact.pb.gz";

/// The name of the file of each dump; none of one without samples. A phase of a user's own program may have any name;
/// a dump of one called `timeline` must not have the name of the heap profile over time.
fn dump_files(profiles: &[(u16, Profile)], context: &Context) -> Vec<Option<String>> {
    let mut taken = BTreeSet::from(["timeline".to_owned()]);
    let mut name = |phase: u16| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
        let mut name: String = context.phase(phase).chars().map(plain).take(100).collect();
        if !taken.insert(name.clone()) {
            name = format!("{name}.{}", phase + 1);
        }
        format!("heap-{name}.pb.gz")
    };
    let file = |(phase, profile): &(u16, Profile)| (!profile.samples.is_empty()).then(|| name(*phase));
    profiles.iter().map(file).collect()
}

/// Turns what the passes gave into profiles and a record. `rerun` is the command that runs the case again.
pub fn assemble(plan: &CasePlan, rerun: String, gathered: PassResults, when: &When) -> Assembled {
    let PassResults { mut outputs, metrics, repeats, mut failures, leaks_unknown } = gathered;
    let context = Context {
        workload: plan.case.workload.clone(),
        map: plan.case.map.clone(),
        is_program: matches!(plan.subject, Subject::Program(_)),
        seed: plan.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rerun: rerun.clone(),
        phases: outputs
            .values()
            .next()
            .map(|first| first.record.phases.iter().map(|phase| phase.name.clone()).collect())
            .unwrap_or_default(),
        threads: plan.case.threads,
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
    let mut heap = profile_of(PassKind::Heap, &mut |output, symbolizer| {
        Some(heap_profile(output.heap.as_ref()?, &output.mappings, &context, symbolizer))
    });
    let heap_timeline = heap.as_ref().and_then(|heap| {
        profile_of(PassKind::Heap, &mut |output, symbolizer| {
            let raw = output.heap.as_ref()?;
            let timeline = heap_timeline(raw, &output.mappings, &context, symbolizer).transpose()?;
            Some(timeline.and_then(|timeline| reconcile::heap_timeline(raw, heap, timeline)))
        })
    });
    let cpu = profile_of(PassKind::Cpu, &mut |output, symbolizer| {
        Some(cpu_profile(output.cpu.as_ref()?, &output.mappings, &context, symbolizer))
    });
    let counted = outputs
        .get(&PassKind::Heap)
        .zip(heap.as_ref())
        .and_then(|(output, profile)| reconcile::heap(output, profile));
    let memory = outputs.get(&PassKind::Memory).and_then(|output| output.record.memory.as_ref());
    let recorded = if plan.records_all() { PassKind::Heap } else { PassKind::Leaks };
    let leaks = match memory.filter(|_| leaked_bytes(&metrics) > 0).zip(outputs.get(&recorded)) {
        Some((memory, output)) => leaks::leaks(output, memory, &context, &mut symbolizer),
        None => Vec::new(),
    };
    let thread = (plan.case.threads == 1).then_some(0);
    let dumped = match outputs.get(&PassKind::Dump).and_then(|output| Some((output, output.dumps.as_ref()?)))
    {
        Some((output, raw)) => dump_profiles(raw, &output.mappings, thread, &context, &mut symbolizer)
            .map(|profiles| Some((raw, profiles)))
            .unwrap_or_else(|error| {
                failures.push(plan.failure(PassKind::Dump.name(), "no-profile", error.to_string()));
                None
            }),
        None => None,
    };
    let (mut beside, mut heap_end, mut dump) = (Vec::new(), None, None);
    // The dump is what was asked for; what it is held against stands beside it.
    if plan.dumps() {
        beside.extend(heap.take().map(|exact| (EXACT_FILE.to_owned(), exact)));
    }
    if let Some((raw, profiles)) = dumped {
        let files = dump_files(&profiles, &context);
        let exact = outputs.get(&PassKind::Heap);
        dump = Some(reconcile::dumps(raw, &profiles, &files, exact, &context, &mut symbolizer));
        let last = profiles.iter().rposition(|(_, profile)| !profile.samples.is_empty());
        heap = last.and_then(|at| profiles.get(at)).map(|(_, profile)| profile.clone());
        heap_end =
            last.filter(|at| at + 1 < profiles.len()).and_then(|at| Some(context.phase(profiles.get(at)?.0)));
        let named = files.into_iter().zip(profiles);
        beside.extend(named.filter_map(|(file, (_, profile))| Some((file?, profile))));
    }
    let mut waterfalls: Vec<Waterfall> = outputs
        .get(&PassKind::Memory)
        .and_then(|memory| Some(waterfalls(memory.record.memory.as_ref()?, &memory.record.phases)))
        .unwrap_or_default();
    if let (Subject::Program(_), Some(profile), None) = (&plan.subject, &heap, &dump) {
        owners::tell(&mut waterfalls, profile);
    }
    let record = CaseRecord {
        format: FORMAT,
        mapprof: env!("CARGO_PKG_VERSION").to_owned(),
        case: plan.case.clone(),
        definition: match &plan.subject {
            Subject::Workload(workload) => Some((**workload).clone()),
            Subject::Program(_) => None,
        },
        map: map_of(plan, &outputs),
        seed: plan.seed,
        session: when.session.to_owned(),
        repeats,
        machine: Machine::this(),
        started_unix_s: when.started.as_secs(),
        environment: plan.environment.clone(),
        arguments: plan.arguments.clone(),
        settings: plan.settings.clone(),
        rerun,
        metrics,
        waterfalls,
        heap: counted,
        dump,
        leaks,
        leaks_unknown,
        cpu: outputs
            .get(&PassKind::Cpu)
            .zip(cpu.as_ref())
            .and_then(|(output, profile)| reconcile::cpu(output, profile)),
        passes: outputs.into_iter().map(|(kind, output)| (kind, output.record)).collect(),
        files: Vec::new(),
    };
    Assembled { record, heap, heap_timeline, heap_end, beside, cpu, failures }
}

/// The map as the child knows it: another program may have another version of the package.
fn map_of(plan: &CasePlan, outputs: &BTreeMap<PassKind, PassOutput>) -> MapRecord {
    outputs.values().find_map(|output| output.map.as_ref()).unwrap_or(&plan.map).clone()
}

/// Gives the growth events of a memory pass the names of their sites, in place of addresses.
fn name_growth(output: &mut PassOutput, symbolizer: &mut Symbolizer) {
    let Some(memory) = &mut output.record.memory else { return };
    let stacks: Vec<Vec<u64>> =
        memory.growth.iter_mut().map(|growth| std::mem::take(&mut growth.stack)).collect();
    let borrowed: Vec<&[u64]> = stacks.iter().map(Vec::as_slice).collect();
    let sites = name_sites(&borrowed, &output.mappings, symbolizer);
    // A child that has no stack may have told the site itself.
    let with_stack = stacks.iter().map(|stack| !stack.is_empty());
    for ((growth, site), _) in memory.growth.iter_mut().zip(sites).zip(with_stack).filter(|(_, has)| *has) {
        (growth.site, growth.file, growth.line) = (site.name, site.file, site.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures;

    #[test]
    fn each_dump_with_samples_has_a_file_of_its_own() {
        let long = "x".repeat(300);
        let phases = ["timeline", "fill", "a/b", "a b", "..", "", &long].map(str::to_owned).to_vec();
        let context = Context { phases, ..Context::default() };
        let mut profiles: Vec<(u16, Profile)> = (0..7).map(|phase| (phase, fixtures::heap())).collect();
        profiles[4].1.samples = Default::default();
        let files = dump_files(&profiles, &context);
        let named: Vec<&str> = files.iter().map(|file| file.as_deref().unwrap_or("none")).collect();
        let long = format!("heap-{}.pb.gz", "x".repeat(100));
        let due = [
            "heap-timeline.1.pb.gz",
            "heap-fill.pb.gz",
            "heap-a-b.pb.gz",
            "heap-a-b.4.pb.gz",
            "none",
            "heap-.pb.gz",
            &long,
        ];
        assert_eq!(named, due);
    }
}
