//! A batch: the calls of a stretch of the operation stream, written before the clock starts.
//!
//! A call takes one byte and its key; the loop derives the value that it hands over from the key and the call's version.
//! So replaying a batch costs about the memory traffic of a program whose operations lie ready in memory. What checks and
//! figures need beside that ([`Detail::Checked`]) lies in vectors of its own, which a loop that does not check never reads.

use std::ops::Range;

use super::answer::Fold;
use super::payload::{KeyScratch, tag};
use super::spec::Op;
use crate::capture::{HarnessVec, harness_vec};

/// The most calls in a checked batch: answers and effects take 16 bytes a call.
pub const CHECKED_CALLS: usize = 262_144;

/// Bits of a call's byte that hold the operation; its version has the others.
const OP_BITS: u32 = 5;

/// Versions that a call can tell apart: they are counted modulo this.
pub const VERSIONS: u8 = 1 << (8 - OP_BITS);

/// A call as it lies in a batch: an operation, and the version of the value that it hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct CallByte(u8);

impl CallByte {
    /// The call of `op` with a value of `version`.
    #[inline]
    pub fn new(op: Op, version: u8) -> Self {
        CallByte(op as u8 | (version << OP_BITS))
    }

    /// What is called.
    #[inline]
    pub fn op(self) -> Op {
        // The table has the operations by their numbers; the modulo keeps the look-up in bounds without a branch that
        // could panic.
        const OPS: [Op; 1 << OP_BITS] = {
            let mut ops = [Op::Get; 1 << OP_BITS];
            let mut place = 0;
            while place < Op::ALL.len() {
                ops[Op::ALL[place] as usize] = Op::ALL[place];
                place += 1;
            }
            ops
        };
        OPS[(self.0 % (1 << OP_BITS)) as usize]
    }

    /// The version of the value that is handed over; 0 if none is.
    #[inline]
    pub fn version(self) -> u8 {
        self.0 >> OP_BITS
    }

    /// The byte as it enters the trace.
    #[inline]
    pub fn byte(self) -> u8 {
        self.0
    }
}

/// One call with all that it hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub op: Op,
    /// Bytes of the value that is handed over, if one is.
    pub size: u32,
    /// What that value carries.
    pub tag: u64,
}

/// What a call does to the number of entries and to the bytes of their keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Entries more or fewer; [`Effect::NOTHING_LEFT`] has no number.
    pub entries: i32,
    /// Key and value bytes more or fewer.
    pub payload: i32,
    /// Requested bytes of their blocks more or fewer.
    pub blocks: i32,
}

impl Effect {
    /// No entry is left, however many there were.
    pub const NOTHING_LEFT: Effect = Effect { entries: i32::MIN, payload: i32::MIN, blocks: i32::MIN };

    /// Adds the effect to entries, their bytes and those of their blocks.
    pub fn apply(self, entries: &mut u64, payload: &mut u64, blocks: &mut u64) {
        if self == Effect::NOTHING_LEFT {
            (*entries, *payload, *blocks) = (0, 0, 0);
        } else {
            *entries = entries.wrapping_add_signed(self.entries.into());
            *payload = payload.wrapping_add_signed(self.payload.into());
            *blocks = blocks.wrapping_add_signed(self.blocks.into());
        }
    }
}

/// What a batch has beside its calls and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One [`Fold`] over all answers.
    Folded,
    /// The answer and the effect of each call.
    Checked,
}

/// Bytes of the values that calls hand over.
#[derive(Debug, Clone, Copy)]
pub enum ValueSizes<'b> {
    /// All the same.
    Fixed(u32),
    /// One for each call; without meaning where no value is handed over.
    Each(&'b [u32]),
}

impl ValueSizes<'_> {
    /// Bytes of the value that the call at `place` hands over.
    #[inline(always)]
    pub fn at(self, place: usize) -> usize {
        match self {
            ValueSizes::Fixed(bytes) => bytes as usize,
            ValueSizes::Each(bytes) => bytes.get(place).map_or(0, |bytes| *bytes as usize),
        }
    }
}

