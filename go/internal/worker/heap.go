package worker

import (
	"mapprof/internal/goheap"
	"mapprof/internal/heapprofile"
)

// looks is how often the live bytes are looked at between the ends of phases, about.
const looks = 30

// heapObserver takes the runtime's heap profile in a heap pass. What it counts and knows of live bytes is what a memory
// pass does.
type heapObserver struct {
	*memoryObserver
	// sampleBytes is the mean distance between samples; 0 if every allocation is recorded.
	sampleBytes int
	recorder    *heapprofile.Recorder
	// highest is the live bytes at the highest reading of the profile.
	highest uint64
}

func newHeapObserver(m *memoryObserver, sampleBytes int) *heapObserver {
	c := m.crew
	// Each look may read the profile, which costs two collections.
	c.slice = c.slice*points/looks + 1
	m.asProfile = true
	return &heapObserver{memoryObserver: m, sampleBytes: sampleBytes, recorder: heapprofile.New(len(c.workload.Phases))}
}

// begin comes before anything is counted, and before the map is made.
func (h *heapObserver) begin() {
	goheap.Collect()
	h.recorder.Base()
}

func (h *heapObserver) sliceDone(phase int, t *thread) {
	h.shape = h.crew.set.Shape()
	all := h.holding()
	live := h.live(all)
	h.reach(live, phase, above(t.calls, 1), all, h.shape, 0)
	h.look(phase, live)
}

// grown looks too: buckets from before the growth live on until all their entries have moved, often not until the next
// slice. Storage that the call itself let go is garbage by now and is not seen, so it is in the gap of the peak.
func (h *heapObserver) grown(phase int, t *thread, place int, ns int64) {
	h.memoryObserver.grown(phase, t, place, ns)
	if h.shape.Known {
		h.look(phase, h.live(h.holding()))
	}
}

// filled looks too.
func (h *heapObserver) filled(phase int, t *thread) {
	h.memoryObserver.filled(phase, t)
	h.look(phase, above(goheap.ReadCounts().LiveBytes, h.base))
}

// look reads the profile if more is alive than at the highest reading.
func (h *heapObserver) look(phase int, live uint64) {
	// A profile that shows hardly more is not worth its collections.
	if live > h.highest && (live-h.highest)*100 >= h.highest {
		goheap.Collect()
		h.recorder.Read(phase)
		h.recorder.Peak()
		h.highest = live
	}
}

// endPhase comes right after that of the memory pass, which collected all garbage.
func (h *heapObserver) endPhase(phase int) {
	h.recorder.Read(phase)
	h.recorder.End(phase)
	live := h.lastLive
	if h.shape.Known {
		// As sliceDone knows it: the count has what is free in shared blocks too.
		live = h.live(h.holding())
	}
	if live > h.highest {
		h.recorder.Peak()
		h.highest = live
	}
}
