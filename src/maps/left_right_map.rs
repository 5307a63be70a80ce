//! `left-right`: two copies of the standard library's map. Look-ups take no lock and read one copy; a write changes the other and puts it
//! in its place. The copy that was read so far is changed in the same way by the next write, once its last reader has left it.
//!
//! evmap, a map of the same author on top of this package, is not here: it keeps a bag of values for each key, and since its version 11.0
//! only left-right has had changes.

use std::collections::HashMap;
use std::mem::needs_drop;
use std::sync::{Mutex, MutexGuard, PoisonError};

use left_right::{Absorb, ReadHandle, WriteHandle, new_from_empty};

use super::cloned::{ClonedKey, ClonedKeyRef, ClonedValue};
use super::hashbrown_layout::shape_by_capacity;
use super::{ClosedForm, Collection, Frees, Handle, MapConfig, MapFamily, MapInfo, MapOf, Pairs, few_pairs};
use crate::record::Shape;
use crate::workload::hashers::FixedSip;
use crate::workload::payload::make_key;
use crate::workload::spec::StepKind;
use crate::workload::{Key, Value};

/// two copies of the standard library's HashMap behind left-right, written in turn.
pub struct LeftRight;

impl MapFamily for LeftRight {
    const INFO: MapInfo = MapInfo {
        about: "two copies of the standard library's HashMap behind left-right, written in turn",
        // The maps are the standard library's; what swaps them is left-right.
        package: ("left-right", env!("VERSION_LEFT_RIGHT")),
        frames: &["std::collections", "hashbrown", "left_right"],
        concurrent: true,
        // The copy that is not read has what the last write replaced or removed until the next one.
        frees: Frees::Deferred,
        closed_form: Ok(ClosedForm::Doubled),
        steps: &[StepKind::Reserve, StepKind::Shrink],
        ..MapInfo::new("left-right")
    };
    fn pairs(pairs: &mut impl Pairs<Self>) {
        few_pairs(pairs);
    }
}

impl<K: Key, V: Value> MapOf<K, V> for LeftRight {
    type Map = LeftRightMap<K, V>;
}

/// One copy.
pub struct Table<K, V>(HashMap<ClonedKey<K>, ClonedValue<V>, FixedSip>);

impl<K: Key, V: Value> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Table(self.0.clone())
    }
}

/// What a write does to each copy. Its tag stands apart, so that its bytes follow from those of keys and values ([`change_bytes`]).
#[repr(u8)]
pub enum Change<K, V> {
    /// Puts an entry in, or replaces its value.
    Put(ClonedKey<K>, ClonedValue<V>),
    /// Takes an entry out.
    Remove(ClonedKey<K>),
    /// Takes all entries out.
    Clear,
    /// Makes room for so many further entries.
    Reserve(usize),
    /// Gives back what the entries do not need.
    Shrink,
}

impl<K: Key, V: Value> Absorb<Change<K, V>> for Table<K, V> {
    /// The other copy needs the change too, so this one gets clones.
    fn absorb_first(&mut self, change: &mut Change<K, V>, _other: &Self) {
        match change {
            Change::Put(key, value) => _ = self.0.insert(key.clone(), value.clone()),
            Change::Remove(key) => _ = self.0.remove(key),
            Change::Clear => self.0.clear(),
            Change::Reserve(additional) => self.0.reserve(*additional),
            Change::Shrink => self.0.shrink_to_fit(),
        }
    }

    fn absorb_second(&mut self, mut change: Change<K, V>, other: &Self) {
        match change {
            Change::Put(key, value) => _ = self.0.insert(key, value),
            _ => self.absorb_first(&mut change, other),
        }
    }

    fn sync_with(&mut self, first: &Self) {
        self.0.clone_from(&first.0);
    }
}

/// What a thread reads through.
type Reader<K, V> = ReadHandle<Table<K, V>>;

/// What writes, and the readers that no thread has.
struct Writer<K: Key, V: Value> {
    idle: Vec<Reader<K, V>>,
    /// Readers that were made.
    made: usize,
    copies: WriteHandle<Table<K, V>, Change<K, V>>,
    /// The capacity of the copy that is not read.
    behind: usize,
    /// Whether the log has had a change in it.
    has_logged: bool,
    /// Readers that the last write knew of.
    noted: usize,
}

impl<K: Key, V: Value> Writer<K, V> {
    /// Asks the copy that is read.
    #[inline(always)]
    fn ask<T: Default>(&self, ask: impl FnOnce(&Table<K, V>) -> T) -> T {
        // There is one as long as there is a writer.
        self.copies.enter().map(|table| ask(&table)).unwrap_or_default()
    }

