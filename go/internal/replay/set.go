// Package replay does the calls of batches on maps, compiled for each type of keys and values.
//
// The function names of this package are known to mapprof: what is below one that begins with operations belongs to the
// map or its payload, what is above is the harness.
package replay

import (
	"time"
	"unsafe"

	"mapprof/internal/keys"
	"mapprof/internal/maps"
	"mapprof/internal/mapshape"
	"mapprof/internal/stream"
	"mapprof/internal/values"
	"mapprof/internal/workload"
)

// Set is the maps of a run, of whatever types.
type Set interface {
	// Make drops the maps, and makes count empty ones.
	Make(count, capacity, shards int)
	// Drop drops the maps, and Release the values that somebody else holds too. It returns the bytes of the list of these.
	Drop()
	Release() uint64
	// Rebuild fills a fresh map with clones of the entries of each, and drops the old one. With readers another thread looks
	// keys of the old map up until then. It calls filled when the fresh map is filled and the old one still there.
	Rebuild(readers bool, filled func())
	// Reserve makes room for further entries in each map, and Shrink gives storage back, where the maps can.
	Reserve(additional int)
	Shrink()
	// Len is the number of entries of all maps.
	Len() uint64
	// Shape is what the storage of all maps is made of.
	Shape() maps.Shape
	// Looper is what one thread does calls with. Where several have one, no growth is seen: whose call it was could not
	// be told.
	Looper() Looper
	// EntryBytes is the bytes of one key and one value as they lie in a map.
	EntryBytes() uint64
	// Mark changes when the storage of a single map does, as far as that is seen at a glance, or with a deeper look.
	Mark(deep bool) uint64
	// Steps says whether the maps can make room and give storage back.
	Steps() (reserves, shrinks bool)
}

// Looper does calls on the maps of a set, on one thread.
type Looper interface {
	// Folded does the calls from start to end, without that, and returns the sum of their answers.
	Folded(b *stream.Batch, start, end int) uint64
	// Checked does them one by one, and returns whether every answer was the right one. It calls grown with the place of
	// a call that changed the storage of the map, and with the time that it took, nanoseconds.
	Checked(b *stream.Batch, start, end int, grown func(place int, ns int64)) bool
	// Timed does them one by one, and leaves when each began, nanoseconds since the process did, and how long it took. It
	// calls grown as Checked does, and returns whether every answer was right.
	Timed(b *stream.Batch, start, end int, times Times, grown func(place int, ns int64)) bool
}

// Times is when calls began and how long they took, nanoseconds.
type Times struct{ Began, Took []int64 }

// set is the maps of a run.
type set[K comparable, V any] struct {
	kind   *maps.Kind
	keys   keys.Type[K]
	values values.Type[V]
	scan   int
	maps   []maps.Map[K, V]
	// loopers is how many threads do calls.
	loopers int
	// single is where a single map lies.
	single []maps.Map[K, V]
	shards int
	// What is copied from one map to another, some entries at a time.
	copiedKeys   []K
	copiedValues []V
	copiedThere  []bool
	// reader looks keys up while a map is swapped; nil if the workload swaps none.
	reader *reader[K, V]
}

func newSet[K comparable, V any](
	kind *maps.Kind, w *workload.Workload, keyType keys.Type[K], valueType values.Type[V],
) Set {
	s := &set[K, V]{
		kind: kind, keys: keyType, values: valueType, scan: int(w.ScanEntries),
		single: make([]maps.Map[K, V], 1), copiedKeys: make([]K, 1), copiedValues: make([]V, 1), copiedThere: make([]bool, 1),
	}
	for i := range w.Phases {
		if step := w.Phases[i].Work.Step; step != nil && step.Kind == workload.StepSwap && s.reader == nil {
			s.reader = newReader[K, V]()
		}
	}
	return s
}

//go:noinline
func (s *set[K, V]) operationsMake(count, capacity int) {
	config := maps.Config[K]{Capacity: capacity, Shards: s.shards, Order: s.keys.Order, Hash: s.keys.Hash}
	if count > 1 {
		// The maps lie in a slice, which is theirs.
		s.maps = make([]maps.Map[K, V], count)
	} else {
		s.maps = s.single[:count]
	}
	for i := range s.maps {
		s.maps[i] = maps.Make[K, V](s.kind, config)
	}
}

