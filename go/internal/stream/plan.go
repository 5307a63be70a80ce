package stream

import (
	"mapprof/internal/bitmix"
	"mapprof/internal/workload"
)

// plan is a phase, ready to be run: how its calls are chosen.
type plan struct {
	// ops is this thread's share of the operations.
	ops    uint64
	picker picker
	// isStep: the phase is a step of the life cycle, and has no operations.
	isStep bool
	step   workload.StepKind
	// odds: each operation holds 64 random bits below its bound that are not below the one before. Empty if each
	// operation is all calls of each.
	odds []bounded
	each []workload.Op
}

// bounded is an operation of a mix and the bound of its random bits.
type bounded struct {
	bound uint64
	op    workload.Op
}

// newPlans are the phases of a workload as a thread does them.
func newPlans(w *workload.Workload, thread, threads uint64) []plan {
	plans := make([]plan, len(w.Phases))
	skews := map[float64]*zipf{}
	for i := range plans {
		phase := &w.Phases[i]
		p := &plans[i]
		p.ops = phase.Ops / threads
		if thread < phase.Ops%threads {
			p.ops++
		}
		if phase.Work.Step != nil {
			p.isStep, p.step = true, phase.Work.Step.Kind
		}
		p.each = phase.Work.Each
		sum := 0.0
		for _, odds := range phase.Work.Mix {
			if odds.Percent > 0 {
				sum += odds.Percent
				// The last one takes what rounding leaves.
				p.odds = append(p.odds, bounded{bitmix.Share(sum / 100), odds.Op})
			}
		}
		theta := phase.Access.Theta
		if theta > 0 && skews[theta] == nil {
			skews[theta] = newZipf(theta)
		}
		p.picker = newPicker(&phase.Access, skews[theta])
	}
	return plans
}

// calls is the number of calls that one operation makes.
func (p *plan) calls() int {
	if len(p.each) > 0 {
		return len(p.each)
	}
	return 1
}

// draw is an operation of a mix.
func (p *plan) draw(rng *rng) workload.Op {
	last := len(p.odds) - 1
	if last == 0 {
		return p.odds[0].op
	}
	random := rng.next()
	for i := range p.odds[:last] {
		if random < p.odds[i].bound {
			return p.odds[i].op
		}
	}
	return p.odds[last].op
}
