package worker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"

	"mapprof/internal/gctrace"
	"mapprof/internal/heapprofile"
	"mapprof/internal/maps"
	"mapprof/internal/programs"
	"mapprof/internal/replay"
	"mapprof/internal/stream"
	"mapprof/internal/workload"
)

// Serve reads a request, does the pass and reports. It returns the process's exit code.
func Serve(in io.Reader, out io.Writer) int {
	// CPU times are those of a thread.
	runtime.LockOSThread()
	report := newReporter(out)
	err := serve(in, report)
	if err == nil {
		err = report.err
	}
	if err == nil {
		return 0
	}
	kind := "refused"
	var wrong *wrongAnswer
	if errors.As(err, &wrong) {
		kind = "wrong-answer"
	}
	report.event("failed", failed{kind, strings.ReplaceAll(err.Error(), "\n", " ")})
	return 2
}

func serve(in io.Reader, report *reporter) error {
	asked, line, err := readRequest(in)
	if err != nil {
		return err
	}
	if asked.Pass.kind == "latency" && in == os.Stdin {
		// The runtime reads its settings when a process begins. Only here its lines are wanted: writing them takes time.
		gctrace.Restart(line)
	}
	// Before anything of the pass is made.
	heapprofile.SetRate(asked.Pass.heapRate())
	kind := maps.KindNamed(asked.Map)
	said := hello{Protocol: Protocol, Program: "mapprof-go", Version: runtime.Version()}
	switch {
	case kind != nil:
		said.Map = mapRecordOf(kind)
	case asked.Subject.Program != nil:
		said.Map = &mapRecord{Package: "go", Version: runtime.Version()}
	}
	report.event("hello", said)
	if asked.Subject.Program != nil {
		return serveProgram(asked, *asked.Subject.Program, report)
	}
	switch {
	case asked.Subject.Workload == nil:
		return errors.New("the request names neither a workload nor a program")
	case kind == nil:
		return fmt.Errorf("this worker has no map %q", asked.Map)
	case asked.Threads > 1 && !kind.IsConcurrent:
		return fmt.Errorf("map %q is for one thread", asked.Map)
	}
	w := asked.Subject.Workload
	if err := check(w, kind, asked.Threads); err != nil {
		return err
	}
	set, err := replay.New(kind, w)
	if err != nil {
		return err
	}
	run := &run{asked: asked, workload: w, kind: kind, set: set, report: report}
	return run.pass()
}

func serveProgram(asked *request, name string, report *reporter) error {
	found := programs.Named(name)
	switch {
	case found == nil:
		return fmt.Errorf("Go has no program %s", name)
	case asked.Threads > 1:
		return fmt.Errorf("the program %s is for one thread", name)
	}
	how, err := asked.Pass.replay()
	if err != nil {
		return err
	}
	crew := newProgramCrew(how, report)
	look := crew.lookInside
	if how != checked {
		look = nil
	}
	phases, err := found.Start(asked.Settings.Entries, asked.Settings.Parameters, asked.Seed, look)
	if err != nil {
		return err
	}
	crew.takePhases(phases)
	return (&run{asked: asked, workload: crew.workload, kind: crew.kind, set: crew.set, report: report, crew: crew}).pass()
}

// check refuses what a workload asks for and this worker does not have.
func check(w *workload.Workload, kind *maps.Kind, threads int) error {
	if err := w.CheckThreads(threads); err != nil {
		return err
	}
	for op := workload.Op(0); op < workload.OpCount; op++ {
		if w.Calls(op) && !kind.Offers(op) {
			return fmt.Errorf("map %q has no operation %s", kind.Name, op)
		}
	}
	switch {
	case w.Hasher != nil:
		return fmt.Errorf("map %q hashes as Go does, and not with %s", kind.Name, w.Hasher.Type)
	case w.Value.HeldShare > 0 && (w.Calls(workload.Modify) || w.Calls(workload.Entry)):
		return errors.New("in Go values that others hold too cannot be changed in place, nor made for an entry that may be there: leave modify and entry out")
	case kind.IsDense && (w.Key.Type.Name != "u64" || !w.Key.Ascending || w.Instances > 1):
		return fmt.Errorf("map %q is for one map whose keys are numbers that ascend: take the key type u64 in ascending order", kind.Name)
	case w.Shards != nil && !kind.TakesShards:
		return fmt.Errorf("map %q takes no number of shards", kind.Name)
	}
	return checkSteps(w, kind)
}

func mapRecordOf(kind *maps.Kind) *mapRecord {
	record := &mapRecord{Package: kind.Package, Version: runtime.Version()}
	if kind.IsSeeded {
		seed := "seed"
		record.Varies = &seed
	}
	return record
}

