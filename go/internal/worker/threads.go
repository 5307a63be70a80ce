package worker

import (
	"runtime"
	"sync"
)

// spareThreads is how many threads are started before anything is counted.
const spareThreads = 8

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
