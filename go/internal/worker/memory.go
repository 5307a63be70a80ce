package worker

import (
	"io"
	"os"
	"runtime/debug"
	"sort"
	"sync/atomic"

	"mapprof/internal/goheap"
	"mapprof/internal/maps"
	"mapprof/internal/offheap"
	"mapprof/internal/replay"
)

// mostGrowth is how many growth events are kept: those that allocated most.
const mostGrowth = 256

// memoryObserver reads memory in a memory pass.
//
// What is live is counted after a collection, at the ends of phases. Between them it is known from the operations: the
// blocks of the live keys and values, and those that the map is made of. Garbage is what the heap holds beyond that.
type memoryObserver struct {
	crew *crew
	// hasTiny: blocks of less than 16 bytes share one, so the counted bytes may be more than those that are known.
	hasTiny bool
	// asProfile: blocks that share one are not counted, for the runtime's profile does not see them.
	asProfile bool
	// base is what was live before the map was made, and what of it the harness made since.
	base uint64
	// before is what was counted when the phase began.
	before goheap.Counts
	// making is what making the map allocated. It belongs to the first phase.
	making goheap.Counts
	// counted is what was live at the last reading, lastLive the map's part of it, and lastBlocks its number of blocks.
	counted, lastLive, lastBlocks uint64
	record                        memoryRecord
	shape                         maps.Shape
	// peakLive in size classes, and where it was.
	peakLive  uint64
	peakPhase int
	peakCall  uint64
	peakState holding
	peakShape maps.Shape
	// peakReplaced is the storage that a call let go at that moment, and that was still alive within it.
	peakReplaced uint64
	// highestHeap is the most bytes of objects that were seen, garbage included.
	highestHeap uint64
	growth      []growth
	// room for what is read, of which readings were used.
	room []struct {
		managed   managed
		resident  goheap.Resident
		requested uint64
	}
	readings int
}

// mostSettled is how many readings come after the last phase.
const mostSettled = 8

func newMemoryObserver(c *crew, hasTiny bool) *memoryObserver {
	m := &memoryObserver{
		crew: c, hasTiny: hasTiny, growth: make([]growth, 0, mostGrowth),
		record: memoryRecord{PageBytes: os.Getpagesize(), Timeline: make([]point, 0, 4*points)},
	}
	m.room = make([]struct {
		managed   managed
		resident  goheap.Resident
		requested uint64
	}, len(c.workload.Phases)+mostSettled)
	return m
}

// begin reads memory before the map is made.
func (m *memoryObserver) begin() {
	// What the encoder keeps of the types of events is not the map's.
	warm := newReporter(io.Discard)
	m.record.Timeline = append(m.record.Timeline, point{Capacity: new(uint64)})
	warm.event("phase", phaseRecord{Counts: &phaseCounts{ResidentBytes: new(uint64)}})
	warm.event("memory", memoryRecord{
		Phases: []reading{{Shape: shapeRecord(maps.Shape{Known: true}), Runtime: &managed{Resident: &goheap.Resident{}}}},
		Peak:   &peak{}, Settling: []settled{{}}, Timeline: m.record.Timeline, Growth: []growth{{}},
	})
	// The first point would let go of what this one has.
	m.record.Timeline[0] = point{}
	m.record.Timeline = m.record.Timeline[:0]
	startThreads()
	stockProcessors()
	goheap.Collect()
	debug.FreeOSMemory()
	// The first reading of each kind sets up what the runtime keeps for it.
	goheap.ReadClasses()
	goheap.ReadResident()
	goheap.Collect()
	m.before = goheap.ReadCounts()
	m.base = m.before.LiveBytes
	m.counted = m.base
}

// made takes in that the map was made, right after begin.
func (m *memoryObserver) made() {
	m.making = goheap.ReadCounts().Minus(m.before)
	m.shape = m.crew.set.Shape()
	goheap.Collect()
	m.counted = goheap.ReadCounts().LiveBytes
	m.lastLive = 0
}

// holding is what the entries of all threads come to.
func (m *memoryObserver) holding() (all holding) {
	for _, t := range m.crew.threads {
		all.entries += atomic.LoadUint64(&t.published.entries)
		all.payload += atomic.LoadUint64(&t.published.payload)
		all.blocks += atomic.LoadUint64(&t.published.blocks)
		all.held += atomic.LoadUint64(&t.published.held)
	}
	return all
}

