package worker

import (
	"encoding/json"
	"testing"

	"mapprof/internal/pprofread"
	"mapprof/internal/symbols"
)

// sampleOf is a sample of a function that was seen so often.
func sampleOf(count int64, thread, function string, address uint64) pprofread.Sample {
	labels := map[string]string{}
	if thread != "" {
		labels[threadLabel] = thread
	}
	return pprofread.Sample{
		Stack:  []symbols.Location{{Address: address, Frames: []symbols.Frame{{Function: function}}}},
		Values: []int64{count, count * 1_000_000}, Labels: labels,
	}
}

func TestSamplesOfTheHarnessAreLeftOut(t *testing.T) {
	s := &cpuSampler{hertz: 1000, table: symbols.NewTable(), counts: map[cpuKey]uint64{}}
	s.take(0, []pprofread.Sample{
		sampleOf(30, "0", "runtime.mapassign", 1), sampleOf(20, "1", "runtime.mapassign", 1),
		sampleOf(10, "0", "runtime.gcAssistAlloc", 2), sampleOf(7, "", "runtime.gcBgMarkWorker", 3),
		sampleOf(99, "", "mapprof/internal/stream.(*Stream).Fill", 4), sampleOf(0, "0", "runtime.mapassign", 5),
	})
	s.take(1, []pprofread.Sample{sampleOf(3, "", "runtime.bgsweep", 6)})
	for key, want := range map[cpuKey]uint64{{0, 0, 0}: 30, {0, 0, 1}: 20, {1, 0, 0}: 10, {2, 0, 0}: 7, {3, 1, 0}: 3} {
		if s.counts[key] != want {
			t.Errorf("%+v: %d, not %d", key, s.counts[key], want)
		}
	}
	if len(s.counts) != 5 || s.operationSamples != 60 || s.collectorSamples != 10 {
		t.Errorf("%+v", s)
	}
	// Of few samples each stands for its period.
	s.operationNs = 240_000_000
	if got := s.cpuNs(); got != 250_000_000 {
		t.Errorf("%d ns", got)
	}
	// Of 120 samples in 480 ms each stands for 4 ms.
	s.operationNs, s.operationSamples = 480_000_000, 120
	if got := s.cpuNs(); got != 520_000_000 {
		t.Errorf("%d ns", got)
	}
}

// longer is a workload with as many times the calls.
func longer(t *testing.T, text json.RawMessage, times float64) json.RawMessage {
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, phase := range all["phases"].([]any) {
		phase := phase.(map[string]any)
		phase["ops"] = phase["ops"].(float64) * times
	}
	longer, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return longer
}

func TestTheCPUProfileIsOfOperations(t *testing.T) {
	for _, golden := range goldens(t) {
		if golden.Name != "churn" {
			continue
		}
		for _, threads := range []int{1, 3} {
			kind := map[int]string{1: "go", 3: "go-sharded"}[threads]
			workload := longer(t, golden.Workload, 30)
			pass := map[string]any{"cpu": map[string]int{"hertz": 500}}
			events := served(t, pass, kind, workload, 1, threads)
			var cpu cpuRecord
			into(t, events, "cpu", &cpu)
			if cpu.Hertz != 500 || cpu.Backend != "go" {
				t.Errorf("%+v", cpu)
			}
			checkStacks(t, cpu.Stacks, functionsOf(t, events))
			for _, row := range cpu.Rows {
				if row.Stack >= len(cpu.Stacks) || row.Phase > 1 || row.Thread >= threads || row.Count == 0 {
					t.Errorf("%+v", row)
				}
			}
			spent := uint64(0)
			for _, event := range events {
				if event["event"] == "phase" {
					spent += uint64(event["cpu_ns"].(float64))
				}
			}
			if cpu.CPUNs < spent {
				t.Errorf("%d ns, and the phases took %d", cpu.CPUNs, spent)
			}
			timed := served(t, "time", kind, workload, 1, threads)
			if last, other := events[len(events)-1], timed[len(timed)-1]; last["checksum"] != other["checksum"] || last["checksum"] == nil {
				t.Errorf("%v, and a time pass %v", last, other)
			}
		}
	}
}

func TestRatesThatTheRuntimeDoesNotTake(t *testing.T) {
	golden := goldens(t)[0]
	events := served(t, map[string]any{"cpu": map[string]int{"hertz": 0}}, "go", golden.Workload, 1, 1)
	if last := events[len(events)-1]; last["event"] != "failed" || last["kind"] != "refused" {
		t.Errorf("%v", last)
	}
}
