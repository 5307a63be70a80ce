package replay

import (
	"runtime"
	"sync/atomic"

	"mapprof/internal/maps"
)

// reader is a goroutine that looks keys of a map up until it is told to stop. It is made before anything is counted.
type reader[K comparable, V any] struct {
	begin  chan maps.Map[K, V]
	ended  chan struct{}
	isOver int32
	// current is the map that it reads, and filled is called when it has stopped.
	current maps.Map[K, V]
	filled  func()
	// visit looks a key up, and stopped stops it and then calls filled. They are made once: a function that is made for
	// each use would be an allocation among the map's.
	visit   func(key K, value V)
	stopped func()
	// What it looks up and finds.
	look   []K
	values []V
	there  []bool
}

func newReader[K comparable, V any]() *reader[K, V] {
	r := &reader[K, V]{
		begin: make(chan maps.Map[K, V]), ended: make(chan struct{}),
		look: make([]K, 1), values: make([]V, 1), there: make([]bool, 1),
	}
	r.visit = func(key K, _ V) {
		if atomic.LoadInt32(&r.isOver) == 0 {
			r.look[0] = key
			r.current.Get(r.look, r.values, r.there)
		}
	}
	r.stopped = func() {
		r.stop()
		r.filled()
	}
	go r.serve()
	return r
}

func (r *reader[K, V]) serve() {
	runtime.LockOSThread()
	for r.current = range r.begin {
		for atomic.LoadInt32(&r.isOver) == 0 && r.current.Len() > 0 {
			r.current.Entries(r.visit)
		}
		var noKey K
		var noValue V
		r.look[0], r.values[0], r.current = noKey, noValue, nil
		r.ended <- struct{}{}
	}
}

// read has it look keys of a map up, which nobody may change, until stopped is called.
func (r *reader[K, V]) read(m maps.Map[K, V], filled func()) {
	r.filled = filled
	atomic.StoreInt32(&r.isOver, 0)
	r.begin <- m
}

// stop returns when it no longer knows the map.
func (r *reader[K, V]) stop() {
	atomic.StoreInt32(&r.isOver, 1)
	<-r.ended
}
