//! A session: one pass inside the child, from the first operation to the last.
//!
//! It owns the profiler of the pass and the records of its phases.

use std::time::{Duration, Instant};

use super::instrument::{Instrument, PassEnd};
use super::map_moment::{Holding, Moment};
use super::pass_table::{PassRow, Replay, row};
use super::protocol::{Event, Pass};
use crate::capture::cpu::thread_cpu_ns;
use crate::capture::ledger::{self, Counting, Counts, Enlisted, Live, SIZE_CLASSES};
use crate::capture::{allocator, arena, harness_memory, heap_recording, mappings, pages};
use crate::error::{Error, Result};
use crate::record::{
    Instances, KeptByPackage, Latency, PassTotal, PhaseCounts, PhaseRecord, Readers, SettleStep, Shape,
};
use crate::workload::answer::Checksum;

/// The least time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What a phase did, over one thread or all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timed {
    pub ops: u64,
    pub calls: u64,
    pub wall_ns: u64,
    pub cpu_ns: u64,
    pub span_ns: u64,
    pub counts: Counts,
    pub readers: Option<Readers>,
    /// When the last stretch of operations began and ended.
    pub last_stretch: Option<(Instant, Instant)>,
}

impl Timed {
    /// Adds another thread's share.
    pub(super) fn join(self, other: Timed) -> Timed {
        Timed {
            ops: self.ops + other.ops,
            calls: self.calls + other.calls,
            wall_ns: self.wall_ns + other.wall_ns,
            cpu_ns: self.cpu_ns + other.cpu_ns,
            span_ns: self.span_ns.max(other.span_ns),
            counts: self.counts + other.counts,
            readers: self.readers.or(other.readers),
            last_stretch: None,
        }
    }
}

/// One pass inside the child.
pub struct Session<'r> {
    report: &'r mut dyn FnMut(&Event) -> Result<()>,
    row: &'static PassRow,
    seed: u64,
    threads: u16,
    counting: Counting,
    enlisted: Enlisted,
    settles: bool,
    instrument: Option<Box<dyn Instrument>>,
    latency: Option<Latency>,
    /// What the map held at the end of the last phase.
    last_holding: Holding,
    /// The end of the last phase: its place in the sequence of heap sample events, and the live heap.
    end: PassEnd,
    wrong: Option<String>,
    /// Where a count was first seen that cannot be.
    miscounted: Option<String>,
    phases: Vec<PhaseRecord>,
    total: PassTotal,
    last_progress: Instant,
}

impl<'r> Session<'r> {
    /// Begins a pass on the current thread, which becomes worker 0.
    ///
    /// # Errors
    /// When this process cannot serve the pass.
    pub(super) fn begin(
        pass: &Pass,
        seed: u64,
        threads: u16,
        report: &'r mut dyn FnMut(&Event) -> Result<()>,
    ) -> Result<Self> {
        let row = row(pass.kind());
        let counting = row.counting(pass, threads);
        // A block carries the recorder's header or it does not, and that was decided when the process started.
        if heap_recording::records_all() && !counting.recorded() {
            return Err(Error::case(format!(
                "this child was started with {} set, which only a heap pass of every allocation may have, and was asked \
                 for a {} pass; unset it",
                heap_recording::RECORD_VARIABLE,
                pass.kind().name()
            )));
        }
        if row.counts && !allocator::is_installed() {
            return Err(Error::input(format!(
                "the {} pass needs mapprof's allocator, and this program has another one: add \
                 mapprof::install_allocator!(); to its main.rs, or {}",
                pass.kind().name(),
                match pass {
                    Pass::Memory => "skip the pass with --skip memory",
                    _ => "leave the pass out",
                }
            )));
        }
        harness_memory::keep_to_heap();
        // Arenas of its own change the map's memory in nothing. They tell its blocks from those that were not counted when
        // they were made. Where calls are timed, nobody looks them up.
        match (row.counts, row.replay) {
            (true, Replay::Timed) => arena::separate_harness(),
            (true, _) => {
                arena::separate(threads);
                arena::bind(0);
            }
            (false, _) => ledger::count_nothing(),
        }
        let enlisted = ledger::enlist(0, counting);
        let mut instrument = (row.instrument)(pass);
        if let Some(instrument) = &mut instrument {
            instrument.start()?;
        }
        Ok(Session {
            report,
            row,
            seed,
            threads,
            counting,
            enlisted,
            settles: (row.settles)(pass),
            instrument,
            latency: None,
            last_holding: Holding::default(),
            end: PassEnd::default(),
            wrong: None,
            miscounted: None,
            phases: Vec::new(),
            total: PassTotal::default(),
            last_progress: Instant::now(),
        })
    }

    /// The seed of the operation stream.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Worker threads.
    pub(super) fn threads(&self) -> u16 {
        self.threads
    }