// run is one pass.
type run struct {
	asked    *request
	workload *workload.Workload
	kind     *maps.Kind
	set      replay.Set
	report   *reporter
	crew     *crew
	memory   *memoryObserver
	latency  *latencyObserver
	heap     *heapObserver
	cpu      *cpuSampler
	collect  *collector
}

func (r *run) pass() error {
	w, hasTiny := r.workload, false
	how, err := r.asked.Pass.replay()
	if err != nil {
		return err
	}
	if r.crew == nil {
		hasTiny = setLayouts(w, r.kind.OfBuiltins)
		r.crew = newCrew(w, r.kind, r.set, how, r.asked.Seed, r.asked.Threads, r.report)
	}
	r.collect = newCollector(len(w.Phases))
	switch how {
	case checked:
		r.memory = newMemoryObserver(r.crew, hasTiny)
		r.crew.observer = r.memory
		if r.asked.Pass.kind == "heap" {
			r.heap = newHeapObserver(r.memory, r.asked.Pass.sampleBytes)
			r.crew.observer = r.heap
			r.heap.begin()
		}
		r.memory.begin()
	case timed:
		r.latency = newLatencyObserver(r.crew)
		r.crew.observer = r.latency
	}
	if r.asked.Pass.kind == "cpu" {
		var err error
		if r.cpu, err = newCPUSampler(r.crew, r.asked.Pass.hertz); err != nil {
			return err
		}
	}
	capacity := 0
	if w.Capacity != nil {
		capacity = int(*w.Capacity)
	}
	r.set.Make(int(w.Instances), capacity, r.crew.shards())
	if r.memory != nil {
		r.memory.made()
	}
	if r.latency != nil {
		r.latency.shape = r.set.Shape()
	}
	for number := range w.Phases {
		if err := r.phase(number); err != nil {
			return err
		}
	}
	if r.memory != nil && r.heap == nil {
		// A program has its map itself.
		if r.crew.program == nil {
			r.memory.settle()
		}
		r.report.event("memory", r.memory.finish())
	}
	if r.heap != nil {
		if err := r.heap.tell(r.report); err != nil {
			return err
		}
	}
	if r.cpu != nil {
		if err := r.cpu.tell(r.report); err != nil {
			return err
		}
	}
	if r.latency != nil {
		r.report.event("latency", r.latency.finish())
	}
	r.report.event("collections", r.collect.record)
	r.report.event("done", r.totals())
	return nil
}

// phase does a phase and reports it.
func (r *run) phase(number int) error {
	phase := &r.workload.Phases[number]
	r.crew.beginProgress(phase)
	if r.memory != nil {
		r.memory.beginPhase(number == 0)
	}
	if r.cpu != nil {
		if err := r.cpu.beginPhase(); err != nil {
			return err
		}
	}
	r.collect.beginPhase()
	wrong := r.crew.phase(number)
	if r.cpu != nil {
		if err := r.cpu.endPhase(number); err != nil {
			return err
		}
	}
	if wrong != nil {
		return wrong
	}
	r.collect.endPhase()
	did, span := r.crew.sum()
	entries, payload, _ := r.crew.entries()
	record := phaseRecord{
		Name: phase.Name, Ops: did.ops, Calls: did.calls, WallNs: did.wallNs, CPUNs: did.cpuNs, SpanNs: span,
		Entries: entries, PayloadBytes: payload,
	}
	if r.memory != nil {
		record.Counts = r.memory.endPhase(number)
	}
	if r.heap != nil {
		r.heap.endPhase(number)
	}
	if r.latency != nil {
		r.latency.endPhase(number)
	}
	if held := r.set.Len(); r.kind.Answers && held != entries {
		return &wrongAnswer{fmt.Sprintf("wrong length after phase %s: the map holds %d entries, %d were left in it",
			phase.Name, held, entries)}
	}
	r.report.event("phase", record)
	return nil
}

// totals of the pass.
func (r *run) totals() done {
	all := done{}
	sum := stream.Checksum(0)
	if program := r.crew.program; program != nil {
		sum = program.loop.Checksum
	}
	for _, t := range r.crew.threads {
		if t.stream == nil {
			continue
		}
		// Of a map that answers nothing the calls alone count.
		if r.kind.Answers {
			sum += t.stream.Checksum()
		}
		sum += t.stream.Trace()
		all.Hits += t.stream.Hits()
	}
	all.Checksum = sum.String()
	if r.memory != nil {
		all.PeakLiveBytes = r.memory.peakLive
		all.PeakPhase = r.workload.Phases[r.memory.peakPhase].Name
	}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		all.MaxRSSBytes = uint64(usage.Maxrss) << 10
	}
	return all
}
