//! Keys and values that a map has twice: for a moment, in the copy that each write makes, or always.

use super::Replay;
use crate::oracle::bounds::Span;
use crate::workload::payload;
use crate::workload::spec::Workload;

impl Replay<'_> {
    /// Bytes of the keys and values in the copy that a write makes of a map first, or that the map always has; 0 if it has each once.
    #[inline]
    pub(super) fn copied(&self, map: usize) -> u64 {
        let of = &self.maps[map];
        if of.structure.copy_bytes().is_none() && !of.structure.is_doubled() {
            return 0;
        }
        let Workload { key, value, .. } = self.workload;
        let cloned = |layout: payload::Layout, bytes: u64| if layout.clones_share() { 0 } else { bytes };
        cloned(key.layout, of.keys) + cloned(value.layout, of.values)
    }

    /// Bytes of the keys and values that a map always has twice.
    pub(super) fn held_twice(&self, map: usize) -> u64 {
        if self.maps[map].structure.is_doubled() { self.copied(map) } else { 0 }
    }

    /// The most bytes that such a map has beyond them while its tables grow for an entry of so many bytes: clones for the one copy, or what the
    /// write before left in the other.
    #[inline]
    pub(super) fn cloned_by_insertion(&self, map: usize, entry: u64) -> u64 {
        if self.maps[map].structure.is_doubled() { entry + self.maps[map].left } else { 0 }
    }

    /// Notes the moment at which a write that changes no structure has made its copy, if it makes one.
    #[inline]
    pub(super) fn copy(&mut self, map: usize) {
        if let Some(bytes) = self.maps[map].structure.copy_bytes() {
            self.reached(self.resting.plus(bytes + self.copied(map)));
        }
    }

    /// After a write of a map that holds all keys and values twice: adds the second ones to what it has between two operations, and the `left`
    /// bytes that it holds of them until its next write.
    #[inline]
    pub(super) fn leave(&mut self, map: usize, left: u64) {
        if !self.maps[map].structure.is_doubled() {
            return;
        }
        self.maps[map].left = left;
        self.most_left = self.most_left.max(left);
        // Of several threads it is not known which wrote last.
        let left = if self.threads > 1 { Span { low: 0, high: self.most_left } } else { Span::exactly(left) };
        let resting = self.maps[map].structure.bytes().plus(self.held_twice(map)).and(left);
        self.rest(map, resting);
        self.reached(self.resting);
    }

    /// A thread makes a call of a map.
    #[inline]
    pub(super) fn called(&mut self, map: usize) {
        if self.maps[map].structure.is_doubled() {
            let before = self.maps[map].structure.bytes();
            self.maps[map].structure.called();
            let now = self.maps[map].structure.bytes();
            self.rest(map, self.maps[map].resting.replace(before, now));
            self.reached(self.resting);
        }
    }
}
