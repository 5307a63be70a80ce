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
	go func() {
		runtime.LockOSThread()
		for m := range r.begin {
			for atomic.LoadInt32(&r.isOver) == 0 && m.Len() > 0 {
				m.Entries(func(key K, _ V) {
					if atomic.LoadInt32(&r.isOver) == 0 {
						r.look[0] = key
						m.Get(r.look, r.values, r.there)
					}
				})
			}
			var noKey K
			var noValue V
			r.look[0], r.values[0] = noKey, noValue
			m = nil
			r.ended <- struct{}{}
		}
	}()
	return r
}

// read has it look keys of a map up, which nobody may change.
func (r *reader[K, V]) read(m maps.Map[K, V]) {
	atomic.StoreInt32(&r.isOver, 0)
	r.begin <- m
}

// stop returns when it no longer knows the map.
func (r *reader[K, V]) stop() {
	atomic.StoreInt32(&r.isOver, 1)
	<-r.ended
}
