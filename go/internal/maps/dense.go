package maps

import "unsafe"

// dense is a slice of values by the numbers of their keys, and a bit for each that says whether it is there. It keeps no
// keys: a value's place is its key.
type dense[V any] struct {
	values []V
	// there has 64 bits to a word.
	there   []uint64
	entries int
}

const wordBits = 64

// newDense is not for other keys than uint64: a method for each type of keys would only take time to compile.
func newDense[V any](capacity int) Map[uint64, V] {
	made := &dense[V]{}
	made.Reserve(capacity)
	return made
}

func (m *dense[V]) has(place int) bool {
	return place < len(m.values) && m.there[place/wordBits]>>(place%wordBits)&1 != 0
}

// put puts a value in, and returns whether it is new there.
func (m *dense[V]) put(place int, value V) bool {
	for len(m.values) <= place {
		var none V
		m.values = append(m.values, none)
	}
	for len(m.there)*wordBits <= place {
		m.there = append(m.there, 0)
	}
	m.values[place] = value
	word, bit := &m.there[place/wordBits], uint64(1)<<(place%wordBits)
	fresh := *word&bit == 0
	if fresh {
		*word |= bit
		m.entries++
	}
	return fresh
}

func (m *dense[V]) Get(look []uint64, values []V, there []bool) {
	for i, key := range look {
		if place := int(key); m.has(place) {
			values[i], there[i] = m.values[place], true
		} else {
			there[i] = false
		}
	}
}

func (m *dense[V]) Insert(keys []uint64, values []V, fresh []bool) {
	for i, key := range keys {
		fresh[i] = m.put(int(key), values[i])
	}
}

func (m *dense[V]) Update(look, _ []uint64, values []V, there []bool) {
	for i, key := range look {
		place := int(key)
		if there[i] = m.has(place); there[i] {
			m.values[place] = values[i]
		}
	}
}

func (m *dense[V]) Remove(look []uint64, there []bool) {
	for i, key := range look {
		place := int(key)
		if there[i] = m.has(place); there[i] {
			var none V
			m.values[place] = none
			m.there[place/wordBits] &^= 1 << (place % wordBits)
			m.entries--
		}
	}
}

func (m *dense[V]) Entry(look, _ []uint64, values, found []V, there []bool) {
	for i, key := range look {
		place := int(key)
		if there[i] = m.has(place); there[i] {
			found[i] = m.values[place]
		} else {
			m.put(place, values[i])
		}
	}
}

func (m *dense[V]) Modify(look, _ []uint64, types Changer[V], before []uint64, there []bool) {
	for i, key := range look {
		place := int(key)
		if there[i] = m.has(place); there[i] {
			before[i] = types.Fingerprint(m.values[place])
			types.Change(&m.values[place])
		}
	}
}

func (m *dense[V]) Scan(key uint64, most int, some []V, show func(values []V)) {
	m.show(int(key), most, some, show)
}

func (m *dense[V]) Each(some []V, show func(values []V)) { m.show(0, m.entries, some, show) }

// show shows up to most values from a place on.
func (m *dense[V]) show(place, most int, some []V, show func(values []V)) {
	count := 0
	for ; most > 0 && place < len(m.values); place++ {
		if !m.has(place) {
			continue
		}
		some[count] = m.values[place]
		most--
		if count++; count == len(some) {
			show(some)
			count = 0
		}
	}
	show(some[:count])
}

func (m *dense[V]) Entries(visit func(key uint64, value V)) {
	for place := range m.values {
		if !m.has(place) {
			continue
		}
		visit(uint64(place), m.values[place])
	}
}

// Clear keeps the storage, as clearing a map does.
func (m *dense[V]) Clear() {
	for i := range m.values {
		var none V
		m.values[i] = none
	}
	for i := range m.there {
		m.there[i] = 0
	}
	m.values, m.there, m.entries = m.values[:0], m.there[:0], 0
}

func (m *dense[V]) Len() int { return m.entries }

func (m *dense[V]) resize(values int) {
	m.values = append(make([]V, 0, values), m.values...)
	m.there = append(make([]uint64, 0, (values+wordBits-1)/wordBits), m.there...)
}

// Shrink leaves room up to the largest key.
func (m *dense[V]) Shrink() {
	for last := len(m.values) - 1; last >= 0 && !m.has(last); last-- {
		m.values = m.values[:last]
	}
	m.there = m.there[:(len(m.values)+wordBits-1)/wordBits]
	if cap(m.values) > len(m.values) {
		m.resize(len(m.values))
	}
}

func (m *dense[V]) Reserve(additional int) {
	if wanted := len(m.values) + additional; wanted > cap(m.values) {
		m.resize(wanted)
	}
}

func (m *dense[V]) Shape() Shape {
	shape, bits := shapeOfBlock[V](cap(m.values)), shapeOfBlock[uint64](cap(m.there))
	shape.Requested += bits.Requested
	shape.Usable += bits.Usable
	shape.Blocks += bits.Blocks
	shape.Capacity, shape.Slots = uint64(cap(m.values)), uint64(cap(m.values))
	var value V
	shape.SlotBytes = uint64(unsafe.Sizeof(value))
	return shape.withHead(unsafe.Sizeof(*m))
}

func (m *dense[V]) Mark(bool) uint64 { return uint64(cap(m.values)) }
