package heapprofile

import (
	"runtime"

	"mapprof/internal/offheap"
)

// bucket is the blocks of one size that were allocated by one stack.
type bucket struct {
	stack [32]uintptr
	size  uint64
	// allocs and frees are numbers of blocks at the last reading, and the base is those before the first phase.
	allocs, frees, baseAllocs, baseFrees uint64
}

// live is the blocks that were allocated since the base was taken, and were not freed at the last reading.
func (b *bucket) live() uint64 { return above(b.allocated(), above(b.frees, b.baseFrees)) }

// allocated is all blocks since the base was taken.
func (b *bucket) allocated() uint64 { return above(b.allocs, b.baseAllocs) }

// cell is the blocks of a bucket that a phase allocated.
type cell struct {
	allocated, atPeak uint64
	// atEnd of the phase were alive, whichever phase allocated them.
	atEnd uint64
}

// ledger keeps what readings of the runtime's profile say of each bucket, phase by phase.
//
// The runtime tells how many blocks of a bucket were allocated and freed, and not which ones were freed. The ledger takes
// them to be freed in the order in which they were allocated. So those alive are always the newest.
//
// It lies off the heap, for readings come between calls whose allocations are counted.
type ledger struct {
	phases  int
	buckets offheap.Slice[bucket]
	// cells of all phases, bucket after bucket.
	cells offheap.Slice[cell]
	// places of buckets by their hash: each the number of a bucket plus 1, or 0. There are a power of two of them.
	places offheap.Slice[uint32]
}

// firstPlaces is how many places there are at first.
const firstPlaces = 1 << 13

func newLedger(phases int) *ledger {
	l := &ledger{phases: phases}
	l.spread(firstPlaces)
	return l
}

// spread puts the numbers of all buckets in so many places.
func (l *ledger) spread(places int) {
	l.places.Truncate(0)
	for i := range l.places.Extend(places) {
		l.places.Items()[i] = 0
	}
	for number := range l.buckets.Items() {
		b := &l.buckets.Items()[number]
		l.places.Items()[l.place(&b.stack, b.size)] = uint32(number) + 1
	}
}

// place is where the number of a bucket is, or where it is to be put.
func (l *ledger) place(stack *[32]uintptr, size uint64) int {
	const odd = 0x9e3779b97f4a7c15
	hash := size * odd
	for _, pc := range stack {
		if pc == 0 {
			break
		}
		hash = (hash<<23 | hash>>41) ^ uint64(pc)
		hash *= odd
	}
	places, buckets := l.places.Items(), l.buckets.Items()
	for at := int(hash>>32) & (len(places) - 1); ; at = (at + 1) & (len(places) - 1) {
		number := places[at]
		if number == 0 || buckets[number-1].size == size && buckets[number-1].stack == *stack {
			return at
		}
	}
}

// bucket is that of a stack and a size.
func (l *ledger) bucket(stack *[32]uintptr, size uint64) *bucket {
	at := l.place(stack, size)
	if number := l.places.Items()[at]; number > 0 {
		return &l.buckets.Items()[number-1]
	}
	l.buckets.Append(bucket{stack: *stack, size: size})
	for i := range l.cells.Extend(l.phases) {
		l.cells.Items()[l.cells.Len()-1-i] = cell{}
	}
	count := l.buckets.Len()
	if l.places.Items()[at] = uint32(count); 2*count > l.places.Len() {
		l.spread(2 * l.places.Len())
	}
	return &l.buckets.Items()[count-1]
}

// cellsOf are those of a bucket, phase by phase.
func (l *ledger) cellsOf(number int) []cell {
	return l.cells.Items()[number*l.phases : (number+1)*l.phases]
}

// take takes in a reading.
func (l *ledger) take(records []runtime.MemProfileRecord) {
	for i := range l.buckets.Items() {
		b := &l.buckets.Items()[i]
		b.allocs, b.frees = 0, 0
	}
	for i := range records {
		record := &records[i]
		if record.AllocObjects <= 0 {
			continue
		}
		// Stacks that differ only beyond their 32 innermost frames are one.
		b := l.bucket(&record.Stack0, uint64(record.AllocBytes/record.AllocObjects))
		b.allocs += uint64(record.AllocObjects)
		b.frees += uint64(record.FreeObjects)
	}
}

// base leaves what the last reading says out of all that follows.
func (l *ledger) base() {
	for i := range l.buckets.Items() {
		b := &l.buckets.Items()[i]
		b.baseAllocs, b.baseFrees = b.allocs, b.frees
	}
}

// reach adds what was allocated since the end of the phase before to a phase, by the last reading.
func (l *ledger) reach(phase int) {
	for number := range l.buckets.Items() {
		b, cells := &l.buckets.Items()[number], l.cellsOf(number)
		earlier := uint64(0)
		for i := range cells[:phase] {
			earlier += cells[i].allocated
		}
		cells[phase].allocated = above(b.allocated(), earlier)
	}
}

// peak: of all readings so far, most is alive at the last one.
func (l *ledger) peak() {
	for number := range l.buckets.Items() {
		cells := l.cellsOf(number)
		left := l.buckets.Items()[number].live()
		for i := len(cells) - 1; i >= 0; i-- {
			cells[i].atPeak = least(left, cells[i].allocated)
			left -= cells[i].atPeak
		}
	}
}

// end: the last reading is the end of a phase.
func (l *ledger) end(phase int) {
	for number := range l.buckets.Items() {
		l.cellsOf(number)[phase].atEnd = l.buckets.Items()[number].live()
	}
}

// rows of the cells of one bucket in which anything was allocated.
func rows(cells []cell, each func(phase int, row Blocks)) {
	left := uint64(0)
	if len(cells) > 0 {
		left = cells[len(cells)-1].atEnd
	}
	for phase := len(cells) - 1; phase >= 0; phase-- {
		c := &cells[phase]
		inUse := least(left, c.allocated)
		left -= inUse
		if c.allocated > 0 {
			each(phase, Blocks{
				Allocated: c.allocated, InUse: inUse, AtPeak: c.atPeak, Temporary: c.allocated - least(c.allocated, c.atEnd),
			})
		}
	}
}

// above is how far a is above b; 0 if it is not.
func above(a, b uint64) uint64 {
	if a > b {
		return a - b
	}
	return 0
}

func least(a, b uint64) uint64 {
	if a < b {
		return a
	}
	return b
}
