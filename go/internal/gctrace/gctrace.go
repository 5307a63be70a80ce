// Package gctrace knows when the collector worked: from the lines that the runtime writes of each cycle where GODEBUG has
// gctrace=1, and from the times of day at which cycles ended.
package gctrace

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// setting is what has the runtime write a line after each cycle. It is read when the process begins.
const setting = "gctrace=1"

// Cycle is a cycle of the collector. Times are nanoseconds.
type Cycle struct {
	// End is the time of day at which the world was started again after marking, since 1970.
	End int64
	// Sweep is how long the world was stopped at the beginning, Mark how long marking went on beside the program, and Term
	// how long the world was stopped at its end.
	Sweep, Mark, Term int64
	// Assist is the CPU time that the program's own goroutines spent on marking.
	Assist int64
}

// Overlap is what of the time from began to ended the world was stopped, and what of it the collector marked.
func (c *Cycle) Overlap(began, ended int64) (stopped, marked int64) {
	marking := c.End - c.Term - c.Mark
	stopped = overlap(began, ended, marking-c.Sweep, marking) + overlap(began, ended, c.End-c.Term, c.End)
	return stopped, overlap(began, ended, marking, c.End-c.Term)
}

func overlap(began, ended, from, to int64) int64 {
	if from < began {
		from = began
	}
	if to > ended {
		to = ended
	}
	if to < from {
		return 0
	}
	return to - from
}

// Restart has this process begin anew with the lines asked for and with request on its standard input. It returns only
// if that cannot be, or was done before.
func Restart(request []byte) {
	set := os.Getenv("GODEBUG")
	// What is written to a pipe before anyone reads has to fit in.
	if strings.Contains(set, setting) || len(request) > 32<<10 {
		return
	}
	if set != "" {
		set += ","
	}
	var ends [2]int
	if os.Setenv("GODEBUG", set+setting) != nil || syscall.Pipe2(ends[:], syscall.O_CLOEXEC) != nil {
		return
	}
	if wrote, err := syscall.Write(ends[1], request); err != nil || wrote < len(request) {
		return
	}
	if syscall.Dup3(ends[0], syscall.Stdin, 0) == nil {
		// What it returns is why it failed.
		_ = syscall.Exec("/proc/self/exe", os.Args, os.Environ())
	}
}

// Trace reads what the runtime writes.
type Trace struct {
	// lines is the end of the pipe that the lines come out of, and shown where standard error led before.
	lines, shown int
	// crash is kept: a file that nobody knows is closed.
	crash *os.File
	rest  []byte
	room  [32 << 10]byte
	stats debug.GCStats
	// first is how many cycles had ended when it began, and cycles is all cycles that are known.
	first  int64
	cycles []Cycle
}

// Begin turns standard error into a pipe. It returns nil if the runtime writes no lines.
func Begin() *Trace {
	if !strings.Contains(os.Getenv("GODEBUG"), setting) {
		return nil
	}
	t := &Trace{}
	var ends [2]int
	var err error
	// A full pipe takes no more: the runtime must not wait for a reader that waits for the runtime.
	if err = syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil
	}
	if t.shown, err = syscall.Dup(syscall.Stderr); err != nil {
		return nil
	}
	syscall.CloseOnExec(t.shown)
	if syscall.Dup3(ends[1], syscall.Stderr, 0) != nil {
		return nil
	}
	t.crash = crashesTo(t.shown)
	t.lines = ends[0]
	debug.ReadGCStats(&t.stats)
	t.first = t.stats.NumGC
	return t
}

// Read takes in the lines that were written since. It is called before the runtime forgets when the cycles ended, of which
// it keeps the latest 256.
func (t *Trace) Read() {
	if t == nil {
		return
	}
	for {
		count, err := syscall.Read(t.lines, t.room[:])
		if err != nil || count <= 0 {
			break
		}
		t.rest = append(t.rest, t.room[:count]...)
	}
	// After the lines: each of their cycles has ended by now. It does not stop the world.
	debug.ReadGCStats(&t.stats)
	for {
		end := bytes.IndexByte(t.rest, '\n')
		if end < 0 {
			break
		}
		t.line(t.rest[:end+1])
		t.rest = t.rest[end+1:]
	}
}

// line takes a line in. What is none of a cycle goes where standard error led.
func (t *Trace) line(line []byte) {
	number, cycle, ok := parse(string(line))
	if !ok {
		_, _ = syscall.Write(t.shown, line)
		return
	}
	// The latest end comes first.
	if at := t.stats.NumGC - int64(number); at >= 0 && at < int64(len(t.stats.PauseEnd)) {
		cycle.End = t.stats.PauseEnd[at].UnixNano()
		t.cycles = append(t.cycles, cycle)
	}
}

// IsWhole says whether all cycles since the beginning are known. Of very many between two readings some are lost, and of
// one that has just ended the line may be missing.
func (t *Trace) IsWhole() bool {
	return t == nil || t.stats.NumGC-t.first <= int64(len(t.cycles))+1
}

// Cycles are those that have ended, in order.
func (t *Trace) Cycles() []Cycle {
	if t == nil {
		return nil
	}
	return t.cycles
}

// parse reads a line of a cycle, such as
//
//	gc 7 @0.035s 2%: 0.013+0.70+0.002 ms clock, 0.026+0.12/0.33/0+0.004 ms cpu, 4->4->1 MB, 4 MB goal, 2 P
//
// the times of stopping for the sweep, marking, and stopping for the end, and the CPU times of the same, of which marking
// is told by goroutines that assist, workers, and idle workers (runtime/extern.go).
func parse(line string) (number uint32, cycle Cycle, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "gc" || fields[5] != "ms" || fields[8] != "ms" {
		return 0, Cycle{}, false
	}
	counted, err := strconv.ParseUint(fields[1], 10, 32)
	clock, cpu := strings.Split(fields[4], "+"), strings.Split(fields[7], "+")
	if err != nil || counted == 0 || len(clock) != 3 || len(cpu) != 3 {
		return 0, Cycle{}, false
	}
	ok = true
	nanoseconds := func(milliseconds string) int64 {
		value, err := strconv.ParseFloat(milliseconds, 64)
		ok = ok && err == nil
		return int64(value * 1e6)
	}
	cycle.Sweep, cycle.Mark, cycle.Term = nanoseconds(clock[0]), nanoseconds(clock[1]), nanoseconds(clock[2])
	assist, _, _ := strings.Cut(cpu[1], "/")
	cycle.Assist = nanoseconds(assist)
	return uint32(counted), cycle, ok
}
