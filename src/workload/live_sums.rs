//! What the live entries come to: bytes of their keys and values, and what an iteration over them answers. As little is kept as the
//! workload asks for.

use super::answer;
use super::call_batch::VERSIONS;
use super::live_set::Entry;
use super::op::Answers;
use super::payload::{Layout, held_elsewhere, tag};
use super::spec::{Op, ValueSpec, Workload};
use super::value_size::Sizes;

/// Sums over the live entries of one thread.
#[derive(Debug)]
pub struct LiveSums {
    value: ValueSpec,
    sizes: Sizes,
    /// What makes tags differ between seeds.
    salt: u64,
    /// Whether the sum of live fingerprints is kept: only iterations need it.
    iterates: bool,
    fingerprints: u64,
    /// Bytes of each key, if all have the same.
    key_length: Option<usize>,
    key_layout: Layout,
    /// Bytes of the live keys, where these are not all of one length.
    key_bytes: u64,
    /// Bytes of the live values, where these are not all of one size.
    value_bytes: u64,
    /// Requested bytes of the blocks of a key and of a value, if those of all are alike.
    same_blocks: (Option<u64>, Option<u64>),
    /// Of the live keys and values whose blocks are not alike, the requested bytes of these.
    block_bytes: u64,
    /// Which values others hold too ([`held_elsewhere::is_held`]).
    held_below: u64,
    /// Requested bytes of the blocks of these: of the live ones, and of those that the map let go.
    shared_bytes: u64,
    held_bytes: u64,
}

impl LiveSums {
    /// Over no entries. Keys have so many bytes, if all have the same.
    pub fn new(workload: &Workload, salt: u64, key_length: Option<usize>) -> LiveSums {
        LiveSums {
            sizes: Sizes::of_values(&workload.value),
            value: workload.value.clone(),
            salt,
            iterates: Op::ALL.iter().any(|op| op.info().answers == Answers::AllValues && workload.calls(*op)),
            fingerprints: 0,
            key_length,
            key_layout: workload.key.layout,
            key_bytes: 0,
            value_bytes: 0,
            same_blocks: (workload.key.same_block_bytes(), workload.value.same_block_bytes()),
            block_bytes: 0,
            held_below: held_elsewhere::bound(workload.value.held_share),
            shared_bytes: 0,
            held_bytes: 0,
        }
    }

    /// Has keys weigh nothing, for a map that keeps none.
    pub fn leave_keys_out(&mut self) {
        self.key_length = Some(0);
    }

    /// The size of every value, if all have the same.
    #[inline]
    pub fn same_size(&self) -> Option<u32> {
        match self.sizes {
            Sizes::Fixed(bytes) => Some(bytes),
            Sizes::Uniform { .. }
            | Sizes::Pareto(_)
            | Sizes::GeneralisedPareto(_)
            | Sizes::Records { .. } => None,
        }
    }

    /// What makes tags differ between seeds.
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// Whether fingerprints are added up, so that a change of a value must be told.
    #[inline]
    pub fn iterates(&self) -> bool {
        self.iterates
    }

    /// Whether others hold a part of the values too.
    #[inline]
    pub fn has_holders(&self) -> bool {
        self.held_below > 0
    }

    /// Requested bytes of the blocks of values that the map let go and others still hold.
    #[inline]
    pub fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// Bytes of the keys and values of `entries` live entries.
    #[inline]
    pub fn payload_bytes(&self, entries: u64) -> u64 {
        let values = self.same_size().map_or(self.value_bytes, |bytes| entries * u64::from(bytes));
        self.key_length.map_or(self.key_bytes, |length| entries * length as u64) + values
    }

    /// Requested bytes of their blocks.
    #[inline]
    pub fn block_bytes(&self, entries: u64) -> u64 {
        let (key, value) = self.same_blocks;
        entries * (key.unwrap_or(0) + value.unwrap_or(0)) + self.block_bytes
    }

    /// What an iteration over them answers.
    #[inline]
    pub fn all_values(&self, entries: u64) -> u64 {
        self.fingerprints.wrapping_add(entries.wrapping_mul(answer::ENTRY))
    }

    /// The fingerprint of the value of an entry whose key has this digest.
    #[inline]
    pub fn fingerprint(&self, digest: impl Fn() -> u64, entry: Entry) -> u64 {
        let tag = self.tag(digest, entry.version);
        self.value.fingerprint_of(self.sizes.of(tag) as usize, tag, entry.changes)
    }

    /// The size of a value, where sizes differ; 0 elsewhere.
    #[inline]
    pub fn size_of_value(&self, digest: impl Fn() -> u64, version: u8) -> u32 {
        if self.same_size().is_some() { 0 } else { self.sizes.of(self.tag(digest, version)) }
    }

    /// Adds the bytes of an entry's key to the sums or takes them from them.
    #[inline]
    pub fn hold_key(&mut self, length: usize, add: bool) {
        self.key_bytes = signed(self.key_bytes, length as u64, add);
        if self.same_blocks.0.is_none() {
            self.block_bytes = signed(self.block_bytes, self.key_layout.block_bytes(length as u64), add);
        }
    }

    /// Adds an entry's value to the sums or takes it from them, where those are kept. Returns its size, where sizes
    /// differ.
    #[inline]
    pub fn weigh(&mut self, digest: impl Fn() -> u64, entry: Entry, add: bool) -> u32 {
        let weighs = self.same_size().is_none();
        if !self.iterates && !weighs {
            return 0;
        }
        let tag = self.tag(digest, entry.version);
        let size = self.sizes.of(tag);
        if weighs {
            self.value_bytes = signed(self.value_bytes, u64::from(size), add);
        }
        if self.same_blocks.1.is_none() {
            self.block_bytes = signed(self.block_bytes, self.value.block_bytes(size, tag), add);
        }
        if self.iterates {
            let fingerprint = self.value.fingerprint_of(size as usize, tag, entry.changes);
            self.fingerprints = signed(self.fingerprints, fingerprint, add);
        }
        size
    }

    /// The map takes the value of an entry, or lets it go, if others hold it too.
    pub fn share(&mut self, digest: impl Fn() -> u64, entry: Entry, lets_go: bool) {
        let tag = self.tag(digest, entry.version);
        // Changing a held value in place copies it first.
        if entry.is_changed || !held_elsewhere::is_held(self.held_below, tag) {
            return;
        }
        let bytes = self.value.block_bytes(self.sizes.of(tag), tag);
        self.shared_bytes = signed(self.shared_bytes, bytes, !lets_go);
        self.held_bytes += if lets_go { bytes } else { 0 };
    }

    /// The map lets every entry go.
    pub fn clear(&mut self) {
        self.fingerprints = 0;
        self.key_bytes = 0;
        self.block_bytes = 0;
        self.value_bytes = 0;
        self.held_bytes += std::mem::take(&mut self.shared_bytes);
    }

    #[inline]
    fn tag(&self, digest: impl Fn() -> u64, version: u8) -> u64 {
        tag(digest(), version % VERSIONS, self.salt)
    }
}

/// A sum with a part added, or taken from it.
#[inline]
fn signed(sum: u64, part: u64, add: bool) -> u64 {
    if add { sum.wrapping_add(part) } else { sum.wrapping_sub(part) }
}
