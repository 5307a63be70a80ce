//! A batch: the calls of a stretch of the operation stream, written before the clock starts.
//!
//! A call takes one byte and its key; the loop derives the value that it hands over from the key and the call's version.
//! So replaying a batch costs about the memory traffic of a program whose operations lie ready in memory. What checks and
//! figures need beside that ([`Detail::Checked`]) lies in vectors of its own, which a loop that does not check never reads.

use std::ops::Range;

use super::answer::Fold;
use super::payload::{Key, KeyScratch, tag};
use super::spec::Op;
use crate::capture::{HarnessVec, harness_vec};

/// The most calls in a checked batch: answers and effects take 16 bytes a call.
pub const CHECKED_CALLS: usize = 262_144;

/// Bits of a call's byte that hold the operation, and those of the version above them.
const OP_BITS: u32 = 4;
const VERSION_BITS: u32 = 3;

/// The bit that the last call of a run has.
const END: u8 = 1 << (OP_BITS + VERSION_BITS);

/// Versions that a call can tell apart: they are counted modulo this.
pub const VERSIONS: u8 = 1 << VERSION_BITS;

/// A call as it lies in a batch: an operation, the version of the value that it hands over, and whether another loop than
/// its own does the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct CallByte(u8);

impl CallByte {
    /// The call of `op` with a value of `version`.
    #[inline]
    pub fn new(op: Op, version: u8) -> Self {
        CallByte(op as u8 | ((version % VERSIONS) << OP_BITS))
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
        (self.0 >> OP_BITS) & (VERSIONS - 1)
    }

    /// Whether it is the last call of a run: those of one kind that follow each other.
    #[inline(always)]
    pub fn ends_run(self) -> bool {
        self.0 & END != 0
    }

    /// Operation and version as they enter the trace.
    #[inline]
    pub fn byte(self) -> u8 {
        self.op() as u8 | (self.version() << 5)
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

/// What a call does to the number of entries and to their key and value bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Entries more or fewer; [`Effect::NOTHING_LEFT`] has no number.
    pub entries: i32,
    /// Key and value bytes more or fewer.
    pub payload: i32,
}

impl Effect {
    /// No entry is left, however many there were.
    pub const NOTHING_LEFT: Effect = Effect { entries: i32::MIN, payload: i32::MIN };

