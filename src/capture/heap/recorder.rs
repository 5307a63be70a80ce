//! Every allocation with its stack, through the recorder in the allocator ([`crate::capture::exact`]).

use super::HeapRecorder;
use crate::capture::ledger::Live;
use crate::capture::raw::RawHeap;
use crate::capture::recording::HeapRecording;
use crate::capture::{book, exact, frames};
use crate::error::{Error, Result};

/// Records every allocation. The process must have been started with [`exact::VARIABLE`] in its environment.
pub struct ExactRecorder;

impl HeapRecorder for ExactRecorder {
    fn start(&mut self) -> Result<()> {
        if !exact::on() {
            return Err(Error::case(format!(
                "every allocation can be recorded only from the first one on: the process needs {}=1 in its environment when \
                 it starts",
                exact::VARIABLE
            )));
        }
        if !frames::KEPT {
            // Its first walk loads tables, and may allocate: better here than inside the allocator.
            frames::unwind(&mut |_| true);
        }
        Ok(())
    }

    fn finish(&mut self, _end: u64, live: Live) -> RawHeap {
        let mut totals = None;
        exact::read_books(|books| totals = Some(book::add_up(books)));
        let (stacks, sums) = totals.map_or_else(Default::default, |totals| (totals.stacks, totals.sums));
        let at_peak: u64 = sums.iter().map(|sum| sum.at_peak.1).sum();
        RawHeap {
            recording: HeapRecording::Exact,
            unwinder: if frames::KEPT { "frame-pointer" } else { "libgcc" }.to_owned(),
            stacks,
            rows: Vec::new(),
            sums,
            peak_gap_bytes: (live.peak.max(0) as u64).abs_diff(at_peak),
        }
    }
}
