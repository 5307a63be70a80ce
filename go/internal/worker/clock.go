package worker

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// began is when the process began.
var began = time.Now()

// now is the time since the process began, nanoseconds.
func now() int64 { return int64(time.Since(began)) }

// clockThreadCPU is the clock of the CPU time of the calling thread (linux/time.h).
const clockThreadCPU = 3

// threadCPU is the CPU time of the calling thread, nanoseconds. The goroutine must be locked to it.
func threadCPU() int64 {
	var time syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU, uintptr(unsafe.Pointer(&time)), 0)
	return time.Nano()
}

// operatingTime is the time in which any of several threads operated.
type operatingTime struct {
	lock sync.Mutex
	// end of the last stretch that was added, and the sum of all.
	end, sum int64
}

// add adds a stretch. Stretches of one batch overlap; those of the next begin after all of them.
func (o *operatingTime) add(began, ended int64) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if began < o.end {
		began = o.end
	}
	if ended > began {
		o.sum += ended - began
		o.end = ended
	}
}

func (o *operatingTime) take() uint64 {
	o.lock.Lock()
	defer o.lock.Unlock()
	sum := o.sum
	o.sum = 0
	return uint64(sum)
}

// barrier is where threads wait for each other.
type barrier struct {
	lock    sync.Mutex
	arrived *sync.Cond
	count   int
	waiting int
	round   int
}

func newBarrier(count int) *barrier {
	b := &barrier{count: count}
	b.arrived = sync.NewCond(&b.lock)
	return b
}

func (b *barrier) wait() {
	b.lock.Lock()
	defer b.lock.Unlock()
	round := b.round
	if b.waiting++; b.waiting == b.count {
		b.waiting = 0
		b.round++
		b.arrived.Broadcast()
		return
	}
	for round == b.round {
		b.arrived.Wait()
	}
}
