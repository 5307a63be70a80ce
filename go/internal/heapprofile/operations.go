package heapprofile

import (
	"strings"

	"mapprof/internal/symbols"
)

const (
	// replaying is the package whose methods operations… do the calls.
	replaying, loops = "mapprof/internal/replay.", ").operations"
	// harness is the package that watches them.
	harness = "mapprof/internal/worker."
	// allocator is what the names of the functions begin with that find room for a block.
	allocator = "runtime.mallocgc"
)

// isOfOperations says whether a stack is that of an operation, and not of the harness or of what the harness does in the
// midst of one.
func isOfOperations(stack []symbols.Location) bool {
	for _, at := range stack {
		for _, frame := range at.Frames {
			switch {
			case strings.HasPrefix(frame.Function, harness):
				return false
			case strings.HasPrefix(frame.Function, replaying) && strings.Contains(frame.Function, loops):
				return true
			}
		}
	}
	return false
}

// withoutAllocator leaves the allocator's own functions out of a stack: older runtimes do not tell them, and they are the
// same for all blocks.
func withoutAllocator(stack []symbols.Location) []symbols.Location {
	for len(stack) > 1 {
		for _, frame := range stack[0].Frames {
			if !strings.HasPrefix(frame.Function, allocator) {
				return stack
			}
		}
		stack = stack[1:]
	}
	return stack
}
