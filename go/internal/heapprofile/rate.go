package heapprofile

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// SetRate has the runtime record blocks: every one if sampleBytes is 1, on average one per sampleBytes bytes if it is
// more, and none if it is 0.
//
// The linker sees that this program reads heap profiles, and leaves the runtime's own rate on. So a pass that takes no
// profile has to set it to 0.
func SetRate(sampleBytes int) {
	if runtime.MemProfileRate == sampleBytes {
		return
	}
	runtime.MemProfileRate = sampleBytes
	if sampleBytes > 1 {
		useUpDistances()
	}
}

// oldDistance is more bytes than lie before the next sample at the rate that the runtime begins with, one per 512 KiB, but
// for one time in a hundred million.
const oldDistance = 10 << 20

// patience is how long processors wait for each other.
const patience = 20 * time.Millisecond

// useUpDistances has each processor take a sample. In older runtimes, such as Go 1.19's, a processor draws the distance to
// its next sample by the new rate only after it took one that was drawn by the old rate.
func useUpDistances() {
	processors := runtime.GOMAXPROCS(0)
	running := int32(0)
	var ended sync.WaitGroup
	ended.Add(processors)
	deadline := time.Now().Add(patience)
	for i := 0; i < processors; i++ {
		go func() {
			defer ended.Done()
			atomic.AddInt32(&running, 1)
			// Whoever does not wait would leave its processor to another of these goroutines.
			for atomic.LoadInt32(&running) < int32(processors) && time.Now().Before(deadline) {
			}
			// It is never written to, so it takes no memory.
			distance = make([]byte, oldDistance)
		}()
	}
	ended.Wait()
	distance = nil
}

// distance is where the blocks go: they must be on the heap.
var distance []byte
