//! The operation stream, replayed against bytes alone: keys, values and the map's structures.
//!
//! What an operation does is the driver's doing (`worker::driver`): it makes the key and the value that it hands over, calls
//! the map, and drops what the map gives back. So at the highest moment of a call both the new payload and all of the old
//! are there. The blocks of keys and values follow from the layouts of their types, and those of records from the tags; what has
//! none lies in the map's slots.

mod copies;

use super::bounds::Span;
use super::forecast::{Figure, Forecast, PhaseForecast};
use super::hash_table::Unknown;
use super::map_plan::{Ground, MapPlan};
use super::structure::{Asks, INTERLEAVED, Structure};
use super::value_blocks::{Value, ValueBlocks};
use crate::maps::ClosedForm;
use crate::workload::hashers::{self, FixedSip, NamedHasher};
use crate::workload::op::{About, Answers, Touch};
use crate::workload::payload::held_elsewhere;
use crate::workload::spec::{Op, Step, StepKind, Workload};
use crate::workload::{Batch, Call, KeyScratch, OperationSource};
use crate::workload::{answer, cross_checks, payload, type_registry};

/// See [`super::forecast`].
pub fn forecast(
    workload: &Workload,
    form: ClosedForm,
    seed: u64,
    threads: u16,
    ground: Ground,
) -> Result<Forecast, String> {
    let streams = streams(workload, seed, threads)?;
    if let Some(values) = workload.hasher.as_ref().and_then(|hasher| hasher.distinct) {
        hashers::bad::set_distinct(values);
    }
    let vector_bytes = match (workload.instances, ground.map_bytes) {
        (0 | 1, _) => 0,
        (several, Some(bytes)) => several * bytes,
        (_, None) => return Err("how many bytes each of several maps has is not known".to_owned()),
    };
    let plan = MapPlan::new(workload, form, ground)?;
    let keeps = !matches!(form, ClosedForm::Nothing);
    Ok(Replay::new(workload, keeps, plan, vector_bytes, streams).run())
}

/// The operations of each thread. Fails, in words, where the workload cannot be run.
pub fn streams(
    workload: &Workload,
    seed: u64,
    threads: u16,
) -> Result<Vec<Box<dyn OperationSource>>, String> {
    let count = threads as usize;
    cross_checks::keys(workload, count).map_err(|error| error.to_string())?;
    cross_checks::threads(workload, count).map_err(|error| error.to_string())?;
    let all: Option<Vec<_>> =
        (0..count).map(|thread| type_registry::open(workload, seed, thread, count)).collect();
    all.ok_or_else(|| "the keys are of a type that this program does not know".to_owned())
}

/// One map.
struct Map {
    structure: Structure,
    /// What the structure's bytes are between two operations.
    resting: Span,
    /// Bytes of the blocks of its keys and of its values.
    keys: u64,
    values: u64,
    /// Of a map that holds all of them twice, what it holds beyond that until its next write.
    left: u64,
}

struct Replay<'w> {
    workload: &'w Workload,
    threads: u16,
    streams: Vec<Box<dyn OperationSource>>,
    /// Whether the map keeps what it is given.
    keeps: bool,
    plan: MapPlan,
    /// Each map's; none after they were dropped.
    maps: Vec<Map>,
    /// Bytes of the vector of several maps.
    vector_bytes: u64,
    /// What the structures' bytes are between two operations, that vector included.
    resting: Span,
    /// Bytes of the block of a key, if all have the same.
    same_key_bytes: Option<u64>,
    values: ValueBlocks,
    /// Bytes of the blocks of keys and values.
    payload: u64,
    /// Of it, those of the values that others hold too, whether or not the map has them.
    held: u64,
    /// Which values they hold ([`held_elsewhere::is_held`]).
    held_below: u64,
    peak: Span,
    /// The most that a map has held beyond all keys and values twice.
    most_left: u64,
}

