//! A Swiss map, as Go has it from 1.24 on. Source: internal/runtime/maps.
//!
//! Up to eight entries lie in a group. More lie in a table of groups, which grows to twice its size up to 1,024 slots and is split
//! in two by a bit of the hash beyond. A directory leads to the tables.

use super::growth::{Event, Grown};
use super::lying::Entries;
use super::size_class::SizeClasses;
use super::spread::sum_over_cells;
use crate::oracle::bounds::Span;
use crate::oracle::hash_table::Unknown;

/// Slots of a group, and of the largest table.
const EIGHT: u64 = 8;
const MOST_SLOTS: u64 = 1024;
/// Bytes of a pointer, of `Map`, and of `table`.
const POINTER: u64 = 8;
const HEADER: u64 = 48;
const TABLE: u64 = 32;

/// Why nothing is known of a map of which entries came and went.
const TOMBSTONES: Unknown =
    "entries were inserted after a removal: which of the slots are free again depends on Go's random seed";

/// The tables of a map.
#[derive(Debug, Clone)]
pub struct Swiss {
    classes: SizeClasses,
    /// Bytes of a group.
    group: u64,
    pointers: bool,
    pub entries: u64,
    /// Whether an entry was taken out since the tables were empty.
    is_holed: bool,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// A group, which the first entry makes.
    Small { made: bool },
    /// One table of so many slots.
    One { slots: u64 },
    /// Tables of [`MOST_SLOTS`], or of `slots` as long as they are as they were made.
    Many(Many),
}

#[derive(Debug, Clone)]
struct Many {
    /// Tables that were there when the map was made or cleared, and the depth of the directory.
    tables: Span,
    depth: (u32, u32),
    slots: u64,
    /// The depth from which tables are split, and whether they were before, by another seed.
    from: u32,
    again: bool,
    /// The most entries since.
    most: u64,
}

impl Swiss {
    /// Those of a map that is made for `capacity` entries. Source: maps.NewMap.
    pub fn new(classes: SizeClasses, entries: &Entries, capacity: u64) -> Swiss {
        // A byte of the hash of each, and the entries.
        let group = EIGHT + EIGHT * entries.pair_in_map();
        let wanted = capacity * EIGHT / 7;
        let tables = wanted.div_ceil(MOST_SLOTS).next_power_of_two();
        let slots = (wanted / tables).max(EIGHT).next_power_of_two();
        let state = match tables {
            _ if capacity <= EIGHT => State::Small { made: false },
            1 => State::One { slots },
            _ => {
                let depth = tables.trailing_zeros();
                let (tables, depths) = (Span::exactly(tables), (depth, depth));
                State::Many(Many { tables, depth: depths, slots, from: depth, again: false, most: 0 })
            }
        };
        let pointers = entries.have_pointers();
        Swiss { classes, group, pointers, entries: 0, is_holed: false, state }
    }

    pub fn bytes(&self) -> Span {
        let stored = match &self.state {
            State::Small { made } => Span::exactly(if *made { self.groups(EIGHT) } else { 0 }),
            State::One { slots } => Span::exactly(self.table(*slots) + self.directory(0)),
            State::Many(many) => {
                let (tables, depth) = many.tables();
                let small = many.small();
                let of = |tables: u64, small: u64, depth: u32| {
                    tables.saturating_sub(small) * self.table(MOST_SLOTS)
                        + small * self.table(many.slots)
                        + self.directory(depth)
                };
                Span { low: of(tables.low, small.high, depth.0), high: of(tables.high, small.low, depth.1) }
            }
        };
        stored.plus(HEADER)
    }

    /// While a table is split the old one is there too, and perhaps the old directory.
    pub fn transient_bytes(&self) -> u64 {
        match &self.state {
            State::Many(many) => {
                let depth = many.tables().1;
                self.table(MOST_SLOTS) + self.directory(depth.1.saturating_sub(1))
            }
            _ => 0,
        }
    }

    fn groups(&self, slots: u64) -> u64 {
        self.classes.usable(slots / EIGHT * self.group, self.pointers)
    }

    fn table(&self, slots: u64) -> u64 {
        self.classes.usable(TABLE, true) + self.groups(slots)
    }

