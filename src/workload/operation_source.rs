//! Where the calls of a thread come from.

use super::answer::Checksum;
use super::call_batch::Batch;
use super::payload::KeyScratch;

/// The calls that one thread makes of a map, in batches, with the answers that a correct map gives. The workers of a pass
/// know nothing else of where calls come from: [`super::Stream`] draws them from a workload.
///
/// A source must give the same calls in every pass, and allocate nothing of the measured kind: its memory is the harness's
/// ([`crate::capture::HarnessVec`]).
pub trait OperationSource: Send {
    /// Scratch for the keys of its batches.
    fn keys(&self) -> KeyScratch;

    /// Turns to the phase `index`: this thread's share of its operations comes next.
    fn begin_phase(&mut self, index: usize);

    /// Fills the batch with the next calls of the phase. Returns the operations in it, 0 at the end of the phase.
    fn next_batch(&mut self, batch: &mut Batch) -> u64;

    /// Fills the batch, which is checked, with look-ups of live keys, so many if there are any, as the phase's access distribution
    /// chooses them. They are not part of the stream: nothing of it changes.
    fn look_ups(&self, count: usize, batch: &mut Batch);

    /// Bytes that a call takes in a batch that is not checked, on average in the most varied phase.
    fn bytes_per_call(&self) -> usize;

    /// The checksum of the right answers to all calls so far.
    fn checksum(&self) -> Checksum;

    /// The checksum of all calls so far, whatever their answers: operation, key and value of each. Insertions and
    /// removals are answered alike under any seed, so it is this that tells two streams apart where
    /// [`OperationSource::checksum`] cannot.
    fn trace(&self) -> Checksum;

    /// Live entries of this thread's share.
    fn entries(&self) -> u64;

    /// Bytes of the keys and values of the live entries of this thread's share; a `u64` counts 8, a unit 0.
    fn payload_bytes(&self) -> u64;

    /// Requested bytes of the blocks of those keys and values: contents, counters and slack.
    fn block_bytes(&self) -> u64;

    /// Requested bytes of the blocks of values that the map let go and others still hold.
    fn held_bytes(&self) -> u64;

    /// Look-ups that found their key, so far.
    fn hits(&self) -> u64;
}
