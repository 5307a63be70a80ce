package workload

import (
	"fmt"
	"math"
	"math/bits"
)

const (
	// mostKeyBytes is the length of the longest key.
	mostKeyBytes = 4096
	// mostInstances is the most maps.
	mostInstances = 1_000_000
	// MostThreads is the most worker threads that a workload can be dealt out to.
	MostThreads = 1024
)

// check refuses what single fields allow and no stream can do.
func (w *Workload) check() error {
	if w.Instances > mostInstances {
		return fmt.Errorf("there are %d instances, and at most %d are possible", w.Instances, mostInstances)
	}
	if length := &w.Key.Length; length.Kind == LengthFixed && length.Bytes > mostKeyBytes {
		return fmt.Errorf("keys have %d bytes, and at most %d are possible", length.Bytes, mostKeyBytes)
	}
	if w.TimeToLive == nil {
		return nil
	}
	for i := range w.Phases {
		phase := &w.Phases[i]
		if len(phase.Work.Each) > 0 {
			return fmt.Errorf("it has a time_to_live, and phase %q lists its calls in each", phase.Name)
		}
		for _, odds := range phase.Work.Mix {
			if odds.Op == Remove && odds.Percent > 0 {
				return fmt.Errorf("it has a time_to_live, and phase %q has remove in its mix", phase.Name)
			}
		}
	}
	return nil
}

// CheckThreads refuses a number of threads on which the answers, or the keys, would not be what the stream says: calls
// that see what other threads do, more insertions than there are ids, and keys too short to be told apart.
func (w *Workload) CheckThreads(threads int) error {
	if threads < 1 || threads > MostThreads {
		return fmt.Errorf("threads must be from 1 to %d, not %d", MostThreads, threads)
	}
	for op := Insert; op < OpCount; op++ {
		if threads > 1 && op.SeesOthers() && w.Calls(op) {
			return fmt.Errorf("workload %q calls %s, whose answer depends on what other threads have just done: it runs on 1 thread, not on %d", w.Name, op, threads)
		}
	}
	ids, ok := w.ids(uint64(threads))
	if !ok || ids > math.MaxUint32 {
		return fmt.Errorf("workload %q can insert more keys than there are 32-bit ids for", w.Name)
	}
	if width := w.Key.CodeBits(); width < 64 && ids*w.Stride() > 1<<width {
		return fmt.Errorf("workload %q can insert %d keys, and the %d bits of the shortest keys do not tell them apart", w.Name, ids, width)
	}
	return nil
}

// ids is the most ids that can be used on so many threads, which deal out each phase and number their own entries; not
// ok if they are beyond 64 bits.
func (w *Workload) ids(threads uint64) (uint64, bool) {
	sum := uint64(0)
	for i := range w.Phases {
		phase := &w.Phases[i]
		share := phase.Ops/threads + (phase.Ops%threads+threads-1)/threads
		high, ids := bits.Mul64(share, phase.Work.inserts())
		var carry uint64
		if sum, carry = bits.Add64(sum, ids, 0); high|carry != 0 {
			return 0, false
		}
	}
	high, ids := bits.Mul64(sum, threads)
	return ids, high == 0
}

// inserts is the most keys that one operation can insert.
func (w *Work) inserts() uint64 {
	for _, odds := range w.Mix {
		if Ops[odds.Op].Inserts && odds.Percent > 0 {
			return 1
		}
	}
	count := uint64(0)
	for _, op := range w.Each {
		if Ops[op].Inserts {
			count++
		}
	}
	return count
}
