//! A map of buckets, as Go has it up to 1.23. Source: runtime/map.go.
//!
//! It has 2^level buckets of eight entries, and overflow buckets behind those that are full. With more than 6.5 entries a
//! bucket it grows to twice as many, and each write moves a bucket or two; the old ones stay until the last was moved.

use super::growth::{Event, Grown};
use super::lying::Entries;
use super::size_class::SizeClasses;
use super::slice;
use super::spread::sum_over_cells;
use crate::oracle::bounds::Span;
use crate::oracle::hash_table::Unknown;

/// Entries of a bucket.
const EIGHT: u64 = 8;
/// Bytes of a pointer, of a slice's header, of `hmap`, and of `mapextra`.
const POINTER: u64 = 8;
const LIST: u64 = 24;
const HEADER: u64 = 48;
const EXTRA: u64 = 24;
/// From this level on a sixteenth more buckets are made, for overflow.
const FIRST_SPARE: u32 = 4;

/// Why nothing is known of a map of which entries came and went.
const SORTED_OUT: Unknown = "so many entries came after others went that Go may have made as many buckets anew, to be rid of overflow buckets";

/// The buckets of a map.
#[derive(Debug, Clone)]
pub struct Buckets {
    classes: SizeClasses,
    /// Bytes of a bucket.
    bucket: u64,
    pointers: bool,
    pub entries: u64,
    /// 2^level buckets; none before the first entry of a small map.
    level: Option<u32>,
    /// The most entries at once since there are so many buckets, and how many ever came.
    most: u64,
    came: u64,
    /// Whether it has a `mapextra`, for certain and possibly.
    extra: (bool, bool),
    /// A growth on its way.
    old: Option<Old>,
}

/// The buckets from before a growth.
#[derive(Debug, Clone)]
struct Old {
    /// 2^level of them.
    level: u32,
    /// Their overflow buckets.
    overflow: Span,
    /// Calls that moved some of them, at least and at most.
    calls: (u64, u64),
}

impl Buckets {
    /// Those of a map that is made for `capacity` entries.
    pub fn new(classes: SizeClasses, entries: &Entries, capacity: u64) -> Buckets {
        let pointers = entries.have_pointers();
        // A byte of the hash of each, the entries, and the pointer to the next bucket.
        let bucket = EIGHT + entries.eight_apart() + POINTER;
        let level = (0..u64::BITS).find(|level| fits(capacity, *level)).filter(|level| *level > 0);
        let made = level.is_some_and(|level| level >= FIRST_SPARE);
        let extra = (made, made);
        Buckets { classes, bucket, pointers, entries: 0, level, most: 0, came: 0, extra, old: None }
    }

    pub fn bytes(&self) -> Result<Span, Unknown> {
        let Some(level) = self.level else { return Ok(Span::exactly(HEADER)) };
        let overflow = self.overflow()?;
        let moved = self.table(level, overflow);
        let Some(old) = &self.old else { return Ok(moved.and(self.extra_bytes(overflow)).plus(HEADER)) };
        let both = self.moving(level, old, overflow);
        // Once it may be over, it may be either.
        let low = if self.may_have_moved(old) { moved.low.min(both.low) } else { both.low };
        Ok(Span { low, ..both }.and(self.extra_bytes(overflow)).plus(HEADER))
    }

    /// Old and new buckets, without what is beside them. Overflow buckets of either are there as far as buckets have moved.
    fn moving(&self, level: u32, old: &Old, overflow: Span) -> Span {
        let new = self.table(level, overflow).high;
        let gone = self.table(old.level, old.overflow).high;
        Span { low: self.array(level) + self.array(old.level), high: new + gone }
    }

    /// Overflow buckets of the buckets as they are now. A chain has room for the most entries that its bucket ever had at once: those that
    /// came are no fewer.
    fn overflow(&self) -> Result<Span, Unknown> {
        let Some(level) = self.level else { return Ok(Span::exactly(0)) };
        let buckets = 1 << level;
        let behind = |entries: u64| entries.saturating_sub(1) / EIGHT;
        // There are most if all are in one chain.
        let most = sum_over_cells(self.most, buckets, behind).or_less(Span::exactly(behind(self.most)));
        if self.came == self.most {
            return Ok(most);
        }
        let high = sum_over_cells(self.came, buckets, behind).high.min(behind(self.came));
        // The runtime's own count is a rough one where there are many.
        if high * 10 >= buckets * 9 {
            return Err(SORTED_OUT);
        }
        Ok(Span { low: most.low, high })
    }

    /// The number of buckets in the array of a level, with those for overflow. Source: runtime.makeBucketArray.
    fn count(&self, level: u32) -> u64 {
        let buckets = 1_u64 << level;
        if level < FIRST_SPARE {
            return buckets;
        }
        let wanted = buckets + (buckets >> FIRST_SPARE);
        self.classes.round_up(wanted * self.bucket, self.pointers) / self.bucket
    }