    fn directory(&self, depth: u32) -> u64 {
        self.classes.usable(POINTER << depth, true)
    }

    pub fn insert(&mut self) -> Result<Event, Unknown> {
        let before = self.bytes_if_few();
        let is_small = matches!(self.state, State::Small { .. });
        let gone = match &mut self.state {
            State::Small { made } if self.entries < EIGHT => {
                *made = true;
                self.entries += 1;
                return Ok(Event::None);
            }
            _ if self.is_holed && !is_small => return Err(TOMBSTONES),
            State::Small { .. } => {
                // Its slots are used again, and the table is a fresh one.
                self.is_holed = false;
                self.state = State::One { slots: 2 * EIGHT };
                self.groups(EIGHT)
            }
            State::One { slots } if self.entries < most_of(*slots) => 0,
            State::One { slots } if *slots < MOST_SLOTS => {
                let old = *slots;
                *slots *= 2;
                self.table(old)
            }
            State::One { .. } => {
                let one = Span::exactly(1);
                let many =
                    Many { tables: one, depth: (0, 0), slots: MOST_SLOTS, from: 0, again: false, most: 0 };
                self.state = State::Many(many);
                self.table(MOST_SLOTS) + self.directory(0)
            }
            State::Many(_) => 0,
        };
        self.entries += 1;
        if let State::Many(many) = &mut self.state {
            many.most = many.most.max(self.entries);
        }
        if gone == 0 {
            return Ok(Event::None);
        }
        Ok(Event::Grew(Grown { before, highest: self.bytes().plus(gone) }))
    }

    /// Bytes of a map that is not of many tables.
    fn bytes_if_few(&self) -> u64 {
        match &self.state {
            State::Small { made: false } => HEADER,
            State::Small { .. } => HEADER + self.groups(EIGHT),
            State::One { slots } => HEADER + self.table(*slots) + self.directory(0),
            State::Many(_) => 0,
        }
    }

    pub fn remove(&mut self) {
        self.entries = self.entries.saturating_sub(1);
        self.is_holed = true;
    }

    /// Source: maps.Map.Clear. Tables stay, and the seed is another one.
    pub fn clear(&mut self) {
        // Go 1.24 leaves an empty map as it is, with its tombstones.
        if self.entries == 0 && self.classes.release == 24 {
            return;
        }
        self.entries = 0;
        self.is_holed = false;
        if let State::Many(many) = &mut self.state {
            let (tables, depth) = many.tables();
            let from =
                (many.from..depth.0).find(|level| many.split(*level).low < 1 << level).unwrap_or(depth.0);
            *many = Many { tables, depth, slots: many.slots, from, again: true, most: 0 };
        }
    }
}

/// The most entries of a table. Source: table.maxGrowthLeft.
fn most_of(slots: u64) -> u64 {
    if slots <= EIGHT { slots - 1 } else { slots * 7 / 8 }
}

impl Many {
    /// How many of the tables at a depth were split: those whose part of the hashes has more entries than a table holds.
    fn split(&self, depth: u32) -> Span {
        let most = most_of(MOST_SLOTS);
        let split = sum_over_cells(self.most, 1 << depth, |entries| u64::from(entries > most));
        // They may have been split before.
        if self.again { Span { low: 0, ..split } } else { split }
    }

    /// The tables now, and the depth of their directory, at least and at most.
    fn tables(&self) -> (Span, (u32, u32)) {
        let (mut tables, mut depth) = (self.tables, self.depth);
        for level in self.from.. {
            let split = self.split(level);
            if split.high == 0 {
                break;
            }
            tables = tables.and(split);
            if split.low > 0 {
                depth.0 = depth.0.max(level + 1);
            }
            depth.1 = depth.1.max(level + 1);
        }
        (tables, depth)
    }

    /// How many of the tables have still the slots that they were made with, where these are fewer than most.
    fn small(&self) -> Span {
        if self.slots == MOST_SLOTS {
            return Span::exactly(0);
        }
        if self.again {
            return Span { low: 0, high: self.tables.high };
        }
        let most = most_of(self.slots);
        sum_over_cells(self.most, 1 << self.from, |entries| u64::from(entries > most))
            .complement(1 << self.from)
    }
}
