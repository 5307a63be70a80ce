//! One case: its passes one after the other, what they say of each other, and the files that come of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::assemble::{Assembled, When, assemble};
use super::files;
use super::passes::{self, PassResults, Side};
use super::protocol::{PROTOCOL, Pass, Request, Subject};
use super::rerun::Rerun;
use crate::capture::cpu::CpuSampling;
use crate::capture::recording::{DEFAULT_SAMPLE_BYTES, HeapRecording};
use crate::error::{Error, Result};
use crate::maps::ClosedForm;
use crate::output::{CPU_PROFILE, HEAP_PROFILE};
use crate::printable::Shown;
use crate::profile::{Limit, Profile, gzip, pprof};
use crate::record::run_store::RECORD;
use crate::record::{CaseId, CaseRecord, Failure, MapRecord, PassKind, PassRecord, Settings};

/// Samples that a heap pass takes if the user does not say how far apart they are: the relative error of a total is
/// about one over the root of their number, 0.7 %.
const HEAP_SAMPLES: u64 = 20_000;

/// The least and the most that is chosen between heap samples, as powers of two. Nearer than 512 bytes most blocks are
/// sampled, each on a page of its own, and the program is no longer the one that was asked about.
const CHOSEN_POWERS: std::ops::RangeInclusive<u32> = 9..=24;

/// A case that is to be run.
#[derive(Debug, Clone)]
pub struct CasePlan {
    /// Which case it is.
    pub case: CaseId,
    /// What is done.
    pub subject: Subject,
    /// Where the map is from.
    pub map: MapRecord,
    /// What its memory follows, or why that is not known.
    pub closed_form: std::result::Result<ClosedForm, &'static str>,
    /// Seed of the operation stream.
    pub seed: u64,
    /// Whether and how a heap profile is taken.
    pub heap: Option<HeapRecording>,
    /// Whether each operation is timed.
    pub latency: bool,
    /// Passes that are left out: the time pass, the memory pass.
    pub skip: Vec<PassKind>,
    /// Whether and how a CPU profile is taken.
    pub cpu: Option<CpuSampling>,
    /// Whether flamegraphs show the harness's own frames.
    pub harness_frames: bool,
    /// How many times it is measured.
    pub repeats: u32,
    /// The environment variables that are set for it.
    pub environment: BTreeMap<String, String>,
    /// Arguments of a program of the user's own.
    pub arguments: Vec<String>,
    /// What a program of the user's own runs with.
    pub settings: Settings,
    /// The command that runs this case again.
    pub rerun: Rerun,
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
    /// Whether jemalloc's own profile is dumped.
    pub(super) fn dumps(&self) -> bool {
        matches!(self.heap, Some(HeapRecording::Dump { .. }))
    }

    /// Whether a heap pass records every allocation.
    pub(super) fn records_all(&self) -> bool {
        self.dumps() || self.heap == Some(HeapRecording::Exact)
    }

    /// The kinds of passes that the case has, in the order in which they run.
    pub fn kinds(&self) -> impl Iterator<Item = PassKind> {
        PassKind::ALL.into_iter().filter(|kind| match kind {
            PassKind::Time | PassKind::Memory => !self.skip.contains(kind),
            PassKind::Latency => self.latency,
            PassKind::Heap => self.heap.is_some(),
            PassKind::Dump => self.dumps(),
            PassKind::Cpu => self.cpu.is_some(),
            // Only where something was left (`passes`).
            PassKind::Leaks => false,
        })
    }

    /// The pass of that kind. `memory` is what the memory pass reported, if there was one: it says how many allocations a
    /// heap pass can expect.
    pub fn pass(&self, kind: PassKind, memory: Option<&PassRecord>) -> Pass {
        match kind {
            PassKind::Time => Pass::Time,
            PassKind::Memory => Pass::Memory,
            PassKind::Latency => Pass::Latency,
            // A dump is held against what the exact recorder finds.
            PassKind::Heap if self.dumps() => Pass::Heap(HeapRecording::Exact),
            PassKind::Heap | PassKind::Dump => {
                let chosen = memory
                    .map_or(DEFAULT_SAMPLE_BYTES, |memory| choose_sample_bytes(&memory.total.allocs_by_size));
                Pass::Heap(self.heap.unwrap_or(HeapRecording::Exact).with_sample_bytes(chosen))
            }
            PassKind::Cpu => Pass::Cpu(self.cpu.unwrap_or(CpuSampling { hertz: 1, backend: None })),
            PassKind::Leaks => Pass::Leaks,
        }
    }

