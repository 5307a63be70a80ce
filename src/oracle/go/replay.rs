//! The operation stream, replayed against the bytes of one of Go's maps.
//!
//! Nothing that no entry refers to counts as live, so of a call that replaces or takes out a value only what it leaves counts. The
//! peak of a run is read between calls and where the map grows; its lower bound is what is certainly read, its upper bound
//! what was ever there.

use super::growth::Event;
use super::lying::{Block, Entries};
use super::size_class::SizeClasses;
use super::storage::Storage;
use crate::maps::closed_form::{GoForm, GoStorage};
use crate::oracle::bounds::Span;
use crate::oracle::forecast::{Figure, Forecast, PhaseForecast};
use crate::oracle::hash_table::Unknown;
use crate::oracle::replay::streams;
use crate::oracle::structure::INTERLEAVED;
use crate::oracle::value_blocks::{Value, ValueBlocks};
use crate::workload::answer;
use crate::workload::op::{About, Answers, Touch};
use crate::workload::payload::held_elsewhere;
use crate::workload::spec::{Op, Step, StepKind, Workload};
use crate::workload::{Batch, Call, OperationSource};

/// What `workload` must cost on a map of that form.
///
/// # Errors
/// In words, where there is no form.
pub fn forecast(workload: &Workload, form: GoForm, seed: u64, threads: u16) -> Result<Forecast, String> {
    if workload.instances > 1 {
        return Err("its entries are dealt over several maps".to_owned());
    }
    let classes = SizeClasses { release: form.release };
    let entries = Entries::of(workload, classes, form.storage == GoStorage::Slice)?;
    Ok(Replay::new(workload, form, entries, streams(workload, seed, threads)?).run())
}

/// The most entries between `from` and `to` that a map of that form holds before each growth by itself: one entry more, and its
/// storage is made anew. Many Swiss tables are split one by one, and have none.
///
/// # Errors
/// In words, where Go has no such type.
pub fn doublings(workload: &Workload, form: GoForm, from: u64, to: u64) -> Result<Vec<u64>, String> {
    let classes = SizeClasses { release: form.release };
    let entries = Entries::of(workload, classes, form.storage == GoStorage::Slice)?;
    let mut storage = Storage::new(form, &entries, workload.capacity.unwrap_or(0));
    let mut sizes = Vec::new();
    for held in 0..to {
        let event = storage.insert()?;
        if held >= from.max(1) && matches!(event, Event::Grew(_)) {
            sizes.push(held);
        }
    }
    Ok(sizes)
}

struct Replay<'w> {
    workload: &'w Workload,
    form: GoForm,
    entries: Entries,
    streams: Vec<Box<dyn OperationSource>>,
    /// None once the map was dropped.
    storage: Option<Storage>,
    /// The lengths of the values' contents.
    values: ValueBlocks,
    /// Bytes of the blocks of keys and values.
    payload: Span,
    /// Of it, those of the values that others hold too, whether or not the map has them.
    held: Span,
    /// Which values they hold ([`held_elsewhere::is_held`]).
    held_below: u64,
    /// The most of them since the storage changed last, and the least since the last entry of a growth may have moved.
    most_payload: u64,
    least_payload: u64,
    peak: Span,
}

impl<'w> Replay<'w> {
    fn new(
        workload: &'w Workload,
        form: GoForm,
        entries: Entries,
        streams: Vec<Box<dyn OperationSource>>,
    ) -> Self {
        let replaces = Op::ALL.iter().any(|op| op.info().drops_values() && workload.calls(*op));
        let held_below = held_elsewhere::bound(workload.value.held_share);
        let same = match entries.value_block {
            Block::None => Some(0),
            _ if held_below > 0 => None,
            _ => workload.value.size.fixed(),
        };
        let storage = Some(Storage::new(form, &entries, workload.capacity.unwrap_or(0)));
        Replay {
            workload,
            form,
            entries,
            streams,
            storage,
            values: ValueBlocks::of(same, replaces || held_below > 0),
            payload: Span::exactly(0),
            held: Span::exactly(0),
            held_below,
            most_payload: 0,
            least_payload: u64::MAX,
            peak: Span::exactly(0),
        }
    }

