package worker

import (
	"context"
	"runtime/pprof"
	"sort"
	"strconv"

	"mapprof/internal/cpuprofile"
	"mapprof/internal/pprofread"
	"mapprof/internal/symbols"
)

// threadLabel is the label that samples inside operations have: the number of the worker thread.
const threadLabel = "thread"

// enter and leave are around the operations of a thread, outside of its clock.
func (t *thread) enter() {
	if t.inside != nil {
		pprof.SetGoroutineLabels(t.inside)
	}
}

func (t *thread) leave() {
	if t.inside != nil {
		pprof.SetGoroutineLabels(context.Background())
	}
}

// cpuSampler takes a CPU profile of each phase, so that it is known in which one the collector was at work.
type cpuSampler struct {
	crew     *crew
	recorder *cpuprofile.Recorder
	hertz    int
	table    *symbols.Table
	counts   map[cpuKey]uint64
	// operationNs is the CPU time inside operations, of which operationSamples were taken; collectorSamples is those of
	// the collector's own threads.
	operationNs, operationSamples, collectorSamples uint64
}

type cpuKey struct{ stack, phase, thread int }

// cpuRecord is all samples of a CPU pass.
type cpuRecord struct {
	Hertz   int        `json:"hertz"`
	Backend string     `json:"backend"`
	CPUNs   uint64     `json:"cpu_ns"`
	Stacks  [][]uint64 `json:"stacks"`
	Rows    []cpuRow   `json:"rows"`
}

type cpuRow struct {
	Stack  int    `json:"stack"`
	Phase  int    `json:"phase"`
	Thread int    `json:"thread"`
	Count  uint64 `json:"count"`
}

func newCPUSampler(c *crew, hertz int) (*cpuSampler, error) {
	recorder, err := cpuprofile.New(hertz)
	if err != nil {
		return nil, err
	}
	for _, t := range c.threads {
		t.inside = pprof.WithLabels(context.Background(), pprof.Labels(threadLabel, strconv.Itoa(t.number)))
	}
	return &cpuSampler{
		crew: c, recorder: recorder, hertz: hertz, table: symbols.NewTable(), counts: map[cpuKey]uint64{},
	}, nil
}

func (s *cpuSampler) beginPhase() error { return s.recorder.Start() }

func (s *cpuSampler) endPhase(phase int) error {
	profile, err := s.recorder.Stop()
	if err != nil {
		return err
	}
	did, _ := s.crew.sum()
	s.operationNs += did.cpuNs
	s.hertz = s.recorder.Hertz(profile)
	s.take(phase, profile.Samples)
	return nil
}

// take takes in the samples of a phase: those inside operations, and those of the collector, whenever it was at work. The
// others are the harness's.
func (s *cpuSampler) take(phase int, samples []pprofread.Sample) {
	for _, sample := range samples {
		if len(sample.Values) == 0 || sample.Values[0] <= 0 {
			continue
		}
		count := uint64(sample.Values[0])
		thread, err := strconv.Atoi(sample.Labels[threadLabel])
		switch {
		case err == nil:
			s.operationSamples += count
		case cpuprofile.IsCollector(sample.Stack):
			s.collectorSamples += count
		default:
			continue
		}
		s.counts[cpuKey{s.table.Add(sample.Stack), phase, thread}] += count
	}
}

// fewSamples is how many samples inside operations are too few to tell what a sample stands for.
const fewSamples = 100

// cpuNs is the CPU time inside operations, and that of the collector's own threads, which nothing but samples tells. The
// system may take fewer samples than it is asked for. So each stands for as much as one inside operations does.
func (s *cpuSampler) cpuNs() uint64 {
	perSample := 1e9 / float64(s.hertz)
	if s.operationSamples >= fewSamples {
		perSample = float64(s.operationNs) / float64(s.operationSamples)
	}
	return s.operationNs + uint64(perSample*float64(s.collectorSamples))
}

// tell reports the profile, after the last phase.
func (s *cpuSampler) tell(report *reporter) error {
	if err := tellMappings(report, s.table); err != nil {
		return err
	}
	record := cpuRecord{Hertz: s.hertz, Backend: "go", CPUNs: s.cpuNs(), Stacks: s.table.Stacks, Rows: []cpuRow{}}
	for key, count := range s.counts {
		record.Rows = append(record.Rows, cpuRow{key.stack, key.phase, key.thread, count})
	}
	sort.Slice(record.Rows, func(i, j int) bool {
		a, b := &record.Rows[i], &record.Rows[j]
		if a.Phase != b.Phase {
			return a.Phase < b.Phase
		}
		return a.Stack < b.Stack || a.Stack == b.Stack && a.Thread < b.Thread
	})
	report.event("cpu", record)
	return nil
}
