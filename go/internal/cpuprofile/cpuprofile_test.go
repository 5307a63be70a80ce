package cpuprofile

import (
	"context"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"mapprof/internal/symbols"
)

var sink uint64

//go:noinline
func busy(until time.Time) {
	for time.Now().Before(until) {
		for i := uint64(0); i < 100_000; i++ {
			sink = sink*31 + i
		}
	}
}

func TestTheRateAndTheLabelAreThoseThatWereSet(t *testing.T) {
	r, err := New(200)
	if err != nil {
		t.Fatal(err)
	}
	for round := 0; round < 2; round++ {
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		pprof.Do(context.Background(), pprof.Labels("thread", "7"), func(context.Context) {
			busy(time.Now().Add(200 * time.Millisecond))
		})
		profile, err := r.Stop()
		if err != nil {
			t.Fatal(err)
		}
		if profile.Period != 1_000_000_000/200 || r.Hertz(profile) != 200 {
			t.Errorf("%d samples per second, %d ns between two", r.Hertz(profile), profile.Period)
		}
		// How many samples there are is the system's affair.
		for _, sample := range profile.Samples {
			for _, at := range sample.Stack {
				for _, frame := range at.Frames {
					if strings.HasSuffix(frame.Function, ".busy") && sample.Labels["thread"] != "7" {
						t.Errorf("a sample has the labels %v", sample.Labels)
					}
				}
			}
		}
	}
	for _, hertz := range []int{0, -1, MostHertz + 1} {
		if _, err := New(hertz); err == nil {
			t.Errorf("%d samples per second are taken", hertz)
		}
	}
}

func TestNothingIsSaidOnStandardError(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := syscall.Dup(standardError)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Dup3(int(write.Fd()), standardError, 0)
	write.Close()
	r, err := New(500)
	if err == nil {
		err = r.Start()
	}
	if err == nil {
		_, err = r.Stop()
	}
	os.Stderr.WriteString("and it is still open")
	syscall.Dup3(kept, standardError, 0)
	syscall.Close(kept)
	said, _ := io.ReadAll(read)
	if err != nil || string(said) != "and it is still open" {
		t.Errorf("%q, %v", said, err)
	}
}

func TestWhatIsTheCollectors(t *testing.T) {
	for name, want := range map[string]bool{
		"runtime.gcBgMarkWorker": true, "runtime.gcBgMarkWorker.func2": true, "runtime.bgsweep": true, "runtime.bgscavenge": true,
		"runtime.(*sweepLocked).sweep": true, "runtime.gcAssistAlloc1": true, "runtime.gcStart.func2": true, "runtime._GC": true,
		"runtime.mallocgc": false, "runtime._System": false, "main.gcBgMarkWorker": false, "runtime.mapassign": false,
	} {
		stack := []symbols.Location{{Frames: []symbols.Frame{{Function: "main.f"}}}, {Frames: []symbols.Frame{{Function: name}}}}
		if got := IsCollector(stack); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	runtime.KeepAlive(sink)
}
