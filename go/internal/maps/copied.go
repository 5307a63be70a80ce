package maps

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// copied is one of Go's maps behind an atomic pointer. Readers take no lock; each write makes a copy of the map.
type copied[K comparable, V any] struct {
	current atomic.Pointer[map[K]V]
	writers sync.Mutex
}

func newCopied[K comparable, V any](config Config[K]) Map[K, V] {
	made, entries := new(copied[K, V]), made[K, V](config.Capacity)
	made.current.Store(&entries)
	return made
}

// change lets do change a copy of the map, and then puts the copy in the map's place.
func (m *copied[K, V]) change(do func(entries map[K]V)) {
	m.writers.Lock()
	defer m.writers.Unlock()
	old := *m.current.Load()
	fresh := make(map[K]V, len(old)+1)
	for key, value := range old {
		fresh[key] = value
	}
	do(fresh)
	m.current.Store(&fresh)
}

func (m *copied[K, V]) Get(look []K, values []V, there []bool) {
	for i, key := range look {
		values[i], there[i] = (*m.current.Load())[key]
	}
}

func (m *copied[K, V]) Insert(keys []K, values []V, fresh []bool) {
	for i := range keys {
		m.change(func(entries map[K]V) { insert(entries, keys[i:i+1], values[i:i+1], fresh[i:i+1]) })
	}
}

func (m *copied[K, V]) Update(look, keys []K, values []V, there []bool) {
	for i := range look {
		if _, there[i] = (*m.current.Load())[look[i]]; there[i] {
			m.change(func(entries map[K]V) { entries[keys[i]] = values[i] })
		}
	}
}

func (m *copied[K, V]) Remove(look []K, there []bool) {
	for i := range look {
		if _, there[i] = (*m.current.Load())[look[i]]; there[i] {
			m.change(func(entries map[K]V) { delete(entries, look[i]) })
		}
	}
}

func (m *copied[K, V]) Entry(look, keys []K, values, found []V, there []bool) {
	for i := range look {
		if found[i], there[i] = (*m.current.Load())[look[i]]; !there[i] {
			m.change(func(entries map[K]V) { entries[keys[i]] = values[i] })
		}
	}
}

// Modify does not change a value that readers may see: it puts a changed one in its place. Values that are held by
// reference are changed where they lie.
func (m *copied[K, V]) Modify(look, keys []K, types Changer[V], before []uint64, there []bool) {
	for i := range look {
		value, ok := (*m.current.Load())[look[i]]
		if there[i] = ok; !ok {
			continue
		}
		before[i] = types.Fingerprint(value)
		if types.Change(&value) {
			m.change(func(entries map[K]V) { entries[keys[i]] = value })
		}
	}
}

func (m *copied[K, V]) Each(some []V, show func(values []V)) { each(*m.current.Load(), some, show) }

func (m *copied[K, V]) Entries(visit func(key K, value V)) { entries(*m.current.Load(), visit) }

func (m *copied[K, V]) Clear() {
	m.writers.Lock()
	defer m.writers.Unlock()
	fresh := make(map[K]V)
	m.current.Store(&fresh)
}

func (m *copied[K, V]) Len() int { return len(*m.current.Load()) }

func (m *copied[K, V]) Shape() Shape {
	current := m.current.Load()
	// The pointer to the map lies in a block of its own.
	return shapeOf(*current).withHead(unsafe.Sizeof(*current)).withHead(unsafe.Sizeof(*m))
}

// Mark is none: every write makes new storage, and what it had before is garbage.
func (m *copied[K, V]) Mark(bool) uint64 { return 0 }
