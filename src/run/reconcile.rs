//! What a profile says in all against what was counted.

use std::collections::BTreeMap;

use super::event_reader::PassOutput;
use crate::capture::heap_recording::HeapRecording;
use crate::capture::raw_samples::{RawCpuThread, RawDumps, RawHeap};
use crate::capture::size_class;
use crate::error::{Error, Result};
use crate::profile::attribute::{Role, has_line_tables};
use crate::profile::build::Context;
use crate::profile::interval::{Estimate, Sampling};
use crate::profile::sites::roles;
use crate::profile::symbolize::Symbolizer;
use crate::profile::{Profile, Sample};
use crate::record::{
    CpuReconciliation, DumpComparison, DumpEnd, DumpRole, HeapReconciliation, PassRecord, Reconciled,
};

/// Totals of a heap profile beside the counters of the same pass; `None` if the pass took no heap profile.
pub(super) fn heap(output: &PassOutput, profile: &Profile) -> Option<HeapReconciliation> {
    let raw = output.heap.as_ref()?;
    let record = &output.record;
    let totals = [
        ("alloc_space", record.phases.iter().map(|phase| phase.counted().alloc_bytes).sum()),
        ("alloc_objects", record.phases.iter().map(|phase| phase.counted().allocs).sum()),
        ("inuse_space", record.phases.last().map_or(0, |phase| phase.counted().live_bytes)),
        ("peak_space", record.total.peak_live_bytes),
    ];
    let sums: u64 = raw.sums.iter().map(|sum| sum.allocated.0).sum();
    Some(HeapReconciliation {
        recording: raw.recording,
        unwinder: raw.unwinder.clone(),
        line_tables: has_line_tables(profile),
        samples: raw.rows.iter().map(|row| row.allocated).sum::<u64>() + sums,
        peak_gap_bytes: raw.peak_gap_bytes,
        totals: totals
            .iter()
            .filter_map(|(kind, counted)| {
                total(profile, kind, *counted, raw.recording != HeapRecording::Exact)
            })
            .collect(),
    })
}

/// The heap profile over time, if its sums are the totals of the heap profile of the same pass: what was allocated, and what is
/// in use at the end.
pub(super) fn heap_timeline(raw: &RawHeap, profile: &Profile, timeline: Profile) -> Result<Profile> {
    let total = |profile: &Profile, kind| profile.total(kind).unwrap_or(0);
    let allocated = total(&timeline, "alloc_space");
    let in_use = allocated.saturating_sub(total(&timeline, "freed_space"));
    // Each value of a profile of samples is rounded.
    let rounded = match raw.recording {
        HeapRecording::Exact => 0,
        HeapRecording::Sampled { .. } | HeapRecording::Dump { .. } => 2 * profile.samples.len() as u64,
    };
    for (kind, sum) in [("alloc_space", allocated), ("inuse_space", in_use)] {
        let due = total(profile, kind);
        if sum.abs_diff(due) > rounded {
            return Err(Error::case(format!(
                "the intervals of the heap pass do not add up: {sum} bytes of {kind}, but there were {due}"
            )));
        }
    }
    Ok(timeline)
}

fn total(profile: &Profile, kind: &str, counted: u64, sampled: bool) -> Option<Reconciled> {
    let index = profile.sample_type(kind)?;
    let values = profile.samples.iter().filter_map(|sample| sample.values.get(index));
    let sum = values.fold(0i64, |sum, value| sum.saturating_add(*value));
    let interval = Sampling::of(profile, index).filter(|_| sampled).and_then(|sampling| {
        let mut all = Estimate::default();
        profile.samples.iter().for_each(|sample| all.add(sampling.estimate(sample)));
        all.interval()
    });
    Some(Reconciled {
        sample_type: kind.to_owned(),
        profile: sum.max(0) as u64,
        counted,
        low: interval.as_ref().map(|interval| interval.low.round().max(0.0) as u64),
        high: interval.as_ref().map(|interval| interval.high.round().max(0.0) as u64),
        difference_percent: if counted == 0 { 0.0 } else { (sum as f64 / counted as f64 - 1.0) * 100.0 },
    })
}

/// What each dump has of each role beside what the exact recorder found in use at the end of the same phase. `files` has
/// the name of the file of each dump that has samples.
pub(super) fn dumps(
    raw: &RawDumps,
    profiles: &[(u16, Profile)],
    files: &[Option<String>],
    exact: Option<&PassOutput>,
    context: &Context,
    symbolizer: &mut Symbolizer,
) -> DumpComparison {
    let exact = exact.and_then(|output| Exact::of(output, raw.sample_bytes, symbolizer));
    let end = |(number, (phase, profile)): (usize, &(u16, Profile))| {
        let of_role = |role: &Role| {
            let dump = in_use_by(profile, *role);
            let known = exact.as_ref().map(|exact| exact.at(*phase, *role));
            compared(*role, dump, known)
        };
        DumpEnd {
            phase: context.phase(*phase),
            file: files.get(number).cloned().flatten(),
            roles: Role::OF_MEMORY.iter().map(of_role).collect(),
        }
    };
    DumpComparison { sample_bytes: raw.sample_bytes, ends: profiles.iter().enumerate().map(end).collect() }
}