    /// Does what the log has, at once: a thread must find what it wrote.
    #[inline(always)]
    fn publish(&mut self) {
        let before = self.ask(|table| table.0.capacity());
        self.copies.publish();
        (self.behind, self.noted) = (before, self.made);
    }

    #[inline(always)]
    fn write(&mut self, change: Change<K, V>) {
        self.copies.append(change);
        self.has_logged = true;
        self.publish();
    }

    /// A reader: one that an ended thread left, or a new one.
    fn reader(&mut self) -> Reader<K, V> {
        self.idle.pop().unwrap_or_else(|| {
            self.made += 1;
            // Room for all of them, so that none needs any when it comes back.
            self.idle.reserve(self.made.next_power_of_two());
            self.copies.clone()
        })
    }

    /// Bytes of all that it has beside the two tables.
    fn bytes(&self) -> u64 {
        let log = if self.has_logged { LOGGED * size_of::<Change<K, V>>() as u64 } else { 0 };
        // Until the next write it knows of no reader that came after the last one.
        let unknown = NOTED_BYTES * (places(self.made as u64) - places(self.noted as u64));
        log + reader_bytes(self.made as u64) - unknown
    }
}

/// Changes that the log has room for: it never has more than two, and a `VecDeque` begins with four.
pub(crate) const LOGGED: u64 = 4;

/// Bytes of a change in the log, of keys and values of that size and alignment: a tag, a key and a value, one after the other. One variant
/// has a number.
pub(crate) fn change_bytes(key: (u64, u64), value: (u64, u64)) -> u64 {
    let tag = 1u64;
    let end = (tag.next_multiple_of(key.1) + key.0).next_multiple_of(value.1) + value.0;
    let number = size_of::<usize>() as u64;
    end.max(2 * number).next_multiple_of(key.1.max(value.1).max(number))
}

/// Bytes beside tables and log once so many readers were made beside the writer's own.
pub(crate) fn reader_bytes(readers: u64) -> u64 {
    // The vector of idle readers has room for four at first, and doubles.
    let idle = if readers == 0 { 0 } else { readers.next_power_of_two().max(4) };
    HEAD_BYTES
        + EPOCH_BYTES * (readers + 1)
        + READER_BYTES * idle
        + (PLACE_BYTES + NOTED_BYTES) * places(readers)
}

/// Bytes of the heads of the two tables, of the `Arc` of the pointer to the one that is read, and of that of the list of epochs, which has a
/// lock and a `Slab`. They depend on no type of keys or values.
const HEAD_BYTES: u64 = 2 * size_of::<Table<u64, u64>>() as u64 + 24 + 64;

/// Bytes of the epoch of a reader: the counters of its `Arc` and the epoch, each padded to two cache lines (`CachePadded`).
const EPOCH_BYTES: u64 = 256;

/// Bytes of a reader where it lies.
const READER_BYTES: u64 = size_of::<Reader<u64, u64>>() as u64;

/// Bytes of a place in the list of epochs, and of what the writer notes of it.
const PLACE_BYTES: u64 = 16;
const NOTED_BYTES: u64 = 8;

/// Places of that list once so many readers were made. It is a vector that doubles.
fn places(readers: u64) -> u64 {
    (readers + 1).next_power_of_two().max(4)
}

/// Two copies and the lock of those who write.
pub struct LeftRightMap<K: Key, V: Value> {
    writer: Mutex<Writer<K, V>>,
}

impl<K: Key, V: Value> LeftRightMap<K, V> {
    #[inline(always)]
    fn writer(&self) -> MutexGuard<'_, Writer<K, V>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key, V: Value> Collection<K, V> for LeftRightMap<K, V> {
    type Handle<'a> = Operator<'a, K, V>;

    // The log keeps its room, and the map its readers with their places, of which there may be twice as many as are needed.
    const SPARE_BYTES: u64 = LOGGED * size_of::<Change<K, V>>() as u64;
    const SPARE_BYTES_PER_THREAD: u64 = EPOCH_BYTES + 4 * READER_BYTES + 2 * (PLACE_BYTES + NOTED_BYTES);

