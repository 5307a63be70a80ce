// Package stream is the operation stream: the calls that a workload makes of a map, in batches, with the answers that a
// correct map gives. It is the same, bit for bit, as that of mapprof itself.
//
// A stream is a function of workload, seed, thread and number of threads and of nothing else: it is the same in every
// pass, over every map and on every machine. It keeps a model of the map, so it knows the right answer of each call when
// it makes it. That stays true with several threads because keys are dealt out: of all ids, thread t of n has those that
// are t modulo n, and works on no others, though all share one map.
//
// What a stream keeps, and what its batches hold, lies off the heap. Once a stream is made, nothing here allocates.
package stream

import (
	"math"

	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

// Stream is what one thread does to the map. It is for one goroutine at a time.
type Stream struct {
	phases []plan
	// phase is the one at work, left the operations that it has left.
	phase int
	left  uint64

	rng    rng
	picker entryPicker
	ids    keyIds
	live   liveSet
	expiry expiry
	sums   liveSums
	// ordered is the live entries in the order of their keys: only scans need them.
	ordered     *orderedSet
	scanEntries int

	keyKind     workload.KeyKind
	lengths     keyLengths
	leastLength int
	meanLength  int

	checksum, trace Checksum
	hits            uint64
}

// New is the share of a thread, counted from 0, out of so many, before the first phase.
func New(w *workload.Workload, seed uint64, thread, threads int) *Stream {
	if threads < 1 {
		threads = 1
	}
	base := bitmix.Mix(seed + bitmix.Golden)
	t, n := uint64(thread), uint64(threads)
	s := &Stream{
		rng:         newRng(base ^ bitmix.Mix(t)),
		picker:      newEntryPicker(w),
		ids:         newKeyIds(w, bitmix.Mix(base^1), t, n),
		live:        liveSet{ranged: true},
		expiry:      newExpiry(w, n),
		sums:        newLiveSums(w, bitmix.Mix(base^2)),
		scanEntries: int(w.ScanEntries),
		keyKind:     w.Key.Type.Kind,
		lengths:     newKeyLengths(&w.Key.Length),
		leastLength: w.Key.Length.Least(),
		meanLength:  int(math.Round(w.Key.Length.Mean())),
		checksum:    EmptyChecksum,
		trace:       EmptyChecksum,
	}
	if w.Calls(workload.Scan) {
		s.ordered = &orderedSet{}
	}
	s.phases = newPlans(w, t, n)
	return s
}

// WithoutKeys has keys count as no payload, for a map that keeps none.
func (s *Stream) WithoutKeys() *Stream {
	s.sums.keysAlike, s.sums.keyLength = true, 0
	return s
}

// Begin turns to a phase: this thread's share of its operations comes next. A stream follows the steps of the life
// cycle too, so all phases are to be begun, in order.
func (s *Stream) Begin(phase int) {
	s.phase, s.left = phase, 0
	if phase < 0 || phase >= len(s.phases) {
		return
	}
	plan := &s.phases[phase]
	if plan.isStep {
		if plan.step.Info().Empties {
			s.clear()
		}
		// No byte of a call is as large.
		s.trace.Fold(1 + 1<<8 + uint64(plan.step))
		return
	}
	s.left = plan.ops
	s.picker.picker = plan.picker
}

// clear forgets every entry.
func (s *Stream) clear() {
	s.live.clear()
	if s.ordered != nil {
		s.ordered.clear()
	}
	s.sums.clear()
	s.expiry.clear()
}

// Checksum is that of the right answers to all calls so far.
func (s *Stream) Checksum() Checksum { return s.checksum }

// Trace is the checksum of all calls so far, whatever their answers: operation, key and value of each.
func (s *Stream) Trace() Checksum { return s.trace }

// Entries is the number of live entries of this thread's share.
func (s *Stream) Entries() uint64 { return s.live.len() }

// PayloadBytes is the bytes of the keys and values of the live entries of this thread's share.
func (s *Stream) PayloadBytes() uint64 { return s.sums.payloadBytes(s.live.len()) }

// BlockBytes is the requested size of the blocks of those keys and values as they are in Rust, in bytes.
func (s *Stream) BlockBytes() uint64 { return s.sums.blocks(s.live.len()) }

// HeldBytes is the requested size of the blocks of values that the map let go and others still hold, as they are in
// Rust, in bytes.
func (s *Stream) HeldBytes() uint64 { return s.sums.heldBytes }

// Hits is the number of look-ups that found their key, so far.
func (s *Stream) Hits() uint64 { return s.hits }

// HasHolders says whether others hold a part of the values too.
func (s *Stream) HasHolders() bool { return s.sums.heldBelow > 0 }

// BytesPerCall is the bytes that a call takes in a batch that is not checked, on average in the most varied phase.
func (s *Stream) BytesPerCall() int {
	bytes := 1
	switch {
	case s.keyKind == workload.KeyNumber:
		bytes += 8
	case s.lengths.kind == workload.LengthFixed:
		bytes += s.lengths.min
	default:
		bytes += s.meanLength + 4
	}
	if !s.sums.isSame {
		bytes += 4
	}
	if s.ids.instances > 1 {
		bytes += 4
	}
	// At worst a run ends after each call.
	return bytes + 4
}