    pub(super) fn request(&self, pass: Pass) -> Request {
        Request {
            protocol: PROTOCOL,
            pass,
            subject: self.subject.clone(),
            map: self.case.map.clone(),
            seed: self.seed,
            threads: self.case.threads,
            arguments: self.arguments.clone(),
            settings: self.settings.clone(),
        }
    }

    /// A failure of this case: the pass, the kind and one line (see [`Failure`]).
    pub fn failure(&self, pass: &str, kind: &str, message: impl Into<String>) -> Failure {
        Failure {
            case: self.case.clone(),
            pass: pass.to_owned(),
            kind: kind.to_owned(),
            message: message.into(),
            last_words: Vec::new(),
        }
    }
}

/// The mean distance between samples, a power of two, that gives nearest to `HEAP_SAMPLES` samples of the allocations
/// that the memory pass counted: entry `n` of `allocs_by_size` are those of 2^(n-1) to 2^n - 1 bytes.
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
    let outcome = |(side, gathered): (&Side, PassResults)| {
        let mut assembled = assemble(plan, plan.rerun.command(side.rerun_with), gathered, &when);
        let place = files::write(plan, side.root, &mut assembled)
            .map_err(|error| assembled.failures.push(plan.failure("write", "write", error.to_string())))
            .ok();
        let Assembled { record, heap, cpu, failures, .. } = assembled;
        let writing_seconds = children_ended.elapsed().as_secs_f64();
        CaseOutcome { record, place, heap, cpu, failures, writing_seconds }
    };
    Ok(sides.iter().zip(gathered).map(outcome).collect())
}

/// The pprof file that a run's folder is read by: its heap profile, or its CPU profile if it has no other.
pub fn profile_in(folder: &Path) -> Result<PathBuf> {
    [HEAP_PROFILE, CPU_PROFILE].iter().map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(
        || {
            let hint = if folder.join(RECORD).is_file() {
                "this run took no profile; run it again with --heap or --cpu"
            } else {
                "no heap.pb.gz or cpu.pb.gz in this folder; a run lands in <out>/<workload>/<map>"
            };
            Error::input(format!("{}: {hint}", folder.shown()))
        },
    )
}

/// Reads the profile at `path`, or that of the run at `path`.
///
/// # Errors
/// When there is none, when it cannot be read, or when it is larger than `limit` allows.
pub fn read_profile(path: &Path, limit: Limit) -> Result<Profile> {
    let file = if path.is_dir() { profile_in(path)? } else { path.to_owned() };
    let profile = decoded(&file, limit)?;
    if profile.samples.is_empty() {
        return Err(Error::input(format!("{}: the profile has no samples", file.shown())));
    }
    Ok(profile)
}

/// Reads the profile `name` beside a record, empty or not; none if the run has no such file.
///
/// # Errors
/// When it cannot be read, or when it is larger than `limit` allows.
pub fn profile_beside(
    record: &CaseRecord,
    folder: &Path,
    name: &str,
    limit: Limit,
) -> Result<Option<Profile>> {
    record.files.iter().any(|file| file == name).then(|| decoded(&folder.join(name), limit)).transpose()
}

fn decoded(file: &Path, limit: Limit) -> Result<Profile> {
    let name = file.shown();
    let bytes =
        gzip::content(read_bytes(file, limit)?, limit).map_err(|error| Error::profile(&name, error))?;
    pprof::decode_plain(&bytes, limit).map_err(|error| Error::profile(&name, error))
}

/// The bytes of a file from outside; one more than `limit` allows, if it has more. Whatever the file is, no more of it
/// comes into memory.
///
/// # Errors
/// When it cannot be read.
pub fn read_bytes(file: &Path, limit: Limit) -> Result<Vec<u8>> {
    let unreadable = |e: std::io::Error| Error::input(format!("{}: cannot be read: {e}", file.shown()));
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
