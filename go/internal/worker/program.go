package worker

import (
	"mapprof/internal/maps"
	"mapprof/internal/programs"
	"mapprof/internal/replay"
	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// program is a workload that is no map, on its way.
type program struct {
	phases []programs.Phase
	loop   programs.Loop
	// Of the last phase, as far as it is known.
	entries, payload uint64
	// isDue: the operation at work is to be looked into, if it says when.
	isDue bool
}

// newProgramCrew is the one thread of a program. The map that it brings is not known.
func newProgramCrew(how replayKind, report *reporter) *crew {
	c := &crew{
		workload: &workload.Workload{Instances: 1}, kind: &maps.Kind{Name: "own"}, replay: how, barrier: newBarrier(1),
		report: report, program: &program{loop: programs.Loop{Checksum: stream.EmptyChecksum}},
	}
	c.set = ownMap{c.program}
	t := &thread{}
	if how == timed {
		t.times = newTimes()
	}
	c.threads = []*thread{t}
	return c
}

// takePhases says which phases the program has.
func (c *crew) takePhases(phases []programs.Phase) {
	c.program.phases = phases
	for _, phase := range phases {
		work := workload.Work{Each: []workload.Op{workload.Get}}
		c.workload.Phases = append(c.workload.Phases, workload.Phase{Name: phase.Name, Ops: phase.Ops, Work: work})
	}
	c.sliceCalls()
}

// lookInside looks at memory within an operation, once a slice.
func (c *crew) lookInside() {
	if c.program.isDue && c.observer != nil {
		c.program.isDue = false
		c.observer.sliceDone(c.at, c.threads[0])
	}
}

// programPhase does the operations of a program's phase.
func (c *crew) programPhase(number int) {
	p, t := c.program, c.threads[0]
	phase := &p.phases[number]
	if phase.Begin != nil {
		phase.Begin()
	}
	slice := uint64(c.slice)
	if c.replay == folded {
		// So that it is known how far it is.
		slice = phase.Ops/points + 1
	}
	for from := uint64(0); from < phase.Ops; from += slice {
		to := from + slice
		if to > phase.Ops {
			to = phase.Ops
		}
		c.programSlice(number, phase, t, from, to)
		t.phase.ops, t.phase.calls = to, to
		c.progress(&c.workload.Phases[number], to)
	}
	if phase.End != nil {
		phase.End()
	}
	p.entries, p.payload = 0, 0
	if phase.Holds != nil {
		p.entries, p.payload = phase.Holds()
	}
}

func (c *crew) programSlice(number int, phase *programs.Phase, t *thread, from, to uint64) {
	t.enter()
	cpu, began := threadCPU(), now()
	switch {
	case c.replay == timed:
		c.program.loop.Timed(phase.Do, from, to, replay.Began(), t.times.Began, t.times.Took)
	case c.replay == checked:
		c.program.loop.Alone(phase.Do, from, to-1)
		t.calls += to - from
		c.program.isDue = true
		c.program.loop.Alone(phase.Do, to-1, to)
		c.program.isDue = false
	default:
		c.program.loop.Alone(phase.Do, from, to)
	}
	ended, cpuEnded := now(), threadCPU()
	t.leave()
	t.spend(ended-began, cpuEnded-cpu)
	if c.replay != checked {
		t.calls += to - from
	}
	switch count := to - from; {
	case c.replay == timed:
		c.observer.timed(number, t, 0, replay.Times{Began: t.times.Began[:count], Took: t.times.Took[:count]})
	case c.replay == checked && c.observer != nil:
		c.observer.sliceDone(number, t)
	}
}

// ownMap is what is known of a program's map: nothing.
type ownMap struct{ program *program }

func (ownMap) Make(int, int, int)    {}
func (o ownMap) Drop()               { o.program.phases = nil }
func (ownMap) Release() uint64       { return 0 }
func (ownMap) Rebuild(bool, func())  {}
func (ownMap) Reserve(int)           {}
func (ownMap) Shrink()               {}
func (o ownMap) Len() uint64         { return o.program.entries }
func (ownMap) Shape() maps.Shape     { return maps.Shape{} }
func (ownMap) Looper() replay.Looper { return nil }
func (ownMap) EntryBytes() uint64    { return 0 }
func (ownMap) Mark(bool) uint64      { return 0 }
func (ownMap) Steps() (bool, bool)   { return false, false }