    /// Adds the effect to entries and their bytes.
    pub fn apply(self, entries: &mut u64, payload: &mut u64) {
        if self == Effect::NOTHING_LEFT {
            (*entries, *payload) = (0, 0);
        } else {
            *entries = entries.wrapping_add_signed(self.entries.into());
            *payload = payload.wrapping_add_signed(self.payload.into());
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
    /// The key of each call. `iterate` and `clear` have one too, without meaning, so that places agree.
    pub keys: KeyScratch,
    /// Bytes of the value of each call; empty where all values have `value_bytes`.
    sizes: HarnessVec<u32>,
    value_bytes: u32,
    /// The kind of every call, if it is one.
    only: Option<Op>,
    /// What makes tags differ between seeds.
    salt: u64,
    /// The right answer of each call, in a checked batch.
    pub answers: HarnessVec<u64>,
    /// The effect of each call, in a checked batch, so that entries and payload are known at any of them.
    pub effects: HarnessVec<Effect>,
    /// What the answers of all calls come to, in a batch that is not checked.
    pub fold: Fold,
}

impl Batch {
    /// A batch for checks: answers and effects beside each of at most [`CHECKED_CALLS`] calls.
    pub fn checked() -> Self {
        let mut batch = Batch::empty(Detail::Checked, CHECKED_CALLS);
        batch.calls.reserve_exact(CHECKED_CALLS);
        batch.answers.reserve_exact(CHECKED_CALLS);
        batch.effects.reserve_exact(CHECKED_CALLS);
        batch
    }

    /// A batch for a loop that only keeps a fold of the answers: at most `limit` calls, at least one.
    pub fn folded(limit: usize) -> Self {
        Batch::empty(Detail::Folded, limit.max(1))
    }

    fn empty(detail: Detail, limit: usize) -> Self {
        Batch {
            detail,
            limit,
            calls: harness_vec(),
            keys: KeyScratch::new(),
            sizes: harness_vec(),
            value_bytes: 0,
            only: None,
            salt: 0,
            answers: harness_vec(),
            effects: harness_vec(),
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

    /// The run of calls that one loop does from `start` on, up to `end` at most; none if there is no call.
    #[inline]
    pub fn run(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let calls = self.calls.get(start..end).filter(|calls| !calls.is_empty())?;
        // Eight calls at a time: looking for the end must not cost as much as the calls.
        const ENDS: u64 = u64::from_le_bytes([END; 8]);
        let mut length = 0;
        for eight in calls.chunks_exact(8) {
            let bytes: [u8; 8] = std::array::from_fn(|place| eight[place].0);
            let ends = u64::from_le_bytes(bytes) & ENDS;
            if ends != 0 {
                return Some(start..start + length + ends.trailing_zeros() as usize / 8 + 1);
            }
            length += 8;
        }
        let rest = calls[length..].iter().position(|call| call.ends_run());
        Some(start..rest.map_or(end, |place| start + length + place + 1))
    }

    /// The kind of every call, if it is one.
    pub fn only(&self) -> Option<Op> {
        self.only
    }

    /// What makes tags differ between seeds.
    pub fn salt(&self) -> u64 {
        self.salt
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
    pub fn call<K: Key>(&self, place: usize) -> Call {
        let call = self.calls[place];
        let digest = K::digest(K::read(&self.keys, place));
        Call {
            op: call.op(),
            size: self.value_sizes().at(place) as u32,
            tag: tag(digest, call.version(), self.salt),
        }
    }

    /// Empties the batch for calls whose values have `value_bytes` each, or sizes of their own if that is none.
    pub(super) fn begin(&mut self, only: Option<Op>, value_bytes: Option<u32>, salt: u64) {
        self.calls.clear();
        self.keys.clear();
        self.sizes.clear();
        self.answers.clear();
        self.effects.clear();
        self.fold = Fold::default();
        self.value_bytes = value_bytes.unwrap_or(0);
        self.only = only;
        self.salt = salt;
    }

    /// Adds a call. The last call of a run is marked when another loop has the next one; nothing need follow the last call of
    /// the batch.
    #[inline]
    pub(super) fn push(&mut self, call: CallByte) {
        if let Some(last) = self.calls.last_mut()
            && !last.op().same_loop(call.op())
        {
            last.0 |= END;
        }
        self.calls.push(call);
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
                assert_eq!((call.op(), call.version(), call.ends_run()), (op, version, false));
                let last = CallByte(call.0 | END);
                assert_eq!((last.op(), last.version(), last.ends_run()), (op, version, true));
                assert_eq!(last.byte(), call.byte(), "a trace does not depend on what follows");
            }
        }
    }

    #[test]
    fn a_run_ends_where_another_loop_takes_over() {
        let mut batch = Batch::folded(100);
        for op in [Op::Get, Op::GetMissing, Op::Get, Op::Update, Op::Insert, Op::Insert] {
            batch.push(CallByte::new(op, 1));
        }
        let ends: Vec<bool> = batch.calls.iter().map(|call| call.ends_run()).collect();
        assert_eq!(ends, [false, false, true, true, false, false]);
        assert_eq!(batch.run(0, 6), Some(0..3));
        assert_eq!(batch.run(1, 2), Some(1..2), "no farther than it may");
        assert_eq!(batch.run(3, 6), Some(3..4));
        assert_eq!(batch.run(4, 6), Some(4..6));
        assert_eq!((batch.run(6, 6), batch.run(6, 9)), (None, None));
    }

    #[test]
    fn runs_of_any_length_are_found() {
        for length in 1..40 {
            for before in 0..9 {
                let mut batch = Batch::folded(100);
                (0..before).for_each(|_| batch.push(CallByte::new(Op::Insert, 7)));
                (0..length).for_each(|_| batch.push(CallByte::new(Op::Get, 0)));
                (0..before).for_each(|_| batch.push(CallByte::new(Op::Remove, 0)));
                assert_eq!(batch.run(before, batch.len()), Some(before..before + length));
            }
        }
    }

    #[test]
    fn an_effect_can_be_as_large_as_a_value_and_a_clear_has_no_size() {
        let (mut entries, mut payload) = (7, 5_000_000_000);
        Effect { entries: 1, payload: 1 << 30 }.apply(&mut entries, &mut payload);
        assert_eq!((entries, payload), (8, 5_000_000_000 + (1 << 30)));
        Effect { entries: -1, payload: -(1 << 30) - 4096 }.apply(&mut entries, &mut payload);
        assert_eq!((entries, payload), (7, 5_000_000_000 - 4096));
        Effect::NOTHING_LEFT.apply(&mut entries, &mut payload);
        assert_eq!((entries, payload), (0, 0));
    }
}
