package worker

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// spareThreads is how many threads are started before anything is counted.
	spareThreads = 8
	// timerRounds is how often each processor is given a timer. Once is not enough where the machine is so busy that
	// two goroutines take turns on one processor.
	timerRounds = 16
)

// startThreads has the runtime start threads. Each takes some kilobytes of the heap, and one that starts while the map
// is at work would be counted with it.
func startThreads() {
	var started, ended sync.WaitGroup
	started.Add(spareThreads)
	ended.Add(spareThreads)
	for i := 0; i < spareThreads; i++ {
		go func() {
			runtime.LockOSThread()
			started.Done()
			started.Wait()
			// The thread stays when the goroutine ends.
			runtime.UnlockOSThread()
			ended.Done()
		}()
	}
	ended.Wait()
}

// startTimers has each of the runtime's processors make its list of timers. The first timer on a processor allocates
// the list, and the scavenger, which sleeps between its rounds, would do so at any moment.
func startTimers() {
	processors := int32(runtime.GOMAXPROCS(0))
	for round := 0; round < timerRounds; round++ {
		var arrived int32
		var ended sync.WaitGroup
		for i := int32(0); i < processors; i++ {
			ended.Add(1)
			go func() {
				// Nobody lets go of its processor until all have one.
				atomic.AddInt32(&arrived, 1)
				for atomic.LoadInt32(&arrived) < processors {
				}
				time.Sleep(1)
				ended.Done()
			}()
		}
		ended.Wait()
	}
}
