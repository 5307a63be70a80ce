package worker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"mapprof/internal/maps"
)

// golden is a line of the stream's goldens.
type golden struct {
	Name string
	Runs []struct {
		Seed     uint64
		Threads  int
		Checksum string
	}
	Workload json.RawMessage
}

func goldens(t *testing.T) (all []golden) {
	file, err := os.Open("../stream/testdata/goldens.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one golden
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// served is the events of a pass.
func served(t *testing.T, pass any, kind string, workload json.RawMessage, seed uint64, threads int) []map[string]any {
	return answered(t, map[string]any{
		"protocol": Protocol, "pass": pass, "subject": map[string]any{"workload": workload}, "map": kind, "seed": seed,
		"threads": threads,
	})
}

// answered is the events that answer a request.
func answered(t *testing.T, asked map[string]any) []map[string]any {
	request, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	Serve(bytes.NewReader(append(request, '\n')), &out)
	var events []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%s: %s", err, line)
		}
		events = append(events, event)
	}
	return events
}

// isCheapToCopy says whether a map that is copied by each write is done with a workload soon.
func isCheapToCopy(text json.RawMessage) bool {
	var sizes struct {
		Entries uint64
		Phases  []struct{ Ops uint64 }
	}
	if json.Unmarshal(text, &sizes) != nil {
		return false
	}
	work := uint64(0)
	for _, phase := range sizes.Phases {
		work += phase.Ops * sizes.Entries
	}
	return work < 400_000
}

// Every workload that a map can run has the checksum of mapprof's own, on every map.
func TestEveryMapAnswersAsTheStreamSays(t *testing.T) {
	runs, refused := 0, map[string]int{}
	for _, golden := range goldens(t) {
		for _, kind := range maps.Kinds {
			if !kind.Answers {
				continue
			}
			for _, run := range golden.Runs {
				if run.Threads > 1 && !kind.IsConcurrent || kind.Name == "go-cow" && !isCheapToCopy(golden.Workload) {
					continue
				}
				events := served(t, "time", kind.Name, golden.Workload, run.Seed, run.Threads)
				switch last := events[len(events)-1]; last["event"] {
				case "done":
					runs++
					if last["checksum"] != run.Checksum {
						t.Errorf("%s on %s, seed %d, %d threads: %v, not %s",
							golden.Name, kind.Name, run.Seed, run.Threads, last["checksum"], run.Checksum)
					}
				default:
					if last["kind"] != "refused" {
						t.Errorf("%s on %s: %v", golden.Name, kind.Name, last)
					}
					refused[last["message"].(string)]++
				}
				if testing.Short() {
					break
				}
			}
		}
	}
	if runs < 500 {
		t.Errorf("%d runs are too few; refused: %v", runs, refused)
	}
}

// The highest moment of a memory pass is told once: as a total, and as what the map held then.
func TestTheReadingOfThePeakIsThePeak(t *testing.T) {
	for _, golden := range goldens(t) {
		if golden.Name != "churn" && golden.Name != "skewed-keys" {
			continue
		}
		for _, kind := range []string{"go", "go-sorted", "go-rwmutex", "go-sharded"} {
			events := served(t, "memory", kind, golden.Workload, 1, 1)
			done := events[len(events)-1]
			for _, event := range events {
				if event["event"] != "memory" {
					continue
				}
				reading := event["peak"].(map[string]any)["reading"].(map[string]any)
				if reading["live_bytes"] != done["peak_live_bytes"] {
					t.Errorf("%s on %s: %v at the peak, which is %v", golden.Name, kind, reading["live_bytes"], done["peak_live_bytes"])
				}
			}
		}
	}
}

func TestSeveralThreadsShareAMapBehindALock(t *testing.T) {
	for _, golden := range goldens(t) {
		for _, run := range golden.Runs {
			if run.Threads < 2 || golden.Name != "churn" && golden.Name != "ycsb-a" {
				continue
			}
			for _, pass := range []string{"memory", "latency"} {
				events := served(t, pass, "go-rwmutex", golden.Workload, run.Seed, run.Threads)
				if last := events[len(events)-1]; last["checksum"] != run.Checksum {
					t.Errorf("%s, %s pass: %v", golden.Name, pass, last)
				}
			}
			break
		}
	}
}
