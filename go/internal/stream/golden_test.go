package stream

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"mapprof/internal/workload"
)

// golden is a line of testdata/goldens.jsonl: a workload, and what mapprof itself says of its stream.
type golden struct {
	Name string
	Runs []struct {
		Seed     uint64
		Threads  int
		Checksum string
		Hits     uint64
	}
	// Phases has, for the first run, the entries, payload bytes, bytes of blocks and bytes that others hold at the end of
	// each phase.
	Phases   [][4]uint64
	Workload workload.Workload
}

func goldens(t testing.TB) []golden {
	file, err := os.Open("testdata/goldens.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []golden
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one golden
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// crew is the streams of all threads, and the phases that each has begun.
type crew struct {
	streams []*Stream
	batch   *Batch
}

func newCrew(w *workload.Workload, seed uint64, threads int, checked bool) *crew {
	c := &crew{batch: &Batch{Checked: checked}}
	for thread := 0; thread < threads; thread++ {
		c.streams = append(c.streams, New(w, seed, thread, threads))
	}
	return c
}

// phase does a phase on all threads and returns its operations.
func (c *crew) phase(w *workload.Workload, index, most int) (ops uint64) {
	if last := len(c.streams) - 1; w.Phases[index].HandOver {
		// Thread t goes on with the stream of thread t - 1.
		c.streams = append([]*Stream{c.streams[last]}, c.streams[:last]...)
	}
	for _, s := range c.streams {
		s.Begin(index)
		for {
			done := s.Fill(c.batch, most)
			if done == 0 {
				break
			}
			ops += uint64(done)
		}
	}
	return ops
}

func (c *crew) checksum() string {
	sum := Checksum(0)
	for _, s := range c.streams {
		sum += s.Checksum() + s.Trace()
	}
	return sum.String()
}

func (c *crew) sum(of func(*Stream) uint64) (sum uint64) {
	for _, s := range c.streams {
		sum += of(s)
	}
	return sum
}

func TestStreamsAreThoseOfMapprof(t *testing.T) {
	all := goldens(t)
	if len(all) < 100 {
		t.Fatalf("%d goldens", len(all))
	}
	runs := 0
	for i := range all {
		one := &all[i]
		w := &one.Workload
		for number, run := range one.Runs {
			runs++
			name := fmt.Sprintf("%s, seed %d, %d threads", one.Name, run.Seed, run.Threads)
			if err := w.CheckThreads(run.Threads); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			c := newCrew(w, run.Seed, run.Threads, number%2 == 0)
			for index := range w.Phases {
				ops := c.phase(w, index, 1000)
				if phase := &w.Phases[index]; phase.Work.Step == nil && ops != phase.Ops {
					t.Errorf("%s: phase %s has %d operations, not %d", name, phase.Name, ops, phase.Ops)
				}
				if number > 0 || index >= len(one.Phases) {
					continue
				}
				held := [4]uint64{
					c.sum((*Stream).Entries), c.sum((*Stream).PayloadBytes),
					c.sum((*Stream).BlockBytes), c.sum((*Stream).HeldBytes),
				}
				if held != one.Phases[index] {
					t.Errorf("%s: after phase %d the map holds %v, not %v", name, index, held, one.Phases[index])
				}
			}
			if hits := c.sum((*Stream).Hits); hits != run.Hits {
				t.Errorf("%s: %d hits, not %d", name, hits, run.Hits)
			}
			if sum := c.checksum(); sum != run.Checksum {
				t.Errorf("%s: the checksum is %s, not %s", name, sum, run.Checksum)
			}
		}
	}
	t.Logf("%d runs of %d workloads", runs, len(all))
}
