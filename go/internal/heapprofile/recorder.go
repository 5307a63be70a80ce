// Package heapprofile reads the runtime's heap profile and splits it by the phases of a run.
package heapprofile

import (
	"runtime"

	"mapprof/internal/offheap"
	"mapprof/internal/symbols"
)

// Recorder takes readings of the runtime's heap profile. The caller collects all garbage before each, for the profile is
// that of the last collection. Readings allocate nothing on the heap.
type Recorder struct {
	ledger  *ledger
	records offheap.Slice[runtime.MemProfileRecord]
}

// firstRecords is how many records there is room for at first.
const firstRecords = 1 << 12

// New is a recorder of a run of so many phases.
func New(phases int) *Recorder {
	r := &Recorder{ledger: newLedger(phases)}
	r.records.Reserve(firstRecords)
	return r
}

// Base leaves all that was allocated so far out.
func (r *Recorder) Base() {
	r.read()
	r.ledger.base()
}

// Read takes a reading in a phase.
func (r *Recorder) Read(phase int) {
	r.read()
	r.ledger.reach(phase)
}

// Peak says that of all readings so far most was alive at the last one.
func (r *Recorder) Peak() { r.ledger.peak() }

// End says that the last reading was the end of a phase.
func (r *Recorder) End(phase int) { r.ledger.end(phase) }

func (r *Recorder) read() {
	for {
		r.records.Truncate(0)
		room := r.records.Extend(r.records.Cap())
		// With the records of which all is freed.
		count, ok := runtime.MemProfile(room, true)
		if ok {
			r.ledger.take(room[:count])
			return
		}
		r.records.Reserve(count + count/2)
	}
}

// Free gives the memory back.
func (r *Recorder) Free() {
	r.records.Free()
	r.ledger.buckets.Free()
	r.ledger.cells.Free()
	r.ledger.places.Free()
}

// Blocks are numbers of blocks that a phase allocated.
type Blocks struct {
	// Allocated in all, of which InUse are alive at the last reading, AtPeak were at the highest one, and Temporary were
	// freed before the phase ended.
	Allocated, InUse, AtPeak, Temporary uint64
}

// Site is the blocks of one size that operations allocated by one stack.
type Site struct {
	Stack []symbols.Location
	Size  uint64
	// AtEnds is the blocks that were alive at the end of each phase, whichever allocated them.
	AtEnds []uint64
	// Phases has what each phase allocated, if it did.
	Phases map[int]Blocks
}

// Sites are what operations allocated since the base was taken.
func (r *Recorder) Sites() (sites []Site) {
	for number := range r.ledger.buckets.Items() {
		b, cells := &r.ledger.buckets.Items()[number], r.ledger.cellsOf(number)
		site := Site{Size: b.size, Phases: map[int]Blocks{}}
		rows(cells, func(phase int, row Blocks) { site.Phases[phase] = row })
		if len(site.Phases) == 0 {
			continue
		}
		depth := 0
		for depth < len(b.stack) && b.stack[depth] != 0 {
			depth++
		}
		site.Stack = withoutAllocator(symbols.Locations(b.stack[:depth]))
		if !isOfOperations(site.Stack) {
			continue
		}
		for i := range cells {
			site.AtEnds = append(site.AtEnds, cells[i].atEnd)
		}
		sites = append(sites, site)
	}
	return sites
}
