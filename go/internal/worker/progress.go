package worker

import (
	"encoding/json"
	"strconv"
	"syscall"

	"mapprof/internal/workload"
)

// progressEvery is the least time between two lines of progress, nanoseconds.
const progressEvery = 100e6

// progressLine writes how far a pass is. It allocates nothing, for it comes between calls whose allocations are counted.
type progressLine struct {
	last  int64
	of    string
	begin []byte
	line  [512]byte
}

// progress tells the parent how many operations all threads have done of a phase, as the first one can tell.
func (c *crew) progress(phase *workload.Phase, ops uint64) {
	at := now()
	if at-c.line.last < progressEvery || c.line.of != phase.Name {
		return
	}
	c.line.last = at
	text := append(c.line.line[:0], c.line.begin...)
	text = strconv.AppendUint(text, ops*uint64(len(c.threads)), 10)
	text = append(text, `,"total":`...)
	text = strconv.AppendUint(text, phase.Ops, 10)
	text = append(text, "}\n"...)
	// A parent that is gone ends this process.
	syscall.Write(syscall.Stdout, text)
}

// beginProgress makes ready to tell of a phase.
func (c *crew) beginProgress(phase *workload.Phase) {
	name, err := json.Marshal(phase.Name)
	if err != nil || len(name) > 256 {
		return
	}
	c.line.of = phase.Name
	c.line.begin = []byte(`{"event":"progress","phase":` + string(name) + `,"done":`)
}