    fn run(mut self) -> Forecast {
        let Some(keys) = self.streams.first().map(|stream| stream.keys()) else {
            return Forecast { phases: Vec::new() };
        };
        let mut batch = Batch::checked(keys);
        let mut unknown: Option<Unknown> = None;
        let mut phases = Vec::new();
        for (index, phase) in self.workload.phases.iter().enumerate() {
            let live = match unknown {
                Some(why) => Err(why),
                None => self.phase(index, &mut batch).and_then(|()| self.live()),
            };
            if let Ok(live) = live {
                self.peak = self.peak.or_more(live);
            }
            unknown = live.err();
            phases.push(PhaseForecast {
                name: phase.name.clone(),
                live: figure(live),
                peak: match live {
                    Ok(_) if self.streams.len() > 1 => Figure::Unknown(INTERLEAVED.to_owned()),
                    _ => figure(live.map(|_| self.peak)),
                },
            });
        }
        Forecast { phases }
    }

    /// What is live between two calls.
    fn live(&self) -> Result<Span, Unknown> {
        let Some(storage) = &self.storage else { return Ok(self.payload) };
        Ok(storage.bytes()?.plus(self.form.head).and(self.payload))
    }

    fn phase(&mut self, index: usize, batch: &mut Batch) -> Result<(), Unknown> {
        if self.streams.len() > 1 && self.depends_on_order(index) {
            return Err(INTERLEAVED);
        }
        if let Some(step) = self.workload.phases[index].work.step() {
            self.streams.iter_mut().for_each(|stream| stream.begin_phase(index));
            return self.step(step);
        }
        for thread in 0..self.streams.len() {
            self.streams[thread].begin_phase(index);
            while self.streams[thread].next_batch(batch) > 0 {
                for place in 0..batch.answers.len() {
                    self.call(batch, place)?;
                }
            }
        }
        self.end_stretch()
    }

    /// Whether the storage at the end of a phase depends on the order in which threads take their turns.
    fn depends_on_order(&self, index: usize) -> bool {
        let phase = &self.workload.phases[index];
        let calls = |op: Op| Workload { phases: vec![phase.clone()], ..self.workload.clone() }.calls(op);
        calls(Op::Remove) && Op::ALL.iter().any(|op| op.info().inserts && calls(*op))
    }

    fn call(&mut self, batch: &Batch, place: usize) -> Result<(), Unknown> {
        let (call, answer) = (batch.call(place), batch.answers[place]);
        let info = call.op.info();
        let key_bytes =
            || self.entries.block_bytes(self.entries.key_block, batch.keys.bytes_at(place) as u64);
        let digest = batch.keys.digest(place);
        let event = match (info.about, info.touch) {
            (About::All, Touch::Removes) => {
                self.end_stretch()?;
                self.payload = self.held;
                self.values.clear();
                self.storage.iter_mut().for_each(Storage::clear);
                Event::None
            }
            (About::All, _) => Event::None,
            _ if self.form.storage == GoStorage::Nothing => Event::None,
            _ if info.answers == Answers::ValueOrNew || info.inserts => {
                let is_new = match info.answers {
                    Answers::ValueOrNew => answer == answer::looked_up(None),
                    _ => answer == answer::inserted(true),
                };
                // A look-up that finds its key writes nothing.
                if info.answers == Answers::ValueOrNew && !is_new {
                    return Ok(());
                }
                let key_bytes = key_bytes();
                let value = self.made(&call);
                let old = self.values.put(digest, value);
                if is_new {
                    self.payload = self.payload.and(key_bytes).and(self.value_bytes(value.bytes));
                    self.with_storage(Storage::insert)?
                } else {
                    self.replace(old, value);
                    self.with_storage(|storage| storage.write(false))?
                }
            }
            (_, Touch::Replaces) if answer == answer::found(true) => {
                let value = self.made(&call);
                let old = self.values.put(digest, value);
                self.replace(old, value);
                self.with_storage(|storage| storage.write(false))?
            }
            (_, Touch::Removes) if answer == answer::found(true) => {
                let key_bytes = key_bytes();
                let value = self.values.take(digest);
                let gone = key_bytes.and(self.value_bytes(value.freed()));
                self.payload = self.payload.replace(gone, Span::exactly(0));
                self.with_storage(Storage::remove)?
            }
            // Values that are no references are put back.
            (_, Touch::Modifies) => self.with_storage(|storage| storage.write(true))?,
            _ => return Ok(()),
        };
        self.follow(event);
        Ok(())
    }

    /// Has the storage do something, if there is a map.
    fn with_storage(
        &mut self,
        act: impl FnOnce(&mut Storage) -> Result<Event, Unknown>,
    ) -> Result<Event, Unknown> {
        self.storage.as_mut().map_or(Ok(Event::None), act)
    }