/// Calls with their keys.
#[derive(Debug)]
pub struct Batch {
    detail: Detail,
    limit: usize,
    /// The calls, in order.
    pub calls: HarnessVec<CallByte>,
    /// Where runs end that another one follows.
    run_ends: HarnessVec<u32>,
    /// The key of each call. `iterate` and `clear` have one too, without meaning, so that places agree.
    pub keys: KeyScratch,
    /// Bytes of the value of each call; empty where all values have `value_bytes`.
    sizes: HarnessVec<u32>,
    value_bytes: u32,
    /// The most entries that a scan visits.
    scan_entries: usize,
    /// Which of several maps each call is about; empty where there is one.
    instances: HarnessVec<u32>,
    /// The kind of every call, if it is one.
    only: Option<Op>,
    /// What makes tags differ between seeds.
    salt: u64,
    /// The right answer of each call, in a checked batch.
    pub answers: HarnessVec<u64>,
    /// The effect of each call, in a checked batch, so that entries and payload are known at any of them.
    pub effects: HarnessVec<Effect>,
    /// Bytes more of values that the map let go and others still hold, by call, in a checked batch of a workload that has such; empty in
    /// any other.
    pub held: HarnessVec<i64>,
    /// What the answers of all calls come to, in a batch that is not checked.
    pub fold: Fold,
}

impl Batch {
    /// A batch of at most `limit` calls with the answers of each.
    pub fn checked_up_to(keys: KeyScratch, limit: usize) -> Self {
        Batch::empty(keys, Detail::Checked, limit.clamp(1, CHECKED_CALLS))
    }

    /// A batch for checks: answers and effects beside each of at most [`CHECKED_CALLS`] calls.
    pub fn checked(keys: KeyScratch) -> Self {
        let mut batch = Batch::empty(keys, Detail::Checked, CHECKED_CALLS);
        batch.calls.reserve_exact(CHECKED_CALLS);
        batch.answers.reserve_exact(CHECKED_CALLS);
        batch.effects.reserve_exact(CHECKED_CALLS);
        batch
    }

    /// A batch for a loop that only keeps a fold of the answers: at most `limit` calls, at least one.
    pub fn folded(keys: KeyScratch, limit: usize) -> Self {
        Batch::empty(keys, Detail::Folded, limit.clamp(1, u32::MAX as usize))
    }

    fn empty(keys: KeyScratch, detail: Detail, limit: usize) -> Self {
        Batch {
            detail,
            limit,
            calls: harness_vec(),
            run_ends: harness_vec(),
            keys,
            sizes: harness_vec(),
            value_bytes: 0,
            scan_entries: 0,
            instances: harness_vec(),
            only: None,
            salt: 0,
            answers: harness_vec(),
            effects: harness_vec(),
            held: harness_vec(),
            fold: Fold::default(),
        }
    }

    /// The most calls that it takes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The number of calls.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are no calls.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Which of several maps the call at `place` is about; 0 where there is one.
    #[inline]
    pub fn instance(&self, place: usize) -> usize {
        self.instances.get(place).map_or(0, |instance| *instance as usize)
    }

    /// The runs of `range`: calls of one kind on one map that follow each other, which one loop does.
    #[inline]
    pub fn runs(&self, range: Range<usize>) -> impl Iterator<Item = (Op, Range<usize>)> {
        let Range { mut start, end } = range;
        let end = end.min(self.calls.len());
        let first = match start {
            0 => 0,
            // A single call, as it is timed, is a run whatever stands around it: no search may be in its time.
            _ if end <= start + 1 => self.run_ends.len(),
            _ => self.run_ends.partition_point(|run_end| *run_end as usize <= start),
        };
        // Behind the last run that another one follows comes the last of all.
        let ends = self.run_ends[first..].iter().map(|run_end| *run_end as usize).chain([usize::MAX]);
        ends.map_while(move |run_end| {
            let run = start..end.min(run_end);
            start = run.end;
            (run.start < run.end).then(|| (self.calls[run.start].op(), run))
        })
    }

    /// The kind of every call, if it is one.
    pub fn only(&self) -> Option<Op> {
        self.only
    }

    /// What makes tags differ between seeds.
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// The most entries that a scan visits.
    pub fn scan_entries(&self) -> usize {
        self.scan_entries
    }

