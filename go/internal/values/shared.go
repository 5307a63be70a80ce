package values

import (
	"sync"

	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// holder is somebody else who holds values too, such as a cache that handed them out. Its list is made before anything is
// counted; what it takes to put a value into it is in the time of the call.
type holder struct {
	below uint64
	lock  sync.Mutex
	held  [][]byte
}

// Shared are slices of bytes of which others hold a share too, from when they are made until they are released.
func Shared(w *workload.Workload) Type[[]byte] {
	h := &holder{below: workload.HeldBelow(w.Value.HeldShare)}
	if h.below > 0 {
		calls := uint64(0)
		for i := range w.Phases {
			calls += w.Phases[i].Ops * uint64(w.Phases[i].Work.CallsPerOp())
		}
		h.held = make([][]byte, 0, calls)
	}
	of := Slices()
	of.Fill = h.fill
	of.Release = func() { h.held = nil }
	return of
}

func (h *holder) fill(b *stream.Batch, from int, out [][]byte) {
	fillSlices(b, from, out)
	if h.below == 0 {
		return
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	for i, value := range out {
		if workload.IsHeld(h.below, b.Tag(from+i)) {
			h.held = append(h.held, value)
		}
	}
}
