//! What a memory pass reads of memory on its way: points of the timeline, the peak, the ends of phases, the settling.
//!
//! Everything here runs between slices of operations, while the clock stands.

use super::instrument::{Instrument, PassEnd};
use super::map_moment::{Holding, Moment};
use super::protocol::Event;
use crate::capture::ledger::Live;
use crate::capture::pages::{self, Allocator};
use crate::capture::{arena, growth};
use crate::error::Result;
use crate::record::{
    Growth, Instances, KeptByPackage, Memory, Pages, Point, Reading, SettleStep, Settled, Shape,
};
use crate::workload::call_batch::Effect;

/// Pages are read near the peak again when live bytes have risen by one part in so many.
const RISE: i64 = 50;

/// Collects the readings of one pass.
#[derive(Default)]
pub(super) struct Observer {
    memory: Memory,
    /// Bytes of a key and a value in a slot; 0 if not known.
    entry_bytes: u64,
    before: Allocator,
    /// The highest live bytes that a point has seen.
    peak: i64,
    /// The highest live bytes near which pages were read, and the first worker's calls at that time.
    pages_at: i64,
    pages_calls: u64,
}

impl Instrument for Observer {
    /// Reads the baseline.
    fn start(&mut self) -> Result<()> {
        growth::watch();
        // Pages that were free and dirty before the first operation must not stand in for the map's own.
        arena::flush_cache();
        arena::purge();
        self.memory = Memory {
            page_bytes: pages::page_bytes() as u64,
            baseline: read_pages(),
            timeline: Vec::with_capacity(1024),
            ..Memory::default()
        };
        self.before = pages::allocator();
        Ok(())
    }

    fn set_entry_bytes(&mut self, bytes: u64) {
        self.entry_bytes = bytes;
    }

    fn maps_are_made(&mut self, instances: Instances) {
        self.memory.instances = Some(instances).filter(|instances| instances.count > 1);
    }

    /// Takes a point of the timeline.
    fn snapshot(&mut self, live: Live, moment: &Moment) {
        self.note_peak(live, moment);
        let now = pages::allocator();
        self.memory.timeline.push(Point {
            phase: moment.phase,
            calls: moment.calls,
            ns: moment.ns,
            live_bytes: live.bytes.max(0) as u64,
            allocated: now.allocated.saturating_sub(self.before.allocated),
            active: now.active.saturating_sub(self.before.active),
            resident: now.resident.saturating_sub(self.before.resident),
            entries: moment.holding.entries,
            capacity: moment.capacity,
        });
    }

    fn end_phase(&mut self, live: Live, moment: &Moment, shape: Option<Shape>) -> Result<()> {
        self.note_peak(live, moment);
        let reading = self.reading(live.bytes, live.usable, moment.holding, shape, read_pages());
        self.memory.phases.push(reading);
        Ok(())
    }

    fn resident_bytes(&self) -> Option<u64> {
        let now = self.memory.phases.last()?.pages.as_ref()?;
        Some(now.held_since(self.memory.baseline.as_ref()?))
    }

    fn set_holding(&mut self, holding: Holding) {
        if let Some(reading) = self.memory.phases.last_mut() {
            reading.entries = holding.entries;
            reading.payload_bytes = holding.payload_bytes;
            reading.out_of_line_bytes = holding.block_bytes;
            reading.payload_unknown = false;
        }
    }

    fn may_keep(&mut self, empty_map_bytes: Option<u64>, process_wide: Option<KeptByPackage>) {
        self.memory.empty_map_bytes = empty_map_bytes;
        self.memory.process_wide = process_wide;
    }

    /// The step `End` repeats the end of the last phase.
    fn settled(&mut self, step: SettleStep, live: Live, holding: Holding, shape: Option<Shape>) {
        if step == SettleStep::End {
            // What the settling allocates is no operation's.
            self.take_growth();
        }
        let reading = match (step, self.memory.phases.last()) {
            (SettleStep::End, Some(last)) => last.clone(),
            _ => self.reading(live.bytes, live.usable, holding, shape, read_pages()),
        };
        self.memory.settling.push(Settled { step, reading });
    }

