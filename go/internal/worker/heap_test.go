package worker

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"mapprof/internal/heapprofile"
	"mapprof/internal/symbols"
)

// into reads the event of that name into a record; it fails the test if there is none.
func into(t *testing.T, events []map[string]any, name string, record any) {
	t.Helper()
	for _, event := range events {
		if event["event"] == name {
			text, err := json.Marshal(event)
			if err == nil {
				err = json.Unmarshal(text, record)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no %s among %v", name, events[len(events)-1])
}

// functionsOf are the frames of all addresses that the mappings tell, by address.
func functionsOf(t *testing.T, events []map[string]any) map[uint64][]symbols.Frame {
	var told mappings
	into(t, events, "mappings", &told)
	found := map[uint64][]symbols.Frame{}
	for _, mapping := range told.Mappings {
		for _, symbol := range mapping.Symbols {
			if symbol.Address < mapping.Start || symbol.Address >= mapping.End || len(symbol.Frames) == 0 {
				t.Errorf("%+v is not in %s", symbol, mapping.Path)
			}
			found[symbol.Address] = symbol.Frames
		}
	}
	return found
}

// checkStacks finds stacks that are not told in full, and returns the functions of each.
func checkStacks(t *testing.T, stacks [][]uint64, functions map[uint64][]symbols.Frame) (named []string) {
	used := map[uint64]bool{}
	for _, stack := range stacks {
		names := []string{}
		for _, address := range stack {
			used[address] = true
			if len(functions[address]) == 0 {
				t.Errorf("address %x has no symbol", address)
			}
			for _, frame := range functions[address] {
				names = append(names, frame.Function)
			}
		}
		named = append(named, strings.Join(names, " < "))
	}
	if len(used) != len(functions) {
		t.Errorf("%d symbols of %d addresses", len(functions), len(used))
	}
	return named
}

// checkTotal compares a total of a profile with what was counted. Beside operations, the runtime allocates some blocks of
// its own while they are done, and each phase of several threads starts goroutines.
func checkTotal(t *testing.T, what string, profile, counted, slack uint64) {
	t.Helper()
	if distance := math.Abs(float64(profile) - float64(counted)); distance > float64(counted)/1000+float64(slack) {
		t.Errorf("%s: %d in the profile, %d counted", what, profile, counted)
	}
}

func TestTheExactHeapAgreesWithTheCounts(t *testing.T) {
	// Where keys and values have no blocks of less than 16 bytes: the runtime counts these one by one, and its profile has
	// the blocks that they share.
	wanted := map[string][]string{
		"skewed-keys": {"go", "go-sharded", "go-syncmap", "go-sorted"}, "large-values": {"go", "go-sharded"},
		"many-small-maps": {"go"}, "delete-and-refill@rebuilt": {"go", "go-sorted"},
	}
	for _, golden := range goldens(t) {
		for _, kind := range wanted[golden.Name] {
			for number := 0; number < 3; number += 2 {
				run := golden.Runs[number]
				if run.Threads > 1 && (kind == "go" || kind == "go-sorted") {
					continue
				}
				name := golden.Name + " on " + kind
				events := served(t, map[string]string{"heap": "exact"}, kind, golden.Workload, run.Seed, run.Threads)
				var heap exactHeap
				into(t, events, "heap", &heap)
				if heap.Recording != "exact" || heap.Unwinder != "go" {
					t.Errorf("%s: %+v", name, heap)
				}
				functions := functionsOf(t, events)
				for _, names := range checkStacks(t, heap.Stacks, functions) {
					if !strings.Contains(names, "mapprof/internal/replay.") || !strings.Contains(names, ").operations") {
						t.Errorf("%s: a stack of the harness: %s", name, names)
					}
				}
				checkExact(t, name, run.Threads, events, heap)
				if last := events[len(events)-1]; last["checksum"] != run.Checksum {
					t.Errorf("%s: %v, not %s", name, last, run.Checksum)
				}
			}
		}
		delete(wanted, golden.Name)
	}
	if len(wanted) > 0 {
		t.Errorf("there are no workloads %v", wanted)
	}
	heapprofile.SetRate(0)
}

// checkExact compares a heap of which every allocation was recorded with the counts of its phases.
func checkExact(t *testing.T, name string, threads int, events []map[string]any, heap exactHeap) {
	slackBlocks := uint64(10 * threads)
	slackBytes := 256 * slackBlocks
	var allocated, inUse, atPeak blocks
	for _, sum := range heap.Sums {
		for i := range allocated {
			if sum.InUse[i] > sum.Allocated[i] || sum.AtPeak[i] > sum.Allocated[i] ||
				sum.InUse[i]+sum.Temporary[i] > sum.Allocated[i] {
				t.Errorf("%s: %+v", name, sum)
			}
			allocated[i] += sum.Allocated[i]
			inUse[i] += sum.InUse[i]
			atPeak[i] += sum.AtPeak[i]
		}
	}
	ends := map[int]blocks{}
	for _, end := range heap.PhaseEnds {
		ends[end.Phase] = blocks{ends[end.Phase][0] + end.Blocks, ends[end.Phase][1] + end.Bytes}
		if end.Usable != end.Bytes {
			t.Errorf("%s: %+v", name, end)
		}
	}
	var counted phaseCounts
	phase := 0
	for _, event := range events {
		if event["event"] != "phase" {
			continue
		}
		var record phaseRecord
		into(t, []map[string]any{event}, "phase", &record)
		counted.Allocs += record.Counts.Allocs
		counted.AllocBytes += record.Counts.AllocBytes
		counted.LiveBytes, counted.PeakLiveBytes = record.Counts.LiveBytes, record.Counts.PeakLiveBytes
		checkTotal(t, name+", at the end of "+record.Name, ends[phase][1], record.Counts.LiveBytes, slackBytes)
		phase++
	}
	checkTotal(t, name+", blocks", allocated[0], counted.Allocs, uint64(phase)*slackBlocks)
	checkTotal(t, name+", bytes", allocated[1], counted.AllocBytes, uint64(phase)*slackBytes)
	checkTotal(t, name+", bytes in use", inUse[1], counted.LiveBytes, slackBytes)
	if inUse != ends[phase-1] {
		t.Errorf("%s: %v are in use, and %v at the end", name, inUse, ends[phase-1])
	}
	if atPeak[1]+heap.PeakGapBytes < counted.PeakLiveBytes {
		t.Errorf("%s: the peak is %d, of which %d are known and %d are not", name, counted.PeakLiveBytes, atPeak[1], heap.PeakGapBytes)
	}
}

func TestTheSampledHeapHasNumbersOfSamples(t *testing.T) {
	for _, golden := range goldens(t) {
		if golden.Name != "skewed-keys" {
			continue
		}
		run := golden.Runs[0]
		pass := map[string]any{"heap": map[string]any{"sampled": map[string]int{"sample_bytes": 512}}}
		events := served(t, pass, "go", golden.Workload, run.Seed, run.Threads)
		var heap sampledHeap
		into(t, events, "heap", &heap)
		if heap.Recording.Sampled.SampleBytes != 512 {
			t.Errorf("%+v", heap.Recording)
		}
		checkStacks(t, heap.Stacks, functionsOf(t, events))
		var allocs uint64
		for _, row := range heap.Rows {
			allocs += row.Allocated
			if row.Allocated == 0 || row.InUse+row.Temporary > row.Allocated || row.AtPeak > row.Allocated ||
				row.Size == 0 || row.Usable != row.Size || row.Stack >= len(heap.Stacks) {
				t.Errorf("%+v", row)
			}
		}
		var first phaseRecord
		into(t, events, "phase", &first)
		// Most blocks are smaller than what lies between two samples.
		if allocs == 0 || allocs > first.Counts.Allocs {
			t.Errorf("%d of %d blocks were sampled", allocs, first.Counts.Allocs)
		}
		if last := events[len(events)-1]; last["checksum"] != run.Checksum {
			t.Errorf("%v, not %s", last, run.Checksum)
		}
	}
	heapprofile.SetRate(0)
}

func TestSizesOfOneStackAreSummedUp(t *testing.T) {
	stack := []symbols.Location{{Address: 1, Frames: []symbols.Frame{{Function: "f"}}}}
	other := []symbols.Location{{Address: 2, Frames: []symbols.Frame{{Function: "g"}}}}
	sites := []heapprofile.Site{
		{Stack: stack, Size: 16, AtEnds: []uint64{3, 2}, Phases: map[int]heapprofile.Blocks{
			0: {Allocated: 5, InUse: 1, AtPeak: 2, Temporary: 2}, 1: {Allocated: 1, InUse: 1},
		}},
		{Stack: stack, Size: 64, AtEnds: []uint64{1, 0}, Phases: map[int]heapprofile.Blocks{0: {Allocated: 1, AtPeak: 1}}},
		{Stack: other, Size: 32, AtEnds: []uint64{0, 1}, Phases: map[int]heapprofile.Blocks{1: {Allocated: 1, InUse: 1}}},
	}
	got := exactHeapOf(sites, symbols.NewTable(), 100)
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"recording":"exact","unwinder":"go","stacks":[[1],[2]],"sums":[` +
		`{"stack":0,"phase":0,"thread":0,"allocated":[6,144],"in_use":[1,16],"at_peak":[3,96],"temporary":[2,32],"lifetimes":[]},` +
		`{"stack":0,"phase":1,"thread":0,"allocated":[1,16],"in_use":[1,16],"at_peak":[0,0],"temporary":[0,0],"lifetimes":[]},` +
		`{"stack":1,"phase":1,"thread":0,"allocated":[1,32],"in_use":[1,32],"at_peak":[0,0],"temporary":[0,0],"lifetimes":[]}],` +
		`"peak_gap_bytes":4,"phase_ends":[{"phase":0,"stack":0,"blocks":4,"bytes":112,"usable":112},` +
		`{"phase":1,"stack":0,"blocks":2,"bytes":32,"usable":32},{"phase":1,"stack":1,"blocks":1,"bytes":32,"usable":32}]}`
	if string(text) != want {
		t.Errorf("%s\nis not\n%s", text, want)
	}
	sampled := sampledHeapOf(sites, symbols.NewTable(), 4096)
	if len(sampled.Rows) != 4 || sampled.Rows[0] != (heapRow{Size: 16, Usable: 16, Allocated: 5, InUse: 1, AtPeak: 2, Temporary: 2}) {
		t.Errorf("%+v", sampled)
	}
}
