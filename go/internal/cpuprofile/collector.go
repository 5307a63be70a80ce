package cpuprofile

import (
	"strings"

	"mapprof/internal/symbols"
)

// IsCollector says whether a stack is at work for the garbage collector: marks, sweeps, or gives memory back to the
// system.
func IsCollector(stack []symbols.Location) bool {
	for _, at := range stack {
		for _, frame := range at.Frames {
			if isOfCollector(frame.Function) {
				return true
			}
		}
	}
	return false
}

func isOfCollector(function string) bool {
	name := strings.TrimPrefix(function, "runtime.")
	if name == function {
		return false
	}
	switch name {
	case "bgsweep", "bgscavenge", "sweepone", "_GC":
		// The last one is what the profiler says of a signal that came amid the collector's own code.
		return true
	}
	for _, beginning := range [...]string{"gcBgMark", "gcAssistAlloc", "gcStart", "gcMark", "gcDrain", "gcSweep", "(*sweepLocked)."} {
		if strings.HasPrefix(name, beginning) {
			return true
		}
	}
	return false
}