    fn finish(mut self: Box<Self>, _end: &PassEnd) -> Event {
        self.take_growth();
        Event::Memory(Box::new(self.memory))
    }
}

impl Observer {
    fn note_peak(&mut self, live: Live, moment: &Moment) {
        if live.peak <= self.peak {
            return;
        }
        self.peak = live.peak;
        let holding = moment.at_peak.unwrap_or(moment.holding);
        let reading = self.reading(live.peak, live.peak_usable, holding, None, None);
        let peak = self.memory.peak.get_or_insert_default();
        peak.phase = moment.phase;
        peak.call = live.peak_call;
        peak.reading = reading;
        if live.peak - self.pages_at > self.pages_at / RISE {
            self.pages_at = live.peak;
            self.pages_calls = moment.own_calls;
            peak.nearest = read_pages();
        }
        // With several threads about: another one's calls are as many as the first one's.
        peak.nearest_calls = self.pages_calls as i64 - live.peak_call as i64;
    }

    fn reading(
        &self,
        live: i64,
        usable: i64,
        holding: Holding,
        shape: Option<Shape>,
        pages: Option<Pages>,
    ) -> Reading {
        Reading {
            live_bytes: live.max(0) as u64,
            usable_bytes: usable.max(0) as u64,
            entries: holding.entries,
            payload_bytes: holding.payload_bytes,
            out_of_line_bytes: holding.block_bytes,
            held_elsewhere_bytes: holding.held_bytes,
            requested_bytes: None,
            // Only a program of the user's own has entries without a layout, and it may not have said how many.
            payload_unknown: self.entry_bytes == 0 && holding.entries == 0 && holding.payload_bytes == 0,
            entry_bytes: self.entry_bytes,
            shape,
            pages,
            runtime: None,
        }
    }

    fn take_growth(&mut self) {
        let Some((events, total)) = growth::take() else { return };
        self.memory.growth_events = total;
        self.memory.growth = events
            .iter()
            .map(|event| Growth {
                phase: event.phase,
                thread: event.worker,
                call: event.call,
                ns: event.ns,
                before: event.before.max(0) as u64,
                highest: event.highest.max(0) as u64,
                after: event.after.max(0) as u64,
                allocated: event.allocated,
                duration_ns: event.duration_ns,
                stack: event.stack().to_vec(),
                ..Growth::default()
            })
            .collect();
    }
}

fn read_pages() -> Option<Pages> {
    let pages::PageReading { allocator, map, resident, stacks } = pages::read()?;
    Some(Pages {
        allocated: allocator.allocated,
        cached: allocator.cached,
        active: allocator.active,
        dirty: allocator.dirty,
        metadata: allocator.metadata,
        in_use: map.in_use,
        free: map.free,
        untouched: map.untouched,
        rss: resident.rss,
        rss_allocator: resident.allocator.saturating_sub(stacks),
        rss_harness: resident.harness,
    })
}

