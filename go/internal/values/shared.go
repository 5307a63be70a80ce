package values

import (
	"sync"
	"unsafe"

	"mapprof/internal/mapshape"
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
		h.held = make([][]byte, 0, int(float64(handedOver(w))*w.Value.HeldShare*1.2)+1000)
	}
	of := Slices()
	of.Fill = h.fill
	of.Release = h.release
	return of
}

// handedOver is how many values the calls of a workload hand over, about.
func handedOver(w *workload.Workload) (values uint64) {
	for i := range w.Phases {
		ops, work := w.Phases[i].Ops, &w.Phases[i].Work
		for _, op := range work.Each {
			if op.Info().HandsOver {
				values += ops
			}
		}
		for _, odds := range work.Mix {
			if odds.Op.Info().HandsOver {
				values += uint64(float64(ops) * odds.Percent / 100)
			}
		}
	}
	return values
}

// release lets all of them go, and returns the bytes of the list.
func (h *holder) release() uint64 {
	bytes := mapshape.Usable(uint64(cap(h.held))*uint64(unsafe.Sizeof([]byte(nil))), true)
	h.held = nil
	return bytes
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