/// The bytes of a role in a dump.
fn in_use_by(profile: &Profile, role: Role) -> u64 {
    let is_role = |sample: &Sample| profile.label(*sample, "role") == Some(role.name());
    let values = profile.samples.iter().filter(is_role).filter_map(|sample| sample.values.first());
    values.fold(0u64, |sum, value| sum.saturating_add((*value).max(0) as u64))
}

/// What was in use of a role at the end of a phase.
#[derive(Debug, Clone, Copy, Default)]
struct InUse {
    usable: u64,
    requested: u64,
    /// What a dump of these blocks is expected to have.
    expected: Estimate,
}

/// What a dump is expected to have of `blocks` of `usable` bytes each. jemalloc samples by the bytes that a block has, and
/// lets a sample stand for those of the class above.
fn expected(blocks: u64, usable: f64, sample_bytes: u64) -> Estimate {
    if blocks == 0 || usable <= 0.0 {
        return Estimate::default();
    }
    let odds = |bytes: f64| match sample_bytes {
        0 | 1 => 1.0,
        distance => -f64::exp_m1(-bytes / distance as f64),
    };
    // A mean need not be a whole number, and is not to be rounded for blocks that are entered as they are.
    let whole = usable.round() as u64;
    let entered = usable + size_class::profiled(whole).saturating_sub(whole) as f64;
    Estimate::expected(blocks as f64, odds(usable), entered / odds(entered))
}

fn compared(role: Role, dump: u64, known: Option<InUse>) -> DumpRole {
    // What the harness has outside of the operations is in the dump alone.
    let comparable = known.filter(|_| role != Role::Harness);
    let interval = comparable
        .and_then(|known| Estimate { value: dump as f64, ..known.expected }.interval_of_known_error());
    DumpRole {
        role: role.name().to_owned(),
        dump,
        exact: known.map(|known| known.usable),
        exact_requested: known.map(|known| known.requested),
        expected: comparable.map(|known| known.expected.value.round() as u64),
        difference_percent: comparable
            .filter(|known| known.usable > 0)
            .map(|known| (dump as f64 / known.usable as f64 - 1.0) * 100.0),
        low: interval.map(|interval| interval.low.round().max(0.0) as u64),
        high: interval.map(|interval| interval.high.round().max(0.0) as u64),
    }
}

/// What the exact recorder found in use, by phase and role.
struct Exact(BTreeMap<(u16, Role), InUse>);

impl Exact {
    fn of(output: &PassOutput, sample_bytes: u64, symbolizer: &mut Symbolizer) -> Option<Exact> {
        let raw = output.heap.as_ref()?;
        let ends = raw.phase_ends.as_ref()?;
        let roles = roles(&raw.stacks, &output.mappings, symbolizer);
        let mut found: BTreeMap<(u16, Role), InUse> = BTreeMap::new();
        for end in ends {
            let Some(role) = roles.get(end.stack as usize) else { continue };
            let sum = found.entry((end.phase, *role)).or_default();
            sum.usable = sum.usable.saturating_add(end.usable);
            sum.requested = sum.requested.saturating_add(end.bytes);
            let each = end.usable as f64 / end.blocks.max(1) as f64;
            sum.expected.add(expected(end.blocks, each, sample_bytes));
        }
        Some(Exact(found))
    }

    fn at(&self, phase: u16, role: Role) -> InUse {
        self.0.get(&(phase, role)).copied().unwrap_or_default()
    }
}

/// What a build without line tables is told, and what would mend it.
pub const NO_LINE_TABLES: &str = "This build has no line tables: what is inlined has no frame of its own, and counts for the \
    function that it is inlined into; set debug = \"line-tables-only\" in the Cargo profile";

/// CPU samples asked for and delivered; `None` if the pass took none.
pub(super) fn cpu(output: &PassOutput, profile: &Profile) -> Option<CpuReconciliation> {
    let raw = output.cpu.as_ref()?;
    let delivered = profile.total("samples").map_or(0, |count| count.max(0) as u64);
    let seconds = raw.cpu_ns as f64 / 1e9;
    let asked = (raw.hertz as f64 * seconds).round() as u64;
    let sampled_ns = (delivered as f64 * 1e9 / raw.hertz.max(1) as f64).round() as u64;
    let over_time = |value: f64, time: f64| if time > 0.0 { value / time } else { 0.0 };
    let told = |thread: &RawCpuThread| thread.lost.is_some();
    let lacking = (!has_line_tables(profile)).then(|| NO_LINE_TABLES.to_owned());
    let lost = match raw.threads.is_empty() || !raw.threads.iter().all(told) {
        true => asked.saturating_sub(delivered),
        false => raw.threads.iter().filter_map(|thread| thread.lost).fold(0, u64::saturating_add),
    };
    Some(CpuReconciliation {
        backend: raw.backend.clone(),
        hertz: raw.hertz,
        delivered_hertz: over_time(delivered as f64, seconds),
        asked,
        delivered,
        lost,
        truncated: raw.threads.iter().map(|thread| thread.truncated).fold(0, u64::saturating_add),
        cpu_ns: raw.cpu_ns,
        sampled_ns,
        ratio: over_time(sampled_ns as f64, raw.cpu_ns as f64),
        unsampled_ns: raw.cpu_ns.saturating_sub(profile.total("cpu").map_or(0, |ns| ns.max(0) as u64)),
        threads: raw.threads.clone(),
        notes: raw.notes.iter().cloned().chain(lacking).collect(),
    })
}