/// What `live` was at its highest within the calls from `first` on, given the effect of each: the holding at the peak,
/// if the peak lies there. The call at work counts as done: what it hands over to the map is live already.
pub(super) fn holding_at_peak(
    live: Live,
    worker: u16,
    first: u64,
    effects: &[Effect],
    held: &[i64],
    mut before: Holding,
) -> Option<Holding> {
    let within = live.peak_call.checked_sub(first)? as usize;
    if live.peak_worker != worker || within >= effects.len() {
        return None;
    }
    for effect in &effects[..=within] {
        effect.apply(&mut before.entries, &mut before.payload_bytes, &mut before.block_bytes);
    }
    for more in held.iter().take(within + 1) {
        before.held_bytes = before.held_bytes.wrapping_add_signed(*more);
    }
    Some(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::call_batch::Effect;

    const START: Holding = Holding { entries: 10, payload_bytes: 1000, block_bytes: 800, held_bytes: 0 };

    /// What is held at a peak that worker 0 reached with `call`, in a slice of `effects` whose first call is number 100.
    fn held(call: u64, effects: &[Effect]) -> Option<(u64, u64, u64)> {
        let live = Live { peak_call: call, ..Live::default() };
        holding_at_peak(live, 0, 100, effects, &[], START)
            .map(|held| (held.entries, held.payload_bytes, held.block_bytes))
    }

    #[test]
    fn the_call_that_reaches_the_peak_counts_as_done() {
        let insert = Effect { entries: 1, payload: 64, blocks: 56 };
        let update = Effect { entries: 0, payload: -4, blocks: -4 };
        let effects = [insert, update, insert, Effect::NOTHING_LEFT, insert];
        assert_eq!(held(100, &effects), Some((11, 1064, 856)), "the first call of the slice");
        assert_eq!(held(101, &effects), Some((11, 1060, 852)), "an update");
        assert_eq!(held(102, &effects), Some((12, 1124, 908)));
        assert_eq!(held(103, &effects), Some((0, 0, 0)), "a clear");
        assert_eq!(held(104, &effects), Some((1, 64, 56)), "the last call of the slice");
        let live = Live { peak_call: 102, ..Live::default() };
        let lingering = holding_at_peak(live, 0, 100, &effects, &[0, 60, 7, 500, 0], START);
        assert_eq!(lingering.map(|held| held.held_bytes), Some(67), "what others hold, up to that call");
    }

    #[test]
    fn a_peak_outside_of_the_slice_is_not_told() {
        let effects = [Effect { entries: 1, payload: 64, blocks: 56 }; 3];
        assert_eq!(held(99, &effects), None, "in an earlier slice");
        assert_eq!(held(103, &effects), None, "past the end");
        assert_eq!(held(100, &[]), None);
    }

    #[test]
    fn a_peak_that_several_threads_share_has_the_holding_of_the_next_point() {
        let mut observer = Observer::default();
        observer.start().unwrap();
        observer.set_entry_bytes(48);
        let point = |calls, entries| Moment {
            calls,
            own_calls: calls / 4,
            holding: Holding {
                entries,
                payload_bytes: entries * 20,
                block_bytes: entries * 12,
                held_bytes: 0,
            },
            ..Moment::default()
        };
        let reached = |peak, call| Live {
            peak,
            peak_usable: peak + 9,
            peak_call: call,
            peak_worker: 2,
            ..Live::default()
        };
        observer.snapshot(reached(7_000, 190), &point(800, 100));
        // Live bytes fell, and rose no higher: the peak stays where it was.
        observer.snapshot(reached(7_000, 190), &point(1600, 50));
        let peak = observer.memory.peak.clone().unwrap();
        assert_eq!((peak.call, peak.nearest_calls), (190, 10));
        assert_eq!((peak.reading.live_bytes, peak.reading.usable_bytes), (7_000, 7_009));
        assert_eq!((peak.reading.entries, peak.reading.payload_bytes), (100, 2_000));
        assert_eq!(peak.reading.out_of_line_bytes, 100 * 12);
        // Where the moment is known exactly, it counts and not the point's.
        let exactly = Some(Holding { entries: 3, payload_bytes: 60, block_bytes: 36, held_bytes: 0 });
        observer.snapshot(reached(8_000, 500), &Moment { at_peak: exactly, ..point(2400, 120) });
        let peak = observer.memory.peak.clone().unwrap();
        assert_eq!((peak.call, peak.nearest_calls, peak.reading.entries), (500, 100, 3));
        assert_eq!(observer.memory.timeline.len(), 3);
    }

    #[test]
    fn another_workers_peak_is_not_told() {
        let live = Live { peak_call: 100, peak_worker: 3, ..Live::default() };
        let effects = [Effect { entries: 1, payload: 64, blocks: 56 }];
        assert!(holding_at_peak(live, 0, 100, &effects, &[], START).is_none());
        assert!(holding_at_peak(live, 3, 100, &effects, &[], START).is_some());
    }
}
