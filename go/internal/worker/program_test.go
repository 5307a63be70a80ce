package worker

import (
	"strings"
	"testing"
)

// servedProgram is the events of a pass of a program.
func servedProgram(t *testing.T, pass any, name string, entries uint64, parameters map[string]string) []map[string]any {
	return answered(t, map[string]any{
		"protocol": Protocol, "pass": pass, "subject": map[string]any{"program": name}, "map": "own", "seed": 1, "threads": 1,
		"settings": map[string]any{"entries": entries, "parameters": parameters},
	})
}

// A program answers the same whatever is measured, and however it keeps what it has.
func TestAProgramAnswersTheSameInEveryPassAndForm(t *testing.T) {
	for _, one := range []struct {
		name, parameter string
		values          []string
		others          map[string]string
	}{
		{"map-reuse", "end", []string{"clear", "fresh", "remove-each"}, map[string]string{"requests": "50"}},
		{"repeated-names", "form", []string{"fresh", "interned"}, nil},
		{"buffer-pool", "reuse", []string{"true", "false"}, nil},
		{"published-map", "publish", []string{"swap", "write-lock", "in-place"}, map[string]string{"look_ups": "3000", "every": "500"}},
	} {
		known := any(nil)
		for _, value := range one.values {
			parameters := map[string]string{one.parameter: value}
			for name, value := range one.others {
				parameters[name] = value
			}
			for _, pass := range []string{"time", "memory", "latency"} {
				events := servedProgram(t, pass, one.name, 2000, parameters)
				last := events[len(events)-1]
				if known == nil {
					known = last["checksum"]
				}
				if last["event"] != "done" || last["checksum"] != known {
					t.Errorf("%s, %s %s, %s pass: %v, not %v", one.name, one.parameter, value, pass, last, known)
				}
			}
		}
	}
}

func TestAProgramRefusesWhatItDoesNotTake(t *testing.T) {
	for name, due := range map[string]string{"map-reuse": `takes no parameter "size"; it has capacity, end, requests`, "none": "Go has no program none"} {
		events := servedProgram(t, "time", name, 10, map[string]string{"size": "1"})
		if last := events[len(events)-1]; !strings.Contains(last["message"].(string), due) {
			t.Errorf("%s: %v", name, last)
		}
	}
}

// Each buffer that was ever in flight lies in a pool that keeps all, and counts by its size class.
func TestThePoolOfBuffersIsCountedToTheByte(t *testing.T) {
	for _, event := range servedProgram(t, "memory", "buffer-pool", 5000, map[string]string{"burst": "100"}) {
		if event["event"] != "phase" || event["name"] != "calm" {
			continue
		}
		// 164 buffers of 16 KiB, and the list of idle ones, which has room for 128 at least.
		live := event["counts"].(map[string]any)["live_bytes"].(float64)
		if buffers := float64(164 * 16384); live < buffers || live > buffers+8192 {
			t.Errorf("%v bytes are live, and the buffers have %v", live, buffers)
		}
	}
}
