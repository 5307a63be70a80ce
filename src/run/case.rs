//! One case: its passes one after the other, what they say of each other, and the files that come of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::child::PassOutput;
use super::passes::{self, Gathered, Side};
use super::place::{self, Staging};
use super::protocol::{PROTOCOL, Pass, Request, Subject};
use super::reconcile;
use crate::error::{Error, Result};
use crate::output::{self, View};
use crate::profile::build::{Context, cpu_profile, heap_profile};
use crate::profile::sites::name_sites;
use crate::profile::symbolize::Symbolizer;
use crate::profile::{Profile, pprof};
use crate::record::found::{ERROR_RECORD, RECORD};
use crate::record::{CaseRecord, FORMAT, Failure, Machine, MapRecord, waterfalls};

/// Samples that a heap pass takes if the user does not say how far apart they are: the relative error of a total is
/// about one over the root of their number, 0.7 %.
const HEAP_SAMPLES: u64 = 20_000;

/// The least and the most that is chosen between heap samples, as powers of two. Nearer than 512 bytes most blocks are
/// sampled, each on a page of its own, and the program is no longer the one that was asked about.
const CHOSEN_POWERS: std::ops::RangeInclusive<u32> = 9..=24;

/// How a heap profile is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeapMode {
    /// By sampling, with this mean number of bytes between samples, or one that suits the measure pass.
    Sampled(Option<u64>),
    /// By recording every allocation.
    Exact,
}

/// A case that is to be run.
#[derive(Debug, Clone)]
pub struct CasePlan {
    /// What is done.
    pub subject: Subject,
    /// The map it is done to.
    pub map: MapRecord,
    /// Seed of the operation stream.
    pub seed: u64,
    /// Worker threads.
    pub threads: u16,
    /// Whether and how a heap profile is taken.
    pub heap: Option<HeapMode>,
    /// Whether each operation is timed.
    pub latency: bool,
    /// CPU samples per second, if a CPU profile is taken.
    pub hertz: Option<u64>,
    /// Whether flamegraphs show the harness's own frames.
    pub harness_frames: bool,
    /// How many times it is measured.
    pub repeats: u32,
    /// A command that runs this case again.
    pub rerun: String,
}

/// What became of a case.
pub struct CaseOutcome {
    /// Its record, with the passes that went well.
    pub record: CaseRecord,
    /// The folder that it was written to, if it could be written.
    pub place: Option<PathBuf>,
    /// Its heap profile.
    pub heap: Option<Profile>,
    /// Its CPU profile.
    pub cpu: Option<Profile>,
    /// What went wrong; empty if all is well.
    pub failures: Vec<Failure>,
    /// Time from the end of the last child to the last file, seconds.
    pub writing_seconds: f64,
}

impl CasePlan {
    /// `workload/map`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.subject.name(), self.map.name)
    }

    pub(super) fn request(&self, pass: Pass) -> Request {
        Request {
            protocol: PROTOCOL,
            pass,
            subject: self.subject.clone(),
            map: self.map.name.clone(),
            seed: self.seed,
            threads: self.threads,
        }
    }

    /// A failure of this case: the pass, the kind and one line (see [`Failure`]).
    pub fn failure(&self, pass: &str, kind: &str, message: impl Into<String>) -> Failure {
        Failure {
            workload: self.subject.name().to_owned(),
            map: self.map.name.clone(),
            pass: pass.to_owned(),
            kind: kind.to_owned(),
            message: message.into(),
            last_words: Vec::new(),
        }
    }
}

/// The mean distance between samples, a power of two, that gives nearest to `HEAP_SAMPLES` samples of the allocations
/// that the measure pass counted: entry `n` of `allocs_by_size` are those of 2^(n-1) to 2^n - 1 bytes.
pub fn choose_sample_bytes(allocs_by_size: &[u64]) -> u64 {
    let samples = |sample_bytes: u64| -> f64 {
        let sampled = |class: usize| {
            let middle = 0.75 * (class as f64).exp2();
            1.0 - (-middle / sample_bytes as f64).exp()
        };
        allocs_by_size.iter().enumerate().map(|(class, count)| *count as f64 * sampled(class)).sum()
    };
    let miss = |power: &u32| (samples(1 << power).max(1.0) / HEAP_SAMPLES as f64).ln().abs();
    let power = CHOSEN_POWERS.min_by(|a, b| miss(a).total_cmp(&miss(b)));
    1 << power.unwrap_or(*CHOSEN_POWERS.end())
}

