package goheap

import "runtime/metrics"

// Classes is where the runtime's memory is, in bytes, as runtime/metrics tells. It is read without stopping the world, so
// small blocks count when the page that they lie on is taken or given back; Exact reads it beside exact counts.
type Classes struct {
	// Objects are live and dead ones that were not yet freed.
	Objects uint64 `json:"objects"`
	// Unused is the free room in pages that have objects.
	Unused uint64 `json:"unused"`
	// Free is free pages that were not returned to the system; Released is those that were.
	Free     uint64 `json:"free"`
	Released uint64 `json:"released"`
	// Stacks are goroutines' and threads' stacks that lie between the heap's pages.
	Stacks uint64 `json:"stacks"`
}

var classSamples = []metrics.Sample{
	{Name: "/memory/classes/heap/objects:bytes"},
	{Name: "/memory/classes/heap/unused:bytes"},
	{Name: "/memory/classes/heap/free:bytes"},
	{Name: "/memory/classes/heap/released:bytes"},
	{Name: "/memory/classes/heap/stacks:bytes"},
}

// ReadClasses reads where the runtime's memory is.
func ReadClasses() Classes {
	metrics.Read(classSamples)
	bytes := func(place int) uint64 {
		if value := classSamples[place].Value; value.Kind() == metrics.KindUint64 {
			return value.Uint64()
		}
		return 0
	}
	return Classes{bytes(0), bytes(1), bytes(2), bytes(3), bytes(4)}
}
