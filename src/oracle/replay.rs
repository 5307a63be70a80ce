//! The operation stream, replayed against bytes alone: keys, values and the map's structures.
//!
//! What an operation does is the driver's doing (`worker::driver`): it makes the key and the value that it hands over, calls
//! the map, and drops what the map gives back. So at the highest moment of a call both the new payload and all of the old
//! are there. The blocks of keys and values follow from the layouts of their types, and those of records from the tags; what has
//! none lies in the map's slots.

use std::collections::HashMap;

use super::bounds::Span;
use super::forecast::{Figure, Forecast, PhaseForecast};
use super::structure::{HashTable, INTERLEAVED, Layouts, Structure, Unknown};
use super::tree::Nodes;
use crate::maps::ClosedForm;
use crate::maps::hashbrown_layout::Table;
use crate::workload::hashers::{self, FixedSip, NamedHasher};
use crate::workload::op::{About, Answers, Touch};
use crate::workload::spec::{KeyOrder, Op, Workload};
use crate::workload::{Batch, Call, KeyScratch, OperationSource};
use crate::workload::{answer, cross_checks, payload, type_registry};

/// See [`super::forecast`]; `cores` are the processors that the map is run on.
pub fn forecast(
    workload: &Workload,
    form: ClosedForm,
    seed: u64,
    threads: u16,
    cores: usize,
) -> Result<Forecast, String> {
    cross_checks::keys(workload, threads as usize).map_err(|error| error.to_string())?;
    cross_checks::threads(workload, threads as usize).map_err(|error| error.to_string())?;
    if let Some(values) = workload.hasher.as_ref().and_then(|hasher| hasher.distinct) {
        hashers::bad::set_distinct(values);
    }
    let structure = structure_of(workload, form, cores)?;
    let keeps = !matches!(form, ClosedForm::Nothing);
    let open = |thread| type_registry::open(workload, seed, thread, threads as usize);
    let streams: Option<Vec<Box<dyn OperationSource>>> = (0..threads as usize).map(open).collect();
    let streams = streams.ok_or("the keys are of a type that this program does not know")?;
    Ok(Replay::new(workload, keeps, structure, streams).run())
}

/// The structures of a map of that form, as it is made for the workload.
fn structure_of(workload: &Workload, form: ClosedForm, cores: usize) -> Result<Structure, String> {
    let layouts = layouts(workload)?;
    let capacity = workload.capacity.unwrap_or(0);
    Ok(match form {
        ClosedForm::Nothing => Structure::Nothing,
        ClosedForm::Table => Structure::Table(HashTable::new(layouts.table, capacity)),
        ClosedForm::Tree => Structure::Tree {
            nodes: layouts.nodes,
            entries: 0,
            ascending: workload.key.order == KeyOrder::Ascending,
            rooted: false,
        },
        ClosedForm::Indexed => Structure::Indexed {
            indexes: HashTable::new(Table::of::<usize>(), capacity),
            capacity,
            bucket: layouts.bucket,
        },
        ClosedForm::Vector => Structure::Vector { entries: 0, capacity, entry: layouts.entry },
        ClosedForm::Shards { count, bytes } => {
            let shards = count(cores);
            let table = HashTable::new(layouts.table, capacity.div_ceil(shards as u64));
            Structure::Shards { tables: vec![table; shards], array_bytes: bytes * shards as u64 }
        }
    })
}

fn layouts(workload: &Workload) -> Result<Layouts, String> {
    let of = |layout: payload::Layout| (layout.size as u64, layout.align as u64);
    let (key, value) = (of(workload.key.layout), of(workload.value.layout));
    if key.1 == 0 || value.1 == 0 {
        return Err("the run does not say how its keys and values lie".to_owned());
    }
    // Sizes are multiples of alignments, and the compiler puts what is aligned by more first: only the end is padded.
    let align = key.1.max(value.1);
    let entry = (key.0 + value.0).next_multiple_of(align);
    let hash = size_of::<usize>() as u64;
    Ok(Layouts {
        table: Table::of_entries(entry, align),
        entry,
        bucket: (hash + key.0 + value.0).next_multiple_of(align.max(hash)),
        nodes: Nodes::of(key, value),
    })
}