/// What is shown while a case runs.
pub trait Watcher {
    /// A pass begins, the first of `times` or a later one.
    fn pass(&mut self, case: &str, pass: &str, number: u32, times: u32);
    /// The pass is so far: the phase, operations done, operations in it.
    fn at(&mut self, phase: &str, done: u64, total: u64);
}

/// Runs a case on each of `sides`, in turns, and writes what came of each below its root. What fails is told in
/// [`CaseOutcome::failures`] and takes nothing with it that went well. `session` is the invocation's (see
/// [`CaseRecord::session`]). Only an interruption is an error.
pub fn run(
    plan: &CasePlan,
    sides: &[Side],
    session: &str,
    watcher: &mut dyn Watcher,
) -> Result<Vec<CaseOutcome>> {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let began = Instant::now();
    let gathered = passes::gather(plan, sides, watcher)?;
    let children_ended = Instant::now();
    let when = When { started, took: children_ended - began, session };
    let outcome = |(side, gathered): (&Side, Gathered)| {
        let mut outcome = assemble(plan, side, gathered, &when);
        outcome.writing_seconds = children_ended.elapsed().as_secs_f64();
        outcome
    };
    Ok(sides.iter().zip(gathered).map(outcome).collect())
}

/// When a case was run.
struct When<'a> {
    started: Duration,
    took: Duration,
    session: &'a str,
}

/// Turns what the passes gave on one side into profiles and a record, and writes them.
fn assemble(plan: &CasePlan, side: &Side, gathered: Gathered, when: &When) -> CaseOutcome {
    let Gathered { mut outputs, metrics, repeats, mut failures } = gathered;
    let rerun = format!("{}{}", plan.rerun, side.rerun_with);
    let context = Context {
        workload: plan.subject.name().to_owned(),
        map: plan.map.name.clone(),
        seed: plan.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rerun: rerun.clone(),
        phases: outputs
            .get("measure")
            .map(|measure| measure.record.phases.iter().map(|phase| phase.name.clone()).collect())
            .unwrap_or_default(),
        time_nanos: when.started.as_nanos() as i64,
        duration_nanos: when.took.as_nanos() as i64,
    };
    let mut symbolizer = Symbolizer::new();
    if let Some(measure) = outputs.get_mut("measure") {
        name_growth(measure, &mut symbolizer);
    }
    let mut profile_of =
        |pass: &str, build: &mut dyn FnMut(&PassOutput, &mut Symbolizer) -> Option<Result<Profile>>| {
            let built = build(outputs.get(pass)?, &mut symbolizer)?;
            built.map_err(|error| failures.push(plan.failure(pass, "no-profile", error.to_string()))).ok()
        };
    let heap = profile_of("heap", &mut |output, symbolizer| {
        Some(heap_profile(output.heap.as_ref()?, &output.mappings, &context, symbolizer))
    });
    let cpu = profile_of("cpu", &mut |output, symbolizer| {
        Some(cpu_profile(output.cpu.as_ref()?, &output.mappings, &context, symbolizer))
    });
    let mut record = CaseRecord {
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
            .get("measure")
            .and_then(|measure| Some(waterfalls(measure.record.memory.as_ref()?, &measure.record.phases)))
            .unwrap_or_default(),
        heap: outputs
            .get("heap")
            .zip(heap.as_ref())
            .and_then(|(output, profile)| reconcile::heap(output, profile)),
        cpu: outputs.get("cpu").and_then(reconcile::cpu),
        passes: outputs.into_iter().map(|(name, output)| (name.to_owned(), output.record)).collect(),
        files: Vec::new(),
    };
    let place = match write(plan, side.root, &mut record, heap.as_ref(), cpu.as_ref(), &failures) {
        Ok(place) => Some(place),
        Err(error) => {
            failures.push(plan.failure("write", "write", error.to_string()));
            None
        }
    };
    CaseOutcome { record, place, heap, cpu, failures, writing_seconds: 0.0 }
}

/// The map as the child knows it: another program may have another version of the package.
fn map_of(plan: &CasePlan, outputs: &BTreeMap<&'static str, PassOutput>) -> MapRecord {
    let told = outputs.get("measure").and_then(|output| output.map.as_ref());
    told.filter(|map| map.name == plan.map.name).unwrap_or(&plan.map).clone()
}