    fn array(&self, level: u32) -> u64 {
        self.classes.usable(self.count(level) * self.bucket, self.pointers)
    }

    /// Bytes of the buckets of a level with so many overflow buckets, and of the list that keeps these where they have no
    /// pointers.
    fn table(&self, level: u32, overflow: Span) -> Span {
        let spare = self.count(level) - (1 << level);
        let of = |overflow: u64| {
            let own = overflow.saturating_sub(spare) * self.classes.usable(self.bucket, self.pointers);
            self.array(level) + own + self.list(overflow)
        };
        Span { low: of(overflow.low), high: of(overflow.high) }
    }

    fn list(&self, overflow: u64) -> u64 {
        if self.pointers || overflow == 0 {
            return 0;
        }
        let mut capacity = 0;
        while capacity < overflow {
            capacity = slice::grown(self.classes, capacity, POINTER, true);
        }
        self.classes.usable(LIST, true) + self.classes.usable(capacity * POINTER, true)
    }

    /// Whether there is a `mapextra`, for certain and possibly, with so many overflow buckets now.
    fn has_extra(&self, overflow: Span) -> (bool, bool) {
        let listed = |overflow: u64| !self.pointers && overflow > 0;
        (self.extra.0 || listed(overflow.low), self.extra.1 || listed(overflow.high))
    }

    fn extra_bytes(&self, overflow: Span) -> Span {
        let has = self.has_extra(overflow);
        let of = |has: bool| if has { EXTRA } else { 0 };
        Span { low: of(has.0), high: of(has.1) }
    }

    pub fn insert(&mut self) -> Result<Event, Unknown> {
        let level = *self.level.get_or_insert(0);
        if self.old.is_none() && !fits(self.entries + 1, level) {
            return self.grow(level);
        }
        self.entries += 1;
        self.came += 1;
        self.most = self.most.max(self.entries);
        self.write(false)
    }

    fn grow(&mut self, level: u32) -> Result<Event, Unknown> {
        let before = self.bytes()?.high;
        let overflow = self.overflow()?;
        let made = level + 1 >= FIRST_SPARE;
        let extra = self.has_extra(overflow);
        self.extra = (extra.0 || made, extra.1 || made);
        self.level = Some(level + 1);
        self.entries += 1;
        (self.came, self.most) = (self.entries, self.entries);
        let gone = self.table(level, overflow);
        // The call itself moves two buckets.
        let event = |highest| Ok(Event::Grew(Grown { before, highest }));
        if level <= 1 {
            let after = self.bytes()?;
            return event(Span { low: after.low + gone.low, high: after.high + gone.high });
        }
        let old = Old { level, overflow, calls: (1, 1) };
        let start =
            self.moving(level + 1, &old, self.overflow()?).and(self.extra_bytes(overflow)).plus(HEADER);
        self.old = Some(old);
        event(start)
    }

    /// A call that writes, and moves old buckets where there are any: one or two. `may`: or does not.
    pub fn write(&mut self, may: bool) -> Result<Event, Unknown> {
        let Some(old) = &mut self.old else { return Ok(Event::None) };
        old.calls.1 += 1;
        if !may {
            old.calls.0 += 1;
        }
        if old.calls.0 < 1 << old.level {
            return Ok(Event::None);
        }
        let before = self.bytes()?.high;
        let least = self.least_in_window().unwrap_or(0);
        self.old = None;
        Ok(Event::Moved { before, least })
    }

    pub fn remove(&mut self) -> Result<Event, Unknown> {
        self.entries = self.entries.saturating_sub(1);
        self.write(false)
    }

    /// Source: runtime.mapclear. An empty map is left as it is.
    pub fn clear(&mut self) {
        if self.entries == 0 {
            return;
        }
        if let Ok(overflow) = self.overflow() {
            self.extra = self.has_extra(overflow);
        }
        (self.entries, self.most, self.came) = (0, 0, 0);
        self.old = None;
    }

    fn may_have_moved(&self, old: &Old) -> bool {
        2 * old.calls.1 >= 1 << old.level
    }

    pub fn is_in_window(&self) -> bool {
        self.old.as_ref().is_some_and(|old| self.may_have_moved(old))
    }

    /// The old array is there until the last bucket has moved, and the new one with all that overflows from what was there
    /// when the growth began.
    pub fn least_in_window(&self) -> Option<u64> {
        let old = self.old.as_ref().filter(|old| self.may_have_moved(old))?;
        Some(HEADER + self.array(self.level?) + self.array(old.level))
    }
}

/// Whether so many entries fit into 2^level buckets. Source: runtime.overLoadFactor.
fn fits(entries: u64, level: u32) -> bool {
    entries <= EIGHT || entries <= 13 * ((1_u64 << level) / 2)
}
