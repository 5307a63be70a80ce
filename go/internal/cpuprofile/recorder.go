// Package cpuprofile takes CPU profiles of this process at a rate that can be chosen.
package cpuprofile

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"

	"mapprof/internal/pprofread"
)

// MostHertz is the highest rate that the runtime takes.
const MostHertz = 1_000_000

// Recorder takes profiles, one at a time.
type Recorder struct {
	hertz   int
	written bytes.Buffer
}

// New is a recorder of so many samples per second of CPU time.
func New(hertz int) (*Recorder, error) {
	if hertz < 1 || hertz > MostHertz {
		return nil, fmt.Errorf("Go takes 1 to %d CPU samples per second, not %d", MostHertz, hertz)
	}
	return &Recorder{hertz: hertz}, nil
}

// Start begins a profile.
//
// runtime/pprof always asks the runtime for 100 samples per second. A rate that was set before stays: the runtime then
// refuses the other one, and says so on standard error. Nothing else is said there meanwhile. The profile has the rate
// that was in force.
func (r *Recorder) Start() error {
	r.written.Reset()
	runtime.SetCPUProfileRate(r.hertz)
	return silently(func() error { return pprof.StartCPUProfile(&r.written) })
}

// Stop ends the profile and reads it.
func (r *Recorder) Stop() (*pprofread.Profile, error) {
	pprof.StopCPUProfile()
	return pprofread.Read(r.written.Bytes())
}

// Hertz is the rate of a profile that this recorder took, as the runtime tells it.
func (r *Recorder) Hertz(of *pprofread.Profile) int {
	const second = 1_000_000_000
	if of.Period <= 0 || of.Period == int64(second/r.hertz) {
		return r.hertz
	}
	return int(second / of.Period)
}
