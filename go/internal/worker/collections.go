package worker

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// collections is what the collector did in a pass, phase by phase.
type collections struct {
	// GOGC is the growth of the heap, percent, after which a collection begins, as the environment has it; "off" if none
	// does.
	GOGC string `json:"gogc"`
	// MemoryLimit of the runtime, bytes; nil if there is none.
	MemoryLimit *int64 `json:"memory_limit,omitempty"`
	// Processors that run Go code at once.
	Processors int               `json:"processors"`
	Phases     []phaseCollection `json:"phases"`
}

// phaseCollection is what the collector did in one phase, between its first call and its last, harness included.
type phaseCollection struct {
	// Cycles that ended.
	Cycles uint64 `json:"cycles"`
	// PauseNs is the time in which the world was stopped, and LongestPauseNs the longest of these times, nanoseconds.
	PauseNs        uint64 `json:"pause_ns"`
	LongestPauseNs uint64 `json:"longest_pause_ns"`
	// CPUNs is the collector's CPU time, nanoseconds, idle workers' included.
	CPUNs uint64 `json:"cpu_ns"`
	// GoalBytes is the size of the heap at which the next cycle would end.
	GoalBytes uint64 `json:"goal_bytes"`
	// HeapBytes is the objects on the heap at the end of the phase, garbage and the harness's own included.
	HeapBytes uint64 `json:"heap_bytes"`
}

// collector reads what the collector has done.
type collector struct {
	stats  runtime.MemStats
	began  int64
	record collections
	// At the beginning of the phase.
	cycles, pauseNs, cpuNs uint64
}

// gcCPU is the collector's CPU time; runtimes before Go 1.20 do not have it.
var gcCPU = []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}

func newCollector(phases int) *collector {
	gogc := os.Getenv("GOGC")
	if gogc == "" {
		gogc = "100"
	}
	c := &collector{began: now()}
	c.record = collections{GOGC: gogc, Processors: runtime.GOMAXPROCS(0), Phases: make([]phaseCollection, 0, phases)}
	// No change: it only says what the limit is.
	if limit := debug.SetMemoryLimit(-1); limit != 1<<63-1 {
		c.record.MemoryLimit = &limit
	}
	return c
}

// cpu is the collector's CPU time so far, nanoseconds.
func (c *collector) cpu() uint64 {
	metrics.Read(gcCPU)
	if value := gcCPU[0].Value; value.Kind() == metrics.KindFloat64 {
		return uint64(value.Float64() * 1e9)
	}
	// Its share of the time that all processors had since the program began.
	return uint64(c.stats.GCCPUFraction * float64(now()) * float64(c.record.Processors))
}

func (c *collector) beginPhase() {
	runtime.ReadMemStats(&c.stats)
	c.cycles, c.pauseNs, c.cpuNs = uint64(c.stats.NumGC), c.stats.PauseTotalNs, c.cpu()
}

func (c *collector) endPhase() {
	runtime.ReadMemStats(&c.stats)
	cycles := uint64(c.stats.NumGC) - c.cycles
	longest := uint64(0)
	// The runtime keeps the latest pauses in a ring.
	for i := uint64(0); i < cycles && i < uint64(len(c.stats.PauseNs)); i++ {
		pause := c.stats.PauseNs[(uint64(c.stats.NumGC)-i+255)%256]
		if pause > longest {
			longest = pause
		}
	}
	c.record.Phases = append(c.record.Phases, phaseCollection{
		Cycles: cycles, PauseNs: c.stats.PauseTotalNs - c.pauseNs, LongestPauseNs: longest,
		CPUNs: above(c.cpu(), c.cpuNs), GoalBytes: c.stats.NextGC, HeapBytes: c.stats.HeapAlloc,
	})
}