/// Writes every file of the case, and puts them in their place together.
fn write(
    plan: &CasePlan,
    root: &Path,
    record: &mut CaseRecord,
    heap: Option<&Profile>,
    cpu: Option<&Profile>,
    failures: &[Failure],
) -> Result<PathBuf> {
    let workload = plan.subject.name();
    let name = if failures.is_empty() { plan.map.name.clone() } else { place::failed_name(&plan.map.name) };
    let staging = Staging::begin(root, workload, &name)?;
    let view = View { title: format!("{} · {workload}", plan.map.name), show_harness: plan.harness_frames };
    for (profile, outputs) in [(heap, output::HEAP), (cpu, output::CPU)] {
        let Some(profile) = profile else { continue };
        for output in outputs {
            staging.write(output.file_name, &(output.render)(profile, &view)?)?;
            record.files.push(output.file_name.to_owned());
        }
    }
    if let Some((measure, memory)) =
        record.passes.get("measure").and_then(|measure| Some((measure, measure.memory.as_ref()?)))
    {
        for (name, picture) in [
            ("waterfall.svg", output::waterfall::render(&view.title, &record.waterfalls)?),
            ("timeline.svg", output::timeline::render(&view.title, &measure.phases, memory)?),
        ] {
            staging.write(name, &picture)?;
            record.files.push(name.to_owned());
        }
    }
    if !failures.is_empty() {
        staging.write(ERROR_RECORD, &json(&failures)?)?;
        record.files.push(ERROR_RECORD.to_owned());
    }
    record.files.push(RECORD.to_owned());
    staging.write(RECORD, &json(record)?)?;
    let place = staging.commit()?;
    if failures.is_empty() {
        place::forget_failure(root, workload, &plan.map.name);
    }
    Ok(place)
}

/// Gives the growth events of a measure pass the names of their sites, in place of addresses.
fn name_growth(measure: &mut PassOutput, symbolizer: &mut Symbolizer) {
    let Some(memory) = &mut measure.record.memory else { return };
    let stacks: Vec<Vec<u64>> =
        memory.growth.iter_mut().map(|growth| std::mem::take(&mut growth.stack)).collect();
    let borrowed: Vec<&[u64]> = stacks.iter().map(Vec::as_slice).collect();
    let sites = name_sites(&borrowed, &measure.mappings, symbolizer);
    for (growth, site) in memory.growth.iter_mut().zip(sites) {
        (growth.site, growth.file, growth.line) = (site.name, site.file, site.line);
    }
}

/// A value as the JSON of a file.
///
/// # Errors
/// When it cannot be said in JSON.
pub fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::case)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The pprof file that a run's folder is read by: its heap profile, or its CPU profile if it has no other.
pub fn profile_in(folder: &Path) -> Result<PathBuf> {
    ["heap.pb.gz", "cpu.pb.gz"].iter().map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(
        || {
            let hint = if folder.join(RECORD).is_file() {
                "this run took no profile; run it again with --heap or --cpu"
            } else {
                "no heap.pb.gz or cpu.pb.gz in this folder; a run lands in <out>/<workload>/<map>"
            };
            Error::input(format!("{}: {hint}", folder.display()))
        },
    )
}

/// Reads the profile at `path`, or that of the run at `path`.
pub fn read_profile(path: &Path) -> Result<Profile> {
    let file = if path.is_dir() { profile_in(path)? } else { path.to_owned() };
    let unreadable = |e: std::io::Error| Error::input(format!("{}: cannot be read: {e}", file.display()));
    let mut bytes = Vec::new();
    // One byte more than a profile may have: whatever the file is, no more of it comes into memory.
    let limit = pprof::UNPACKED_LIMIT + 1;
    std::fs::File::open(&file)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    let profile = pprof::decode(&bytes).map_err(|e| Error::input(format!("{}: {e}", file.display())))?;
    if profile.samples.is_empty() {
        return Err(Error::input(format!("{}: the profile has no samples", file.display())));
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_gives_about_twenty_thousand_samples() {
        let mut small = [0; 30];
        small[7] = 3_000_000;
        // 3 M blocks of about 96 bytes: 288 MB, of which every 14.4 kB one is wanted.
        assert_eq!(choose_sample_bytes(&small), 16_384);
        // A large table beside them is sampled once and changes nothing.
        small[29] = 1;
        assert_eq!(choose_sample_bytes(&small), 16_384);
        assert_eq!(choose_sample_bytes(&[0, 0, 10]), 512, "too few to choose from: as near as is harmless");
    }
}
