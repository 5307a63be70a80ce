// Package goheap reads what the runtime and the kernel say of memory. Once it is set up it allocates nothing.
package goheap

import (
	"runtime"
	"runtime/metrics"
)

// Counts is what was allocated and freed so far, exact to the block, in the bytes of size classes.
type Counts struct {
	// Allocs and Frees are numbers of blocks. A block that shares one of 16 bytes counts by itself.
	Allocs, Frees uint64
	// Sharing is how many of them were put into a block of 16 bytes that was there. They count among both.
	Sharing uint64
	// AllocBytes and LiveBytes: all that was allocated, and what of it was not freed, garbage included.
	AllocBytes, LiveBytes uint64
}

// stats is where the runtime's statistics are read into: they are too large for a stack.
var stats runtime.MemStats

// sharing is there since Go 1.16.
var sharing = []metrics.Sample{{Name: "/gc/heap/tiny/allocs:objects"}}

// ReadCounts stops the world and empties the caches of all processors, so its figures are exact.
func ReadCounts() Counts {
	runtime.ReadMemStats(&stats)
	metrics.Read(sharing)
	return Counts{stats.Mallocs, stats.Frees, sharing[0].Value.Uint64(), stats.TotalAlloc, stats.HeapAlloc}
}

// Collect frees all garbage. The second collection frees what the first found unreachable but for a finalizer or a pool,
// and finishes its sweep.
func Collect() {
	runtime.GC()
	runtime.GC()
}

// Minus is what was allocated and freed since earlier.
func (c Counts) Minus(earlier Counts) Counts {
	return Counts{
		c.Allocs - earlier.Allocs, c.Frees - earlier.Frees, c.Sharing - earlier.Sharing,
		c.AllocBytes - earlier.AllocBytes, c.LiveBytes - earlier.LiveBytes,
	}
}
