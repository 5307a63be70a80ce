//! The table of passes: what each needs, how it replays operations, what captures in it and what it must report.

use super::instrument::{CpuInstrument, DumpInstrument, HeapInstrument, Instrument};
use super::observer::Observer;
use super::protocol::Pass;
use crate::capture::heap_recording::{HeapRecording, MALLOC_CONF};
use crate::capture::huge_pages;
use crate::capture::ledger::Counting;
use crate::record::PassKind;

/// How the operation loop runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The operations alone; their answers are folded and compared once per batch.
    Folded,
    /// Each answer is compared, and the ledger is told which call is at work.
    Checked,
    /// Each call is timed.
    Timed,
}

/// What a pass reports beside its phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// How long single operations took.
    Latency,
    /// What a recorder of the heap found.
    Heap,
    /// jemalloc's own profiles.
    Dumps,
    /// CPU samples.
    Cpu,
}

/// A row of the table.
pub struct PassRow {
    /// Which pass it is.
    pub kind: PassKind,
    /// One line: what it is for.
    pub about: &'static str,
    /// The environment variable that its child needs when it starts.
    pub environment: fn(&Pass) -> Option<(&'static str, String)>,
    /// How the operation loop runs.
    pub replay: Replay,
    /// Whether allocations are counted.
    pub counts: bool,
    /// Whether memory is read between slices.
    pub observes: bool,
    /// Whether the map is taken down step by step at the end, and what is left is counted.
    pub settles: fn(&Pass) -> bool,
    /// What captures in it, if anything does.
    pub(super) instrument: fn(&Pass) -> Option<Box<dyn Instrument>>,
    /// What it must report beside its phases.
    pub reports: Option<Report>,
    /// What it costs, in passes that do nothing but the operations.
    pub cost: fn(&Pass) -> f64,
    /// Whether it is repeated with each measurement.
    pub repeats: bool,
    /// Whether it is run only if `--also` names it.
    pub is_optional: bool,
    /// Why it cannot be run on this system, if so.
    pub unavailable: fn() -> Option<String>,
}

/// A pass without an instrument and with nothing to report but its phases.
const PLAIN: PassRow = PassRow {
    kind: PassKind::Time,
    about: "",
    environment: |_| None,
    replay: Replay::Folded,
    counts: false,
    observes: false,
    settles: |_| false,
    instrument: |_| None,
    reports: None,
    cost: |_| 1.0,
    repeats: false,
    is_optional: false,
    unavailable: || None,
};

/// Every pass, in the order in which a case runs them.
pub const PASSES: &[PassRow] = &[
    PassRow { about: "times: the operations and nothing else", repeats: true, ..PLAIN },
    PassRow {
        kind: PassKind::Memory,
        about: "exact counts, checked answers, pages, timeline, growth events, peak",
        replay: Replay::Checked,
        counts: true,
        observes: true,
        settles: |_| true,
        instrument: |_| Some(Box::new(Observer::default())),
        cost: |_| 1.2,
        repeats: true,
        ..PLAIN
    },
    PassRow {
        kind: PassKind::Latency,
        about: "how long each operation takes",
        replay: Replay::Timed,
        counts: true,
        reports: Some(Report::Latency),
        cost: |_| 1.4,
        repeats: true,
        is_optional: true,
        ..PLAIN
    },
    PassRow {
        kind: PassKind::HugePages,
        about: "times with the map's memory in transparent huge pages, where the system has them",
        // jemalloc asks the kernel for huge pages wherever it maps memory; none are used where
        // /sys/kernel/mm/transparent_hugepage/enabled says `never`.
        environment: |_| Some((MALLOC_CONF, "thp:always".to_owned())),
        repeats: true,
        is_optional: true,
        unavailable: huge_pages::unavailable,
        ..PLAIN
    },
    PassRow {
        kind: PassKind::Heap,
        about: "a heap profile",
        environment: |pass| heap(pass).map(HeapRecording::environment),
        replay: Replay::Checked,
        counts: true,
        settles: |pass| heap(pass) == Some(HeapRecording::Exact),
        instrument: |pass| {
            let recorder = heap(pass).and_then(HeapInstrument::of)?;
            Some(Box::new(recorder))
        },
        reports: Some(Report::Heap),
        // Symbolizing and writing come on top of the pass itself.
        cost: |pass| if heap(pass) == Some(HeapRecording::Exact) { 1.6 } else { 1.3 },
        ..PLAIN
    },
    PassRow {
        kind: PassKind::Dump,
        about: "jemalloc's own profile, dumped at the end of each phase",
        environment: |pass| heap(pass).map(HeapRecording::environment),
        replay: Replay::Checked,
        counts: true,
        instrument: |pass| heap(pass).map(|how| Box::new(DumpInstrument::new(how)) as Box<dyn Instrument>),
        reports: Some(Report::Dumps),
        // jemalloc's own unwinder is slower, and each phase has its dump.
        cost: |_| 1.5,
        ..PLAIN
    },
    PassRow {
        kind: PassKind::Cpu,
        about: "a CPU profile",
        instrument: |pass| match pass {
            Pass::Cpu(sampling) => Some(Box::new(CpuInstrument::new(*sampling))),
            _ => None,
        },
        reports: Some(Report::Cpu),
        cost: |_| 1.1,
        ..PLAIN
    },
    PassRow {
        kind: PassKind::Leaks,
        about: "the stacks of what is live after the map was dropped",
        environment: |pass| heap(pass).map(HeapRecording::environment),
        replay: Replay::Checked,
        counts: true,
        settles: |_| true,
        instrument: |pass| {
            let recorder = heap(pass).and_then(HeapInstrument::of)?;
            Some(Box::new(recorder))
        },
        reports: Some(Report::Heap),
        cost: |_| 1.6,
        ..PLAIN
    },
];

fn heap(pass: &Pass) -> Option<HeapRecording> {
    match pass {
        Pass::Heap(recording) => Some(*recording),
        Pass::Leaks => Some(HeapRecording::Exact),
        _ => None,
    }
}

/// The row of a pass.
pub fn row(kind: PassKind) -> &'static PassRow {
    // The table has every kind (a test says so); were one missing, it would run as the first.
    PASSES.iter().find(|row| row.kind == kind).unwrap_or(&PLAIN)
}

