package maps

import (
	"unsafe"

	"mapprof/internal/mapshape"
)

// pair is an entry of a sorted slice.
type pair[K comparable, V any] struct {
	key   K
	value V
}

// sorted is a slice of entries in the order of their keys.
type sorted[K comparable, V any] struct {
	pairs []pair[K, V]
	order Order[K]
}

func newSorted[K comparable, V any](config Config[K]) Map[K, V] {
	made := &sorted[K, V]{order: config.Order}
	made.Reserve(config.Capacity)
	return made
}

// find is the place of a key, and whether it is there.
func (m *sorted[K, V]) find(key K) (int, bool) {
	low, high := 0, len(m.pairs)
	for low < high {
		middle := int(uint(low+high) >> 1)
		switch compared := m.order(m.pairs[middle].key, key); {
		case compared < 0:
			low = middle + 1
		case compared > 0:
			high = middle
		default:
			return middle, true
		}
	}
	return low, false
}

func (m *sorted[K, V]) put(place int, key K, value V) {
	m.pairs = append(m.pairs, pair[K, V]{})
	copy(m.pairs[place+1:], m.pairs[place:])
	m.pairs[place] = pair[K, V]{key, value}
}

func (m *sorted[K, V]) Get(look []K, values []V, there []bool) {
	for i, key := range look {
		place, ok := m.find(key)
		if there[i] = ok; ok {
			values[i] = m.pairs[place].value
		}
	}
}

func (m *sorted[K, V]) Insert(keys []K, values []V, fresh []bool) {
	for i, key := range keys {
		place, ok := m.find(key)
		if fresh[i] = !ok; ok {
			m.pairs[place].value = values[i]
		} else {
			m.put(place, key, values[i])
		}
	}
}

func (m *sorted[K, V]) Update(look, _ []K, values []V, there []bool) {
	for i, key := range look {
		place, ok := m.find(key)
		if there[i] = ok; ok {
			m.pairs[place].value = values[i]
		}
	}
}

func (m *sorted[K, V]) Remove(look []K, there []bool) {
	for i, key := range look {
		place, ok := m.find(key)
		if there[i] = ok; ok {
			last := len(m.pairs) - 1
			copy(m.pairs[place:], m.pairs[place+1:])
			// What lies beyond the end would keep its key and value alive.
			m.pairs[last] = pair[K, V]{}
			m.pairs = m.pairs[:last]
		}
	}
}

func (m *sorted[K, V]) Entry(look, keys []K, values, found []V, there []bool) {
	for i, key := range look {
		place, ok := m.find(key)
		if there[i] = ok; ok {
			found[i] = m.pairs[place].value
		} else {
			m.put(place, keys[i], values[i])
		}
	}
}

func (m *sorted[K, V]) Modify(look, _ []K, types Changer[V], before []uint64, there []bool) {
	for i, key := range look {
		place, ok := m.find(key)
		if there[i] = ok; ok {
			value := &m.pairs[place].value
			before[i] = types.Fingerprint(*value)
			types.Change(value)
		}
	}
}

func (m *sorted[K, V]) Scan(key K, most int, some []V, show func(values []V)) {
	first, _ := m.find(key)
	last := len(m.pairs)
	if most < last-first {
		last = first + most
	}
	showPairs(m.pairs[first:last], some, show)
}

func (m *sorted[K, V]) Each(some []V, show func(values []V)) { showPairs(m.pairs, some, show) }

func showPairs[K comparable, V any](pairs []pair[K, V], some []V, show func(values []V)) {
	count := 0
	for i := range pairs {
		some[count] = pairs[i].value
		if count++; count == len(some) {
			show(some)
			count = 0
		}
	}
	show(some[:count])
}

func (m *sorted[K, V]) Entries(visit func(key K, value V)) {
	for i := range m.pairs {
		visit(m.pairs[i].key, m.pairs[i].value)
	}
}

// Clear keeps the storage, as clearing a map does.
func (m *sorted[K, V]) Clear() {
	for i := range m.pairs {
		m.pairs[i] = pair[K, V]{}
	}
	m.pairs = m.pairs[:0]
}

func (m *sorted[K, V]) Len() int { return len(m.pairs) }

func (m *sorted[K, V]) Shrink() {
	if cap(m.pairs) > len(m.pairs) {
		m.pairs = append(make([]pair[K, V], 0, len(m.pairs)), m.pairs...)
	}
}

func (m *sorted[K, V]) Reserve(additional int) {
	if wanted := len(m.pairs) + additional; wanted > cap(m.pairs) {
		m.pairs = append(make([]pair[K, V], 0, wanted), m.pairs...)
	}
}

func (m *sorted[K, V]) Shape() Shape {
	shape := shapeOfBlock[pair[K, V]](cap(m.pairs)).withHead(unsafe.Sizeof(*m))
	shape.Capacity, shape.Slots = uint64(cap(m.pairs)), uint64(cap(m.pairs))
	shape.SlotBytes = uint64(unsafe.Sizeof(pair[K, V]{}))
	return shape
}

// shapeOfBlock is the shape of one block of so many elements.
func shapeOfBlock[T any](count int) Shape {
	var item T
	bytes := uint64(count) * uint64(unsafe.Sizeof(item))
	if bytes == 0 {
		return Shape{Known: true}
	}
	usable := mapshape.Usable(bytes, mapshape.HasPointers[T]())
	return Shape{Known: true, Shape: mapshape.Shape{Requested: bytes, Usable: usable, Blocks: 1, Outgrown: usable, Newest: usable}}
}

func (m *sorted[K, V]) Mark(bool) uint64 { return uint64(cap(m.pairs)) }
