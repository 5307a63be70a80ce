package worker

import (
	"fmt"

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
	case workload.StepRebuild:
		c.set.Rebuild()
	}
	t.spend(now()-began, threadCPU()-cpu)
	t.leave()
	t.phase.ops, t.phase.calls = 1, 1
	t.calls++
	for _, t := range c.threads {
		t.holding = holding{t.stream.Entries(), t.stream.PayloadBytes(), t.stream.BlockBytes()}
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

// checkSteps refuses steps that no map here takes, or that this one does not.
func checkSteps(w *workload.Workload, name string, reserves, shrinks bool) error {
	for i := range w.Phases {
		step := w.Phases[i].Work.Step
		if step == nil {
			continue
		}
		if step.Kind == workload.StepSwap ||
			step.Kind == workload.StepReserve && !reserves || step.Kind == workload.StepShrink && !shrinks {
			return fmt.Errorf("map %q has no step %s, which phase %q is", name, step.Kind, w.Phases[i].Name)
		}
	}
	return nil
}