func (m *memoryObserver) sliceDone(phase int, t *thread) {
	m.shape = m.crew.set.Shape()
	all := m.holding()
	live := m.live(all)
	m.reach(live, phase, above(t.calls, 1), all, m.shape, 0)
	classes := goheap.ReadClasses()
	if classes.Objects > m.highestHeap {
		m.highestHeap = classes.Objects
	}
	if len(m.record.Timeline) == cap(m.record.Timeline) {
		return
	}
	at := point{
		Phase: uint16(phase), Calls: t.calls * uint64(len(m.crew.threads)), Ns: t.ns, LiveBytes: live,
		Allocated: above(classes.Objects, m.base), Entries: all.entries,
	}
	at.Active = at.Allocated + classes.Unused
	at.Resident = at.Active + classes.Free
	m.record.Timeline = append(m.record.Timeline, at)
}

// live is the bytes of the map's live blocks, in size classes. Of a map whose own blocks are not known it is what the
// runtime counts, after a collection.
func (m *memoryObserver) live(all holding) uint64 {
	if m.shape.Known {
		return all.blocks + all.held + m.shape.Usable
	}
	goheap.Collect()
	return above(goheap.ReadCounts().LiveBytes, m.base)
}

func (m *memoryObserver) reach(live uint64, phase int, call uint64, all holding, shape maps.Shape, replaced uint64) {
	if live > m.peakLive {
		m.peakLive, m.peakPhase, m.peakCall, m.peakState, m.peakShape = live, phase, call, all, shape
		m.peakReplaced = replaced
	}
}

// grown takes in that a call changed the storage of the map. Old and new storage may both be alive.
func (m *memoryObserver) grown(phase int, t *thread, place int, ns int64) {
	before := m.live(m.holding())
	t.apply(place + 1)
	old := m.shape
	m.shape = m.crew.set.Shape()
	all := m.holding()
	after := m.live(all)
	// Old and new storage are both alive until the last entry has moved.
	highest := after + m.shape.Replaced(&old.Shape)
	call := t.calls + uint64(place)
	m.reach(highest, phase, call, all, m.shape, highest-after)
	allocated := above(highest, before)
	if allocated*8 < before || allocated == 0 {
		return
	}
	m.record.GrowthEvents++
	event := growth{
		Phase: uint16(phase), Thread: uint16(t.number), Call: call, Ns: t.ns, Before: before, Highest: highest,
		After: after, Allocated: allocated, DurationNs: uint64(ns), Site: m.crew.kind.GrowsIn(),
	}
	if len(m.growth) < cap(m.growth) {
		m.growth = append(m.growth, event)
		return
	}
	least := 0
	for i := range m.growth {
		if m.growth[i].Allocated < m.growth[least].Allocated {
			least = i
		}
	}
	if m.growth[least].Allocated < allocated {
		m.growth[least] = event
	}
}

func (m *memoryObserver) timed(int, *thread, int, replay.Times) {}

// filled reads what is alive while old and new map are there. Of the entries both have a copy.
func (m *memoryObserver) filled(phase int, t *thread) {
	goheap.Collect()
	all := m.holding()
	all.entries, all.payload, all.blocks = 2*all.entries, 2*all.payload, 2*all.blocks
	m.reach(above(goheap.ReadCounts().LiveBytes, m.base), phase, t.calls, all, maps.Shape{}, 0)
}

// beginPhase comes before the first call of a phase, and after all that was told of the last one.
func (m *memoryObserver) beginPhase(isFirst bool) {
	took := goheap.Counts{}
	if isFirst {
		took = goheap.Counts{Allocs: m.making.Allocs, AllocBytes: m.making.AllocBytes, Sharing: m.making.Sharing}
	}
	m.rebase()
	m.before = goheap.ReadCounts()
	m.before.Allocs -= took.Allocs
	m.before.Sharing -= took.Sharing
	m.before.AllocBytes -= took.AllocBytes
}

// rebase counts what is live more than at the last reading as the harness's: no operation was done since.
func (m *memoryObserver) rebase() {
	goheap.Collect()
	live := goheap.ReadCounts().LiveBytes
	m.base += live - m.counted
	m.counted = live
}