func (s *set[K, V]) Make(count, capacity, shards int) {
	s.shards = shards
	s.Drop()
	s.operationsMake(count, capacity)
}

func (s *set[K, V]) Drop() {
	for i := range s.maps {
		s.maps[i] = nil
	}
	s.maps = s.maps[:0]
}

func (s *set[K, V]) Release() uint64 {
	if s.values.Release == nil {
		return 0
	}
	return s.values.Release()
}

//go:noinline
func (s *set[K, V]) operationsRebuild(place int, filled func()) {
	old := s.maps[place]
	config := maps.Config[K]{Capacity: old.Len(), Shards: s.shards, Order: s.keys.Order, Hash: s.keys.Hash}
	fresh := maps.Make[K, V](s.kind, config)
	old.Entries(func(key K, value V) {
		s.copiedKeys[0], s.copiedValues[0] = s.keys.Clone(key), s.values.Clone(value)
		fresh.Insert(s.copiedKeys, s.copiedValues, s.copiedThere)
	})
	var noKey K
	var noValue V
	s.copiedKeys[0], s.copiedValues[0] = noKey, noValue
	filled()
	s.maps[place] = fresh
}

func (s *set[K, V]) Rebuild(readers bool, filled func()) {
	for place := range s.maps {
		if !readers {
			s.operationsRebuild(place, filled)
			continue
		}
		// It reads until the fresh map is filled, and what it makes garbage of is not in what is read then.
		s.reader.read(s.maps[place], filled)
		s.operationsRebuild(place, s.reader.stopped)
	}
}

//go:noinline
func (s *set[K, V]) operationsReserve(additional int) {
	for _, m := range s.maps {
		if m, ok := m.(maps.Reserver); ok {
			m.Reserve(additional)
		}
	}
}

func (s *set[K, V]) Reserve(additional int) { s.operationsReserve(additional) }

//go:noinline
func (s *set[K, V]) operationsShrink() {
	for _, m := range s.maps {
		if m, ok := m.(maps.Shrinker); ok {
			m.Shrink()
		}
	}
}

func (s *set[K, V]) Shrink() { s.operationsShrink() }

func (s *set[K, V]) Steps() (reserves, shrinks bool) { return s.kind.Reserves, s.kind.Shrinks }

func (s *set[K, V]) Len() (entries uint64) {
	for _, m := range s.maps {
		entries += uint64(m.Len())
	}
	return entries
}

func (s *set[K, V]) Shape() maps.Shape {
	// Of maps that are not there nothing is known.
	shape := maps.Shape{Known: len(s.maps) > 0}
	for _, m := range s.maps {
		shape.Add(m.Shape())
	}
	if count := len(s.maps); count > 1 {
		bytes := uint64(count) * uint64(unsafe.Sizeof(s.maps[0]))
		shape.Requested += bytes
		shape.Usable += mapshape.Usable(bytes, true)
		shape.Blocks++
	}
	return shape
}

func (s *set[K, V]) EntryBytes() uint64 {
	if s.kind.OfBuiltins {
		return mapshape.Lying[K]() + mapshape.Lying[V]()
	}
	var key K
	var value V
	return uint64(unsafe.Sizeof(key) + unsafe.Sizeof(value))
}

func (s *set[K, V]) Mark(deep bool) uint64 {
	if len(s.maps) == 1 && s.loopers == 1 {
		return s.maps[0].Mark(deep)
	}
	return 0
}

// chunkCalls is the most calls that are done at a time, and chunkBytes the most bytes of their keys and values: both stay
// in the processor's nearest cache.
const chunkCalls, chunkBytes = 128, 16 << 10