/// Bytes of the blocks of values, as they come and go.
enum ValueBytes {
    /// All have the same, or none a block of its own.
    Same(u64),
    /// They differ, and no value is ever replaced or removed, so nobody has to remember them.
    Added,
    /// They differ: the bytes of the value of each live key, by the key's digest.
    Each(HashMap<u64, u64, FixedSip>),
}

struct Replay<'w> {
    workload: &'w Workload,
    threads: u16,
    streams: Vec<Box<dyn OperationSource>>,
    /// Whether the map keeps what it is given.
    keeps: bool,
    structure: Structure,
    /// What the structure's bytes are between two operations.
    resting: Span,
    /// Bytes of the block of a key, if all have the same.
    same_key_bytes: Option<u64>,
    values: ValueBytes,
    /// Bytes of the blocks of keys and values.
    payload: u64,
    peak: Span,
}

impl<'w> Replay<'w> {
    fn new(
        workload: &'w Workload,
        keeps: bool,
        structure: Structure,
        streams: Vec<Box<dyn OperationSource>>,
    ) -> Self {
        let replaces = Op::ALL.iter().any(|op| op.info().drops_values() && workload.calls(*op));
        let values = match workload.value.same_block_bytes() {
            Some(bytes) => ValueBytes::Same(bytes),
            None if replaces => ValueBytes::Each(HashMap::default()),
            None => ValueBytes::Added,
        };
        let resting = structure.bytes();
        Replay {
            workload,
            threads: streams.len() as u16,
            streams,
            keeps,
            structure,
            resting,
            same_key_bytes: workload.key.same_block_bytes(),
            values,
            payload: 0,
            peak: resting,
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
            if unknown.is_none() {
                unknown = self.phase(index, &mut batch).err();
            }
            let known = |span: Span| match unknown {
                Some(why) => Figure::Unknown(why.to_owned()),
                None => Figure::of(span),
            };
            let live = self.resting.plus(self.payload);
            let locks = self.structure.lock_bytes(u64::from(self.threads));
            phases.push(PhaseForecast {
                name: phase.name.clone(),
                live: known(Span { high: live.high + locks, ..live }),
                peak: if self.threads > 1 && unknown.is_none() {
                    Figure::Unknown(INTERLEAVED.to_owned())
                } else {
                    known(self.peak)
                },
            });
        }
        Forecast { phases }
    }

