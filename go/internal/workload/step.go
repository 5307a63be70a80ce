package workload

import "fmt"

// StepKind is a step of a map's life cycle. Its number enters the trace, so it never changes.
type StepKind uint8

const (
	// StepNew drops the map and makes an empty one.
	StepNew StepKind = iota
	// StepReserve makes room for further entries.
	StepReserve
	// StepShrink gives back the storage that the entries do not need.
	StepShrink
	// StepRebuild fills a fresh map with clones of the live entries, and then drops the old one.
	StepRebuild
	// StepDrop drops the map.
	StepDrop
	// StepSwap is a rebuild while other threads look keys up.
	StepSwap
	// StepCount is the number of steps.
	StepCount
)

// StepInfo is what is known of a step.
type StepInfo struct {
	// Name stands in workloads and reports.
	Name string
	// Optional: a map needs not have it.
	Optional bool
	// Empties: no entry is left after it.
	Empties bool
	// LeavesMap: there is a map after it.
	LeavesMap bool
	// Doubles: clones of all entries are there beside the entries, until it drops these.
	Doubles bool
	// HasReaders: other threads look keys up meanwhile.
	HasReaders bool
}

// Steps are all steps, by their numbers.
var Steps = [StepCount]StepInfo{
	StepNew:     {Name: "new", Empties: true, LeavesMap: true},
	StepReserve: {Name: "reserve", Optional: true, LeavesMap: true},
	StepShrink:  {Name: "shrink", Optional: true, LeavesMap: true},
	StepRebuild: {Name: "rebuild", LeavesMap: true, Doubles: true},
	StepDrop:    {Name: "drop", Empties: true},
	StepSwap:    {Name: "swap", Optional: true, LeavesMap: true, Doubles: true, HasReaders: true},
}

// Info is the row of a step.
func (kind StepKind) Info() *StepInfo { return &Steps[kind] }

// String is the step's name.
func (kind StepKind) String() string {
	if kind < StepCount {
		return Steps[kind].Name
	}
	return fmt.Sprintf("step %d", uint8(kind))
}

// stepNamed is the step of that name.
func stepNamed(name string) (StepKind, error) {
	for kind := range Steps {
		if Steps[kind].Name == name {
			return StepKind(kind), nil
		}
	}
	return 0, fmt.Errorf("there is no step %q", name)
}