// looper does calls on one thread. Keys, values and answers of a chunk of calls lie in its slices.
type looper[K comparable, V any] struct {
	keyForm       keyForm
	valueForm     valueForm
	set           *set[K, V]
	look, made    []K
	values, found []V
	there         []bool
	answers       []uint64
	// sum is the answer of an iteration or a scan in the making.
	sum  uint64
	show func(values []V)
	// drops says whether what lies in the slices would keep keys or values alive.
	dropsKeys, dropsValues bool
}

func (s *set[K, V]) Looper() Looper {
	s.loopers++
	var key K
	var value V
	calls := chunkCalls
	if bytes := int(unsafe.Sizeof(key)+unsafe.Sizeof(value)) * 2; bytes*calls > chunkBytes {
		if calls = chunkBytes / bytes; calls < 8 {
			calls = 8
		}
	}
	l := &looper[K, V]{
		set: s, look: make([]K, calls), made: make([]K, calls), values: make([]V, calls), found: make([]V, calls),
		there: make([]bool, calls), answers: make([]uint64, calls),
		dropsKeys: mapshape.HasPointers[K](), dropsValues: mapshape.HasPointers[V](),
	}
	l.keyForm, l.valueForm = formsOf[K, V]()
	if s.values.Release != nil {
		// Whoever makes a value hands it to its other holder.
		l.valueForm = otherValue
	}
	print := s.values.Print
	l.show = func(values []V) {
		for _, value := range values {
			l.sum += print(value) + stream.Visited
		}
	}
	return l
}

//go:noinline
func (l *looper[K, V]) operationsFolded(b *stream.Batch, start, end int) (fold uint64) {
	runs := b.Runs(start, end)
	for {
		run, ok := runs.Next()
		if !ok {
			return fold
		}
		for from := run.Start; from < run.End; {
			to := from + len(l.there)
			if to > run.End {
				to = run.End
			}
			for _, answer := range l.chunk(run.Op, b, from, to) {
				fold += answer
			}
			from = to
		}
	}
}

// began is when the process began, so that a reading of the clock is one subtraction.
var began = time.Now()

// Began is the time of day from which Times are counted.
func Began() time.Time { return began }

//go:noinline
func (l *looper[K, V]) operationsChecked(b *stream.Batch, start, end int, grown func(place int, ns int64)) bool {
	runs, right, wrong := b.Runs(start, end), b.Answers(), uint64(0)
	mark := l.set.Mark(true)
	for {
		run, ok := runs.Next()
		if !ok {
			return wrong == 0
		}
		for place := run.Start; place < run.End; place++ {
			before := time.Since(began)
			wrong |= l.chunk(run.Op, b, place, place+1)[0] ^ right[place]
			if now := l.set.Mark(true); now != mark {
				grown(place, int64(time.Since(began)-before))
				mark = now
			}
		}
	}
}

func (l *looper[K, V]) Checked(b *stream.Batch, start, end int, grown func(place int, ns int64)) bool {
	return l.operationsChecked(b, start, end, grown)
}

// splitNs is how long a call takes, at the least, that splits a table of 896 entries: no other need be looked into.
const splitNs = 2_000

//go:noinline
func (l *looper[K, V]) operationsTimed(b *stream.Batch, start, end int, times Times, grown func(place int, ns int64)) bool {
	runs, right, wrong := b.Runs(start, end), b.Answers(), uint64(0)
	glance, look := l.set.Mark(false), l.set.Mark(true)
	for {
		run, ok := runs.Next()
		if !ok {
			return wrong == 0
		}
		for place := run.Start; place < run.End; place++ {
			before := time.Since(began)
			answer := l.chunk(run.Op, b, place, place+1)[0]
			took := int64(time.Since(began) - before)
			times.Began[place-start], times.Took[place-start] = int64(before), took
			wrong |= answer ^ right[place]
			hasGrown := l.set.Mark(false) != glance
			if hasGrown || took >= splitNs && l.set.Mark(true) != look {
				grown(place, took)
				glance, look = l.set.Mark(false), l.set.Mark(true)
			}
		}
	}
}

func (l *looper[K, V]) Timed(b *stream.Batch, start, end int, times Times, grown func(place int, ns int64)) bool {
	return l.operationsTimed(b, start, end, times, grown)
}
