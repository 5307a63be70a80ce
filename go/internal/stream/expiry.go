package stream

import (
	"math"

	"mapprof/internal/offheap"
	"mapprof/internal/workload"
)

// expiry is the time to live of entries, counted in operations: the insertion times of one thread's live entries,
// oldest first. Only the oldest is ever removed.
type expiry struct {
	// isKept: entries have a time to live.
	isKept bool
	// after is the number of operations of this thread that an entry lives.
	after uint32
	// now is the number of operations that have begun; it wraps around, and a difference is right nevertheless.
	now uint32
	// gone is the number of entries that were removed and not yet dropped from the list.
	gone int
	// putIn is when each entry was put in, behind the first gone.
	putIn offheap.Slice[uint32]
}

func newExpiry(w *workload.Workload, threads uint64) expiry {
	if w.TimeToLive == nil {
		return expiry{}
	}
	after := *w.TimeToLive / threads
	if *w.TimeToLive%threads > 0 {
		after++
	}
	if after > math.MaxUint32 {
		after = math.MaxUint32
	}
	return expiry{isKept: true, after: uint32(after)}
}

// tick begins an operation. It returns whether the oldest entry's time is over.
func (e *expiry) tick() bool {
	e.now++
	return e.gone < e.putIn.Len() && e.now-e.putIn.Items()[e.gone] >= e.after
}

// insert says that an entry was put in by the operation at work.
func (e *expiry) insert() {
	e.putIn.Append(e.now)
}

// removeOldest says that the oldest entry was taken out.
func (e *expiry) removeOldest() {
	e.gone++
	if e.gone > mostGone && e.gone > e.putIn.Len()/2 {
		e.putIn.DropFront(e.gone)
		e.gone = 0
	}
}

// clear says that every entry was taken out.
func (e *expiry) clear() {
	e.putIn.Truncate(0)
	e.gone = 0
}
