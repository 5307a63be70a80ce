package stream

import (
	"sort"

	"mapprof/internal/workload"
)

// Run is calls of one kind on one map that follow each other, which one loop does: those from Start to End, without
// that.
type Run struct {
	// Op is the operation whose loop it is: Get also does GetMissing, Insert also does Upsert.
	Op         workload.Op
	Start, End int
}

// Runs goes over the runs of a stretch of a batch.
type Runs struct {
	calls []CallByte
	ends  []uint32
	at    int
}

// Runs are those of the calls from start to end, without that. A run that goes beyond either is cut off.
func (b *Batch) Runs(start, end int) Runs {
	calls, ends := b.calls.Items()[:end], b.runEnds.Items()
	switch {
	case start == 0:
	case end <= start+1:
		// A single call, as it is timed, is a run whatever stands around it: no search may be in its time.
		ends = nil
	default:
		ends = ends[sort.Search(len(ends), func(i int) bool { return int(ends[i]) > start }):]
	}
	return Runs{calls, ends, start}
}

// Next is the run that comes next; not ok if there is none.
func (r *Runs) Next() (run Run, ok bool) {
	start, end := r.at, len(r.calls)
	if start >= end {
		return Run{}, false
	}
	if len(r.ends) > 0 {
		if next := int(r.ends[0]); next < end {
			end = next
		}
		r.ends = r.ends[1:]
	}
	r.at = end
	return Run{r.calls[start].Op().Loop(), start, end}, true
}

// RunEnds are the places of the calls before which a run ends and another one begins.
func (b *Batch) RunEnds() []uint32 { return b.runEnds.Items() }