    fn new(config: MapConfig) -> Self {
        let table = HashMap::with_capacity_and_hasher(config.capacity.unwrap_or(0), FixedSip::default());
        let (mut copies, _) = new_from_empty(Table(table));
        // Before the second time, writes go to one copy alone, and then all that it has is cloned.
        copies.publish().publish();
        let mut writer = Writer { idle: Vec::new(), made: 0, copies, behind: 0, has_logged: false, noted: 0 };
        writer.behind = writer.ask(|table| table.0.capacity());
        LeftRightMap { writer: Mutex::new(writer) }
    }

    fn handles(&mut self, threads: usize) -> Vec<Self::Handle<'_>> {
        let map = &*self;
        (0..threads).map(|_| Operator { map, reader: None }).collect()
    }
}

/// What a thread calls. It takes its reader with its first call: what a reader allocates is the map's, but handles are made and dropped
/// outside of what is counted. For the same reason the map keeps the reader afterwards, for the next thread.
pub struct Operator<'a, K: Key, V: Value> {
    map: &'a LeftRightMap<K, V>,
    reader: Option<Reader<K, V>>,
}

impl<K: Key, V: Value> Operator<'_, K, V> {
    #[inline(always)]
    fn reader(&mut self) -> &Reader<K, V> {
        let map = self.map;
        self.reader.get_or_insert_with(|| map.writer().reader())
    }

    /// The lock of those who write, and whether the key is there while it is held.
    #[inline(always)]
    fn find(&mut self, key: &K::Ref) -> (MutexGuard<'_, Writer<K, V>>, bool) {
        self.reader();
        let writer = self.map.writer();
        let table = self.reader.as_ref().and_then(ReadHandle::enter);
        (writer, table.is_some_and(|table| table.0.contains_key(ClonedKeyRef::of(key))))
    }
}

impl<K: Key, V: Value> Drop for Operator<'_, K, V> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.map.writer().idle.push(reader);
        }
    }
}

impl<K: Key, V: Value> Handle<K, V> for Operator<'_, K, V> {
    #[inline(always)]
    fn insert(&mut self, key: K, value: V) -> bool {
        let (mut writer, found) = self.find(key.borrow());
        writer.write(Change::Put(ClonedKey(key), ClonedValue(value)));
        !found
    }

    #[inline(always)]
    fn get(&mut self, key: &K::Ref, read: impl FnOnce(&V) -> u64) -> Option<u64> {
        self.reader().enter()?.0.get(ClonedKeyRef::of(key)).map(|value| read(&value.0))
    }

    /// The log needs a key of its own.
    #[inline(always)]
    fn update(&mut self, key: &K::Ref, value: V) -> bool {
        let (mut writer, found) = self.find(key);
        if found {
            writer.write(Change::Put(ClonedKey(make_key::<K>(key)), ClonedValue(value)));
        }
        found
    }

    /// The log needs a key of its own.
    #[inline(always)]
    fn remove(&mut self, key: &K::Ref) -> bool {
        let (mut writer, found) = self.find(key);
        if found {
            writer.write(Change::Remove(ClonedKey(make_key::<K>(key))));
        }
        found
    }

    fn iterate(&mut self, mut visit: impl FnMut(&K, &V)) {
        let Some(table) = self.reader().enter() else { return };
        for (key, value) in &table.0 {
            visit(&key.0, &value.0);
        }
    }

    fn clear(&mut self) {
        self.map.writer().write(Change::Clear);
    }

    fn len(&mut self) -> usize {
        self.map.writer().ask(|table| table.0.len())
    }

    /// Both tables, and what they lie in. A slot is there twice; if one table has outgrown the other, so many are there on average.
    /// Keys and values with blocks have them twice too, which the map does not know the bytes of.
    fn shape(&mut self) -> Shape {
        let writer = self.map.writer();
        let capacity = writer.ask(|table| table.0.capacity());
        if needs_drop::<(K, V)>() {
            return Shape { capacity: Some(capacity as u64), ..Shape::default() };
        }
        let [read, behind] = [capacity, writer.behind].map(shape_by_capacity::<K, V>);
        let both = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        Shape {
            slots: both(read.slots, behind.slots).map(|slots| slots / 2),
            slot_bytes: 2 * read.slot_bytes,
            own_bytes: both(read.own_bytes, behind.own_bytes).map(|tables| tables + writer.bytes()),
            ..read
        }
    }

    /// Lets the copy that is behind catch up.
    fn quiesce(&mut self) {
        self.map.writer().publish();
    }

    fn reserve(&mut self, additional: usize) {
        self.map.writer().write(Change::Reserve(additional));
        self.quiesce();
    }

    fn shrink(&mut self) {
        self.map.writer().write(Change::Shrink);
        self.quiesce();
    }
}