    /// Bytes of the values that are handed over.
    pub fn value_sizes(&self) -> ValueSizes<'_> {
        if self.sizes.is_empty() {
            ValueSizes::Fixed(self.value_bytes)
        } else {
            ValueSizes::Each(&self.sizes)
        }
    }

    /// The call at `place`, which must be below [`Batch::len`], with the value that it hands over.
    pub fn call(&self, place: usize) -> Call {
        let call = self.calls[place];
        let digest = self.keys.digest(place);
        Call {
            op: call.op(),
            size: self.value_sizes().at(place) as u32,
            tag: tag(digest, call.version(), self.salt),
        }
    }

    /// Empties the batch for calls whose values have `value_bytes` each, or sizes of their own if that is none.
    pub(super) fn begin(&mut self, only: Option<Op>, value_bytes: Option<u32>, salt: u64) {
        self.calls.clear();
        self.run_ends.clear();
        self.keys.clear();
        self.sizes.clear();
        self.instances.clear();
        self.answers.clear();
        self.effects.clear();
        self.held.clear();
        self.fold = Fold::default();
        self.value_bytes = value_bytes.unwrap_or(0);
        self.only = only;
        self.salt = salt;
    }

    /// Adds a call.
    #[inline]
    pub(super) fn push(&mut self, call: CallByte) {
        if let Some(last) = self.calls.last()
            && !last.op().same_loop(call.op())
        {
            // A batch has fewer calls than that: its memory is limited.
            self.run_ends.push(self.calls.len() as u32);
        }
        self.calls.push(call);
    }

    /// Says which of several maps the call is about that was added last.
    #[inline]
    pub(super) fn push_instance(&mut self, instance: u32) {
        let call = self.instances.len() as u32;
        if let Some(last) = self.instances.last()
            && *last != instance
            && self.run_ends.last() != Some(&call)
        {
            self.run_ends.push(call);
        }
        self.instances.push(instance);
    }

    /// Sets the most entries that a scan visits.
    pub(super) fn set_scan_entries(&mut self, entries: usize) {
        self.scan_entries = entries;
    }

    /// Whether each call has its answer and its effect beside it.
    #[inline]
    pub(super) fn is_checked(&self) -> bool {
        self.detail == Detail::Checked
    }

    /// Adds the size of the value of the call that is added next.
    #[inline]
    pub(super) fn push_size(&mut self, bytes: u32) {
        self.sizes.push(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_holds_every_operation_and_version() {
        for op in Op::ALL {
            for version in 0..VERSIONS {
                let call = CallByte::new(op, version);
                assert_eq!((call.op(), call.version()), (op, version));
            }
        }
    }

    #[test]
    fn calls_of_one_kind_are_a_run_wherever_it_is_entered() {
        let mut batch = Batch::folded(KeyScratch::of::<u64>(), 100);
        for op in [Op::Get, Op::GetMissing, Op::Get, Op::Update, Op::Insert, Op::Insert] {
            batch.push(CallByte::new(op, 1));
        }
        let runs = |range| batch.runs(range).collect::<Vec<_>>();
        assert_eq!(runs(0..6), [(Op::Get, 0..3), (Op::Update, 3..4), (Op::Insert, 4..6)]);
        assert_eq!(runs(1..2), [(Op::GetMissing, 1..2)], "no farther than it may");
        assert_eq!(runs(2..5), [(Op::Get, 2..3), (Op::Update, 3..4), (Op::Insert, 4..5)]);
        assert_eq!(runs(3..3), []);
        assert_eq!(runs(5..9), [(Op::Insert, 5..6)]);
        assert_eq!(Batch::folded(KeyScratch::of::<u64>(), 1).runs(0..0).count(), 0);
    }

    #[test]
    fn an_effect_can_be_as_large_as_a_value_and_a_clear_has_no_size() {
        let (mut entries, mut payload, mut blocks) = (7, 5_000_000_000, 6_000_000_000);
        let more = Effect { entries: 1, payload: 1 << 30, blocks: (1 << 30) + 16 };
        more.apply(&mut entries, &mut payload, &mut blocks);
        assert_eq!((entries, payload, blocks), (8, 5_000_000_000 + (1 << 30), 6_000_000_016 + (1 << 30)));
        let fewer = Effect { entries: -1, payload: -(1 << 30) - 4096, blocks: -(1 << 30) };
        fewer.apply(&mut entries, &mut payload, &mut blocks);
        assert_eq!((entries, payload, blocks), (7, 5_000_000_000 - 4096, 6_000_000_016));
        Effect::NOTHING_LEFT.apply(&mut entries, &mut payload, &mut blocks);
        assert_eq!((entries, payload, blocks), (0, 0, 0));
    }
}