impl<'w> Replay<'w> {
    fn new(
        workload: &'w Workload,
        keeps: bool,
        plan: MapPlan,
        vector_bytes: u64,
        streams: Vec<Box<dyn OperationSource>>,
    ) -> Self {
        let replaces = Op::ALL.iter().any(|op| op.info().drops_values() && workload.calls(*op));
        let values = ValueBlocks::new(&workload.value, replaces);
        let mut replay = Replay {
            workload,
            threads: streams.len() as u16,
            streams,
            keeps,
            plan,
            maps: Vec::new(),
            vector_bytes,
            resting: Span::exactly(0),
            same_key_bytes: workload.key.same_block_bytes(),
            values,
            payload: 0,
            held: 0,
            held_below: held_elsewhere::bound(workload.value.held_share),
            peak: Span::exactly(0),
            most_left: 0,
        };
        replay.make_maps(workload.capacity.unwrap_or(0));
        replay
    }

    /// Makes the maps anew, each for so many entries.
    fn make_maps(&mut self, capacity: u64) {
        self.drop_maps();
        let structure = self.plan.structure(capacity);
        let resting = structure.bytes();
        let count = self.workload.instances.max(1);
        self.maps = (0..count)
            .map(|_| Map { structure: structure.clone(), resting, keys: 0, values: 0, left: 0 })
            .collect();
        self.resting = resting.times(count).plus(self.vector_bytes);
        self.reached(self.resting);
    }

    /// Drops the maps with all that is in them.
    fn drop_maps(&mut self) {
        self.maps.clear();
        self.resting = Span::exactly(0);
        self.payload = self.held;
        self.values.clear();
    }

    /// Changes the structures of a map, and adds up what all have between two operations.
    #[inline]
    fn rest(&mut self, map: usize, resting: Span) {
        let before = std::mem::replace(&mut self.maps[map].resting, resting);
        self.resting = self.resting.replace(before, resting);
    }

    /// Notes a moment at which the structures of one map have so many bytes.
    #[inline]
    fn reached_in(&mut self, map: usize, structure: Span) {
        self.reached(self.resting.replace(self.maps[map].resting, structure));
    }

    /// Takes a step of the life cycle.
    fn step(&mut self, step: Step) -> Result<(), Unknown> {
        let entries = step.entries.unwrap_or(0);
        match step.kind {
            StepKind::New => self.make_maps(entries),
            StepKind::Drop => self.drop_maps(),
            StepKind::Reserve | StepKind::Shrink => {
                for map in 0..self.maps.len() {
                    let structure = &mut self.maps[map].structure;
                    let highest = match step.kind {
                        StepKind::Reserve => structure.reserve(entries)?,
                        _ => structure.shrink(),
                    };
                    let resting = structure.bytes();
                    self.reached_in(map, highest.plus(self.copied(map)));
                    self.rest(map, resting);
                    self.leave(map, 0);
                }
            }
            // While a map is swapped others only read it.
            StepKind::Rebuild | StepKind::Swap => {
                for map in 0..self.maps.len() {
                    self.rebuild(map)?;
                }
            }
        }
        Ok(())
    }

    /// Bytes of the blocks of a clone of an entry, as far as they follow from the types.
    fn clone_bytes(&self) -> Span {
        let Workload { key, value, .. } = self.workload;
        let of = |layout: payload::Layout, same: Option<u64>| match same {
            _ if layout.clones_share() => Span::exactly(0),
            Some(bytes) => Span::exactly(bytes),
            None => Span { low: 0, high: u32::MAX.into() },
        };
        let keys = of(key.layout, self.same_key_bytes);
        keys.and(of(value.layout, value.same_block_bytes()))
    }