    fn phase(&mut self, index: usize, batch: &mut Batch) -> Result<(), Unknown> {
        if self.threads > 1 && self.depends_on_order(index) {
            return Err(INTERLEAVED);
        }
        for thread in 0..self.streams.len() {
            self.streams[thread].begin_phase(index);
            while self.streams[thread].next_batch(batch) > 0 {
                for (place, answer) in batch.answers.iter().enumerate() {
                    self.call(&batch.call(place), *answer, Place { keys: &batch.keys, index: place })?;
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
        self.keeps && (calls(Op::Upsert) || calls(Op::Insert) && calls(Op::Remove))
    }

    #[inline]
    fn call(&mut self, call: &Call, answer: u64, key: Place<'_>) -> Result<(), Unknown> {
        let info = call.op.info();
        match (info.about, info.touch) {
            (About::All, Touch::Removes) => {
                self.payload = 0;
                if let ValueBytes::Each(bytes) = &mut self.values {
                    bytes.clear();
                }
                self.structure.clear(self.workload.key.order == KeyOrder::Ascending);
                self.resting = self.structure.bytes();
            }
            (About::All, _) => {}
            _ if info.answers == Answers::ValueOrNew => self.get_or_insert(call, answer, key)?,
            _ if info.inserts => self.insert(call, answer, key)?,
            (_, Touch::Replaces) => {
                let made = self.value_bytes(call);
                self.payload += made;
                self.reached(self.resting);
                let there = self.keeps && answer == answer::found(true);
                self.payload -= if there { self.put(key, made) } else { made };
            }
            (_, Touch::Removes) => {
                if self.keeps && answer == answer::found(true) {
                    self.payload -= self.key_bytes(key) + self.take(key);
                    self.structure.remove(self.hash(key));
                    if self.structure.shrinks() {
                        // Nothing is allocated to take a key out.
                        let before = self.resting;
                        self.resting = self.structure.bytes().or_less(before);
                    }
                }
            }
            (_, Touch::Reads | Touch::Modifies) => {}
        }
        Ok(())
    }

    /// An insertion, whether the key was there or not.
    fn insert(&mut self, call: &Call, answer: u64, key: Place<'_>) -> Result<(), Unknown> {
        let (key_bytes, value) = (self.key_bytes(key), self.value_bytes(call));
        let made = key_bytes + value;
        self.payload += made;
        if !self.keeps {
            self.reached(self.resting);
            self.payload -= made;
            return Ok(());
        }
        let new = answer == answer::inserted(true);
        if let Some(highest) = self.structure.insert(self.hash(key), new)? {
            self.reached(highest);
            self.resting = self.structure.bytes();
        }
        self.reached(self.resting);
        let old = self.put(key, value);
        if !new {
            self.payload -= key_bytes + old;
        }
        Ok(())
    }

    /// A look-up that inserts what it does not find. The key is handed over in any case; the value is made only if the key is
    /// new, and it depends on the map whether before the structure grows or after.
    fn get_or_insert(&mut self, call: &Call, answer: u64, key: Place<'_>) -> Result<(), Unknown> {
        let new = answer == answer::inserted(true);
        let value = if new { self.value_bytes(call) } else { 0 };
        let key_bytes = self.key_bytes(key);
        self.payload += key_bytes;
        self.reached(self.resting);
        if self.keeps
            && (new || self.structure.reserves_to_look())
            && let Some(highest) = self.structure.insert(self.hash(key), new)?
        {
            self.reached(Span { high: highest.high + value, ..highest });
            self.resting = self.structure.bytes();
        }
        if new {
            self.payload += value;
            self.reached(self.resting);
            self.put(key, value);
        }
        if !new || !self.keeps {
            self.payload -= key_bytes;
        }
        Ok(())
    }

    /// Notes a moment at which the structures have so many bytes beside the payload.
    #[inline]
    fn reached(&mut self, structures: Span) {
        self.peak = self.peak.or_more(structures.plus(self.payload));
    }

    #[inline]
    fn hash(&self, key: Place<'_>) -> u64 {
        if !self.structure.asks_for_hashes() {
            return 0;
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

    /// Bytes of the blocks of the value that a call hands over.
    #[inline]
    fn value_bytes(&self, call: &Call) -> u64 {
        match self.values {
            ValueBytes::Same(bytes) => bytes,
            ValueBytes::Added | ValueBytes::Each(_) => self.workload.value.block_bytes(call.size, call.tag),
        }
    }

    /// Notes the value of a key, whose blocks have so many bytes. Returns those of the one that it replaces, if there was one.
    #[inline]
    fn put(&mut self, key: Place<'_>, bytes: u64) -> u64 {
        match &mut self.values {
            ValueBytes::Same(bytes) => *bytes,
            ValueBytes::Added => 0,
            ValueBytes::Each(of) => of.insert(key.digest(), bytes).unwrap_or(0),
        }
    }

    /// Bytes of the blocks of the value of a key that is taken out.
    #[inline]
    fn take(&mut self, key: Place<'_>) -> u64 {
        match &mut self.values {
            ValueBytes::Same(bytes) => *bytes,
            ValueBytes::Added => 0,
            ValueBytes::Each(of) => of.remove(&key.digest()).unwrap_or(0),
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
