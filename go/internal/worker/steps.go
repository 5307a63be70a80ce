package worker

import (
	"fmt"

	"mapprof/internal/maps"
	"mapprof/internal/workload"
)

// step takes a step of the maps' life cycle, on the first thread.
func (c *crew) step(number int, step *workload.Step) error {
	t := c.threads[0]
	entries := 0
	if step.Entries != nil {
		entries = int(*step.Entries)
	}
	t.enter()
	cpu, began := threadCPU(), now()
	switch step.Kind {
	case workload.StepNew:
		c.set.Make(int(c.workload.Instances), entries, c.shards())
	case workload.StepDrop:
		c.set.Drop()
	case workload.StepReserve:
		c.set.Reserve(entries)
	case workload.StepShrink:
		c.set.Shrink()
	case workload.StepRebuild, workload.StepSwap:
		c.set.Rebuild(step.Kind == workload.StepSwap, c.filled)
	}
	t.spend(now()-began, threadCPU()-cpu)
	t.leave()
	t.phase.ops, t.phase.calls = 1, 1
	t.calls++
	for _, t := range c.threads {
		t.holding = holding{t.stream.Entries(), t.stream.PayloadBytes(), t.stream.BlockBytes(), t.stream.HeldBytes()}
		t.publish()
	}
	if c.observer != nil && c.replay == checked {
		c.observer.sliceDone(number, t)
	}
	return nil
}

// shards is the number of shards that the workload asks for; 0 for the map's own.
func (c *crew) shards() int {
	if c.workload.Shards != nil {
		return int(*c.workload.Shards)
	}
	return 0
}

// checkSteps refuses steps that a map does not take.
func checkSteps(w *workload.Workload, kind *maps.Kind) error {
	for i := range w.Phases {
		step := w.Phases[i].Work.Step
		if step == nil {
			continue
		}
		if step.Kind == workload.StepSwap && !kind.Answers ||
			step.Kind == workload.StepReserve && !kind.Reserves || step.Kind == workload.StepShrink && !kind.Shrinks {
			return fmt.Errorf("map %q has no step %s, which phase %q is", kind.Name, step.Kind, w.Phases[i].Name)
		}
	}
	return nil
}