    /// The main thread's place in the ledger.
    pub(super) fn enlisted(&self) -> Enlisted {
        self.enlisted
    }

    /// How operations are counted.
    pub(super) fn counting(&self) -> Counting {
        self.counting
    }

    /// The row of this pass.
    pub(super) fn row(&self) -> &'static PassRow {
        self.row
    }

    /// Whether the map is taken down step by step at the end.
    pub(super) fn settles(&self) -> bool {
        self.settles && !self.is_void()
    }

    /// Says how many bytes a key and a value have in a slot of the map.
    pub(super) fn set_entry_bytes(&mut self, bytes: u64) {
        if let Some(instrument) = &mut self.instrument {
            instrument.set_entry_bytes(bytes);
        }
    }

    /// Says that the maps are made: how many, and the bytes of each where it lies. Nobody has operated yet.
    pub(super) fn maps_are_made(&mut self, count: u64, map_bytes: u64) {
        let live = self.live().max(0) as u64;
        if let Some(instrument) = &mut self.instrument {
            instrument.maps_are_made(Instances { count, map_bytes, empty_live_bytes: live });
        }
    }

    /// Reads memory between two slices, in a pass that does.
    pub(super) fn snapshot(&mut self, moment: &Moment) {
        if let Some(instrument) = &mut self.instrument {
            instrument.snapshot(ledger::live(self.enlisted), moment);
        }
    }

    /// Requested bytes live now.
    pub(super) fn live(&self) -> i64 {
        ledger::live(self.enlisted).bytes
    }

    /// Says how many bytes an empty map may hold, if that is known, and what a package keeps when it is gone.
    pub(super) fn may_keep(&mut self, empty_map_bytes: Option<u64>, process_wide: Option<KeptByPackage>) {
        if let Some(instrument) = &mut self.instrument {
            instrument.may_keep(empty_map_bytes, process_wide);
        }
    }

    /// The map was dropped: no entry is left.
    pub(super) fn map_is_gone(&mut self) {
        self.last_holding = Holding::default();
    }

    /// Reads what is left after a step of the settling.
    pub(super) fn settled(&mut self, step: SettleStep, shape: Option<Shape>) {
        self.check_counts(|| format!("after the map was {}", step.name()));
        if let Some(instrument) = &mut self.instrument {
            instrument.settled(step, ledger::live(self.enlisted), self.last_holding, shape);
        }
    }

    /// Says that no phase comes any more. Nobody operates meanwhile.
    pub(super) fn end_phases(&mut self) {
        if let Some(instrument) = &mut self.instrument {
            instrument.end_phases();
        }
    }

    /// Looks whether the live heap is one that can be. More freed than allocated is never shown as nothing.
    fn check_counts(&mut self, when: impl FnOnce() -> String) {
        let Live { bytes, usable, .. } = ledger::live(self.enlisted);
        if ledger::knows_its_blocks() && (bytes < 0 || usable < bytes) {
            self.miscounted.get_or_insert_with(|| {
                format!(
                    "{bytes} bytes are counted as live and {usable} as usable {}; this is an error of mapprof's",
                    when()
                )
            });
        }
    }

    /// Notes how long calls took.
    pub(super) fn timed(&mut self, latency: Latency) {
        self.latency = Some(latency);
    }

    /// Says that a phase begins: a pass that does nothing else may not say more before its end.
    pub(super) fn begin_phase(&mut self, phase: &str, total: u64) -> Result<()> {
        self.last_progress = Instant::now();
        (self.report)(&Event::Progress { phase: phase.to_owned(), done: 0, total })
    }

    /// Says how far a phase is, now and then.
    pub(super) fn progress(&mut self, phase: &str, done: u64, total: u64) -> Result<()> {
        if self.last_progress.elapsed() < PROGRESS_EVERY {
            return Ok(());
        }
        self.last_progress = Instant::now();
        (self.report)(&Event::Progress { phase: phase.to_owned(), done, total })
    }

    /// Reads the figures at the end of a phase. Nobody operates meanwhile.
    pub(super) fn end_phase(
        &mut self,
        name: &str,
        timed: Timed,
        entries: u64,
        payload_bytes: u64,
        moment: Moment,
        shape: Option<Shape>,
    ) -> Result<()> {
        self.check_counts(|| format!("at the end of phase {name}"));
        let live = ledger::live(self.enlisted);
        self.end = PassEnd { event: ledger::events(), live };
        self.last_holding = moment.holding;
        if let Some(instrument) = &mut self.instrument {
            instrument.end_phase(live, &moment, shape)?;
        }
        let resident_bytes = self.instrument.as_ref().and_then(|instrument| instrument.resident_bytes());
        let peak = live.peak.max(0) as u64;
        if peak > self.total.peak_live_bytes {
            self.total.peak_live_bytes = peak;
            self.total.peak_phase = name.to_owned();
        }
        self.phases.push(PhaseRecord {
            name: name.to_owned(),
            ops: timed.ops,
            calls: timed.calls,
            wall_ns: timed.wall_ns,
            cpu_ns: timed.cpu_ns,
            span_ns: timed.span_ns,
            entries,
            payload_bytes,
            counts: self.row.counts.then(|| PhaseCounts {
                allocs: timed.counts.allocs,
                frees: timed.counts.frees,
                alloc_bytes: timed.counts.alloc_bytes,
                freed_bytes: timed.counts.freed_bytes,
                live_bytes: live.bytes.max(0) as u64,
                peak_live_bytes: peak,
                resident_bytes,
            }),
            readers: timed.readers,
        });
        Ok(())
    }

    /// Adds what only the workload knows to the phase that ended last.
    pub(super) fn last_phase_holds(&mut self, entries: u64, payload_bytes: u64) {
        if let Some(phase) = self.phases.last_mut() {
            phase.entries = entries;
            phase.payload_bytes = payload_bytes;
        }
        // Where its bytes lie is not known: nothing is said of slots.
        self.last_holding = Holding { entries, payload_bytes, block_bytes: payload_bytes, held_bytes: 0 };
        if let Some(instrument) = &mut self.instrument {
            instrument.set_holding(self.last_holding);
        }
    }

    /// Notes what all calls and their answers came to.
    pub(super) fn answered(&mut self, checksum: Checksum, hits: u64) {
        self.total.checksum = checksum.to_string();
        self.total.hits = hits;
    }

    /// Notes how many look-ups the hits are of.
    pub(super) fn looked_up(&mut self, look_ups: u64) {
        self.total.look_ups = look_ups;
    }

    /// Notes how large the allocations of each thread were, over all phases so far.
    pub(super) fn allocated<'t>(&mut self, threads: impl IntoIterator<Item = &'t [u64; SIZE_CLASSES]>) {
        let mut sums = vec![0; SIZE_CLASSES];
        for sizes in threads {
            sums.iter_mut().zip(sizes).for_each(|(sum, count)| *sum += count);
        }
        let largest = sums.iter().rposition(|count| *count > 0).map_or(0, |class| class + 1);
        sums.truncate(largest);
        self.total.allocs_by_size = sums;
    }

    /// Notes that the map answered wrongly, which voids the pass.
    pub(super) fn answered_wrongly(&mut self, message: String) {
        self.wrong = Some(message);
    }

    /// Whether a wrong answer has voided the pass.
    pub(super) fn is_void(&self) -> bool {
        self.wrong.is_some()
    }

    /// Ends the child at once, with a reason.
    pub(super) fn give_up(&mut self, message: &str) -> ! {
        let _ = (self.report)(&Event::Failed { kind: "refused".to_owned(), message: message.to_owned() });
        std::process::exit(3)
    }

    /// Reports all that the pass found.
    pub(super) fn finish(mut self) -> Result<()> {
        let captured = self.instrument.take().map(|instrument| instrument.finish(&self.end));
        if let Some(message) = self.wrong {
            return (self.report)(&Event::Failed { kind: "wrong-answer".to_owned(), message });
        }
        if let Some(message) = self.miscounted {
            return (self.report)(&Event::Failed { kind: "miscounted".to_owned(), message });
        }
        for phase in std::mem::take(&mut self.phases) {
            (self.report)(&Event::Phase(phase))?;
        }
        // Growth events have stacks too. Without /proc they stay without a name.
        match mappings::executable() {
            Ok(mappings) => (self.report)(&Event::Mappings { mappings })?,
            Err(error) if matches!(captured, Some(Event::Heap(_) | Event::Dumps(_) | Event::Cpu(_))) => {
                return Err(error);
            }
            Err(_) => {}
        }
        if let Some(captured) = captured {
            (self.report)(&captured)?;
        }
        if let Some(latency) = self.latency {
            (self.report)(&Event::Latency(latency))?;
        }
        // Read last, so that what reporting takes is in it too: it is the child's figure, not the map's.
        self.total.max_rss_bytes = pages::max_rss().unwrap_or(0);
        (self.report)(&Event::Done(self.total))
    }
}

/// Times one batch: the CPU clock outside, since reading it is a system call, the wall clock inside.
pub(super) struct BatchClock {
    cpu_ns: u64,
    wall: Instant,
}

impl BatchClock {
    #[inline]
    pub(super) fn start() -> Self {
        let cpu_ns = thread_cpu_ns();
        BatchClock { cpu_ns, wall: Instant::now() }
    }

    #[inline]
    pub(super) fn stop(self, timed: &mut Timed) {
        let end = Instant::now();
        timed.wall_ns += end.duration_since(self.wall).as_nanos() as u64;
        timed.cpu_ns += thread_cpu_ns() - self.cpu_ns;
        timed.last_stretch = Some((self.wall, end));
    }
}