// endPhase comes after the last call of a phase. It returns what the operations allocated and freed.
func (m *memoryObserver) endPhase(number int) *phaseCounts {
	after := goheap.ReadCounts()
	now := m.read()
	freed := goheap.ReadCounts()
	live := now.Runtime.CountedBytes
	counts := &phaseCounts{
		Allocs: after.Allocs - m.before.Allocs, AllocBytes: after.AllocBytes - m.before.AllocBytes,
		Frees: freed.Frees - m.before.Frees, LiveBytes: live,
	}
	if m.asProfile {
		counts.Allocs -= after.Sharing - m.before.Sharing
		counts.Frees -= freed.Sharing - m.before.Sharing
	}
	counts.FreedBytes = above(counts.AllocBytes+m.lastLive, live)
	// What the collector freed of the runtime's own is not the map's: no more can be freed than there was.
	if most := m.lastBlocks + counts.Allocs; counts.Frees > most {
		counts.Frees = most
	}
	m.lastBlocks += counts.Allocs - counts.Frees
	m.lastLive = live
	m.reach(live, number, above(m.crew.threads[0].calls, 1), m.holding(), m.shape, 0)
	counts.PeakLiveBytes = m.peakLive
	if resident := now.Runtime.Resident; resident != nil {
		held := above(resident.Arenas+above(resident.Mapped, now.Runtime.HarnessBytes), m.base)
		counts.ResidentBytes = &held
	}
	m.record.Phases = append(m.record.Phases, now)
	return counts
}

// read reads memory as it is, garbage included, and then collects and counts what is live.
func (m *memoryObserver) read() reading {
	// Made before, for it would lie among what is counted.
	room := &m.room[m.readings]
	m.readings++
	runtime := &room.managed
	*runtime = managed{BaseBytes: m.base, Classes: goheap.ReadClasses(), HarnessBytes: offheap.Resident()}
	var ok bool
	if room.resident, ok = goheap.ReadResident(); ok {
		runtime.Resident = &room.resident
	}
	goheap.Collect()
	m.counted = goheap.ReadCounts().LiveBytes
	runtime.CountedBytes = above(m.counted, m.base)
	m.shape = m.crew.set.Shape()
	now := m.reading(m.holding(), m.shape, runtime.CountedBytes, &room.requested)
	now.Runtime = runtime
	return now
}

// reading is what is known of a moment at which so many bytes are live.
// The requested bytes are left in requested, which is made before anything is counted.
func (m *memoryObserver) reading(all holding, of maps.Shape, counted uint64, requested *uint64) reading {
	w := m.crew.workload
	now := reading{
		Entries: all.entries, PayloadBytes: all.payload, EntryBytes: m.crew.set.EntryBytes(),
		OutOfLineBytes: requestedBlocks(w, all.entries, all.payload), Shape: shapeRecord(of),
		LiveBytes: counted, UsableBytes: counted, HeldElsewhereBytes: all.held,
		PayloadUnknown: m.crew.program != nil,
	}
	if of.Known {
		now.UsableBytes = all.blocks + all.held + of.Usable
		if m.hasTiny && counted > now.UsableBytes {
			// What is free in shared blocks.
			now.UsableBytes = counted
		}
		now.LiveBytes = now.UsableBytes
		// Of what others hold only the bytes of size classes are known.
		*requested = now.OutOfLineBytes + all.held + of.Requested
		now.RequestedBytes = requested
	} else if counted < now.OutOfLineBytes {
		now.OutOfLineBytes = counted
	}
	return now
}

// settle takes the map down step by step, and reads what is left after each.
func (m *memoryObserver) settle() {
	set := m.crew.set
	add := func(step string) {
		m.record.Settling = append(m.record.Settling, settled{step, m.read()})
		m.rebase()
	}
	m.rebase()
	add("quiesced")
	if _, shrinks := set.Steps(); shrinks {
		set.Shrink()
		add("shrunk")
		debug.FreeOSMemory()
		add("shrunk-purged")
	}
	set.Drop()
	// The list of values that others held was there before anything was counted.
	m.base -= set.Release()
	for _, t := range m.crew.threads {
		t.holding = holding{}
		t.publish()
	}
	add("dropped")
	debug.FreeOSMemory()
	add("purged")
}

// finish is the record of the pass.
func (m *memoryObserver) finish() *memoryRecord {
	sort.Slice(m.growth, func(a, b int) bool { return m.growth[a].Call < m.growth[b].Call })
	m.record.Growth = m.growth
	if m.peakLive > 0 {
		at := m.reading(m.peakState, m.peakShape, m.peakLive, new(uint64))
		if m.peakShape.Known && m.peakReplaced > 0 {
			// Old and new storage together are no table with slots.
			at.Shape = nil
			*at.RequestedBytes += m.peakReplaced
		}
		at.LiveBytes, at.UsableBytes = m.peakLive, m.peakLive
		m.record.Peak = &peak{Phase: uint16(m.peakPhase), Call: m.peakCall, Reading: at}
	}
	return &m.record
}

// above is how far a is above b; 0 if it is not.
func above(a, b uint64) uint64 {
	if a > b {
		return a - b
	}
	return 0
}