    /// Fills a fresh map with clones of the entries of an old one, which goes then.
    fn rebuild(&mut self, map: usize) -> Result<(), Unknown> {
        let old = &self.maps[map];
        let mut fresh = self.plan.structure(old.structure.entries());
        let highest = fresh.take_over(&old.structure, self.clone_bytes())?;
        let clones = |layout: payload::Layout, bytes: u64| if layout.clones_share() { 0 } else { bytes };
        let keys = clones(self.workload.key.layout, old.keys);
        let values = clones(self.workload.value.layout, old.values);
        self.reached(self.resting.and(highest).plus(keys + values));
        let resting = fresh.bytes();
        self.maps[map].structure = fresh;
        self.rest(map, resting);
        self.leave(map, 0);
        Ok(())
    }

    fn run(mut self) -> Forecast {
        let Some(keys) = self.streams.first().map(|stream| stream.keys()) else {
            return Forecast { phases: Vec::new() };
        };
        let mut batch = Batch::checked(keys);
        let mut unknown: Option<Unknown> = None;
        let mut phases = Vec::new();
        for (index, phase) in self.workload.phases.iter().enumerate() {
            if unknown.is_none() {
                unknown = self.phase(index, &mut batch).err();
            }
            let known = |span: Span| match unknown {
                Some(why) => Figure::Unknown(why.to_owned()),
                None => Figure::of(span),
            };
            let live = self.resting.plus(self.payload);
            // It is the same for all maps, and stays when they are gone.
            let process = self.plan.structure(0).process_bytes(u64::from(self.threads));
            let with_process = |span: Span| Span { high: span.high + process, ..span };
            phases.push(PhaseForecast {
                name: phase.name.clone(),
                live: known(with_process(live)),
                peak: if self.threads > 1 && unknown.is_none() {
                    Figure::Unknown(INTERLEAVED.to_owned())
                } else {
                    known(with_process(self.peak))
                },
            });
        }
        Forecast { phases }
    }