impl PassRow {
    /// How `pass` counts on so many threads.
    pub(super) fn counting(&self, pass: &Pass, threads: u16) -> Counting {
        let recorded = heap(pass) == Some(HeapRecording::Exact);
        match (self.counts, recorded, threads) {
            (false, ..) => Counting::Off,
            (true, true, 1) => Counting::RecordedAlone,
            (true, true, _) => Counting::RecordedShared,
            (true, false, 1) => Counting::Alone,
            (true, false, _) => Counting::Shared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row_in_the_order_of_records() {
        assert!(PASSES.iter().map(|row| row.kind).eq(PassKind::ALL));
        assert!(PassKind::ALL.iter().all(|kind| row(*kind).kind == *kind));
    }

    #[test]
    fn only_the_exact_heap_pass_records() {
        let exact = Pass::Heap(HeapRecording::Exact);
        let sampled = Pass::Heap(HeapRecording::Sampled { sample_bytes: Some(4096) });
        let dump = Pass::Heap(HeapRecording::Dump { sample_bytes: Some(4096) });
        let counting = |pass: &Pass, threads| row(pass.kind()).counting(pass, threads);
        assert_eq!(counting(&exact, 1), Counting::RecordedAlone);
        assert_eq!(counting(&exact, 2), Counting::RecordedShared);
        assert_eq!(counting(&sampled, 1), Counting::Alone);
        assert_eq!((dump.kind(), counting(&dump, 1)), (PassKind::Dump, Counting::Alone));
        assert_eq!(counting(&Pass::Time, 4), Counting::Off);
        assert_eq!(counting(&Pass::Memory, 4), Counting::Shared);
    }
}