/// In what the counters of two passes of one case on one thread differ, if in anything: a phase and a figure.
pub fn differing_counters(one: &PassRecord, other: &PassRecord) -> Option<String> {
    one.phases.iter().zip(&other.phases).find_map(|(one, other)| {
        let (a, b) = (one.counted(), other.counted());
        let figures = [
            ("allocations", a.allocs, b.allocs),
            ("frees", a.frees, b.frees),
            ("bytes allocated", a.alloc_bytes, b.alloc_bytes),
            ("bytes freed", a.freed_bytes, b.freed_bytes),
            ("live bytes", a.live_bytes, b.live_bytes),
            ("peak live bytes", a.peak_live_bytes, b.peak_live_bytes),
        ];
        let (what, x, y) = figures.into_iter().find(|(_, x, y)| x != y)?;
        Some(format!("{what} of {}: {x} and {y}", one.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::raw_samples::{RawHeapInterval, RawHeapIntervals, RawHeapSum};
    use crate::profile::build::{heap_profile, heap_timeline as timeline_of};

    #[test]
    fn intervals_that_do_not_add_up_are_an_error() {
        let raw = |recording| RawHeap {
            recording,
            unwinder: String::new(),
            stacks: vec![vec![0x10]],
            rows: Vec::new(),
            sums: vec![RawHeapSum { allocated: (3, 30), in_use: (2, 20), ..RawHeapSum::default() }],
            peak_gap_bytes: 0,
            phase_ends: None,
            intervals: Some(RawHeapIntervals::default()),
        };
        let checked = |recording, allocated, freed| {
            let mut raw = raw(recording);
            let row = RawHeapInterval { allocated, freed, ..RawHeapInterval::default() };
            raw.intervals = Some(RawHeapIntervals { calls: 1, rows: vec![row] });
            let (context, mut symbolizer) = (Context::default(), Symbolizer::new());
            let profile = heap_profile(&raw, &[], &context, &mut symbolizer).unwrap();
            let timeline = timeline_of(&raw, &[], &context, &mut symbolizer).unwrap().unwrap();
            heap_timeline(&raw, &profile, timeline).map(|_| ()).map_err(|error| error.to_string())
        };
        let exact = HeapRecording::Exact;
        assert_eq!(checked(exact, (3, 30), (1, 10)), Ok(()));
        assert!(checked(exact, (3, 31), (1, 11)).unwrap_err().contains("31 bytes of alloc_space"));
        assert!(checked(exact, (3, 30), (1, 11)).unwrap_err().contains("19 bytes of inuse_space"));
        // What samples stand for is rounded.
        let sampled = HeapRecording::Sampled { sample_bytes: Some(4096) };
        assert_eq!(checked(sampled, (3, 31), (1, 10)), Ok(()));
        assert!(checked(sampled, (3, 40), (1, 20)).is_err());
    }

    #[test]
    fn a_dump_is_held_against_what_was_in_use() {
        let known = InUse { usable: 32_000, requested: 24_000, expected: expected(1000, 32.0, 4096) };
        let keys = compared(Role::Key, 40_000, Some(known));
        assert_eq!((keys.exact, keys.exact_requested), (Some(32_000), Some(24_000)));
        assert_eq!((keys.difference_percent, keys.expected), (Some(25.0), Some(32_000)));
        let (low, high) = keys.low.zip(keys.high).unwrap();
        assert!(low < 40_000 && 40_000 < high, "{low} to {high}");
        // Of the harness the exact recorder knows the operations alone.
        let harness = compared(Role::Harness, 500, Some(InUse { usable: 100, ..known }));
        assert_eq!((harness.exact, harness.difference_percent, harness.low), (Some(100), None, None));
        // Nothing in use, nothing dumped: no ratio.
        let none = compared(Role::Table, 0, Some(InUse::default()));
        assert_eq!((none.difference_percent, none.low, none.high), (None, Some(0), Some(0)));
        // A block far larger than the distance counts with its class, a far smaller one as itself.
        assert_eq!(expected(1, 3_215_360.0, 4096).value, 3_670_016.0);
        let rare = expected(1000, 3_215_360.0, 1 << 40).value / 3_215_360_000.0;
        assert!((rare - 1.0).abs() < 1e-5, "{rare}");
        assert_eq!(expected(7, 64.0, 1).value, 448.0);
        assert!((expected(3, 64.0 / 3.0, 4096).value - 64.0).abs() < 1e-9);
        let untold = compared(Role::Value, 7, None);
        assert_eq!((untold.dump, untold.exact, untold.low), (7, None, None));
    }
}