    fn value_bytes(&self, length: u64) -> Span {
        self.entries.block_bytes(self.entries.value_block, length)
    }

    /// The value that a call hands over.
    fn made(&mut self, call: &Call) -> Value {
        let held = held_elsewhere::is_held(self.held_below, call.tag);
        let value = Value { bytes: call.size.into(), held };
        if held {
            self.held = self.held.and(self.value_bytes(value.bytes));
        }
        value
    }

    fn replace(&mut self, old: Value, new: Value) {
        // Blocks of the same length may differ where they share one with others.
        if old.freed() != new.bytes {
            let (old, new) = (self.value_bytes(old.freed()), self.value_bytes(new.bytes));
            self.payload = self.payload.replace(old, new);
        }
    }

    /// Takes in what a call did, after it.
    fn follow(&mut self, event: Event) {
        let head = self.form.head;
        match event {
            Event::None => {}
            Event::Grew(grown) => {
                let before = grown.before + head + self.most_payload;
                let highest = grown.highest.plus(head).and(self.payload);
                self.peak = self.peak.or_more(Span { high: highest.high.max(before), ..highest });
                self.most_payload = 0;
            }
            Event::Moved { before, least } => {
                let most = self.most_payload.max(self.payload.high);
                let low = least + head + self.least_payload.min(self.payload.low);
                self.peak = self.peak.or_more(Span { low, high: before + head + most });
                self.most_payload = 0;
            }
        }
        self.most_payload = self.most_payload.max(self.payload.high);
        let is_in_window = self.storage.as_ref().is_some_and(Storage::is_in_window);
        self.least_payload = if is_in_window { self.least_payload.min(self.payload.low) } else { u64::MAX };
    }

    /// Takes in what was there since the storage changed last.
    fn end_stretch(&mut self) -> Result<(), Unknown> {
        let Some(storage) = &self.storage else { return Ok(()) };
        let most = self.most_payload.max(self.payload.high);
        let high = storage.bytes()?.high + storage.transient_bytes() + self.form.head + most;
        let least = storage.least_in_window().unwrap_or(0);
        let low =
            if least > 0 { least + self.form.head + self.least_payload.min(self.payload.low) } else { 0 };
        self.peak = self.peak.or_more(Span { low, high });
        self.most_payload = self.payload.high;
        Ok(())
    }

    /// Takes a step of the life cycle.
    fn step(&mut self, step: Step) -> Result<(), Unknown> {
        let entries = step.entries.unwrap_or(0);
        match step.kind {
            StepKind::New | StepKind::Drop => {
                self.payload = self.held;
                self.values.clear();
                self.storage =
                    (step.kind == StepKind::New).then(|| Storage::new(self.form, &self.entries, entries));
            }
            StepKind::Reserve | StepKind::Shrink => {
                let additional = (step.kind == StepKind::Reserve).then_some(entries);
                let Some(storage) = &mut self.storage else { return Ok(()) };
                let highest = storage.resize(additional)? + self.form.head + self.payload.high;
                self.peak.high = self.peak.high.max(highest);
            }
            StepKind::Rebuild | StepKind::Swap => self.rebuild()?,
        }
        self.most_payload = self.payload.high;
        Ok(())
    }

    /// Fills a fresh map with clones of the entries of the old one, which goes then.
    fn rebuild(&mut self) -> Result<(), Unknown> {
        let Some(old) = &self.storage else { return Ok(()) };
        if self.held_below > 0 {
            return Err("a rebuild copies values that others hold");
        }
        let mut fresh = Storage::new(self.form, &self.entries, old.entries());
        let mut highest = 0;
        for _ in 0..old.entries() {
            if let Event::Grew(grown) = fresh.insert()? {
                highest = highest.max(grown.highest.high);
            }
        }
        highest = highest.max(fresh.bytes()?.high) + fresh.transient_bytes();
        // It is read when the fresh map is filled.
        let beside = old.bytes()?.plus(2 * self.form.head).and(self.payload.times(2));
        let both = Span { high: highest, ..fresh.bytes()? }.and(beside);
        self.peak = self.peak.or_more(both);
        self.storage = Some(fresh);
        Ok(())
    }
}

fn figure(of: Result<Span, Unknown>) -> Figure {
    of.map_or_else(|why| Figure::Unknown(why.to_owned()), Figure::of)
}
