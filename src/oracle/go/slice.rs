//! A slice that grows by `append`.

use super::growth::{Event, Grown};
use super::size_class::SizeClasses;
use crate::oracle::bounds::Span;

/// Up to so many elements a slice grows to twice its capacity, beyond by less. Source: runtime/slice.go from Go 1.18 on.
const THRESHOLD: u64 = 256;

/// The capacity after `append` of one element to a full slice of `capacity` elements. Source: runtime.growslice.
pub fn grown(classes: SizeClasses, capacity: u64, element: u64, pointers: bool) -> u64 {
    let wanted = match capacity {
        0 => 1,
        _ if capacity < THRESHOLD => 2 * capacity,
        _ => capacity + (capacity + 3 * THRESHOLD) / 4,
    };
    classes.round_up(wanted * element, pointers) / element.max(1)
}

/// A slice of entries.
#[derive(Debug, Clone)]
pub struct Slice {
    classes: SizeClasses,
    element: u64,
    pointers: bool,
    pub entries: u64,
    capacity: u64,
}

impl Slice {
    /// An empty one with room for `capacity` elements of so many bytes.
    pub fn new(classes: SizeClasses, (element, pointers): (u64, bool), capacity: u64) -> Slice {
        Slice { classes, element, pointers, entries: 0, capacity }
    }

    pub fn bytes(&self) -> u64 {
        self.of(self.capacity)
    }

    fn of(&self, capacity: u64) -> u64 {
        self.classes.usable(capacity * self.element, self.pointers)
    }

    /// Takes an entry in.
    pub fn insert(&mut self) -> Event {
        self.entries += 1;
        if self.entries <= self.capacity {
            return Event::None;
        }
        let before = self.bytes();
        self.capacity = grown(self.classes, self.capacity, self.element, self.pointers);
        Event::Grew(Grown { before, highest: Span::exactly(before + self.bytes()) })
    }

    /// Makes room for further entries; returns the bytes at the highest moment.
    pub fn reserve(&mut self, additional: u64) -> u64 {
        self.move_to(self.capacity.max(self.entries + additional))
    }

    /// Gives back the room that no entry takes; returns the bytes at the highest moment.
    pub fn shrink(&mut self) -> u64 {
        self.move_to(self.entries)
    }

    fn move_to(&mut self, capacity: u64) -> u64 {
        let before = self.bytes();
        if capacity == self.capacity {
            return before;
        }
        self.capacity = capacity;
        before + self.bytes()
    }
}