    fn phase(&mut self, index: usize, batch: &mut Batch) -> Result<(), Unknown> {
        if self.threads > 1 && self.depends_on_order(index) {
            return Err(INTERLEAVED);
        }
        if let Some(step) = self.workload.phases[index].work.step() {
            self.streams.iter_mut().for_each(|stream| stream.begin_phase(index));
            return self.step(step);
        }
        for thread in 0..self.streams.len() {
            self.streams[thread].begin_phase(index);
            while self.streams[thread].next_batch(batch) > 0 {
                for (place, answer) in batch.answers.iter().enumerate() {
                    let key = Place { keys: &batch.keys, index: place };
                    self.call(batch.instance(place), &batch.call(place), *answer, key)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the structures at the end of a phase depend on the order in which threads take their turns: what grows
    /// depends on numbers of insertions alone, unless removals come between them or replacements find a table full.
    fn depends_on_order(&self, index: usize) -> bool {
        let phase = &self.workload.phases[index];
        let calls = |op: Op| Workload { phases: vec![phase.clone()], ..self.workload.clone() }.calls(op);
        // Where an update is an insertion, it may find a table full too.
        let is_doubled = self.maps.first().is_some_and(|map| map.structure.is_doubled());
        let moves = calls(Op::Remove) || is_doubled && calls(Op::Update);
        self.keeps && (calls(Op::Upsert) || calls(Op::Insert) && moves)
    }

    #[inline]
    fn call(&mut self, map: usize, call: &Call, answer: u64, key: Place<'_>) -> Result<(), Unknown> {
        let info = call.op.info();
        if info.about != About::All {
            self.called(map);
        }
        match (info.about, info.touch) {
            (About::All, Touch::Removes) => self.clear()?,
            (About::All, _) => {
                for map in 0..self.maps.len() {
                    self.called(map);
                    let structure = &self.maps[map].structure;
                    self.reached_in(map, structure.bytes().plus(structure.bytes_to_iterate()));
                }
            }
            _ if info.answers == Answers::ValueOrNew => self.get_or_insert(map, call, answer, key)?,
            _ if info.inserts => self.insert(map, call, answer, key)?,
            (_, Touch::Replaces) => {
                let made = self.value(call);
                self.make(made);
                self.reached(self.resting);
                let there = self.keeps && answer == answer::found(true);
                if there {
                    self.copy(map);
                }
                let key_bytes = self.key_bytes(key);
                if there && self.maps[map].structure.is_doubled() {
                    // It puts the value in with a key of its own.
                    self.payload += key_bytes;
                    let more = self.cloned_by_insertion(map, key_bytes + made.bytes);
                    self.make_room(map, key, false, more)?;
                    self.payload -= key_bytes;
                }
                let gone = if there { self.values.put(key.digest(), made) } else { made };
                self.payload -= gone.freed();
                self.hold(map, made.bytes, gone.bytes);
                if there {
                    self.leave(map, key_bytes + gone.bytes);
                }
            }
            (_, Touch::Removes) => {
                if self.keeps && answer == answer::found(true) {
                    self.copy(map);
                    let (key_bytes, value) = (self.key_bytes(key), self.values.take(key.digest()));
                    let hash = self.hash(key);
                    if let Some(highest) = self.maps[map].structure.remove(hash)? {
                        // The key that it is given is in the log.
                        let blocks = self.copied(map) + self.maps[map].left + key_bytes;
                        self.reached_in(map, Span::exactly(highest).plus(blocks));
                    }
                    self.payload -= key_bytes + value.freed();
                    self.maps[map].keys -= key_bytes;
                    self.hold(map, 0, value.bytes);
                    self.leave(map, 2 * key_bytes + value.bytes);
                    let structure = &mut self.maps[map].structure;
                    if structure.shrinks() {
                        // Nothing is allocated to take a key out.
                        let resting = structure.bytes().or_less(self.maps[map].resting);
                        self.rest(map, resting);
                    }
                }
            }
            (_, Touch::Modifies) => self.change(key),
            (_, Touch::Reads) => {}
        }
        Ok(())
    }

    /// Takes every entry out of every map.
    fn clear(&mut self) -> Result<(), Unknown> {
        for map in 0..self.maps.len() {
            if let Some(highest) = self.maps[map].structure.clear()? {
                self.reached_in(map, Span::exactly(highest).plus(self.held_twice(map)));
            }
        }
        self.payload = self.held;
        self.values.clear();
        for map in 0..self.maps.len() {
            let left = self.held_twice(map);
            (self.maps[map].keys, self.maps[map].values) = (0, 0);
            let resting = self.maps[map].structure.bytes();
            self.rest(map, resting);
            self.leave(map, left);
        }
        Ok(())
    }

    /// Follows the blocks of a map's values.
    #[inline]
    fn hold(&mut self, map: usize, put_in: u64, taken_out: u64) {
        let values = &mut self.maps[map].values;
        *values = *values + put_in - taken_out;
    }

    /// An insertion, whether the key was there or not.
    fn insert(&mut self, map: usize, call: &Call, answer: u64, key: Place<'_>) -> Result<(), Unknown> {
        let (key_bytes, value) = (self.key_bytes(key), self.value(call));
        self.payload += key_bytes;
        self.make(value);
        if !self.keeps {
            self.reached(self.resting);
            self.payload -= key_bytes + value.freed();
            return Ok(());
        }
        let new = answer == answer::inserted(true);
        let more = self.cloned_by_insertion(map, key_bytes + value.bytes);
        self.make_room(map, key, new, more)?;
        self.reached(self.resting);
        let old = self.values.put(key.digest(), value);
        if new {
            self.maps[map].keys += key_bytes;
        } else {
            self.payload -= key_bytes + old.freed();
        }
        self.hold(map, value.bytes, if new { 0 } else { old.bytes });
        self.leave(map, if new { 0 } else { key_bytes + old.bytes });
        Ok(())
    }

    /// A look-up that inserts what it does not find. The key is handed over in any case; the value is made only if the key is
    /// new, and it depends on the map whether before the structure grows or after.
    fn get_or_insert(&mut self, map: usize, call: &Call, answer: u64, key: Place<'_>) -> Result<(), Unknown> {
        let new = answer == answer::looked_up(None);
        let (key_bytes, value) = (self.key_bytes(key), if new { self.value(call) } else { Value::default() });
        self.payload += key_bytes;
        self.reached(self.resting);
        if self.keeps && (new || self.maps[map].structure.reserves_to_look()) {
            self.make_room(map, key, new, value.bytes)?;
        }
        if new {
            self.make(value);
            self.reached(self.resting);
            self.values.put(key.digest(), value);
        }
        if new && self.keeps {
            self.maps[map].keys += key_bytes;
            self.hold(map, value.bytes, 0);
        } else {
            self.payload -= key_bytes + value.freed();
        }
        Ok(())
    }

    /// Has the structures of a map take a key in, while up to `more` bytes may be there beside the payload.
    #[inline]
    fn make_room(&mut self, map: usize, key: Place<'_>, new: bool, more: u64) -> Result<(), Unknown> {
        let (hash, copied) = (self.hash(key), self.copied(map));
        if self.maps[map].structure.is_doubled() {
            self.reached(self.resting);
        }
        if let Some(highest) = self.maps[map].structure.insert(hash, new)? {
            self.reached_in(map, Span { high: highest.high + more, ..highest }.plus(copied));
            let resting = self.maps[map].structure.bytes();
            self.rest(map, resting);
        }
        Ok(())
    }

    /// Notes a moment at which the structures have so many bytes beside the payload.
    #[inline]
    fn reached(&mut self, structures: Span) {
        self.peak = self.peak.or_more(structures.plus(self.payload));
    }

    /// What the structures ask for beside the numbers of calls.
    #[inline]
    fn hash(&self, key: Place<'_>) -> u64 {
        match self.maps.first().map_or(Asks::Nothing, |map| map.structure.asks_for()) {
            Asks::Nothing => return 0,
            Asks::Number => return key.digest(),
            Asks::Hash => {}
        }
        let hasher = self.workload.hasher.as_ref().map_or(FixedSip::INFO.name, |hasher| &hasher.kind);
        key.hash(hasher)
    }

    /// Bytes of the block of the key of a call.
    #[inline]
    fn key_bytes(&self, key: Place<'_>) -> u64 {
        let of_length = || self.workload.key.layout.block_bytes(key.keys.bytes_at(key.index) as u64);
        self.same_key_bytes.unwrap_or_else(of_length)
    }

    /// The blocks of the value that a call hands over.
    #[inline]
    fn value(&self, call: &Call) -> Value {
        let differing = || self.workload.value.block_bytes(call.size, call.tag);
        let bytes = self.values.same().unwrap_or_else(differing);
        Value { bytes, held: held_elsewhere::is_held(self.held_below, call.tag) }
    }

    /// A value is made.
    #[inline]
    fn make(&mut self, value: Value) {
        self.payload += value.bytes;
        self.held += value.bytes - value.freed();
    }

    /// The value of a key is changed in place: of one that others hold too the map gets a copy first.
    #[inline]
    fn change(&mut self, key: Place<'_>) {
        if let Some(copied) = self.values.change(key.digest()) {
            self.payload += copied;
            self.reached(self.resting);
        }
    }
}

/// The key of a call.
#[derive(Clone, Copy)]
struct Place<'b> {
    keys: &'b KeyScratch,
    index: usize,
}

impl Place<'_> {
    fn digest(self) -> u64 {
        self.keys.digest(self.index)
    }

    /// By the hasher of that name; SipHash if none is named, as in the sharded map's own.
    fn hash(self, hasher: &str) -> u64 {
        hashers::hash_by_name(hasher, |hasher| self.keys.hash(self.index, hasher)).unwrap_or(0)
    }
}
