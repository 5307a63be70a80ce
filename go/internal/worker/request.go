// Package worker serves a pass of mapprof's worker protocol: one request in, lines of JSON out.
package worker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"mapprof/internal/workload"
)

// Protocol is the version of the worker protocol that this worker speaks.
const Protocol = 3

// request is what a worker is asked to do.
type request struct {
	Pass    pass
	Subject struct {
		Workload *workload.Workload `json:"workload"`
		Program  *string            `json:"program"`
	} `json:"subject"`
	Settings struct {
		Entries    *uint64           `json:"entries"`
		Parameters map[string]string `json:"parameters"`
	} `json:"settings"`
	Map     string `json:"map"`
	Seed    uint64 `json:"seed"`
	Threads int    `json:"threads"`
}

// pass is what a pass is for.
type pass struct {
	// kind is its name: time, memory, latency, heap, cpu.
	kind string
	// sampleBytes is the mean distance between heap samples; 0 if every allocation is recorded.
	sampleBytes int
	// hertz is how many CPU samples are taken per second of CPU time.
	hertz int
}

// UnmarshalJSON reads a pass: a name, or an object with one.
func (p *pass) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &p.kind) == nil {
		return nil
	}
	var wire struct {
		Heap json.RawMessage `json:"heap"`
		CPU  *struct {
			Hertz int `json:"hertz"`
		} `json:"cpu"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	switch {
	case wire.CPU != nil:
		p.kind, p.hertz = "cpu", wire.CPU.Hertz
	case wire.Heap != nil:
		return p.heap(wire.Heap)
	default:
		return fmt.Errorf("a pass %s is not known", data)
	}
	return nil
}

// replay is how the calls of the pass are done.
func (p *pass) replay() (replayKind, error) {
	switch p.kind {
	case "time", "cpu":
		return folded, nil
	case "memory", "heap":
		return checked, nil
	case "latency":
		return timed, nil
	default:
		return folded, fmt.Errorf("Go has no %s pass", p.kind)
	}
}

func (p *pass) heap(data []byte) error {
	p.kind = "heap"
	var name string
	if json.Unmarshal(data, &name) == nil && name == "exact" {
		return nil
	}
	var how struct {
		Sampled *struct {
			SampleBytes int `json:"sample_bytes"`
		} `json:"sampled"`
	}
	if err := json.Unmarshal(data, &how); err != nil {
		return err
	}
	if how.Sampled == nil {
		return fmt.Errorf("Go's heap cannot be recorded as %s; take --heap or --heap=exact", data)
	}
	if p.sampleBytes = how.Sampled.SampleBytes; p.sampleBytes < 1 {
		return fmt.Errorf("sample_bytes must be 1 or more, not %d", p.sampleBytes)
	}
	return nil
}

// heapRate is the bytes between two blocks that the runtime records, on average; 0 if it records none.
func (p *pass) heapRate() int {
	switch {
	case p.kind != "heap":
		return 0
	case p.sampleBytes == 0:
		return 1
	default:
		return p.sampleBytes
	}
}

// readRequest reads the request, of which the version comes first: one of another version need not have this shape.
func readRequest(in io.Reader) (asked *request, line []byte, err error) {
	line, err = bufio.NewReaderSize(in, 1<<20).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return nil, nil, fmt.Errorf("no request on standard input: %w", err)
	}
	var version struct {
		Protocol int `json:"protocol"`
	}
	if err := json.Unmarshal(line, &version); err != nil {
		return nil, nil, fmt.Errorf("the request on standard input is not JSON: %w", err)
	}
	if version.Protocol != Protocol {
		return nil, nil, fmt.Errorf("this worker speaks protocol %d, the request is of protocol %d", Protocol, version.Protocol)
	}
	asked = new(request)
	if err := json.Unmarshal(line, asked); err != nil {
		return nil, nil, fmt.Errorf("the request is not one of protocol %d: %w", Protocol, err)
	}
	return asked, line, nil
}
