//! Every allocation with its stack, through the recorder in the allocator ([`crate::capture::exact_recorder`]).

use std::collections::HashMap;

use super::HeapRecorder;
use crate::capture::heap_recording::HeapRecording;
use crate::capture::ledger::Live;
use crate::capture::raw_samples::{RawHeap, RawPhaseEnd};
use crate::capture::thread_recorder::{LiveStack, Totals};
use crate::capture::{exact_recorder, frame_pointers, heap_recording, thread_recorder};
use crate::error::{Error, Result};

/// Records every allocation. The process must have been started with [`heap_recording::RECORD_VARIABLE`] in its environment.
#[derive(Default)]
pub struct ExactRecorder {
    /// What was live at the end of each phase so far.
    ends: Vec<(u16, Vec<LiveStack>)>,
    /// All sums when the last phase ended: what comes after it belongs to none.
    at_end: Option<Totals>,
    /// All sums when the map was dropped.
    after_drop: Option<Totals>,
}

/// All sums now.
fn totals() -> Totals {
    let mut totals = Totals::default();
    exact_recorder::read_all(|books| totals = thread_recorder::add_up(books));
    totals
}

impl ExactRecorder {
    /// What was live at the ends of phases, by the numbers of `stacks`, which have every stack there is.
    fn phase_ends(&self, stacks: &[Vec<u64>]) -> Vec<RawPhaseEnd> {
        let numbers: HashMap<&[u64], u32> = stacks.iter().map(Vec::as_slice).zip(0..).collect();
        let of = |phase: u16, live: &LiveStack| {
            let stack = *numbers.get(live.stack.as_slice())?;
            let LiveStack { blocks, bytes, usable, .. } = *live;
            Some(RawPhaseEnd { phase, stack, blocks, bytes, usable })
        };
        let ends = self.ends.iter();
        ends.flat_map(|(phase, live)| live.iter().filter_map(move |live| of(*phase, live))).collect()
    }
}

impl HeapRecorder for ExactRecorder {
    fn start(&mut self) -> Result<()> {
        if !heap_recording::records_all() {
            return Err(Error::case(format!(
                "every allocation can be recorded only from the first one on: the process needs {}=1 in its environment when \
                 it starts",
                heap_recording::RECORD_VARIABLE
            )));
        }
        if !frame_pointers::KEPT {
            // Its first walk loads tables, and may allocate: better here than inside the allocator.
            frame_pointers::unwind(&mut |_| true);
        }
        Ok(())
    }

    fn end_phase(&mut self, phase: u16) {
        exact_recorder::read_all(|books| self.ends.push((phase, thread_recorder::live(books))));
    }

    fn end_phases(&mut self) {
        self.at_end = Some(totals());
    }

    fn map_is_dropped(&mut self) {
        self.after_drop = Some(totals());
    }

    fn finish(&mut self, _end: u64, live: Live) -> RawHeap {
        let at_end = self.at_end.take().unwrap_or_else(totals);
        let Totals { stacks, sums, intervals } = match self.after_drop.take() {
            Some(after) => at_end.with_leaked(after),
            None => at_end,
        };
        let at_peak: u64 = sums.iter().map(|sum| sum.at_peak.1).sum();
        RawHeap {
            recording: HeapRecording::Exact,
            unwinder: if frame_pointers::KEPT { "frame-pointer" } else { "libgcc" }.to_owned(),
            phase_ends: Some(self.phase_ends(&stacks)),
            stacks,
            rows: Vec::new(),
            sums,
            peak_gap_bytes: (live.peak.max(0) as u64).abs_diff(at_peak),
            intervals: Some(intervals),
        }
    }
}
