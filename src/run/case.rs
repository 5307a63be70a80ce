//! One case: its passes one after the other, what they say of each other, and the files that come of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::child::{self, Launcher, PassFailure, PassOutput};
use super::place::{self, Staging};
use super::protocol::{PROTOCOL, Pass, Request, Subject};
use super::reconcile;
use crate::error::{Error, Result};
use crate::output::{self, View};
use crate::profile::build::{Context, cpu_profile, heap_profile};
use crate::profile::gzip::Limit;
use crate::profile::sites::name_sites;
use crate::profile::symbolize::Symbolizer;
use crate::profile::{Profile, pprof};
use crate::record::found::{ERROR_RECORD, RECORD};
use crate::record::{CaseRecord, FORMAT, Failure, Machine, MapRecord, PassRecord, metrics_of, waterfalls};

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

    fn request(&self, pass: Pass) -> Request {
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
    /// A pass begins.
    fn pass(&mut self, case: &str, pass: &str);
    /// The pass is so far: the phase, operations done, operations in it.
    fn at(&mut self, phase: &str, done: u64, total: u64);
}

/// Runs a case and writes it below `root`. What fails is told in [`CaseOutcome::failures`] and takes nothing with it
/// that went well. Only an interruption is an error.
pub fn run(
    plan: &CasePlan,
    launcher: &Launcher,
    root: &Path,
    watcher: &mut dyn Watcher,
) -> Result<CaseOutcome> {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let began = Instant::now();
    let mut outputs: BTreeMap<&'static str, PassOutput> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut pass = |pass: Pass, failures: &mut Vec<Failure>| -> Result<Option<PassOutput>> {
        watcher.pass(&plan.name(), pass.name());
        match child::run(launcher, &plan.request(pass), &mut |phase, done, total| {
            watcher.at(phase, done, total)
        }) {
            Ok(output) => Ok(Some(output)),
            Err(PassFailure { kind: "interrupted", .. }) => {
                Err(Error::Interrupted(format!("{} was interrupted", plan.name())))
            }
            Err(failure) => {
                failures.push(Failure {
                    last_words: failure.last_words,
                    ..plan.failure(pass.name(), failure.kind, failure.message)
                });
                Ok(None)
            }
        }
    };
    if let Some(output) = pass(Pass::Measure, &mut failures)? {
        failures.extend(broken_promise(plan, &output.record));
        let chosen = choose_sample_bytes(&output.record.total.allocs_by_size);
        outputs.insert("measure", output);
        if plan.latency
            && let Some(output) = pass(Pass::Latency, &mut failures)?
        {
            outputs.insert("latency", output);
        }
        if let Some(mode) = plan.heap {
            let sample_bytes = match mode {
                HeapMode::Sampled(bytes) => bytes.unwrap_or(chosen),
                HeapMode::Exact => 0,
            };
            if let Some(output) = pass(Pass::Heap { sample_bytes }, &mut failures)? {
                outputs.insert("heap", output);
            }
        }
        if let Some(hertz) = plan.hertz
            && let Some(output) = pass(Pass::Cpu { hertz }, &mut failures)?
        {
            outputs.insert("cpu", output);
        }
    }
    failures.extend(differing_work(plan, &outputs));

    let children_ended = Instant::now();
    let context = Context {
        workload: plan.subject.name().to_owned(),
        map: plan.map.name.clone(),
        seed: plan.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rerun: plan.rerun.clone(),
        phases: outputs
            .get("measure")
            .map(|measure| measure.record.phases.iter().map(|phase| phase.name.clone()).collect())
            .unwrap_or_default(),
        time_nanos: started.as_nanos() as i64,
        duration_nanos: began.elapsed().as_nanos() as i64,
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
        map: plan.map.clone(),
        seed: plan.seed,
        threads: plan.threads,
        session: String::new(),
        repeats: plan.repeats,
        machine: Machine::this(),
        started_unix_s: started.as_secs(),
        rerun: plan.rerun.clone(),
        metrics: outputs
            .get("measure")
            .map(|measure| {
                let latency = outputs.get("latency").and_then(|output| output.record.latency.as_ref());
                metrics_of(&measure.record, latency, plan.threads)
            })
            .unwrap_or_default(),
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
    let place = match write(plan, root, &mut record, heap.as_ref(), cpu.as_ref(), &failures) {
        Ok(place) => Some(place),
        Err(error) => {
            failures.push(plan.failure("write", "write", error.to_string()));
            None
        }
    };
    Ok(CaseOutcome {
        record,
        place,
        heap,
        cpu,
        failures,
        writing_seconds: children_ended.elapsed().as_secs_f64(),
    })
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

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::case)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What the workload's file promises and the measure pass did not find.
fn broken_promise(plan: &CasePlan, measure: &PassRecord) -> Option<Failure> {
    let Subject::Workload(workload) = &plan.subject else { return None };
    let length = measure.phases.last().map_or(0, |phase| phase.entries);
    let broken = |what: &str, promised: u64, found: u64| {
        plan.failure(
            "measure",
            "wrong-answer",
            format!("the workload's file expects {what} = {promised}, and it came to {found}"),
        )
    };
    match (workload.expect.length, workload.expect.hits) {
        (Some(promised), _) if promised != length => Some(broken("length", promised, length)),
        (_, Some(promised)) if promised != measure.total.hits => {
            Some(broken("hits", promised, measure.total.hits))
        }
        _ => None,
    }
}

/// Passes whose checksum is not that of the measure pass.
fn differing_work(plan: &CasePlan, outputs: &BTreeMap<&'static str, PassOutput>) -> Vec<Failure> {
    let Some(measure) = outputs.get("measure") else { return Vec::new() };
    let expected = &measure.record.total.checksum;
    outputs
        .iter()
        .filter(|(_, output)| output.record.total.checksum != *expected)
        .map(|(pass, output)| {
            plan.failure(
                pass,
                "wrong-answer",
                format!(
                    "checksum {} differs from the measure pass's {expected}: the passes did different work",
                    output.record.total.checksum
                ),
            )
        })
        .collect()
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
///
/// # Errors
/// When there is none, when it cannot be read, or when it is larger than `limit` allows.
pub fn read_profile(path: &Path, limit: Limit) -> Result<Profile> {
    let file = if path.is_dir() { profile_in(path)? } else { path.to_owned() };
    let bytes = read_file(&file, limit)?;
    let profile =
        pprof::decode(&bytes, limit).map_err(|e| Error::input(format!("{}: {e}", file.display())))?;
    if profile.samples.is_empty() {
        return Err(Error::input(format!("{}: the profile has no samples", file.display())));
    }
    Ok(profile)
}

/// The bytes of a file from outside; one more than `limit` allows, if it has more. Whatever the file is, no more of it
/// comes into memory.
fn read_file(file: &Path, limit: Limit) -> Result<Vec<u8>> {
    let unreadable = |e: std::io::Error| Error::input(format!("{}: cannot be read: {e}", file.display()));
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    let most = limit.unpacked.saturating_add(1);
    let length = opened.metadata().map_or(0, |about| about.len()).min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    opened.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
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
