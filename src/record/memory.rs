//! Memory as it was read while a memory pass ran: the wire types from which the waterfall and the timeline are made.
//!
//! Bytes throughout. What is counted (`live_bytes`, `usable_bytes`, `entries`, `payload_bytes`) is exact; what the
//! allocator and the kernel say ([`Pages`]) comes in pages and can be read only between operations.

use serde::{Deserialize, Serialize};

use super::RuntimeHeap;

/// All readings of one memory pass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Bytes of a page.
    pub page_bytes: u64,
    /// The process before the first operation, before the map was made.
    pub baseline: Option<Pages>,
    /// The maps, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Instances>,
    /// The end of each phase, in order.
    pub phases: Vec<Reading>,
    /// The highest live moment.
    pub peak: Option<Peak>,
    /// What is left after the last phase, step by step.
    #[serde(default)]
    pub settling: Vec<Settled>,
    /// Live bytes that an empty map may hold once it is shrunk: those of a fresh one, and what the map says that it keeps.
    /// None if the map cannot shrink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_map_bytes: Option<u64>,
    /// What a package may keep for the process when the map is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_wide: Option<KeptByPackage>,
    /// Points over the run, in order.
    #[serde(default)]
    pub timeline: Vec<Point>,
    /// Operations that allocated more than an eighth of the live bytes: the largest ones, in order.
    #[serde(default)]
    pub growth: Vec<Growth>,
    /// How many such operations there were in all.
    #[serde(default)]
    pub growth_events: u64,
}

/// The maps that the entries are dealt over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instances {
    /// How many there are.
    pub count: u64,
    /// Bytes of one where it lies, `size_of` the map: in a vector, which is a part of the live bytes.
    pub map_bytes: u64,
    /// Live bytes of all before the first entry.
    pub empty_live_bytes: u64,
}

/// Storage that a package allocates while a map is used and keeps for the life of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptByPackage {
    /// The package.
    pub package: String,
    /// The most bytes that it may keep.
    pub most_bytes: u64,
}

impl Memory {
    /// Whether a runtime with a collector told of it.
    pub fn is_of_runtime(&self) -> bool {
        self.phases.iter().any(|reading| reading.runtime.is_some())
    }

    /// Live bytes after the map was dropped, less what a package may keep for the process. None for a program that drops
    /// its map itself, and for a language with a garbage collector.
    pub fn leaked_bytes(&self) -> Option<u64> {
        if self.is_of_runtime() {
            return None;
        }
        let dropped = self.settling.iter().find(|settled| settled.step == SettleStep::Dropped)?;
        Some(dropped.reading.live_bytes.saturating_sub(self.kept_at_most()))
    }

    /// The most bytes that a package may keep for the process.
    pub fn kept_at_most(&self) -> u64 {
        self.process_wide.as_ref().map_or(0, |kept| kept.most_bytes)
    }
}

/// The map's memory at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Live bytes as they were requested; of a language whose runtime counts size classes, as these gave them.
    pub live_bytes: u64,
    /// Live bytes as they were requested, where `live_bytes` are those of size classes and this is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_bytes: Option<u64>,
    /// Live bytes as their size classes gave them.
    pub usable_bytes: u64,
    /// Entries in the map.
    pub entries: u64,
    /// Their key and value bytes.
    pub payload_bytes: u64,
    /// Requested bytes of the blocks that keys and values have beside the map's slots: contents, counters and slack.
    #[serde(alias = "apart_bytes")]
    pub out_of_line_bytes: u64,
    /// Requested bytes of the blocks of values that the map let go and others still hold.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held_elsewhere_bytes: u64,
    /// Whether payload and entries are not known, as of a program that did not say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payload_unknown: bool,
    /// Bytes of one key and one value as they lie in a slot, headers and padding included: `size_of::<(K, V)>()`.
    pub entry_bytes: u64,
    /// What the map says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// What allocator and kernel say; none inside an operation, or where the kernel does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    /// What a runtime with a collector and the kernel say, in place of `pages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeHeap>,
}

impl Reading {
    /// Live bytes as they were requested, as far as that is known.
    pub fn requested(&self) -> u64 {
        self.requested_bytes.unwrap_or(self.live_bytes)
    }
}

/// What a map says of its own storage. It is believed only as far as it agrees with the counted bytes.
// Not `non_exhaustive`, so that an adapter can write `Shape { slots: ..., ..Shape::default() }`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Entries that the map says it can hold before it grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Slots of its storage, full or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u64>,
    /// Bytes of one slot; at least the entry.
    pub slot_bytes: u64,
    /// Bytes of all allocations of the map's own (not of keys and values apart from it) that this comes to, where that
    /// can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_bytes: Option<u64>,
}

/// What the allocator and the kernel say at one moment. The allocator's figures are those of the arenas that the map has
/// for itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// Bytes in blocks that the allocator has handed out, thread caches included.
    pub allocated: u64,
    /// Of these, bytes that lie free in thread caches.
    pub cached: u64,
    /// Bytes in the pages of runs with at least one block handed out, in a cache or not.
    pub active: u64,
    /// Bytes in pages that are free and not yet returned to the system, touched or not.
    pub dirty: u64,
    /// Bytes that the allocator takes for itself outside of the map's arenas, touched or not.
    pub metadata: u64,
    /// Bytes of pages that hold a live block of the map, or a part of one.
    #[serde(default)]
    pub in_use: u64,
    /// Resident bytes of the map's arenas in which nothing lives: free pages, and the arenas' own structures.
    #[serde(default)]
    pub free: u64,
    /// Bytes of the pages in use that are not resident: never touched, or swapped out.
    pub untouched: u64,
    /// Resident bytes of the process.
    pub rss: u64,
    /// Of these, anonymous memory that is neither the harness's nor a stack: the allocator's.
    pub rss_allocator: u64,
    /// Of these, the harness's own buffers.
    pub rss_harness: u64,
}

