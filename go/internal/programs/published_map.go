package programs

import (
	"sync"
	"sync/atomic"
	"time"

	"mapprof/internal/bitmix"
)

// publishedMap has a configuration that is read all the time and published now and then: readers wait, or they do not.
var publishedMap = &Program{
	Name:    "published-map",
	About:   "Looks keys up in a map while another goroutine publishes new versions of it",
	Entries: 100_000,
	Parameters: map[string]string{
		"publish": "swap", "look_ups": "1000000", "every": "10000",
	},
	start: func(s *settings) []Phase {
		r := &readers{entries: s.entries, seed: s.seed, every: s.whole("every")}
		first := r.version(0)
		switch s.parameters["publish"] {
		case "swap":
			swapped := &swapped{}
			swapped.current.Store(&first)
			r.of = swapped
		case "write-lock":
			r.of = &locked{current: first, isRebuilt: true}
		default:
			r.of = &locked{current: first}
		}
		// What the map holds is not said: another goroutine allocates it.
		return []Phase{{Name: "read", Ops: s.whole("look_ups"), Do: r.lookUp, Begin: r.begin, End: r.end}}
	},
}

// poll is how often the publishing goroutine looks whether a version is due.
const poll = 50 * time.Microsecond

// published is the map as its readers find it.
type published interface {
	// get is the value of a key.
	get(key uint64) (value uint64, ok bool)
	// publish publishes a version.
	publish(r *readers, number uint64)
}

// readers is the reader and the one that publishes.
type readers struct {
	of                   published
	entries, seed, every uint64
	lookedUp             uint64
	isOver               int32
	publisher            sync.WaitGroup
}

func (r *readers) key(entry uint64) uint64 { return bitmix.Mix(r.seed + entry*bitmix.Golden) }

// valueOf has the same low byte in every version, so that an answer does not depend on which version was found.
func valueOf(entry, version uint64) uint64 { return version<<8 | entry&0xFF }

// version is a version of the map. All have the same keys.
func (r *readers) version(number uint64) map[uint64]uint64 {
	m := make(map[uint64]uint64, r.entries)
	for entry := uint64(0); entry < r.entries; entry++ {
		m[r.key(entry)] = valueOf(entry, number)
	}
	return m
}

func (r *readers) lookUp(number uint64) uint64 {
	atomic.StoreUint64(&r.lookedUp, number)
	entries := r.entries
	if entries == 0 {
		entries = 1
	}
	value, ok := r.of.get(r.key(bitmix.Below(bitmix.Mix(r.seed^number*bitmix.Golden), entries)))
	if !ok {
		return 0x100
	}
	return value & 0xFF
}

func (r *readers) begin() {
	r.publisher.Add(1)
	go func() {
		defer r.publisher.Done()
		for number := uint64(1); atomic.LoadInt32(&r.isOver) == 0; {
			// The look-ups set the pace.
			if atomic.LoadUint64(&r.lookedUp) < r.every*number {
				time.Sleep(poll)
				continue
			}
			r.of.publish(r, number)
			number++
		}
	}()
}

func (r *readers) end() {
	atomic.StoreInt32(&r.isOver, 1)
	r.publisher.Wait()
}

// swapped is a map behind an atomic pointer.
type swapped struct {
	current atomic.Pointer[map[uint64]uint64]
}

func (s *swapped) get(key uint64) (uint64, bool) {
	value, ok := (*s.current.Load())[key]
	return value, ok
}

func (s *swapped) publish(r *readers, number uint64) {
	fresh := r.version(number)
	s.current.Store(&fresh)
}

// locked is a map behind a lock, which is rebuilt or updated under it.
type locked struct {
	lock      sync.RWMutex
	current   map[uint64]uint64
	isRebuilt bool
}

func (l *locked) get(key uint64) (uint64, bool) {
	l.lock.RLock()
	value, ok := l.current[key]
	l.lock.RUnlock()
	return value, ok
}

func (l *locked) publish(r *readers, number uint64) {
	if l.isRebuilt {
		l.lock.Lock()
		l.current = r.version(number)
		l.lock.Unlock()
		return
	}
	for entry := uint64(0); entry < r.entries; entry++ {
		l.lock.Lock()
		l.current[r.key(entry)] = valueOf(entry, number)
		l.lock.Unlock()
	}
}
