//! What a case is to be: its passes, and what each asks of its child.

use std::collections::BTreeMap;

use super::rerun::Rerun;
use crate::capture::cpu::CpuSampling;
use crate::capture::heap_recording::{DEFAULT_SAMPLE_BYTES, HeapRecording};
use crate::maps::ClosedForm;
use crate::record::{CaseId, Failure, MapRecord, PassKind, PassRecord, Settings};
use crate::worker::protocol::{PROTOCOL, Pass, Request, Subject};
use crate::worker::registry::RunBy;

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
    /// Optional passes that are run too.
    pub also: Vec<PassKind>,
    /// Passes that are left out: the time pass, the memory pass.
    pub skip: Vec<PassKind>,
    /// Whether and how a CPU profile is taken.
    pub cpu: Option<CpuSampling>,
    /// Whether flamegraphs show the harness's own frames.
    pub harness_frames: bool,
    /// How many times it is measured.
    pub repeats: u32,
    /// Who runs it.
    pub run_by: RunBy,
    /// The environment variables that are set for it.
    pub environment: BTreeMap<String, String>,
    /// Arguments of a program of the user's own.
    pub arguments: Vec<String>,
    /// What a program runs with.
    pub settings: Settings,
    /// The command that runs this case again.
    pub rerun: Rerun,
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
            PassKind::Heap => self.heap.is_some(),
            PassKind::Dump => self.dumps(),
            PassKind::Cpu => self.cpu.is_some(),
            // Only where something was left (`passes`).
            PassKind::Leaks => false,
            optional => self.also.contains(optional),
        })
    }

    /// The pass of that kind. `memory` is what the memory pass reported, if there was one: it says how many allocations a
    /// heap pass can expect.
    pub fn pass(&self, kind: PassKind, memory: Option<&PassRecord>) -> Pass {
        match kind {
            PassKind::Time => Pass::Time,
            PassKind::Memory => Pass::Memory,
            PassKind::Latency => Pass::Latency,
            PassKind::HugePages => Pass::HugePages,
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
