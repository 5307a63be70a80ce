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
	// rounds is how often each processor is given what it keeps. Once is not enough where the machine is so busy that two
	// goroutines take turns on one processor.
	rounds = 16
	// stockingNs is the most time that this takes, nanoseconds.
	stockingNs = 500e6
	// waiters is how many goroutines wait at once on each processor. A record is given back to the processor on which its
	// goroutine goes on, so they wander. A processor takes up to 64 from the others when it has none, and gives half of
	// them away when it has 128.
	waiters = 60
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

// stockProcessors has each of the runtime's processors make what it keeps from then on: a list of timers, which the
// scavenger takes when it sleeps between its rounds, and records of goroutines that wait, which a goroutine takes that
// finds the world stopped by another. The first use on a processor allocates them, at any moment.
func stockProcessors() {
	processors := int32(runtime.GOMAXPROCS(0))
	// With more processors than the machine has, they never run at once.
	deadline := now() + stockingNs
	for round := 0; round < rounds && now() < deadline; round++ {
		var arrived int32
		var ended sync.WaitGroup
		for i := int32(0); i < processors; i++ {
			ended.Add(1)
			go func() {
				// Nobody lets go of its processor until all have one.
				atomic.AddInt32(&arrived, 1)
				for atomic.LoadInt32(&arrived) < processors && now() < deadline {
				}
				waitFor(waiters)
				time.Sleep(1)
				ended.Done()
			}()
		}
		ended.Wait()
	}
}

// waitFor has so many goroutines wait for each other in a chain. All of them run on the processor of the first: a goroutine
// that begins or goes on is the next one of the processor that had it so.
func waitFor(goroutines int) {
	if goroutines == 0 {
		return
	}
	var ended sync.WaitGroup
	ended.Add(1)
	go func() {
		waitFor(goroutines - 1)
		ended.Done()
	}()
	ended.Wait()
}