impl Pages {
    /// Bytes by which the allocator's own structures outside of the map's arenas grew since `before` was read, before the
    /// map was made. The allocator counts them when it sets them aside and the kernel when they are touched, so they are
    /// what the kernel has more of, and no more than the allocator says.
    pub(super) fn own_since(&self, before: &Pages) -> i128 {
        let grown = |of: fn(&Pages) -> u64| i128::from(of(self)) - i128::from(of(before));
        let map = grown(|p| p.in_use) + grown(|p| p.free) - grown(|p| p.untouched);
        (grown(|p| p.rss_allocator) - map).clamp(0, grown(|p| p.metadata).max(0))
    }

    /// Bytes that the allocator holds for the map, with `before` read before the map was made: pages in use, touched or
    /// not, resident pages without a live block, and its own structures.
    pub fn held_since(&self, before: &Pages) -> u64 {
        let grown = |of: fn(&Pages) -> u64| i128::from(of(self).saturating_sub(of(before)));
        let held = grown(|p| p.in_use) + grown(|p| p.free) + self.own_since(before);
        u64::try_from(held).unwrap_or(u64::MAX)
    }
}

/// The highest live moment of the operations. It lies inside an operation, where pages cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// Index of the phase.
    pub phase: u16,
    /// Number of the call at work, from 0, over all phases (of the thread that reached the peak).
    pub call: u64,
    /// Counted figures at that moment, without pages. With several threads, entries and payload are those of the nearest
    /// point of the timeline.
    pub reading: Reading,
    /// Pages at the nearest point at which they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Pages>,
    /// How many calls before (negative) or after the peak that was.
    pub nearest_calls: i64,
}

/// What is left at one step of the settling after the last phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// What was done before the reading.
    pub step: SettleStep,
    /// Memory after it.
    pub reading: Reading,
}

/// The steps of the settling, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettleStep {
    /// Nothing: the end of the last phase.
    End,
    /// Guards dropped and deferred reclamation driven to its end.
    Quiesced,
    /// The map shrunk to its entries, where it can.
    Shrunk,
    /// After that, the allocator's caches flushed and its free pages returned: what the shrunk map keeps for good.
    ShrunkPurged,
    /// The map dropped.
    Dropped,
    /// The allocator's caches flushed and its free pages returned.
    Purged,
}

impl SettleStep {
    /// Every step, in order.
    pub const ALL: [SettleStep; 6] = [
        SettleStep::End,
        SettleStep::Quiesced,
        SettleStep::Shrunk,
        SettleStep::ShrunkPurged,
        SettleStep::Dropped,
        SettleStep::Purged,
    ];

    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            SettleStep::End => "end",
            SettleStep::Quiesced => "quiesced",
            SettleStep::Shrunk => "shrunk",
            SettleStep::ShrunkPurged => "shrunk-purged",
            SettleStep::Dropped => "dropped",
            SettleStep::Purged => "purged",
        }
    }

    /// What was done, in tables and pictures.
    pub fn label(self) -> &'static str {
        match self {
            SettleStep::End => "nothing done",
            SettleStep::Quiesced => "reclamation finished",
            SettleStep::Shrunk => "map shrunk",
            SettleStep::ShrunkPurged => "shrunk, free pages returned",
            SettleStep::Dropped => "map dropped",
            SettleStep::Purged => "dropped, free pages returned",
        }
    }
}

/// A point of the timeline, read between operations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Index of the phase.
    pub phase: u16,
    /// Calls done so far, over all phases and threads.
    pub calls: u64,
    /// Time inside operations so far, of the first worker, nanoseconds.
    pub ns: u64,
    /// Requested bytes live.
    pub live_bytes: u64,
    /// The allocator's bytes in blocks handed out, less those before the first operation; likewise the next two.
    pub allocated: u64,
    /// Bytes in runs with at least one block handed out.
    pub active: u64,
    /// Bytes in pages that the allocator holds.
    pub resident: u64,
    /// Entries in the map. With several threads up to a slice of calls late for each.
    pub entries: u64,
    /// What the map says it can hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
}

/// An operation that allocated more than an eighth of the bytes that were live before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// Index of the phase.
    pub phase: u16,
    /// Worker thread.
    pub thread: u16,
    /// Number of the call, from 0, over all phases of that thread.
    pub call: u64,
    /// Time inside operations of the first worker when the slice of calls with it began, nanoseconds.
    pub ns: u64,
    /// Live bytes before it.
    pub before: u64,
    /// Live bytes at its highest moment.
    pub highest: u64,
    /// Live bytes after it.
    pub after: u64,
    /// Bytes that it allocated.
    pub allocated: u64,
    /// The whole operation in the memory pass, nanoseconds.
    pub duration_ns: u64,
    /// Look-up addresses of the stack of that allocation, innermost first; empty once they have a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<u64>,
    /// The site: function, file and line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// Source file of the site.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Line in it; 0 if unknown.
    #[serde(default)]
    pub line: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}
